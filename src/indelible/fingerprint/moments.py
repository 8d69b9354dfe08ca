"""From slots to moments: two seconds of a video as one picture, with what changed in it, and where in the frame the picture is.

Where only key frames are known, a moment is one of them, or the slot in which it may lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from indelible.fingerprint.bars import active_window
from indelible.fingerprint.code import KEY_FRAMES
from indelible.fingerprint.picture import Cells, Window
from indelible.fingerprint.slots import SLOT_SECONDS, Slot

MOMENT_SLOTS = 8
STEP_SLOTS = 4


@dataclass(frozen=True, slots=True)
class Moment:
    """Two seconds of a video, or an instant of it.

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
    start = 0
    for slot in slots:
        held.append(slot)
        if len(held) == MOMENT_SLOTS:
            yield _moment(held, start)
            start, held = start + step_slots, held[step_slots:]
    while held and (start == 0 or len(held) >= MOMENT_SLOTS // 2):
        yield _moment(held, start)
        start, held = start + step_slots, held[step_slots:]


def moment_seconds(algorithm: str) -> float:
    """Return how long the moments are that an algorithm makes codes of."""
    return SLOT_SECONDS if algorithm == KEY_FRAMES else MOMENT_SLOTS * SLOT_SECONDS


def instants(slots: Iterable[Slot]) -> Iterator[Moment]:
    """Yield each slot as a moment of its own, in which nothing changes."""
    for index, slot in enumerate(slots):
        yield instant(slot, index * SLOT_SECONDS)


def instant(slot: Slot, start_seconds: float) -> Moment:
    """Return a slot as a moment of its own."""
    return Moment(start_seconds, slot.picture, np.zeros_like(slot.picture), active_window([slot]))


def _moment(slots: list[Slot], start: int) -> Moment:
    pictures = [slot.picture for slot in slots]
    half = (len(pictures) + 1) // 2
    before = _mean(pictures[:half])
    return Moment(
        start * SLOT_SECONDS,
        _mean(pictures),
        _mean(pictures[half:] or pictures) - before,
        active_window(slots),
    )


def _mean(pictures: list[Cells]) -> Cells:
    count = len(pictures)
    return np.asarray((2 * np.sum(pictures, axis=0) + count) // (2 * count), np.int64)
