"""How well one kind of score stands above another, by ranks alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from indelible.errors import InputError


def area_under_roc(higher: ArrayLike, lower: ArrayLike) -> float:
    """Return the chance that a score of the first kind is above one of the second, a tie counting half (the area under the ROC curve).

    It is Mann and Whitney's statistic divided by the number of pairs (Hanley and McNeil, Radiology 143, 1982).

    Args:
        higher: scores that should be high, of any shape.
        lower: scores that should be low, likewise.

    Raises:
        InputError: if there are none of one kind.
    """
    from scipy.stats import rankdata  # costs import time

    first, second = (np.asarray(values, np.float64).ravel() for values in (higher, lower))
    if not first.size or not second.size:
        raise InputError(f"{first.size} scores of one kind and {second.size} of the other; both are needed")
    ranks = rankdata(np.concatenate([first, second]))[: first.size]
    return float((ranks.sum() - first.size * (first.size + 1) / 2) / (first.size * second.size))
