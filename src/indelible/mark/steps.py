"""What a detector makes of frames: the mean picture of each step, and the evidence of the steps of a window."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.frames import Frame, Plane
from indelible.mark.grid import GRID, analyse, to_grid
from indelible.mark.perception import evidence
from indelible.mark.recipe import V1, Recipe
from indelible.mark.tally import Evidence

_ENOUGH = 2 * GRID  # samples of a side
_HELD_FRAMES = 8  # that are added up together
_HELD_BYTES = 16_000_000  # of luma, with which there need not be as many
_STRIP_SAMPLES = 1 << 17


class StepMean:
    """The running mean of a step's luma.

    Args:
        index: of the step.
        recipe: by which it is read.
    """

    def __init__(self, index: int, recipe: Recipe = V1) -> None:
        self.index = index
        self._recipe = recipe
        self.frames = 0
        self._total = np.zeros((0, 0), np.float32)
        self._held: list[Plane] = []  # not yet in the total
        self._small: NDArray[np.float32] | None = None  # what follows from the total, until there is another frame
        self._evidence: Evidence | None = None

    def fits(self, frame: Frame) -> bool:
        """Return whether a frame has the size of those before it."""
        return self.frames == 0 or frame.y.shape == self._total.shape

    def add(self, frame: Frame) -> None:
        """Take the next frame, of the size of those before. Its luma is kept for a while, and must not be written to."""
        if self.frames == 0:
            self._total = np.zeros(frame.y.shape, np.float32)
            self._scale = 2.0 ** (8 - frame.bit_depth)
        self._held.append(frame.y)
        self.frames += 1
        self._small, self._evidence = None, None
        if len(self._held) * frame.y.nbytes >= _HELD_BYTES or len(self._held) == _HELD_FRAMES:
            self._sum_up()

    @property
    def mean(self) -> NDArray[np.float32]:
        """The mean picture, in luma levels of 8 bit; a large one at half the size, or a quarter, ..."""
        return self._shrunk() * np.float32(self._scale / self.frames)

    def evidence(self) -> Evidence:
        """Return the evidence of the mean picture, weighted by its frames."""
        if self._evidence is None:
            # Scaled on the grid, which is smaller.
            cells = to_grid(self._shrunk(), local_mean_sigma=self._recipe.local_mean_sigma) * np.float32(self._scale / self.frames)
            self._evidence = Evidence.of(evidence(analyse(cells), self._recipe) * np.float32(self.frames))
        return self._evidence

    def _shrunk(self) -> NDArray[np.float32]:
        """Return the sum of the pictures, a large one smaller."""
        if self._small is None:
            self._sum_up()
            self._small = _halved(self._total)
        return self._small

    def _sum_up(self) -> None:
        """Add some frames to the total, strip by strip: a strip stays in the processor's cache until all are added."""
        height, width = self._total.shape
        rows = max(1, _STRIP_SAMPLES // width)
        for top in range(0, height, rows):
            strip = slice(top, top + rows)
            for luma in self._held:
                cv2.accumulate(luma[strip], self._total[strip])
        self._held.clear()


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The evidence of one window, step by step."""

    index: int
    steps: tuple[tuple[int, Evidence], ...] = ()

    @property
    def whole(self) -> Evidence:
        """The evidence of all its steps, at least one, together."""
        return Evidence.of(np.sum([evidence.values for _, evidence in self.steps], axis=0))

    def with_step(self, step: StepMean) -> Window:
        """Return the same with what a step shows, if it has frames."""
        if step.frames == 0:
            return self
        return Window(self.index, (*self.steps, (step.index, step.evidence())))


def _halved(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a picture averaged down by a power of two, as long as no side gets shorter than twice the grid's.

    That is quicker than any other shrinking, and leaves little to shrink. The edge may lose less than a thousandth of a side.
    """
    factor = 1
    while min(luma.shape) >= 2 * factor * _ENOUGH:
        factor *= 2
    height, width = luma.shape[0] // factor, luma.shape[1] // factor
    return np.asarray(cv2.resize(luma[: height * factor, : width * factor], (width, height), interpolation=cv2.INTER_AREA), np.float32)
