"""Which frames of the original each received frame was made of: shot by shot, at any speed, in any order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.informed.placing import Placing
from indelible.mark.informed.scan import THUMB, Scan

_COARSE = 3000, 6000  # frames of the received video and of the original that are compared each with each
_FOREIGN = 0.3  # correlation; less alike than this is other footage
_DETAIL = THUMB / 8.0  # samples; what is slower than this says little about time
_SLOWEST, _FASTEST = 0.7, 1.4
_JUMP = 25.0  # nats that a cut must save
_OFF_PACE = 1.5  # nats for a frame that stands still or runs
_REACH = 12  # frames around the coarse path
_MIXED = 0.8  # of the error that a mixture of two frames must leave, at most
_LEAST_SHARE = 0.08  # of a mixture
_CHUNK = 512


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A received frame and what it was made of: frame ``first`` of the original, and ``share`` (0 to 1) of the one after it.

    Args:
        received: its index.
        run: counts the stretches without a cut.
    """

    received: int
    first: int
    share: float
    run: int


def align(received: Scan, original: Scan, placing: Placing) -> list[Match]:
    """Return the received frames that are the original's, in order; others are left out."""
    if len(received.seconds) == 0 or len(original.seconds) == 0:
        return []
    comparer = _Comparer(received, original, placing)
    strides = [max(1, math.ceil(len(scan.seconds) / most)) for scan, most in zip((received, original), _COARSE, strict=True)]
    rows, columns = (np.arange(0, len(scan.seconds), stride) for scan, stride in zip((received, original), strides, strict=True))
    errors = comparer.errors(rows, columns)
    noise = max(float(np.median(errors.min(axis=1))), 1e-4)
    pace = _steps(received.seconds[rows], original.seconds[columns])
    path = columns[_cheapest(comparer.nats(errors, noise), pace)]
    middle = np.interp(np.arange(len(received.seconds)), rows, path) if strides[0] > 1 else path.astype(float)
    return _fine(comparer, received, original, middle, noise, reach=max(_REACH, 2 * strides[0], 2 * strides[1]))


def _fine(comparer: _Comparer, received: Scan, original: Scan, middle: NDArray[np.float64], noise: float, *, reach: int) -> list[Match]:
    """Look again at each frame near a path, with the pace that the path has."""
    count = len(original.seconds)
    lines = _lines(received.seconds, original.seconds, middle)
    matches: list[Match] = []
    for run, (begin, end, expected) in enumerate(lines):
        rows = np.arange(begin, end)
        base = np.clip(np.rint(middle[begin:end]).astype(int) - reach, 0, max(0, count - 1))
        columns = np.minimum(base[:, None] + np.arange(2 * reach + 1), count - 1)
        errors = comparer.errors_near(rows, columns)
        nats = comparer.nats(errors, noise) + 0.02 * np.abs(columns - expected[:, None])
        path = _banded(nats, columns)
        for row, place in zip(rows, path, strict=True):
            index, error = int(columns[row - begin, place]), float(errors[row - begin, place])
            if error > 1.0 - _FOREIGN**2:
                continue
            first, share = comparer.mixture(int(row), index, error)
            matches.append(Match(int(row), first, share, run))
    return matches


class _Comparer:
    """Compares tiny pictures where both show something, whatever their brightness and contrast."""

    def __init__(self, received: Scan, original: Scan, placing: Placing) -> None:
        # The original is laid into the received picture: what lies between bars is then compared, and nothing else.
        self._inverse = Placing(placing.inverse())
        shown = (self._inverse.coverage(THUMB) > 0.99).astype(np.float32)
        self._mask = cv2.erode(shown, np.ones((3, 3), np.uint8), borderValue=1) if shown.sum() > 200 else shown
        self._weight = np.maximum(cv2.GaussianBlur(self._mask, (0, 0), _DETAIL), 1e-3)
        self._received, self._original = received.thumbs, original.thumbs
        self._places = np.flatnonzero(self._mask)
        self.freedom = max(4.0, self._places.size / 8.0)

    def nats(self, errors: NDArray[np.float32], noise: float) -> NDArray[np.float32]:
        """Return by how much worse than a good match each is."""
        return np.asarray(self.freedom * np.log1p(errors / noise) / 2.0, np.float32)

    def errors(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return 1 - r^2 of each received frame with each of the original's."""
        ours = np.stack([self._ours(row) for row in rows])
        result = np.empty((len(rows), len(columns)), np.float32)
        for start in range(0, len(columns), _CHUNK):
            theirs = np.stack([self._theirs(column) for column in columns[start : start + _CHUNK]])
            result[:, start : start + _CHUNK] = 1.0 - np.maximum(ours @ theirs.T, 0.0) ** 2
        return result

    def errors_near(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the same for some of the original's frames of each row, shape of ``columns``."""
        known: dict[int, NDArray[np.float32]] = {}
        result = np.empty(columns.shape, np.float32)
        for place, row in enumerate(rows):
            lowest = int(columns[place].min())
            for stale in [column for column in known if column < lowest - columns.shape[1]]:
                del known[stale]
            for column in columns[place]:
                if int(column) not in known:
                    known[int(column)] = self._theirs(int(column))
            theirs = np.stack([known[int(column)] for column in columns[place]])
            result[place] = 1.0 - np.maximum(theirs @ self._ours(int(row)), 0.0) ** 2
        return result

    def mixture(self, row: int, column: int, error: float) -> tuple[int, float]:
        """Return the first of two neighbouring frames, and the share of the second, of which a received frame was blended."""
        ours, best = self._ours(row), (column, 0.0)
        least = _MIXED * error
        for first in (column - 1, column):
            if not 0 <= first < len(self._original) - 1:
                continue
            pair = np.stack([self._raw(first), self._raw(first + 1)])
            gram, right = pair @ pair.T, pair @ ours
            determinant = gram[0, 0] * gram[1, 1] - gram[0, 1] ** 2
            if determinant <= 1e-6 * gram[0, 0] * gram[1, 1]:
                continue
            shares = np.linalg.solve(gram, right)
            left = 1.0 - float(right @ shares)
            if shares.min() > _LEAST_SHARE * shares.sum() and left < least:
                least, best = left, (first, float(shares[1] / shares.sum()))
        return best

    def _ours(self, row: int) -> NDArray[np.float32]:
        return _unit(self._even(self._received[row].astype(np.float32)))

    def _theirs(self, column: int) -> NDArray[np.float32]:
        return _unit(self._raw(column))

    def _raw(self, column: int) -> NDArray[np.float32]:
        return self._even(self._inverse.laid(self._original[column].astype(np.float32), THUMB))

    def _even(self, thumb: NDArray[np.float32]) -> NDArray[np.float32]:
        slow = cv2.GaussianBlur(thumb * self._mask, (0, 0), _DETAIL) / self._weight
        return np.asarray((thumb - slow).ravel()[self._places], np.float32)


def _unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-3), np.float32)


def _steps(received: NDArray[np.float64], original: NDArray[np.float64]) -> float:
    """Return how many of the original's frames pass from one received frame to the next, typically."""

    def interval(seconds: NDArray[np.float64]) -> float:
        return float(np.median(np.diff(seconds))) if len(seconds) > 1 else 1.0

    return interval(received) / max(interval(original), 1e-6)


def _cheapest(nats: NDArray[np.float32], pace: float) -> NDArray[np.intp]:
    """Return the column of each row on the cheapest path (Viterbi 1967): forwards at about the pace, or a jump."""
    rows, count = nats.shape
    slow, fast = math.floor(_SLOWEST * pace), math.ceil(_FASTEST * pace)
    advances = np.arange(0, min(max(2 * fast, 2), count - 1, 64) + 1)
    off = np.where((advances >= slow) & (advances <= fast), 0.05 * np.abs(advances - pace), _OFF_PACE + 0.1 * np.abs(advances - pace))
    back = np.empty((rows, count), np.int32)
    cost = nats[0].astype(np.float64)
    everywhere = np.arange(count)
    for row in range(1, rows):
        jump = int(np.argmin(cost))
        best = np.full(count, cost[jump] + _JUMP)
        back[row] = jump
        for advance, price in zip(advances, off, strict=True):
            came = np.full(count, np.inf)
            came[advance:] = cost[: count - advance] + price
            better = came < best
            best[better] = came[better]
            back[row][better] = everywhere[better] - advance
        cost = best + nats[row]
    path = np.empty(rows, np.intp)
    path[-1] = int(np.argmin(cost))
    for row in range(rows - 1, 0, -1):
        path[row - 1] = back[row, path[row]]
    return path


def _banded(nats: NDArray[np.float32], columns: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the place in each row on the cheapest path that does not go backwards."""
    rows, width = nats.shape
    back = np.zeros((rows, width), np.intp)
    cost = nats[0].astype(np.float64)
    for row in range(1, rows):
        lowest = np.minimum.accumulate(cost)
        leaders = np.maximum.accumulate(np.where(cost <= lowest, np.arange(width), 0))
        # The last place of the row before whose frame is not after this one's.
        until = np.searchsorted(columns[row - 1], columns[row], side="right") - 1
        allowed = until >= 0
        back[row] = np.where(allowed, leaders[np.maximum(until, 0)], 0)
        cost = np.where(allowed, lowest[np.maximum(until, 0)], cost[0] + _JUMP) + nats[row]
    path = np.empty(rows, np.intp)
    path[-1] = int(np.argmin(cost))
    for row in range(rows - 1, 0, -1):
        path[row - 1] = back[row, path[row]]
    return path


def _lines(
    received: NDArray[np.float64], original: NDArray[np.float64], middle: NDArray[np.float64]
) -> list[tuple[int, int, NDArray[np.float64]]]:
    """Cut a path where it jumps, and return each part with the frames that a straight line through it expects."""
    interval = float(np.median(np.diff(original))) if len(original) > 1 else 1.0
    seconds = np.interp(middle, np.arange(len(original)), original)
    moved, passed = np.diff(seconds), np.diff(received)
    cuts = np.flatnonzero((moved < -0.5 * interval) | (moved > 2.5 * passed + 3.0 * interval)) + 1
    parts = []
    for begin, end in zip([0, *cuts.tolist()], [*cuts.tolist(), len(received)], strict=True):
        there, here = seconds[begin:end], received[begin:end]
        slope, start = np.polyfit(here, there, 1) if end - begin > 8 else (1.0, float(np.mean(there - here)))
        slope = min(max(float(slope), _SLOWEST), _FASTEST)
        start = float(np.median(there - slope * here))
        parts.append((begin, end, np.interp(start + slope * here, original, np.arange(len(original)))))
    return parts
