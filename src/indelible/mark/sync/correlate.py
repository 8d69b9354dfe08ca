"""Looking for the pilot at all places of a picture at once, and climbing to the best pose from there.

What is found here is a candidate only: it says where to look, and costs nothing beyond what the lattice already pays for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from indelible.keys import SecretKey
from indelible.mark.carrier import PILOT, chips, grid_coefficients, symbol_of_chip
from indelible.mark.grid import GRID, Picture, synthesise
from indelible.mark.sync.family import Family
from indelible.mark.sync.pose import Pose
from indelible.mark.warp import laid

_CLIMB_STEPS = (1.0, 0.5, 0.25)  # of what the coarse search leaves open


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pose, and how far the pilot stands out there, in standard deviations over all places."""

    z: float
    pose: Pose


def pilot_picture(key: SecretKey, window: int) -> Picture:
    """Return the pilot of a window as a picture on the grid, shape (256, 256)."""
    return synthesise(grid_coefficients((chips(key, window) * (symbol_of_chip() == PILOT)).astype(np.float32)))


class Correlator:
    """Compares what was received with the pilot of each window under any pose.

    Args:
        received: the evidence of each window as a picture on the received picture's own grid, shape (256, 256) each.
        aspect: width by height of the received picture.
        key: whose pilot it is compared with.
    """

    def __init__(self, received: Mapping[int, Picture], aspect: float, key: SecretKey) -> None:
        self._received = tuple(received.values())
        self._pilots = tuple(pilot_picture(key, window) for window in received)
        self._spectra = tuple(scipy.fft.rfft2(pilot) for pilot in self._pilots)
        self._aspect = aspect

    def everywhere(self, shape: Pose, family: Family) -> Candidate:
        """Return the best place for a pose that lies in the middle."""
        product = sum(
            np.conj(scipy.fft.rfft2(self._laid(picture, shape))) * spectrum
            for picture, spectrum in zip(self._received, self._spectra, strict=True)
        )
        correlation = scipy.fft.irfft2(product, s=(GRID, GRID))
        deviation = float(correlation.std())
        rows, columns = (
            np.arange(-reach, reach + 1) for reach in (round(family.reach(scale) * GRID) for scale in (shape.scale_y, shape.scale_x))
        )
        allowed = correlation[np.ix_(rows % GRID, columns % GRID)]
        row, column = divmod(int(np.argmax(allowed)), columns.size)
        z = float(allowed[row, column]) / deviation if deviation > 0.0 else 0.0
        return Candidate(z, replace(shape, centre_x=0.5 + columns[column] / GRID, centre_y=0.5 + rows[row] / GRID))

    def climb(self, start: Pose, family: Family) -> Pose:
        """Return the best pose near one that a coarse search has found."""
        spans = {"centre_x": 0.5 / GRID, "centre_y": 0.5 / GRID, "scale_x": family.scales_x.step / 2}
        if family.scales_y is not None:
            spans["scale_y"] = family.scales_y.step / 2
        if family.angles_deg.last > family.angles_deg.first:
            spans["angle_deg"] = family.angles_deg.step / 2
        best, height = start, self._agreement(start)
        for part in _CLIMB_STEPS:
            moved = True
            while moved:
                moved = False
                for name, span in spans.items():
                    for step in (-span * part, span * part):
                        changed = {name: getattr(best, name) + step}
                        if name == "scale_x" and family.scales_y is None:
                            changed["scale_y"] = best.scale_y + step
                        tried = replace(best, **changed)
                        agreement = self._agreement(tried)
                        if agreement > height:
                            best, height, moved = tried, agreement, True
        return best

    def _agreement(self, pose: Pose) -> float:
        return float(sum(np.vdot(self._laid(picture, pose), pilot) for picture, pilot in zip(self._received, self._pilots, strict=True)))

    def _laid(self, picture: Picture, pose: Pose) -> NDArray[np.float32]:
        """Lay evidence where a pose says, quickly: 0 where there is none, without averaging. It is upright already."""
        return laid(picture, pose.matrix(self._aspect), GRID, border=cv2.BORDER_CONSTANT)
