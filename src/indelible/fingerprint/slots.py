"""From frames to slots: a quarter of a second of video as one small picture, whatever the frame rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.fingerprint.picture import Cells, grid, thinned
from indelible.frames import Frame

SLOT_SECONDS = 0.25
_TAKE_SECONDS = 0.079  # a frame that follows another one so closely says the same

Extremes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Slot:
    """A quarter of a second of a video.

    Args:
        picture: mean of its frames, int64, shape (128, 128), in 1 / 16 of a luma level.
        row_extremes: least and greatest pixel of each row of the frames, thinned, shape (2, rows).
        column_extremes: and of each column.
    """

    picture: Cells
    row_extremes: Extremes
    column_extremes: Extremes


def slot_of(frame: Frame) -> Slot:
    """Return one frame as if it were shown for a whole slot."""
    pixels = thinned(frame)
    return Slot(
        grid(pixels),
        np.stack([pixels.min(axis=1), pixels.max(axis=1)]),
        np.stack([pixels.min(axis=0), pixels.max(axis=0)]),
    )


class SlotMaker:
    """Makes slots of frames. Where there are fewer frames than slots, each is shown until the next."""

    def __init__(self) -> None:
        self._origin: float | None = None
        self._last_seconds = -0.04  # a frame without a time counts as shown 1/25 s after the one before
        self._taken_seconds = -1.0
        self._shown: Slot | None = None
        self._held: list[Slot] = []
        self._index = 0
        self._duration = 0.0

    @property
    def duration_seconds(self) -> float:
        """From the first frame to the end of the last one."""
        return self._duration

    def slots(self, frames: Iterable[Frame]) -> Iterator[Slot]:
        """Yield the slots of all frames, in order.

        Raises:
            InputError: if pictures change their size.
        """
        for frame in frames:
            seconds = self._seconds(frame)
            index = int((seconds + 0.002) / SLOT_SECONDS)  # a time that was rounded down stays in its slot
            while self._index < index:
                yield self._close()
            if seconds - self._taken_seconds >= _TAKE_SECONDS or not self._held:
                self._take(frame, seconds)
        while self._shown is not None and (self._held or (self._index + 0.5) * SLOT_SECONDS < self._duration):
            yield self._close()

    def _seconds(self, frame: Frame) -> float:
        now = frame.pts_seconds
        if self._origin is None:
            self._origin = now or 0.0
        elapsed = self._last_seconds + 0.04 if now is None else now - self._origin
        length = float(frame.duration * frame.time_base) or max(0.0, elapsed - self._last_seconds)
        self._last_seconds = max(0.0, elapsed)
        self._duration = self._last_seconds + length
        return self._last_seconds

    def _take(self, frame: Frame, seconds: float) -> None:
        slot = slot_of(frame)
        if self._shown is not None and _size(slot) != _size(self._shown):
            raise InputError(f"pictures change their size to {frame.width}x{frame.height}; a fingerprint needs one size")
        self._taken_seconds = seconds
        self._shown = slot
        self._held.append(slot)

    def _close(self) -> Slot:
        """Return the current slot and go on to the next."""
        held = self._held or ([] if self._shown is None else [self._shown])
        self._held = []
        self._index += 1
        count = len(held)
        picture = (2 * sum((slot.picture for slot in held), start=np.zeros_like(held[0].picture)) + count) // (2 * count)
        return Slot(picture, _extremes([slot.row_extremes for slot in held]), _extremes([slot.column_extremes for slot in held]))


def _extremes(of_frames: list[Extremes]) -> Extremes:
    return np.stack([np.min([each[0] for each in of_frames], axis=0), np.max([each[1] for each in of_frames], axis=0)])


def _size(slot: Slot) -> tuple[int, int]:
    return slot.row_extremes.shape[1], slot.column_extremes.shape[1]
