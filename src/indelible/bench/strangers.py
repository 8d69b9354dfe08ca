"""What keys show in footage that none of them has marked, for each way of looking, as if each key alone had been looked for.

Whatever depends on no key is done once for all of them: decoding, averaging, laying footage onto an original, reading it under a
hypothesis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from indelible.bench.look import Original, Way, search_of
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detector, Geometry, Scores
from indelible.mark.carrier import WINDOW_SECONDS
from indelible.mark.clock import STEP_SECONDS
from indelible.mark.detect import ALPHA
from indelible.mark.payload import decode_payload
from indelible.mark.sync import Footage, Found
from indelible.mark.sync.family import FAMILIES, TURNED, Family, Range
from indelible.mark.sync.footage import ALL
from indelible.mark.sync.pilots import PHASES, WINDOWS
from indelible.mark.sync.pose import AS_MARKED, Pose
from indelible.mark.sync.reading import read
from indelible.mark.sync.timing import IN_TIME, SPEEDS, Timing
from indelible.mark.tally import Evidence, Tally

#: As a detector may be asked; or, for each key, under one hypothesis of the full search that is drawn at random.
NullWay = Way | Literal["random"]
NULL_IN_WORDS: Mapping[str, str] = {
    "plain": "by a plain detector",
    "fast": "by a whole search (fast)",
    "full": "by a whole search (full)",
    "reference": "with the original at hand",
    "random": "each under one hypothesis of the full search, drawn at random",
}

#: So many keys share a random hypothesis: reading footage takes as long as asking some fifty.
KEYS_PER_HYPOTHESIS = 50

_LOG10_ALPHA = math.log10(ALPHA)


@dataclass(frozen=True, slots=True)
class Strangers:
    """What keys have shown: log10 p of each, and how many payloads were reported."""

    log10_p: tuple[float, ...]
    payloads_reported: int


class AnyDetector(Protocol):
    """What is tested: anything that looks for many keys in one pass."""

    def add(self, frame: Frame) -> None: ...

    def scores(self) -> Sequence[Scores]: ...


def look_for(
    keys: Sequence[SecretKey], frames: Sequence[Frame], way: NullWay, *, original: Original, rng: np.random.Generator
) -> Strangers:
    """Return what keys show in some footage.

    Args:
        keys: none of which has marked it.
        frames: the footage.
        way: of looking.
        original: the footage before any codec and mark.
        rng: draws hypotheses.
    """
    if way == "plain":
        return plainly(keys, frames)
    if way == "reference":
        reading = original.reading(frames)
        return Strangers((0.0,) * len(keys), 0) if reading is None else _of_found([reading.found(key, shares=1) for key in keys])
    if way == "random":
        return _of_found(list(_at_random(keys, _seen(keys[:1], frames, "full").footage, rng)))
    together = _seen(keys, frames, way)
    found = [together.alone(place).results()[0] for place in range(len(keys))]
    return Strangers(tuple(one.log10_p for one in found), sum(one.payload is not None for one in found))


def plainly(
    keys: Sequence[SecretKey], frames: Sequence[Frame], *, make_detector: Callable[[Sequence[SecretKey]], AnyDetector] = Detector
) -> Strangers:
    """Return what keys show to a plain detector.

    It reads a payload only where the mark is present, so it is asked for one by itself for each key whose p-value would pass.
    """
    detector = make_detector(keys)
    for frame in frames:
        detector.add(frame)
    values = tuple(scores.log10_p()[0] for scores in detector.scores())
    suspects = [key for key, log10_p in zip(keys, values, strict=True) if log10_p <= _LOG10_ALPHA]
    return Strangers(values, sum(_seen([key], frames, "plain").results()[0].payload is not None for key in suspects))


def random_hypothesis(rng: np.random.Generator) -> tuple[Pose, Timing]:
    """Draw a hypothesis of the full search: whole pictures and each family of parts alike, half of them in time."""
    families = (None, *FAMILIES)
    family = families[rng.integers(len(families))]
    pose = (AS_MARKED, *TURNED)[rng.integers(1 + len(TURNED))] if family is None else _random_pose(family, rng)
    if rng.random() < 0.5:
        return pose, IN_TIME
    start = WINDOW_SECONDS * int(rng.integers(WINDOWS)) + STEP_SECONDS * int(rng.integers(PHASES))
    return pose, Timing(start, SPEEDS[rng.integers(len(SPEEDS))])


def _random_pose(family: Family, rng: np.random.Generator) -> Pose:
    """Draw a point of a family's lattice: scales and angle alike, then the place."""

    def anywhere(values: Range) -> float:
        return float(rng.uniform(values.first, values.last))

    while True:
        scale_x = anywhere(family.scales_x)
        scale_y = scale_x if family.scales_y is None else anywhere(family.scales_y)
        centre_x, centre_y = (0.5 + float(rng.uniform(-1.0, 1.0)) * family.reach(scale) for scale in (scale_x, scale_y))
        angle, mirrored = anywhere(family.angles_deg), bool(rng.random() < 0.5)
        pose = family.on_lattice(Pose(scale_x, scale_y, centre_x, centre_y, angle, mirrored))
        if pose is not None:  # rounding may lead out of the family
            return pose


def _at_random(keys: Sequence[SecretKey], footage: Footage, rng: np.random.Generator) -> Iterator[Found]:
    """Yield what each key shows under a hypothesis that some keys share, as if there were no other."""
    for first in range(0, len(keys), KEYS_PER_HYPOTHESIS):
        pose, timing = random_hypothesis(rng)
        values = read(footage.stills, ALL, pose)
        windows = np.array([timing.window(still.step) for still in footage.stills])
        evidence = {window: Evidence.of(values[windows == window].sum(axis=0)) for window in np.unique(windows).tolist()}
        for key in keys[first : first + KEYS_PER_HYPOTHESIS]:
            tally = Tally.start(key)
            for window, whole in evidence.items():
                tally = tally.with_window(window, whole, ())
            yield Found.of(tally, Geometry(pose, ALL, timing), 0.0, 1)


def _of_found(found: Sequence[Found]) -> Strangers:
    suspects = [one.tally for one in found if one.log10_p <= _LOG10_ALPHA]
    return Strangers(tuple(one.log10_p for one in found), sum(decode_payload(tally.soft, tally.key) is not None for tally in suspects))


def _seen(keys: Sequence[SecretKey], frames: Sequence[Frame], way: Way) -> Detector:
    """Return a detector that has seen the frames."""
    detector = Detector(keys, search=search_of(way))
    for frame in frames:
        detector.add(frame)
    return detector
