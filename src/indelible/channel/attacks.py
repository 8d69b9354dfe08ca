"""Named ways to cheat with a rendition, in groups. Data only: each is a specification, without the encoder that follows.

Strengths go from what anybody sees to what hardly anybody does; sizes of boxes and logos are shares of the area (a badge of 690x227 on
1080 lines is 0.076 of it, one of 345x114 is 0.019). Content that is not in the video, another film or another segment, is not here: it is
no change of these pictures, and a benchmark takes it from another clip. Wrong profiles, rates and lengths are `indelible conform`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_LOGO = "logo=area:0.019"

ATTACKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "content": (
            *("fill=black", "fill=bars", "fill=noise", "fill=white:from=1:until=1.5", "loop=1", "reorder=1"),
            "scale=short:144|scale=3.0",
        ),
        "overlay": (
            *("logo=area:0.1", "logo=area:0.076", _LOGO, f"{_LOGO}:at=bottom-left", f"{_LOGO}:at=center", "logo=area:0.005"),
            *(f"{_LOGO}:opacity=0.5", f"{_LOGO}:opacity=0.3", f"{_LOGO}:opacity=0.1", f"{_LOGO}:from=0.5:until=1.5", "captions"),
            "captions:size=0.03",
        ),
        "erase": (
            *("erase=blur:area:0.02", "erase=pixelate:area:0.02", "erase=black:area:0.02", "erase=inpaint:area:0.02"),
            *("erase=blur:area:0.005", "erase=inpaint:area:0.005", "erase=black:area:0.005:at=bottom-right"),
        ),
        "geometry": (
            *("flip=h", "flip=v", "zoom=1.1", "zoom=1.02", "zoom=1.01", "zoom=0.95", "mirrorhalf=left"),
            *("shift=16:0", "shift=4:0", "shift=0:8", "rotate=180", "rotate=1", "rotate=5"),
        ),
        "tone": (
            *("grey", "saturation=0.5", "saturation=1.3", "hue=10", "hue=180", "swapchroma", "negate"),
            *(
                "brightness=0.0228",
                "brightness=-0.0228",
                "brightness=0.1",
                "gamma=1.2",
                "contrast=1.15",
                "levels=expand",
                "levels=compress",
            ),
            *("vignette=22.5", "vignette=36", "vignette=60"),
        ),
        "quality": (
            *("blur=4", "blur=2", "blur=1", "sharpen=2", "noise=8", "posterize=16", "scale=0.25|scale=4", "x264:crf=45"),
            *("x264:crf=40", "x264:crf=48:from=1:until=2"),
        ),
        "temporal": (
            *("freeze:from=0.5:until=1.5", "freeze:from=1:until=1.3", "drop=0.2", "drop=0.05", "duplicate=0.3", "delay=1", "delay=5"),
            *("reverse", "reverse:from=0.5:until=1.5", "reorder=0.5", "speed=1.05", "speed=0.98", "fps=10", "trim=0:1.5"),
            *("fill=black:from=1:until=1.04", "fill=white:from=0.5:until=0.54"),
        ),
    }
)
"""The groups and their attacks; not every one applies to every video."""
