"""Any step for a part of the time only: ``logo=area:0.02:from=1:until=2``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import numpy as np

from indelible.channel.arguments import Number, decimal_text
from indelible.channel.step import Step
from indelible.channel.timing import with_times
from indelible.errors import SpecError
from indelible.frames import Frame, VideoInfo

WINDOW_OPTIONS = ("from", "until")
_SECONDS = Number(0.0, 1e6)


@dataclass(frozen=True, slots=True)
class During(Step):
    """Do ``step`` to the pictures from ``start_seconds`` until before ``end_seconds``, counted from the first; None is the end.

    The step sees only these pictures, as if they were the whole video; so a codec step encodes them alone, and what it wrote is not
    reported. For steps that keep size, pixel format and times.

    Raises:
        SpecError: if the step changes times, is such a window itself, or the start is not before the end.
    """

    step: Step
    start_seconds: float = 0.0
    end_seconds: float | None = None

    def __post_init__(self) -> None:
        if not self.step.keeps_timing or isinstance(self.step, During):
            raise SpecError(f"{self.step}: from and until are for steps that keep times, and only once; do this to the whole video")
        end = self.end_seconds
        for name, value in (("from", self.start_seconds), ("until", end if end is not None else 0.0)):
            try:
                _SECONDS.check(value)
            except ValueError:
                raise SpecError(f"{self.step}: {name} is {value!r}; allowed is {_SECONDS}") from None
        if end is not None and self.start_seconds >= end:
            raise SpecError(f"{self.step}: from {self.start_seconds} is not before until {end}; both are seconds from the first picture")

    @classmethod
    def around(cls, step: Step, window: dict[str, str]) -> Self:
        """Return a step in the window that the options ``from`` and ``until`` of a specification give.

        Raises:
            SpecError: if one is no number, or the window is not allowed.
        """
        seconds: dict[str, float] = {}
        for name, text in window.items():
            try:
                seconds[name] = _SECONDS.read(text)
            except ValueError:
                raise SpecError(f"{step.name}: {name} is {text!r}; allowed is {_SECONDS}") from None
        return cls(step, seconds.get("from", 0.0), seconds.get("until"))

    def __str__(self) -> str:
        start = f":from={decimal_text(self.start_seconds)}"
        return f"{self.step}{start}" + ("" if self.end_seconds is None else f":until={decimal_text(self.end_seconds)}")

    def applies_to(self, info: VideoInfo) -> bool:
        if not self.step.applies_to(info):
            return False
        after = self.step.info_after(info)
        same = (after.width, after.height, after.pixel_format, after.frame_rate) == (
            *(info.width, info.height, info.pixel_format, info.frame_rate),
        )
        return same and (info.duration_seconds is None or self.start_seconds < info.duration_seconds)

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        start = Fraction(str(self.start_seconds))
        end = None if self.end_seconds is None else Fraction(str(self.end_seconds))
        timed = with_times(frames, info)
        origin: Fraction | None = None
        pending: list[Frame] = []  # the first picture of what comes next, read already

        def inside() -> Iterator[Frame]:
            yield pending.pop()
            for frame, time in timed:
                if end is not None and time - (origin or 0) >= end:
                    pending.append(frame)
                    return
                yield frame

        for frame, time in timed:
            origin = time if origin is None else origin
            if time - origin >= start and (end is None or time - origin < end):
                pending.append(frame)
                yield from self.step.transform(inside(), info, rng=rng)
                break
            if end is not None and time - origin >= end:  # a gap in the pictures, as long as the window
                pending.append(frame)
                break
            yield frame
        yield from pending
        yield from (frame for frame, _ in timed)
