"""Pages and plots from result objects: single files of HTML or SVG, drawn by hand, that load nothing from anywhere."""
