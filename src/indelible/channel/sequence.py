"""Steps that show other pictures of the same video at unchanged times."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, ClassVar

import numpy as np

from indelible.channel.arguments import Integer, Number
from indelible.channel.step import Step
from indelible.channel.timing import with_times
from indelible.errors import InputError
from indelible.frames import Frame, VideoInfo

_SECONDS = Number(0.02, 60.0)
_MOST_HELD = 2_000  # pictures in memory


@dataclass(frozen=True, slots=True)
class Freeze(Step):
    """Show the first picture throughout; with ``from`` and ``until``, a still for a while."""

    name: ClassVar[str] = "freeze"

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        shown: Frame | None = None
        for frame in frames:
            shown = shown or frame
            yield _shown_at(shown, frame)


@dataclass(frozen=True, slots=True)
class Reverse(Step):
    """Show the pictures backwards; all of them are held in memory, 2000 at most."""

    name: ClassVar[str] = "reverse"

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        held = _held(frames, self)
        yield from (_shown_at(picture, slot) for picture, slot in zip(reversed(held), held, strict=True))


@dataclass(frozen=True, slots=True)
class Delay(Step):
    """Show each picture ``pictures`` later, and the first one until then; what would come after the end is lost."""

    name: ClassVar[str] = "delay"
    shape: ClassVar[str] = "{pictures}"
    pictures: Annotated[int, Integer(0, 600)]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        waiting: deque[Frame] = deque(maxlen=self.pictures + 1)
        for frame in frames:
            waiting.append(frame)
            yield _shown_at(waiting[0], frame)


@dataclass(frozen=True, slots=True)
class Loop(Step):
    """Show the first ``length_seconds`` again and again."""

    name: ClassVar[str] = "loop"
    shape: ClassVar[str] = "{length}"
    length_seconds: Annotated[float, _SECONDS]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        kept: list[Frame] = []
        start: Fraction | None = None
        for index, (frame, time) in enumerate(with_times(frames, info)):
            start = time if start is None else start
            if not kept or (time - start < Fraction(str(self.length_seconds)) and len(kept) == index and index < _MOST_HELD):
                kept.append(frame)
            yield _shown_at(kept[index % len(kept)], frame)


@dataclass(frozen=True, slots=True)
class Reorder(Step):
    """Exchange each two neighbouring stretches of ``length_seconds``; what is left at the end stays."""

    name: ClassVar[str] = "reorder"
    shape: ClassVar[str] = "{length}"
    length_seconds: Annotated[float, _SECONDS]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        held: list[Frame] = []
        halves = [0, 0]
        start: Fraction | None = None
        length = Fraction(str(self.length_seconds))
        for frame, time in with_times(frames, info):
            start = time if start is None else start
            if time - start >= 2 * length:
                yield from _exchanged(held, halves[0])
                held, halves, start = [], [0, 0], start + (time - start) // (2 * length) * 2 * length
            if len(held) == _MOST_HELD:
                raise InputError(f"{self} would hold more than {_MOST_HELD} pictures; take a shorter length")
            held.append(frame)
            halves[int(time - start >= length)] += 1
        yield from _exchanged(held, halves[0]) if halves[0] == halves[1] else held


def _exchanged(held: list[Frame], middle: int) -> Iterator[Frame]:
    return (_shown_at(picture, slot) for picture, slot in zip(held[middle:] + held[:middle], held, strict=True))


def _held(frames: Iterable[Frame], step: Step) -> list[Frame]:
    held: list[Frame] = []
    for frame in frames:
        if len(held) == _MOST_HELD:
            raise InputError(f"{step} would hold more than {_MOST_HELD} pictures; give it from and until")
        held.append(frame)
    return held


def _shown_at(picture: Frame, slot: Frame) -> Frame:
    """Return a picture at the time of another."""
    return replace(picture, pts=slot.pts, time_base=slot.time_base, duration=slot.duration)
