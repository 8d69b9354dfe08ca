"""What an honest worker might have delivered instead: random encodes of the same source, at the same size and about the same rate.

These are the null of a verification, and every one of them comes from a real encoder. What is drawn: how the picture was scaled, the
encoder's preset, constant quality or average bitrate, the distance of key frames, and the rate itself, by up to half an octave around
the rendition's own. So a rendition of few bits is compared with honest ones of few bits, and a soft one of many bits is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import get_args

import numpy as np

from indelible.channel import Channel, Step
from indelible.channel.codecs import X264, X265, Av1, Codec, Vp9
from indelible.channel.geometry import ScaleTo
from indelible.channel.resample import Scaler
from indelible.channel.timing import FrameRate
from indelible.frames import Frame, VideoInfo
from indelible.verify.descriptor import Look, look_at

__all__ = ["HonestWork", "Target", "draw_honest", "honest_looks", "in_order_of_work"]

#: Lowest and highest rate of honest encodes, in octaves from the rendition's own.
AROUND = (-0.5, 0.5)

Footage = Callable[[], Iterable[Frame]]

_CODECS: dict[str, type[Codec]] = {"h264": X264, "hevc": X265, "av1": Av1, "vp9": Vp9}
_PRESETS = {
    X264: ("superfast", "veryfast", "faster", "fast", "medium"),
    X265: ("superfast", "veryfast", "faster", "fast"),
    Av1: ("8", "9", "10", "11"),
    Vp9: ("5", "6", "7", "8"),
}
_PROBES = {X264: (18, 28, 40), X265: (18, 28, 40), Av1: (25, 40, 58), Vp9: (20, 36, 56)}
_MOST_CRF = {X264: 51, X265: 51, Av1: 63, Vp9: 63}
_SAME_RATE = 0.01
_MOST_GOP = 1000  # pictures; the frame rate that a file says of itself may be any
_MOST_HELD_BYTES = 600_000_000


@dataclass(frozen=True, slots=True)
class Target:
    """What a rendition is, as far as an honest worker was told: size, frame rate, codec and bitrate.

    Args:
        width: of the pictures in the orientation in which the source is coded.
        height: likewise.
        frame_rate: None keeps the source's.
        codec: FFmpeg's name; what no encoder here makes is stood for by H.264.
        bitrate_bps: of the pictures.
    """

    width: int
    height: int
    frame_rate: Fraction | None
    codec: str
    bitrate_bps: float


@dataclass(frozen=True, slots=True)
class HonestWork:
    """One honest encode: how the picture is brought to size, and the encoder."""

    before: tuple[Step, ...]
    codec: Codec

    def __str__(self) -> str:
        return str(Channel((*self.before, self.codec)))


def draw_honest(
    footage: Footage,
    info: VideoInfo,
    target: Target,
    *,
    count: int,
    rng: np.random.Generator,
    octaves: tuple[float, float] = AROUND,
) -> tuple[HonestWork, ...]:
    """Return random honest encodes whose rates lie around the target's; three encodes find out which quality has which rate.

    Args:
        footage: gives the source's frames, again at each call.
        info: of the source.
        target: see there.
        count: how many.
        rng: source of all that is random.
        octaves: lowest and highest rate, from the target's.
    """
    codec = _CODECS.get(target.codec, X264)
    rates = _rates(footage, info, target, codec)
    fps = float(target.frame_rate or info.frame_rate or 25)
    drawn = []
    for _ in range(count):
        rate = target.bitrate_bps * 2.0 ** rng.uniform(*octaves)
        crf = _crf_at(rate, rates, whole=codec in (Av1, Vp9), most=_MOST_CRF[codec])
        preset, gop = str(rng.choice(_PRESETS[codec])), min(max(1, round(fps * rng.uniform(1.0, 10.0))), _MOST_GOP)
        steady = bool(rng.random() < 0.5)
        scaler: Scaler = rng.choice(get_args(Scaler))
        made = codec(bitrate_bps=max(1000, round(rate)), preset=preset, gop=gop) if steady else codec(crf=crf, preset=preset, gop=gop)
        drawn.append(HonestWork(_steps_before(info, target, scaler), made))
    return tuple(drawn)


def honest_looks(footage: Footage, info: VideoInfo, work: Iterable[HonestWork], *, wide: bool) -> Iterator[Look]:
    """Do the work, and yield a look at each result; `in_order_of_work`, so that each scaling is done once.

    Args:
        footage: gives the source's frames, again at each call.
        info: of the source.
        work: what to do.
        wide: as for `indelible.verify.descriptor.look_at`.
    """
    for before, group in groupby(in_order_of_work(work), key=lambda each: each.before):
        prepared = Channel(before)
        held = _held(footage, info, prepared)
        reached = prepared.info_after(info)
        for each in group:
            source = held if held is not None else prepared.stream(footage(), info).frames
            stream = Channel((each.codec,)).stream(source, reached)
            yield look_at(stream.frames, replace(stream.info, rotation_deg=info.rotation_deg), wide=wide)


def in_order_of_work(work: Iterable[HonestWork]) -> list[HonestWork]:
    """Return work in the order in which `honest_looks` does it."""
    return sorted(work, key=lambda each: str(Channel(each.before)))


def _held(footage: Footage, info: VideoInfo, prepared: Channel) -> list[Frame] | None:
    """Return the frames after the steps before the encoder; None if they are too many to be held."""
    held: list[Frame] = []
    size = 0
    for frame in prepared.stream(footage(), info).frames:
        held.append(frame)
        size += frame.y.nbytes + sum(plane.nbytes for plane in frame.chroma)
        if size > _MOST_HELD_BYTES:
            return None
    return held


def _steps_before(info: VideoInfo, target: Target, scaler: Scaler) -> tuple[Step, ...]:
    steps: list[Step] = []
    if target.frame_rate is not None and info.frame_rate and abs(float(target.frame_rate / info.frame_rate) - 1.0) > _SAME_RATE:
        steps.append(FrameRate(target.frame_rate))
    if (target.width, target.height) != (info.width, info.height) and not target.width % 2 and not target.height % 2:
        steps.append(ScaleTo(target.width, target.height, scaler=scaler))
    return tuple(steps)


def _rates(footage: Footage, info: VideoInfo, target: Target, codec: type[Codec]) -> tuple[tuple[float, float], ...]:
    """Return (crf, log2 of the bitrate) of a few encodes."""
    before = Channel(_steps_before(info, target, "bicubic"))
    held = _held(footage, info, before)
    found = []
    for crf in _PROBES[codec]:
        source = held if held is not None else before.stream(footage(), info).frames
        stream = Channel((codec(crf=crf, preset=_PRESETS[codec][1]),)).stream(source, before.info_after(info))
        for _ in stream.frames:  # decoded to the end, which is when an encoding is reported
            pass
        found.append((float(crf), math.log2(max(1.0, stream.encodings[0].bitrate_bps))))
    return tuple(found)


def _crf_at(rate: float, rates: tuple[tuple[float, float], ...], *, whole: bool, most: int) -> float:
    """Return the quality that gives a rate, along straight lines of log2 rate over crf, continued at both ends."""
    wanted = math.log2(rate)
    (low, low_rate), (high, high_rate) = rates[:2] if wanted >= rates[1][1] else rates[1:]
    slope = min((high_rate - low_rate) / (high - low), -1e-3)
    crf = min(float(most), max(1.0, low + (wanted - low_rate) / slope))
    return float(round(crf)) if whole else round(crf, 1)
