"""Looking for the pilot at all places of a picture at once, and climbing to the best pose from there.

What is found here is a candidate only: it says where to look, and costs nothing beyond what the lattice already pays for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

COARSE = 160  # samples of a side; all that the band of the mark needs, at two fifths of the work of the grid's own

_CLIMB_STEPS = (1.0, 0.5, 0.25)  # of what the coarse search leaves open


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pose, which guess it belongs to, and how far the pilot stands out there, in standard deviations over all places."""

    z: float
    guess: int
    pose: Pose


def pilot_picture(key: SecretKey, window: int) -> Picture:
    """Return the pilot of a window as a picture on the grid, shape (256, 256)."""
    return synthesise(grid_coefficients((chips(key, window) * (symbol_of_chip() == PILOT)).astype(np.float32)))


class Correlator:
    """Compares what was received with the pilots under any pose.

    Args:
        received: evidence as pictures on the received picture's own grid, shape (256, 256) each.
        guesses: each says of which window of the original each picture shows a part.
        aspect: width by height of the received picture.
        key: whose pilots.
    """

    def __init__(self, received: Sequence[Picture], guesses: Sequence[Sequence[int]], aspect: float, key: SecretKey) -> None:
        self._received = tuple(received)
        pilots = {window: pilot_picture(key, window) for windows in guesses for window in windows}
        self._pilots = tuple(tuple(pilots[window] for window in windows) for windows in guesses)
        spectra: Mapping[int, NDArray[np.complex64]] = {window: _coarse_spectrum(pilot) for window, pilot in pilots.items()}
        self._spectra = np.array([[spectra[window] for window in windows] for windows in guesses])
        self._aspect = aspect

    def everywhere(self, shape: Pose, family: Family) -> list[Candidate]:
        """Return the best place of each guess for a pose that lies in the middle."""
        matrix = shape.matrix(self._aspect)
        pictures = [laid(picture, matrix, COARSE, border=cv2.BORDER_CONSTANT) for picture in self._received]
        spectra = np.conj(scipy.fft.rfft2(np.stack(pictures)))
        correlations = scipy.fft.irfft2(np.sum(self._spectra * spectra, axis=1), s=(COARSE, COARSE))
        rows, columns = (
            np.arange(-reach, reach + 1) for reach in (round(family.reach(scale) * COARSE) for scale in (shape.scale_y, shape.scale_x))
        )
        return [self._best(guess, correlation, shape, rows, columns) for guess, correlation in enumerate(correlations)]

    def climb(self, start: Candidate, family: Family) -> Pose:
        """Return the best pose near one that a coarse search has found."""
        spans = {"centre_x": 0.5 / COARSE, "centre_y": 0.5 / COARSE, "scale_x": family.scales_x.step / 2}
        if family.scales_y is not None:
            spans["scale_y"] = family.scales_y.step / 2
        if family.angles_deg.last > family.angles_deg.first:
            spans["angle_deg"] = family.angles_deg.step / 2
        best, height = start.pose, self._agreement(start.pose, start.guess)
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
                        agreement = self._agreement(tried, start.guess)
                        if agreement > height:
                            best, height, moved = tried, agreement, True
        return best

    def _best(
        self, guess: int, correlation: NDArray[np.float32], shape: Pose, rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> Candidate:
        deviation = float(np.linalg.norm(correlation)) / COARSE  # around 0, the mean of all
        allowed = correlation[rows % COARSE][:, columns % COARSE]
        row, column = divmod(int(np.argmax(allowed)), columns.size)
        z = float(allowed[row, column]) / deviation if deviation > 0.0 else 0.0
        return Candidate(z, guess, replace(shape, centre_x=0.5 + columns[column] / COARSE, centre_y=0.5 + rows[row] / COARSE))

    def _agreement(self, pose: Pose, guess: int) -> float:
        """Return the correlation with the pilots at one pose: nothing where there is no evidence; it is upright already."""
        matrix = pose.matrix(self._aspect)
        pictures = (laid(picture, matrix, GRID, border=cv2.BORDER_CONSTANT) for picture in self._received)
        return float(sum(np.vdot(picture, pilot) for picture, pilot in zip(pictures, self._pilots[guess], strict=True)))


def _coarse_spectrum(picture: Picture) -> NDArray[np.complex64]:
    """Return the Fourier transform of a picture of the grid as if it were sampled coarsely, shape (160, 81)."""
    spectrum = scipy.fft.rfft2(picture)
    half = COARSE // 2
    kept = np.concatenate([spectrum[:half], spectrum[-half:]])[:, : half + 1]
    # The first coarse sample lies in the middle of a larger cell, so a little later than the first of the grid.
    later = np.exp(2j * np.pi * np.fft.fftfreq(COARSE, 1 / COARSE) * (0.5 / COARSE - 0.5 / GRID))
    return np.asarray(kept * later[:, None] * later[: half + 1], np.complex64)
