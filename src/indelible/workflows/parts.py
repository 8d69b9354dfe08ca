"""Hearing a mark part by part: the windows of a video, each by itself, and what a detector makes of them when the payload is known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby

from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detection, Detector, Margin, Payload, measure_margin
from indelible.mark.carrier import WINDOW_SECONDS
from indelible.mark.clock import Clock, step_of, window_of

__all__ = ["Heard", "Part", "PartedVideo", "hear"]

SHORTEST_SECONDS = WINDOW_SECONDS / 2  # a shorter end of a video is judged together with the window before it


@dataclass(frozen=True, slots=True)
class Heard:
    """What a detector found of a mark that is known.

    Args:
        detection: its answer.
        payload_ok: whether that holds the payload that the mark has.
        margin: how far the mark is from being lost; None where nobody knows what it should say.
    """

    detection: Detection
    payload_ok: bool
    margin: Margin | None


def hear(detector: Detector, key: SecretKey, payload: Payload | None, *, alpha: float) -> Heard:
    """Return what a detector of one key has found of a mark that says ``payload``, None where that is unknown."""
    (detection,) = detector.results()
    if payload is None:
        return Heard(detection, False, None)
    measured = measure_margin(detector.scores()[0], detector.soft_symbols(), payload, key, alpha=alpha)
    return Heard(detection, detection.payload == payload, measured)


@dataclass(slots=True)
class Part:
    """A stretch of a video that is judged by itself: a window, and after the last one what is too short for that.

    Args:
        index: of the part, which is that of its first window.
        frames: of this part only; they are gone when the next part is asked for.
        origin_seconds: time of the video's first frame, from which its windows are counted.
        start_seconds: of the frames so far, from the origin.
        end_seconds: likewise; complete when the frames have ended.
        windows: of the frames so far.
    """

    index: int
    frames: Iterator[Frame]
    origin_seconds: float
    start_seconds: float = math.inf
    end_seconds: float = 0.0
    windows: tuple[int, ...] = ()

    def note(self, frame: Frame, seconds: float) -> None:
        """Count a frame in."""
        self.start_seconds = min(self.start_seconds, seconds)
        self.end_seconds = max(self.end_seconds, seconds + float(frame.duration * frame.time_base))
        window = _window_at(seconds)
        if window not in self.windows:
            self.windows = (*self.windows, window)


class PartedVideo:
    """Frames of a video as parts, one after the other; holds none of them.

    Args:
        frames: in order of presentation.
        duration_seconds: of the video, as far as it is known: says which window is the last. None judges each window alone.
    """

    def __init__(self, frames: Iterable[Frame], *, duration_seconds: float | None) -> None:
        self._frames = frames
        self._last = last_part(duration_seconds)

    def __iter__(self) -> Iterator[Part]:
        remaining = iter(self._frames)
        first = next(remaining, None)
        if first is None:
            return
        origin = first.pts_seconds or 0.0
        clock = Clock(origin)
        timed = ((clock.seconds(frame), frame) for frame in chain([first], remaining))
        for index, group in groupby(timed, key=lambda pair: min(_window_at(pair[0]), self._last)):
            part = Part(index, iter(()), origin)
            part.frames = _noted(part, group)
            yield part


def last_part(duration_seconds: float | None) -> int:
    """Return the index of the last part of a video of such a length; a very large number where that is unknown."""
    if duration_seconds is None:
        return 1 << 30
    whole, rest = divmod(max(0.0, duration_seconds), WINDOW_SECONDS)
    return max(0, int(whole) - (1 if rest < SHORTEST_SECONDS else 0))


def _noted(part: Part, group: Iterable[tuple[float, Frame]]) -> Iterator[Frame]:
    for seconds, frame in group:
        part.note(frame, seconds)
        yield frame


def _window_at(seconds: float) -> int:
    return window_of(step_of(seconds))
