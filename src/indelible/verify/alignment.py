"""Which picture of the source each picture of a rendition shows: offset, drift, drops, repeats and other orders, by dynamic programming.

Each picture of the rendition has as states the offsets from where a clock would expect it, within half a second of the best constant lag.
A path pays for how unlike the pictures are, and for every change of offset; so it stays where pictures do not tell apart (a static
scene never looks like a fault), and moves where they do.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.verify.descriptor import Look

__all__ = ["Alignment", "align"]

_BAND_SECONDS = 0.5
_LAG_SECONDS = 1.0
_COARSE = (16, 9)
_MOVE = 0.6  # codes that a change of offset by one picture costs: the likeness of honest pictures varies by less
_HOME = 0.01  # codes for a picture of offset from the lag, so that ties go to none
_CLEARLY = 0.9  # of the distance without a change, below which it is believed: slow scenes tell pictures apart by less than noise
_LEAST_GAIN = 0.05  # codes


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How a rendition lies to its source in time.

    Args:
        frames: the source's picture for each of the rendition, intp, shape (n,).
        expected: the picture that a clock without lag expects, intp, shape (n,).
        lag_seconds: by which the rendition is late, as the median over all pictures.
        drift_ppm: by which it runs slow, as a straight line through the path.
        moves: changes of offset in pictures of the source, summed over the path: what was dropped, repeated or reordered.
        longest_repeat_seconds: the longest stretch in which one and the same picture is shown, where the source would move on.
        lost_seconds: of the source before the first and after the last picture shown.
        distances: mean absolute difference of each pair, codes without the pictures' own means, shape (n,).
    """

    frames: NDArray[np.intp]
    expected: NDArray[np.intp]
    lag_seconds: float
    drift_ppm: float
    moves: int
    longest_repeat_seconds: float
    lost_seconds: float
    distances: NDArray[np.float64]


def align(source: Look, rendition: Look) -> Alignment:
    """Return how a rendition lies to its source in time; both may be of any frame rate, constant or not."""
    a, b = _coarse(source), _coarse(rendition)
    expected = _nearest(source.times, rendition.times)
    step = float(np.median(np.diff(source.times))) if len(source) > 1 else 1.0
    lag = _constant_lag(a, b, expected, reach=max(1, round(_LAG_SECONDS / step)))
    band = max(1, round(_BAND_SECONDS / step))
    offsets = lag + np.arange(-band, band + 1)
    costs = _costs(a, b, expected, offsets)
    path = _without_doubtful(_best_path(costs + _HOME * np.abs(offsets - lag), offsets), costs, home=band)
    shown = np.clip(expected + offsets[path], 0, len(source) - 1)
    moves = np.diff(offsets[path])
    own_step = float(np.median(np.diff(rendition.times))) if len(rendition) > 1 else step
    seconds = rendition.times - source.times[shown]
    slope = float(np.polyfit(rendition.times, seconds, 1)[0]) if len(rendition) > 8 else 0.0
    end, own_end = source.times[-1] + step, rendition.times[-1] + own_step
    return Alignment(
        frames=shown,
        expected=expected,
        lag_seconds=float(np.median(seconds)),
        drift_ppm=1e6 * slope,
        moves=int(np.abs(moves).sum()),
        longest_repeat_seconds=_longest_repeat(shown, rendition.times, own_step=max(step, own_step)),
        lost_seconds=float(max(0.0, end - own_end, own_end - end)),
        distances=np.abs(a[shown] - b).mean(axis=(1, 2)).astype(np.float64),
    )


def _coarse(look: Look) -> NDArray[np.float32]:
    """Return pictures of 16 x 9 blocks (or 9 x 16) without their own mean, in codes."""
    size = _COARSE if look.luma.shape[2] >= look.luma.shape[1] else _COARSE[::-1]
    small = np.stack([cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in look.luma_of(slice(None))])
    without: NDArray[np.float32] = small - small.mean(axis=(1, 2), keepdims=True)
    return without


def _nearest(times: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.intp]:
    after = np.clip(np.searchsorted(times, wanted), 0, len(times) - 1)
    before = np.maximum(after - 1, 0)
    closer = np.abs(times[before] - wanted) <= np.abs(times[after] - wanted)
    nearest: NDArray[np.intp] = np.where(closer, before, after)
    return nearest


def _constant_lag(a: NDArray[np.float32], b: NDArray[np.float32], expected: NDArray[np.intp], *, reach: int) -> int:
    """Return the constant offset, in pictures of the source, at which the videos are most alike; 0 if none is clearly better."""

    def distance(offset: int) -> float:
        inside = (expected + offset >= 0) & (expected + offset < len(a))
        if inside.sum() < max(2, len(b) // 2):
            return np.inf
        return float(np.abs(a[expected[inside] + offset] - b[inside]).mean())

    best = min(range(-reach, reach + 1), key=distance)
    return best if distance(best) < _CLEARLY * distance(0) - _LEAST_GAIN else 0


def _costs(a: NDArray[np.float32], b: NDArray[np.float32], expected: NDArray[np.intp], offsets: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how unlike each picture is what each offset says it shows, shape (n, offsets)."""
    costs = np.empty((len(b), len(offsets)))
    for column, offset in enumerate(offsets):
        shown = np.clip(expected + offset, 0, len(a) - 1)
        costs[:, column] = np.abs(a[shown] - b).mean(axis=(1, 2))
    return costs


def _best_path(costs: NDArray[np.float64], offsets: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the cheapest sequence of states (Viterbi), each change of offset by one picture at the price of `_MOVE`."""
    moving = _MOVE * np.abs(offsets[:, None] - offsets[None, :])  # from, to
    total = costs[0].copy()
    came_from = np.empty(costs.shape, np.intp)
    for index in range(1, len(costs)):
        ways = total[:, None] + moving
        came_from[index] = ways.argmin(axis=0)
        total = ways.min(axis=0) + costs[index]
    path = np.empty(len(costs), np.intp)
    path[-1] = int(total.argmin())
    for index in range(len(costs) - 1, 0, -1):
        path[index - 1] = came_from[index, path[index]]
    return path


def _without_doubtful(path: NDArray[np.intp], costs: NDArray[np.float64], *, home: int) -> NDArray[np.intp]:
    """Return a path that leaves the state ``home`` only where it is clearly better off: where little moves, noise alone leads away."""
    kept = path.copy()
    changes = np.flatnonzero(np.diff(path != home)) + 1
    for first, last in zip((0, *changes), (*changes, len(path)), strict=True):
        rows = np.arange(first, last)
        gone, stayed = costs[rows, path[rows]].mean(), costs[rows, home].mean()
        if gone > _CLEARLY * stayed - _LEAST_GAIN:
            kept[rows] = home
    return kept


def _longest_repeat(shown: NDArray[np.intp], times: NDArray[np.float64], *, own_step: float) -> float:
    """Return the longest time between the first and the last showing of one picture, without the one step that is due."""
    starts = np.flatnonzero(np.diff(shown, prepend=-1))
    ends = np.append(starts[1:], len(shown)) - 1
    return max(0.0, float((times[ends] - times[starts]).max()) - own_step)
