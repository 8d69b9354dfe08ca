"""From slots to moments: two seconds of a video as one picture, with what changed in it, and where in the frame the picture is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from indelible.fingerprint.bars import active_window
from indelible.fingerprint.picture import Cells, Window
from indelible.fingerprint.slots import SLOT_SECONDS, Slot

MOMENT_SLOTS = 8
STEP_SLOTS = 4
_AROUND_SLOTS = 2  # on both sides of a moment: bars last longer than what happens to be dark at the edges


@dataclass(frozen=True, slots=True)
class Moment:
    """Two seconds of a video.

    Args:
        start_seconds: from the first picture.
        picture: mean of its slots, int64, shape (128, 128), in 1 / 16 of a luma level.
        change: mean of the second half less mean of the first, in the same units.
        active: what of the frame is not bars.
    """

    start_seconds: float
    picture: Cells
    change: Cells
    active: Window


def moments(slots: Iterable[Slot], *, step_slots: int = STEP_SLOTS) -> Iterator[Moment]:
    """Yield a moment for each ``step_slots`` slots, of `MOMENT_SLOTS` slots each; the last ones may have half as many.

    A video that is shorter than that is one moment.
    """
    held: list[Slot] = []
    first = 0  # index of held[0]
    start = 0
    for slot in slots:
        held.append(slot)
        if first + len(held) >= start + MOMENT_SLOTS + _AROUND_SLOTS:
            yield _moment(held, start - first, start)
            start += step_slots
            gone = max(0, start - _AROUND_SLOTS - first)
            held, first = held[gone:], first + gone
    end = first + len(held)
    while held and (start == 0 or start + MOMENT_SLOTS // 2 <= end):
        yield _moment(held, start - first, start)
        start += step_slots


def _moment(held: list[Slot], index: int, start: int) -> Moment:
    pictures = [slot.picture for slot in held[index : index + MOMENT_SLOTS]]
    half = (len(pictures) + 1) // 2
    before = _mean(pictures[:half])
    return Moment(
        start * SLOT_SECONDS,
        _mean(pictures),
        _mean(pictures[half:] or pictures) - before,
        active_window(held[max(0, index - _AROUND_SLOTS) : index + MOMENT_SLOTS + _AROUND_SLOTS]),
    )


def _mean(pictures: list[Cells]) -> Cells:
    count = len(pictures)
    return np.asarray((2 * np.sum(pictures, axis=0) + count) // (2 * count), np.int64)
