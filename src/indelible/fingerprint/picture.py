"""Small pictures by exact integer arithmetic: the same on every machine and with every version of every library.

A picture is averaged over the areas of the cells of a grid, and parts of cells count by their share. Sums of whole numbers are exact in any
order; the only rounding is one division, by rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.frames import Frame, Plane

SIDE = 128  # cells; enough for the code's frequencies in a window of half of the picture
LEVELS = 16  # parts of a luma level (of 8 bits) that a cell counts
UNIT = 1024  # parts of a picture's side in which windows are given

_ENOUGH_PIXELS = 256  # of the shorter side; of larger pictures not every pixel is looked at

Cells = NDArray[np.int64]
Sums = NDArray[np.int64]  # of all cells above and to the left: shape (rows + 1, columns + 1)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture, in units of 1 / `UNIT` of its sides, from the top left; 0 <= top < bottom <= UNIT, likewise left and right."""

    top: int = 0
    bottom: int = UNIT
    left: int = 0
    right: int = UNIT

    def within(self, outer: Window) -> Window:
        """Return where this part of ``outer`` lies in the picture of which ``outer`` is a part."""
        height, width = outer.bottom - outer.top, outer.right - outer.left
        return Window(
            top=outer.top + self.top * height // UNIT,
            bottom=outer.top + -(-self.bottom * height // UNIT),
            left=outer.left + self.left * width // UNIT,
            right=outer.left + -(-self.right * width // UNIT),
        )

    def turned(self, quarter_turns: int) -> Window:
        """Return where this part is after the picture was turned counter-clockwise."""
        window = self
        for _ in range(quarter_turns % 4):
            window = Window(UNIT - window.right, UNIT - window.left, window.top, window.bottom)
        return window


WHOLE_PICTURE = Window()


def thinned(frame: Frame) -> Plane:
    """Return the luma of a frame in 8 bits, of large pictures only every so many pixels; uint8."""
    luma = frame.y
    step = max(1, min(luma.shape) // _ENOUGH_PIXELS)
    pixels = luma[step // 2 :: step, step // 2 :: step]
    return np.ascontiguousarray(pixels if frame.bit_depth == 8 else pixels >> (frame.bit_depth - 8), np.uint8)


def grid(pixels: Plane) -> Cells:
    """Average 8-bit pixels, shape (height, width), over a grid of 128 x 128 cells; in 1 / `LEVELS` of a luma level."""
    # Of at most 256 levels and a few hundred thousand pixels: these sums fit into 32 bits.
    return averaged(cv2.integral(pixels, sdepth=cv2.CV_32S).astype(np.int64), WHOLE_PICTURE, SIDE, scale=LEVELS)


def sums(cells: Cells) -> Sums:
    """Return what `averaged` takes of a small picture."""
    height, width = cells.shape
    table = np.zeros((height + 1, width + 1), np.int64)
    np.cumsum(np.cumsum(cells, axis=0), axis=1, out=table[1:, 1:])
    return table


def averaged(table: Sums, window: Window, side: int, *, scale: int = 1) -> Cells:
    """Average a window of a picture over a grid of ``side`` x ``side`` cells, rounded to the nearest whole number, halves up.

    Args:
        table: `sums` of the picture.
        window: what of it.
        side: cells along each side of the grid.
        scale: factor on the result.
    """
    along_rows, height = _at_edges(table, window.top, window.bottom, side)
    both, width = _at_edges(along_rows.T, window.left, window.right, side)
    total = np.diff(np.diff(both.T, axis=0), axis=1) * scale
    area = height * width
    return np.asarray((2 * total + area) // (2 * area), np.int64)


def _at_edges(table: Sums, first: int, last: int, side: int) -> tuple[Sums, int]:
    """Return sums at the edges of the cells along the first axis, in whole parts of a row, and how many parts make a cell.

    Between two rows by the share of each. 64 bits are enough: at most 2**31 for the sum over pixels, and a part is 1 / 128 of a row there;
    at most 2**26 over the cells of a small picture, and a part is at least 1 / 2**16 of a row in both directions.
    """
    common = math.gcd(first, last, UNIT)
    first, last, parts, rows = first // common, last // common, side * (UNIT // common), table.shape[0] - 1
    position = rows * (first * side + (last - first) * np.arange(side + 1, dtype=np.int64))
    row = np.minimum(position // parts, rows - 1)
    share = (position - row * parts)[:, None]
    return np.asarray(table[row] * (parts - share) + table[row + 1] * share, np.int64), rows * (last - first)
