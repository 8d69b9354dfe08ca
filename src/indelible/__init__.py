"""Video provenance that survives compression."""

__version__ = "0.1.0"
