"""What is done to a clip before it is looked for, and the share of clips that must be found again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
from numpy.typing import NDArray

from indelible.channel import Clip, parse_channel
from indelible.channel.planes import Lattice, luma_levels, map_planes
from indelible.errors import InputError
from indelible.frames import Frame, Plane, VideoInfo

SHORT_SIDE = 360  # pixels; larger clips are made smaller first, as sites do
_CODEC = "x264:crf=28:preset=veryfast"


@dataclass(frozen=True, slots=True)
class Edit:
    """One row of the benchmark.

    Args:
        name: of the row.
        goal: share of clips that must be found, 0 to 1.
        channel: what happens to the clip; a function where it depends on the size of the pictures.
        change: what happens before that channel and none can do, frame by frame.
    """

    name: str
    goal: float
    channel: str | Callable[[VideoInfo], str] = _CODEC
    change: Callable[[Frame], Frame] | None = None

    def apply(self, clip: Clip, *, seed: int) -> Clip | None:
        """Return the edited clip, None where the edit means nothing for it."""
        small = parse_channel(f"scale=short:{SHORT_SIDE}")
        if small.applies_to(clip.info):
            clip = small.apply(clip)
        if self.change is not None:
            clip = Clip(tuple(map(self.change, clip.frames)), clip.info)
        channel = parse_channel(self.channel if isinstance(self.channel, str) else self.channel(clip.info))
        return channel.apply(clip, seed=seed) if channel.applies_to(clip.info) else None


def in_front_of_itself(frame: Frame) -> Frame:
    """Return a frame at 70 % of its size in front of itself, blurred."""
    return _inset(frame, 0.15, 0.15)


def in_a_corner(frame: Frame) -> Frame:
    """Return a frame at 70 % of its size in the lower right, in front of itself, blurred."""
    return _inset(frame, 0.25, 0.25)


def with_banner(frame: Frame) -> Frame:
    """Return a frame with a bright banner over its lowest 15 %, with darker stripes where words would be."""
    black, white = luma_levels(frame)

    def cover(plane: Plane, lattice: Lattice) -> Plane:
        covered = plane.copy()
        height, width = plane.shape
        top = round(0.85 * height)
        covered[top:] = round(0.8 * white) if lattice.is_luma else lattice.black
        if lattice.is_luma:
            covered[top + (height - top) // 3 : height - (height - top) // 3, width // 10 : width * 7 // 10 : 3] = black
        return covered

    return map_planes(frame, cover)


PLAN = (
    Edit("H.264, CRF 28", 1.0, "x264:crf=28"),
    Edit("H.264, CRF 35", 1.0, "x264:crf=35"),
    Edit("H.264, CRF 40", 1.0, "x264:crf=40"),
    Edit("HEVC, CRF 32", 1.0, "x265:crf=32:preset=veryfast"),
    Edit("AV1, CRF 45", 1.0, "av1:crf=45"),
    Edit("grey", 1.0, f"grey|{_CODEC}"),
    Edit("gamma 1.5", 1.0, f"gamma=1.5|{_CODEC}"),
    Edit("blur", 1.0, f"blur=2|{_CODEC}"),
    Edit("noise", 1.0, f"noise=8|{_CODEC}"),
    Edit("half size", 1.0, f"scale=0.5|{_CODEC}"),
    Edit("crop 5 %", 0.99, f"crop=side:0.9|{_CODEC}"),
    Edit("crop 10 %", 0.95, f"crop=side:0.8|{_CODEC}"),
    Edit("crop 20 %", 0.85, f"crop=side:0.6|{_CODEC}"),
    Edit("letterbox", 0.98, lambda info: f"pad={info.width // 2 * 2}x{_even(info.height * 4 / 3)}|{_CODEC}"),
    Edit("pillarbox", 0.98, lambda info: f"pad={_even(info.width * 3 / 2)}x{info.height // 2 * 2}|{_CODEC}"),
    Edit("picture in picture 70 %", 0.90, change=in_front_of_itself),
    Edit("picture in corner 70 %", 0.90, change=in_a_corner),
    Edit("logo", 0.99, f"logo=side:0.14|{_CODEC}"),
    Edit("banner", 0.99, change=with_banner),
    Edit("captions", 0.98, f"captions|{_CODEC}"),
    Edit("mirror", 0.99, f"flip=h|{_CODEC}"),
    Edit("turn 2 degrees", 0.99, f"rotate=2|{_CODEC}"),
    Edit("turn 5 degrees", 0.92, f"rotate=5|{_CODEC}"),
    Edit("turn 90 degrees", 0.92, f"rotate=90|{_CODEC}"),
    Edit("speed 0.8", 0.95, f"speed=4/5|{_CODEC}"),
    Edit("speed 1.25", 0.95, f"speed=5/4|{_CODEC}"),
    Edit("hue", 0.98, f"hue=30|{_CODEC}"),
    Edit("contrast 0.7", 0.98, f"contrast=0.7|{_CODEC}"),
    Edit("contrast 1.3", 0.98, f"contrast=1.3|{_CODEC}"),
)


def chosen_edits(names: tuple[str, ...]) -> tuple[Edit, ...]:
    """Return the edits of these names, all where none is given.

    Raises:
        InputError: if there is no edit of a name.
    """
    known = {edit.name: edit for edit in PLAN}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"unknown edit {unknown[0]!r}; edits: {', '.join(known)}")
    return tuple(known[name] for name in names) or PLAN


def _even(length: float) -> int:
    return 2 * round(length / 2)


def _inset(frame: Frame, top_share: float, left_share: float) -> Frame:
    def put(plane: Plane, lattice: Lattice) -> NDArray[Any]:
        height, width = plane.shape
        behind: NDArray[Any] = cv2.GaussianBlur(plane, (0, 0), max(1.0, 0.03 * height))
        small = cv2.resize(plane, (round(0.7 * width), round(0.7 * height)), interpolation=cv2.INTER_AREA)
        top, left = round(top_share * height), round(left_share * width)
        behind[top : top + small.shape[0], left : left + small.shape[1]] = small
        return behind

    return map_planes(frame, put)
