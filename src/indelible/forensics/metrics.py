"""How far probabilities can be believed, and what sets a threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError

__all__ = ["calibration_error", "leak", "threshold_at"]

Scores = NDArray[np.floating]


def calibration_error(probabilities: Scores, truth: NDArray[np.bool_], *, bins: int = 10) -> float:
    """Return the expected calibration error: mean distance of probability and frequency over bins of equal width, weighted by size."""
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    error = 0.0
    for each in range(bins):
        inside = place == each
        if inside.any():
            error += float(inside.mean()) * abs(float(probabilities[inside].mean()) - float(truth[inside].mean()))
    return error


def threshold_at(real: Scores, *, false_alarms: float) -> float:
    """Return the lowest threshold that a share of at most ``false_alarms`` of these real scores is strictly above.

    Raises:
        InputError: if there are none.
    """
    if not real.size:
        raise InputError("a threshold needs scores of real footage")
    spared = int(np.floor(false_alarms * real.size))
    return float(np.sort(real.ravel())[real.size - 1 - min(spared, real.size - 1)])


def leak(scores: Scores, crf: Scores, segments: NDArray[np.intp]) -> float:
    """Return the correlation of real segments' scores with CRF within each segment: 0 if compression carries no label.

    Args:
        scores: of encodes of real segments, shape (n,).
        crf: likewise.
        segments: which segment each is of.
    """
    scores_apart, crf_apart = (values - _mean_by(values, segments) for values in (scores, crf))
    product = float(np.sqrt((scores_apart**2).sum() * (crf_apart**2).sum()))
    return float((scores_apart * crf_apart).sum()) / product if product else 0.0


def _mean_by(values: Scores, groups: NDArray[np.intp]) -> Scores:
    _, place = np.unique(groups, return_inverse=True)
    means: Scores = (np.bincount(place, weights=values) / np.bincount(place))[place]
    return means
