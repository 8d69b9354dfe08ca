"""What is done to a clip before it is looked for, and the share of clips that must be found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
from numpy.typing import NDArray

from indelible.channel import Clip, parse_channel
from indelible.channel.planes import Lattice, luma_levels, map_planes
from indelible.errors import InputError
from indelible.frames import Frame, Plane, VideoInfo

SHORT_SIDE = 360  # pixels; larger clips are made smaller first, as sites do
COMPILATION = "compilation"  # is asked for like an edit, but made of many clips
_CODEC = "x264:crf=28:preset=veryfast"


@dataclass(frozen=True, slots=True)
class Edit:
    """One row of the benchmark.

    Args:
        name: of the row.
        goal: share of clips that must be found, 0 to 1.
        channel: what happens to the clip before it is encoded, if anything; a function where it depends on the size of the pictures.
        codec: how it is encoded then.
        change: what happens before the channel and none can do, frame by frame.
    """

    name: str
    goal: float
    channel: str | Callable[[VideoInfo], str] = ""
    codec: str = _CODEC
    change: Callable[[Frame], Frame] | None = None

    def apply(self, clip: Clip, *, seed: int) -> Clip | None:
        """Return the edited clip, of one as `small` returns it; None where the edit means nothing for it."""
        if self.change is not None:
            clip = Clip(tuple(map(self.change, clip.frames)), clip.info)
        before = self.channel if isinstance(self.channel, str) else self.channel(clip.info)
        channel = parse_channel(f"{before}|{self.codec}" if before else self.codec)
        return channel.apply(clip, seed=seed) if channel.applies_to(clip.info) else None


def small(clip: Clip) -> Clip:
    """Return a clip as sites show it, before it is edited."""
    scaled = parse_channel(f"scale=short:{SHORT_SIDE}")
    return scaled.apply(clip) if scaled.applies_to(clip.info) else clip


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


def _codecs() -> Iterator[Edit]:
    named = (("H.264, CRF 28", "x264:crf=28"), ("H.264, CRF 35", "x264:crf=35"), ("H.264, CRF 40", "x264:crf=40"))
    for name, codec in (*named, ("HEVC, CRF 32", "x265:crf=32:preset=veryfast"), ("AV1, CRF 45", "av1:crf=45")):
        yield Edit(name, 1.0, codec=codec)


def _channels() -> Iterator[Edit]:
    for name, goal, channel in (
        ("grey", 1.0, "grey"),
        ("gamma 1.5", 1.0, "gamma=1.5"),
        ("blur", 1.0, "blur=2"),
        ("noise", 1.0, "noise=8"),
        ("half size", 1.0, "scale=0.5"),
        ("crop 5 %", 0.99, "crop=side:0.9"),
        ("crop 10 %", 0.95, "crop=side:0.8"),
        ("crop 20 %", 0.85, "crop=side:0.6"),
        ("letterbox", 0.98, _letterboxed),
        ("pillarbox", 0.98, _pillarboxed),
        ("logo", 0.99, "logo=side:0.14"),
        ("captions", 0.98, "captions"),
        ("mirror", 0.99, "flip=h"),
        ("turn 2 degrees", 0.99, "rotate=2"),
        ("turn 5 degrees", 0.92, "rotate=5"),
        ("turn 90 degrees", 0.92, "rotate=90"),
        ("speed 0.8", 0.95, "speed=4/5"),
        ("speed 1.25", 0.95, "speed=5/4"),
        ("hue", 0.98, "hue=30"),
        ("contrast 0.7", 0.98, "contrast=0.7"),
        ("contrast 1.3", 0.98, "contrast=1.3"),
    ):
        yield Edit(name, goal, channel)


def _letterboxed(info: VideoInfo) -> str:
    return f"pad={info.width // 2 * 2}x{_even(info.height * 4 / 3)}"


def _pillarboxed(info: VideoInfo) -> str:
    return f"pad={_even(info.width * 3 / 2)}x{info.height // 2 * 2}"


def _even(length: float) -> int:
    return 2 * round(length / 2)


PLAN = (
    *_codecs(),
    *_channels(),
    Edit("picture in picture 70 %", 0.90, change=in_front_of_itself),
    Edit("picture in corner 70 %", 0.90, change=in_a_corner),
    Edit("banner", 0.99, change=with_banner),
)


def chosen_edits(names: tuple[str, ...]) -> tuple[tuple[Edit, ...], bool]:
    """Return the edits of these names, and whether `COMPILATION` is among them; all where none is given.

    Raises:
        InputError: if there is no edit of a name.
    """
    known = {edit.name: edit for edit in PLAN}
    unknown = [name for name in names if name not in known and name != COMPILATION]
    if unknown:
        raise InputError(f"unknown edit {unknown[0]!r}; edits: {', '.join((*known, COMPILATION))}")
    if not names:
        return PLAN, True
    return tuple(known[name] for name in names if name in known), COMPILATION in names


def _inset(frame: Frame, top_share: float, left_share: float) -> Frame:
    def put(plane: Plane, lattice: Lattice) -> NDArray[Any]:
        height, width = plane.shape
        behind: NDArray[Any] = cv2.GaussianBlur(plane, (0, 0), max(1.0, 0.03 * height))
        small = cv2.resize(plane, (round(0.7 * width), round(0.7 * height)), interpolation=cv2.INTER_AREA)
        top, left = round(top_share * height), round(left_share * width)
        behind[top : top + small.shape[0], left : left + small.shape[1]] = small
        return behind

    return map_planes(frame, put)
