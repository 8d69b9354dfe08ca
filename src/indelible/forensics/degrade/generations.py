"""What happens to a whole clip on its way: real encoders, chroma subsampling, scaling, and pictures dropped, repeated, frozen or blended.

All of it is a `indelible.channel.Channel`, drawn at random; there is no codec here that is not a real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from indelible.channel import Channel, Step
from indelible.channel.codecs import X264, X265, Av1, Codec, Vp9
from indelible.channel.during import During
from indelible.channel.geometry import ScaleTo
from indelible.channel.pixels import PixelFormat
from indelible.channel.planes import layout_of
from indelible.channel.sequence import Freeze
from indelible.channel.timing import Drop, Duplicate, FrameRate
from indelible.forensics.degrade.severity import Severity, check_severity
from indelible.frames import VideoInfo

__all__ = ["draw_channel", "draw_codec"]


@dataclass(frozen=True, slots=True)
class _Range:
    """What a severity allows: lowest and highest CRF of x264 and x265, of AV1 and VP9, least scale of a side, chance of a fault in time."""

    crf: tuple[int, int]
    coarse_crf: tuple[int, int]
    least_scale: float
    fault_chance: float


_RANGES = {
    "light": _Range((18, 23), (24, 32), 1.0, 0.0),
    "medium": _Range((24, 30), (33, 42), 0.7, 0.2),
    "heavy": _Range((31, 40), (43, 55), 0.5, 0.5),
}
_SHARES: dict[type[Codec], float] = {X264: 0.7, X265: 0.15, Vp9: 0.1, Av1: 0.05}
_PRESETS = {
    X264: ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium"),
    X265: ("ultrafast", "superfast", "veryfast", "faster"),
    Vp9: ("6", "7", "8"),
    Av1: ("10", "11", "12"),
}
_GOPS = (12, 250)
_FAULT_SECONDS = (0.1, 0.5)


def draw_codec(crf: tuple[int, int], coarse_crf: tuple[int, int], *, rng: np.random.Generator) -> Codec:
    """Return a random encoder: x264 in 70 % of draws, x265 in 15, VP9 in 10, AV1 in 5; preset and distance of key frames at random.

    Args:
        crf: lowest and highest quality of x264 and x265.
        coarse_crf: likewise of VP9 and AV1, whose scale is another.
        rng: source of all that is random.
    """
    kinds = list(_SHARES)
    kind: type[Codec] = kinds[int(rng.choice(len(kinds), p=list(_SHARES.values())))]
    low, high = crf if kind in (X264, X265) else coarse_crf
    gop = round(float(np.exp(rng.uniform(*np.log(_GOPS)))))
    return kind(crf=int(rng.integers(low, high + 1)), preset=str(rng.choice(_PRESETS[kind])), gop=gop)


def draw_channel(severity: Severity, info: VideoInfo, *, rng: np.random.Generator) -> Channel:
    """Return a random channel of a severity for a clip: perhaps a fault in time, perhaps smaller, 4:2:0, and through a real encoder.

    The clip comes back in its own size. Faults in time are pictures dropped, repeated, a still for a while, or blended with
    their neighbours by a change of frame rate and back.

    Args:
        severity: light has CRF 18 to 23 (x264), medium 24 to 30 and heavy 31 to 40.
        info: of the clip.
        rng: source of all that is random.

    Raises:
        InputError: if there is no such severity, or the pixel format is not handled.
    """
    check_severity(severity)
    allowed = _RANGES[severity]
    steps: list[Step] = []
    if rng.random() < allowed.fault_chance:
        steps += _fault(info, rng)
    scale = rng.uniform(allowed.least_scale, 1.0)
    width, height = (max(2, round(side * scale / 2) * 2) for side in (info.width, info.height))
    scaled = allowed.least_scale < 1.0
    if scaled:
        steps.append(ScaleTo(width, height))
    if layout_of(info).chroma not in ("", "420"):
        steps.append(PixelFormat("yuv420p"))
    steps.append(draw_codec(allowed.crf, allowed.coarse_crf, rng=rng))
    if scaled:
        steps.append(ScaleTo(info.width, info.height))
    return Channel(tuple(steps))


def _fault(info: VideoInfo, rng: np.random.Generator) -> list[Step]:
    kind = rng.choice(["drop", "duplicate", "freeze", "blend"])
    rate = info.frame_rate or Fraction(25)
    if kind == "drop":
        return [Drop(round(rng.uniform(0.05, 0.3), 3))]
    if kind == "duplicate":
        return [Duplicate(round(rng.uniform(0.05, 0.3), 3))]
    if kind == "freeze":
        length = round(rng.uniform(*_FAULT_SECONDS), 3)
        room = max(0.0, (info.duration_seconds or 1.0) - length)
        start = round(rng.uniform(0.0, room), 3)
        return [During(Freeze(), start, round(start + length, 3))]
    return [FrameRate(rate * Fraction(4, 5), by="blend"), FrameRate(rate, by="blend")]
