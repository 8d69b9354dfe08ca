"""Looking for a pattern at all places of a picture at once, and climbing to the best pose from there.

What is found here is a candidate only: it says where to look, and costs nothing beyond what the lattice already pays for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.carrier import grid_coefficients
from indelible.mark.grid import GRID, Picture, synthesise
from indelible.mark.sync.family import Family
from indelible.mark.sync.pose import Pose
from indelible.mark.warp import laid

COARSE = 160  # samples of a side; all that the band of the mark needs, at two fifths of the work of the grid's own

Pattern = Callable[[], Sequence[Picture]]
"""Gives what is looked for in each of some received pictures, as pictures on the grid: thousands are not held at once."""

_CLIMB_STEPS = (1.0, 0.5, 0.25)  # of what the coarse search leaves open
_AT_ONCE = 16  # patterns; their transforms stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pose, which guess it belongs to, and how far the pattern stands out there, in standard deviations over all places."""

    z: float
    guess: int
    pose: Pose


def pattern_picture(signs: NDArray[np.floating]) -> Picture:
    """Return what the chips of a window would look like, shape (chips,), as a picture on the grid, shape (256, 256)."""
    return synthesise(grid_coefficients(signs.astype(np.float32)))


class Correlator:
    """Compares what was received with patterns under any pose.

    Args:
        received: evidence as pictures on the received picture's own grid, shape (256, 256) each.
        guesses: patterns that each may show.
        aspect: width by height of the received picture.
    """

    def __init__(self, received: Sequence[Picture], guesses: Sequence[Pattern], aspect: float) -> None:
        self._received = tuple(received)
        self._guesses = tuple(guesses)
        self._spectra = np.array([[_coarse_spectrum(picture) for picture in guess()] for guess in guesses])
        self._aspect = aspect

    def everywhere(self, shape: Pose, family: Family) -> list[Candidate]:
        """Return the best place of each guess for a pose that lies in the middle."""
        matrix = shape.matrix(self._aspect)
        pictures = [laid(picture, matrix, COARSE, border=cv2.BORDER_CONSTANT) for picture in self._received]
        received = np.conj(np.fft.rfft2(np.stack(pictures)))
        rows, columns = (
            np.arange(-reach, reach + 1) for reach in (round(family.reach(scale) * COARSE) for scale in (shape.scale_y, shape.scale_x))
        )
        found: list[Candidate] = []
        for first in range(0, len(self._spectra), _AT_ONCE):
            spectra = np.sum(self._spectra[first : first + _AT_ONCE] * received, axis=1)
            deviations = _deviations(spectra)
            # Only the rows that a part of this size may lie in are wanted.
            along = np.fft.ifft(spectra, axis=1)[:, rows % COARSE]
            correlations = np.fft.irfft(along, n=COARSE, axis=2)[:, :, columns % COARSE].reshape(len(spectra), -1)
            best = np.argmax(correlations, axis=1)
            for guess, (place, correlation, deviation) in enumerate(zip(best, correlations, deviations, strict=True), first):
                row, column = divmod(int(place), columns.size)
                z = float(correlation[place] / deviation) if deviation > 0.0 else 0.0
                pose = replace(shape, centre_x=0.5 + columns[column] / COARSE, centre_y=0.5 + rows[row] / COARSE)
                found.append(Candidate(z, guess, pose))
        return found

    def climb(self, start: Candidate, family: Family) -> Pose:
        """Return the best pose near one that a coarse search has found."""
        spans = {"centre_x": 0.5 / COARSE, "centre_y": 0.5 / COARSE}
        for name, values in (("scale_x", family.scales_x), ("scale_y", family.scales_y), ("angle_deg", family.angles_deg)):
            if values is not None and values.last > values.first:
                spans[name] = values.step / 2
        patterns = self._guesses[start.guess]()
        best, height = start.pose, self._agreement(start.pose, patterns)
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
                        if not family.about(tried):
                            continue
                        agreement = self._agreement(tried, patterns)
                        if agreement > height:
                            best, height, moved = tried, agreement, True
        return best

    def _agreement(self, pose: Pose, patterns: Sequence[Picture]) -> float:
        """Return the correlation with patterns at one pose: nothing where there is no evidence; it is upright already."""
        matrix = pose.matrix(self._aspect)
        pictures = (laid(picture, matrix, GRID, border=cv2.BORDER_CONSTANT) for picture in self._received)
        return float(sum(np.vdot(picture, pattern) for picture, pattern in zip(pictures, patterns, strict=True)))


def _deviations(spectra: NDArray[np.complex64]) -> NDArray[np.float64]:
    """Return the root mean square over all places of the correlations with such transforms, shape (n, 160, 81), by Parseval's theorem."""
    power = np.square(np.abs(spectra)).sum(axis=1, dtype=np.float64)
    half = power[:, 0] + power[:, -1] + 2.0 * power[:, 1:-1].sum(axis=1)  # all but the outer columns stand for two each
    return np.asarray(np.sqrt(half) / COARSE**2)


def _coarse_spectrum(picture: Picture) -> NDArray[np.complex64]:
    """Return the Fourier transform of a picture of the grid as if it were sampled coarsely, shape (160, 81)."""
    spectrum = np.fft.rfft2(picture)
    half = COARSE // 2
    kept = np.concatenate([spectrum[:half], spectrum[-half:]])[:, : half + 1]
    # The first coarse sample lies in the middle of a larger cell, so a little later than the first of the grid.
    later = np.exp(2j * np.pi * np.fft.fftfreq(COARSE, 1 / COARSE) * (0.5 / COARSE - 0.5 / GRID))
    return np.asarray(kept * later[:, None] * later[: half + 1], np.complex64)
