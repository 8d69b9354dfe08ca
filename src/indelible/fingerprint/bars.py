"""Where the picture is within a frame: bars of one dark colour around it are no part of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indelible.fingerprint.picture import UNIT, WHOLE_PICTURE, Window
from indelible.fingerprint.slots import Extremes, Slot

_DARK = 48  # luma; brighter margins may belong to the content (paper, slides, sky)
_EVEN = 12  # luma; what a codec may leave in a bar
_STEP = 28  # luma; a bar ends at an edge, a vignette does not
_EDGE = 4  # rows within which it does
_LEAST = UNIT // 4  # of a side; less is rather a dark scene than a picture within bars


def active_window(slots: Sequence[Slot]) -> Window:
    """Return the part of the frames that is not bars in any of these slots, the whole if there are none (at least one slot)."""
    top, bottom = _active(_over([slot.row_extremes for slot in slots]))
    left, right = _active(_over([slot.column_extremes for slot in slots]))
    return Window(top, bottom, left, right)


def _over(extremes: list[Extremes]) -> Extremes:
    return np.stack([np.min([each[0] for each in extremes], axis=0), np.max([each[1] for each in extremes], axis=0)])


def _active(extremes: Extremes) -> tuple[int, int]:
    count = extremes.shape[1]
    first = _bar(extremes)
    last = count - _bar(extremes[:, ::-1])
    start, end = UNIT * first // count, -(-UNIT * last // count)
    return (start, end) if end - start >= _LEAST else (WHOLE_PICTURE.top, WHOLE_PICTURE.bottom)


def _bar(extremes: Extremes) -> int:
    """Return how many of the first rows (or columns) are a bar."""
    least, greatest = extremes.astype(np.int64)
    colour = int(least[0])
    inside = (least >= colour - _EVEN) & (greatest <= colour + _EVEN) & (greatest <= _DARK)
    length = len(inside) if inside.all() else int(np.argmin(inside))
    beyond = greatest[length : length + _EDGE]
    return length if beyond.size and int(beyond.max()) >= colour + _STEP else 0
