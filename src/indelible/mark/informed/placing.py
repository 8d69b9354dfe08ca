"""Where the original picture lies in a received one, to a fraction of a cell."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.grid import GRID, Picture
from indelible.mark.warp import laid, laid_in_cells


@dataclass(frozen=True, slots=True, eq=False)
class Placing:
    """An affine map: ``matrix`` takes (x, y, 1) of the original, in shares of its sides, to (x, y) of the received picture, in shares too.

    float64, shape (2, 3).
    """

    matrix: NDArray[np.float64]

    def inverse(self) -> NDArray[np.float64]:
        """Return the matrix that takes received places to original ones."""
        return np.linalg.inv(np.vstack([self.matrix, [0.0, 0.0, 1.0]]))[:2]

    def moved(self, step: NDArray[np.float64]) -> Placing:
        """Return the placing after a small affine step of the original's coordinates, shape (2, 3)."""
        square = np.vstack([np.eye(2, 3) + step, [0.0, 0.0, 1.0]])
        return Placing((self.matrix @ square).astype(np.float64))

    def laid(self, picture: Picture, side: int) -> Picture:
        """Lay a received picture onto a square of ``side`` samples that is the original's; float32."""
        return laid(picture, self.matrix, side, border=cv2.BORDER_REPLICATE)

    def on_grid(self, picture: Picture) -> Picture:
        """Lay a received picture onto the original's grid, shape (256, 256)."""
        return laid_in_cells(picture, self.matrix, border=cv2.BORDER_REPLICATE)

    def coverage(self, side: int = GRID) -> Picture:
        """Return which share of each cell of the original a received picture shows, shape (side, side)."""
        return laid_in_cells(np.ones((512, 512), np.float32), self.matrix, side, border=cv2.BORDER_CONSTANT)


def dihedral() -> list[Placing]:
    """Return the eight ways to turn and mirror a picture that fills the frame."""
    ways = []
    for mirrored in (False, True):
        matrix = np.eye(2)
        for _ in range(4):
            linear = matrix @ (np.diag([-1.0, 1.0]) if mirrored else np.eye(2))
            ways.append(Placing(np.column_stack([linear, 0.5 - linear @ np.array([0.5, 0.5])])))
            matrix = np.array([[0.0, 1.0], [-1.0, 0.0]]) @ matrix
    return ways


_BASIS = 6  # 1, x and y, each way


def refined(
    placing: Placing, pairs: list[tuple[Picture, Picture]], *, blurs: tuple[float, ...], side: int = GRID, stiffness: float = 0.0
) -> tuple[Placing, float]:
    """Return the placing under which received pictures differ least from the original's, by Gauss and Newton, and how far it moved.

    Args:
        placing: to start from, within about a cell times the first blur.
        pairs: (received picture of any size, original's picture of ``side`` x ``side``).
        blurs: in cells, one for each iteration, from coarse to fine.
        side: samples of the grid that is looked at.
        stiffness: how many cells' worth of gradient hold each parameter where it is.

    Returns:
        the placing, and the distance in cells that the corners moved, at most.
    """
    start = placing
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side - 0.5
    xs, ys = np.meshgrid(axis, axis)
    for blur in blurs:
        normal, right = np.eye(_BASIS) * stiffness, np.zeros(_BASIS)
        seen = (placing.coverage(side) > 0.999).astype(np.float32)
        reach = np.ones((3, 3), np.uint8)
        seen = np.asarray(cv2.erode(seen, reach, iterations=max(1, round(blur)), borderType=cv2.BORDER_REPLICATE), np.float32)
        for received, original in pairs:
            ours = _detail(laid_in_cells(received, placing.matrix, side, border=cv2.BORDER_REPLICATE), blur)
            theirs = _detail(original, blur)
            power = float(np.sum(seen * theirs**2))
            if power <= 0.0:
                continue
            gain = float(np.sum(seen * ours * theirs)) / power
            error = np.asarray(ours - np.float32(gain) * theirs, np.float32)
            spread = 1.48 * float(np.median(np.abs(error[seen > 0]))) + 0.05
            weights = np.asarray(seen / (1.0 + (error / (3.0 * spread)) ** 2) ** 2 / spread**2, np.float32)
            down, across = np.gradient(gain * theirs)
            slopes = [across, across * xs, across * ys, down, down * xs, down * ys]
            for row, left in enumerate(slopes):
                weighted = weights * left
                right[row] += float(np.vdot(weighted, error))
                for column in range(row, _BASIS):
                    normal[row, column] += float(np.vdot(weighted, slopes[column]))
        normal = np.asarray(np.triu(normal) + np.triu(normal, 1).T, np.float64)
        try:
            step = np.linalg.solve(normal + np.eye(_BASIS) * (1e-6 * np.trace(normal) + 1e-12), right)
        except np.linalg.LinAlgError:
            break
        # The error is minus the slopes times how far the received picture is off: the step is minus that, and is taken back.
        cells = np.clip(step.reshape(2, 3), -2.0 * (1.0 + blur), 2.0 * (1.0 + blur)) / side
        linear, shift = cells[:, 1:], cells[:, 0]
        placing = placing.moved(-np.column_stack([linear, shift - linear @ np.array([0.5, 0.5])]))
    return placing, _moved_by(start, placing) * side


def _moved_by(one: Placing, other: Placing) -> float:
    """Return how far, in shares of the original's sides, the corners of one lie from those of the other."""
    corners = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]).T
    back = one.inverse()[:, :2]
    return float(np.abs(back @ ((other.matrix - one.matrix) @ corners)).max())


def _detail(picture: Picture, blur: float) -> Picture:
    smooth = cv2.GaussianBlur(picture, (0, 0), blur, borderType=cv2.BORDER_REFLECT) if blur > 0.0 else picture
    return np.asarray(smooth - cv2.GaussianBlur(smooth, (0, 0), 2.0 * blur + 4.0, borderType=cv2.BORDER_REFLECT), np.float32)
