"""The seconds of a video: the steps in which a mark is embedded and read, and the windows that share a pattern."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from indelible.frames import Frame
from indelible.mark.carrier import WINDOW_SECONDS

STEP_SECONDS = 1.0
UNTIMED_SECONDS = 0.04  # for which a frame without a time counts as shown
STEP_BYTES = 200_000_000  # a step of very large pictures ends early, so that memory is bounded


class Clock:
    """Tells in which step of the video a frame lies; time starts with the first frame, whatever its timestamp, unless an origin is given.

    A frame without a time counts as shown `UNTIMED_SECONDS` after the one before.
    """

    def __init__(self, origin_seconds: float | None = None) -> None:
        self._origin = origin_seconds
        self._last = -UNTIMED_SECONDS

    def seconds(self, frame: Frame) -> float:
        """Return the media time of the next frame, in seconds from the first."""
        now = frame.pts_seconds
        if self._origin is None:
            self._origin = now if now is not None else 0.0
        elapsed = self._last + UNTIMED_SECONDS if now is None else now - self._origin
        self._last = max(elapsed, 0.0)
        return self._last


def step_of(seconds: float) -> int:
    """Return the index of the step at a media time; the small slack keeps a frame whose time was rounded down in its step."""
    return int((seconds + 0.002) / STEP_SECONDS)


def window_of(step: int, window_seconds: float = WINDOW_SECONDS) -> int:
    """Return the index of the window in which a step lies."""
    return int(step * STEP_SECONDS / window_seconds)


def steps(frames: Iterable[Frame], *, origin_seconds: float | None = None) -> Iterator[tuple[int, list[Frame]]]:
    """Group frames into (step, its frames); where pictures change size, or take more than `STEP_BYTES`, a step comes in parts."""
    clock = Clock(origin_seconds)
    held: list[Frame] = []
    current = size = 0
    for frame in frames:
        step = step_of(clock.seconds(frame))
        bytes_held = frame.y.nbytes + sum(plane.nbytes for plane in frame.chroma)
        if held and (step != current or frame.y.shape != held[0].y.shape or size + bytes_held > STEP_BYTES):
            yield current, held
            held, size = [], 0
        current = step
        held.append(frame)
        size += bytes_held
    if held:
        yield current, held
