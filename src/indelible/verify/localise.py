"""Where in time and picture a rendition differs more than any honest encode does anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.stats.intervals import monte_carlo_p
from indelible.verify.families import STATISTICS, Family, Measured

__all__ = ["Heat", "Region", "heat_of", "regions"]

_MOST_REGIONS = 20
_LEAST_THRESHOLD = 1e-6


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture for a part of the time; lengths are shares of the displayed picture's sides.

    Args:
        start_seconds: from the first picture of the rendition.
        end_seconds: likewise.
        x: left.
        y: top.
        w: width.
        h: height.
        family: of what differs.
        log10_p: of honest work showing a difference as large anywhere; at least -log10(n + 1).
    """

    start_seconds: float
    end_seconds: float
    x: float
    y: float
    w: float
    h: float
    family: Family
    log10_p: float


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """How far each block lies beyond honest work, window by window.

    Args:
        starts: of the windows, seconds from the first picture of the rendition, shape (w,).
        ends: likewise.
        excess: largest of the three kinds of map, float32, shape (w, rows, columns); 1 is what honest encodes reach anywhere, of one kind,
            with probability alpha.
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    excess: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Kind:
    """One kind of map, what honest encodes reach of it anywhere, and what they reach with probability alpha."""

    values: NDArray[np.float32]
    null: NDArray[np.float64]
    threshold: float
    family: Family


def regions(found: Measured, honest: Sequence[NDArray[np.float64]], times: NDArray[np.float64], *, alpha: float) -> tuple[Region, ...]:
    """Return the regions whose largest difference honest encodes reach anywhere with probability alpha at most, the largest first.

    The null of a block is the maximum over all blocks and windows of an honest encode, so that the number of blocks is paid for.

    Args:
        found: the rendition.
        honest: statistics of honest encodes.
        times: of the rendition's frames, seconds.
        alpha: see above, for each of the three kinds of map.
    """
    starts, ends = _spans(found, times)
    pairs: list[tuple[float, Region]] = []
    for kind in _kinds(found, honest, alpha):
        pairs += _components(kind.values, kind.threshold, kind.null, kind.family, starts, ends)
    pairs.sort(key=lambda pair: -pair[0])
    return tuple(region for _, region in pairs[:_MOST_REGIONS])


def heat_of(found: Measured, honest: Sequence[NDArray[np.float64]], times: NDArray[np.float64], *, alpha: float) -> Heat:
    """Return how far each block lies beyond honest work; arguments as for `regions`."""
    starts, ends = _spans(found, times)
    excess = np.zeros(found.maps.spatial.shape, np.float32)
    rows = excess[0].shape[0]
    for kind in _kinds(found, honest, alpha):
        finer = rows // kind.values[0].shape[0]
        ratio = kind.values / np.float32(max(kind.threshold, _LEAST_THRESHOLD))
        np.maximum(excess, ratio.repeat(finer, axis=1).repeat(finer, axis=2), out=excess)
    return Heat(starts, ends, excess)


def _spans(found: Measured, times: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    starts, ends = times[found.maps.windows[:, 0]], times[found.maps.windows[:, 1]] + step
    # A window is found for what lies in half of it; at both ends of the video there is no other that could tell.
    quarter = (ends - starts) / 4.0
    starts[1:] += quarter[1:]
    ends[:-1] -= quarter[:-1]
    return starts, ends


def _kinds(found: Measured, honest: Sequence[NDArray[np.float64]], alpha: float) -> Iterator[_Kind]:
    maps = {"block_window": found.maps.spatial, "chroma_window": found.maps.chroma, "detail_block": found.maps.detail}
    names = [each.name for each in STATISTICS]
    for name, values in maps.items():
        place = names.index(name)
        null = np.array([each[place] for each in honest])
        # The smallest value whose rank is at most alpha lies above this order statistic.
        spared = math.floor(alpha * (null.size + 1)) - 1
        if spared >= 0:
            yield _Kind(values, null, float(np.sort(null)[null.size - 1 - spared]), STATISTICS[place].family)


def _components(
    values: NDArray[np.float32],
    threshold: float,
    null: NDArray[np.float64],
    family: Family,
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
) -> list[tuple[float, Region]]:
    from scipy import ndimage  # costs import time

    labels, count = ndimage.label(values > threshold, structure=np.ones((3, 3, 3)))
    found = []
    rows, columns = values.shape[1:]
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        peak = float(values[box][labels[box] == number].max())
        when, down, across = box
        region = Region(
            start_seconds=float(starts[when.start]),
            end_seconds=float(ends[when.stop - 1]),
            x=across.start / columns,
            y=down.start / rows,
            w=(across.stop - across.start) / columns,
            h=(down.stop - down.start) / rows,
            family=family,
            log10_p=math.log10(monte_carlo_p(peak, null)),
        )
        found.append((peak / max(threshold, _LEAST_THRESHOLD), region))
    return found if count else []
