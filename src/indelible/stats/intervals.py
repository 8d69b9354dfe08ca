"""Confidence intervals for rates and for statistics of clustered data, and p-values by rank."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indelible.errors import InputError


def clopper_pearson(k: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact two-sided interval (low, high) of a rate of which ``k`` of ``n`` were seen.

    It covers the true rate with at least ``confidence`` for every rate (Clopper and Pearson, Biometrika 26, 1934).

    Raises:
        InputError: unless 0 <= k <= n, n >= 1 and 0 < confidence < 1.
    """
    each_side = 1.0 - (1.0 - confidence) / 2.0
    return clopper_pearson_lower(k, n, confidence=each_side), clopper_pearson_upper(k, n, confidence=each_side)


def clopper_pearson_lower(k: int, n: int, *, confidence: float = 0.95) -> float:
    """Return the rate below which the true one lies with probability at most 1 - ``confidence``; errors as `clopper_pearson`."""
    _check_rate(k, n, confidence)
    if k == 0:
        return 0.0
    from scipy.special import betaincinv  # costs import time

    return float(betaincinv(k, n - k + 1, 1.0 - confidence))


def clopper_pearson_upper(k: int, n: int, *, confidence: float = 0.95) -> float:
    """Return the rate above which the true one lies with probability at most 1 - ``confidence``; errors as `clopper_pearson`."""
    _check_rate(k, n, confidence)
    if k == n:
        return 1.0
    from scipy.special import betaincinv  # costs import time

    return float(betaincinv(k + 1, n - k, confidence))


def cluster_bootstrap(
    values_by_cluster: Sequence[ArrayLike],
    statistic: Callable[[NDArray[np.float64]], float],
    *,
    rng: np.random.Generator,
    draws: int = 2000,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile interval (low, high) of a statistic whose data come in clusters that are not independent within.

    Whole clusters are drawn with replacement (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8), so
    ten clips of one film count as one film.

    Args:
        values_by_cluster: one array of values, shape (size,) or (size, columns), for each cluster.
        statistic: of the concatenated values of the clusters drawn.
        rng: source of the draws.
        draws: how many.
        confidence: of the interval, between 0 and 1.

    Raises:
        InputError: if there is no cluster or no draw, or ``confidence`` is out of range.
    """
    if not values_by_cluster or draws < 1 or not 0.0 < confidence < 1.0:
        raise InputError(
            f"{len(values_by_cluster)} clusters, {draws} draws and confidence {confidence}; "
            "at least one cluster, one draw and a confidence between 0 and 1 are needed"
        )
    clusters = [np.asarray(values, dtype=np.float64) for values in values_by_cluster]
    chosen = rng.integers(len(clusters), size=(draws, len(clusters)))
    replicas = [statistic(np.concatenate([clusters[index] for index in row])) for row in chosen]
    low, high = np.quantile(replicas, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return float(low), float(high)


def uniform_excess(p_values: ArrayLike, *, confidence: float) -> tuple[float, float]:
    """Return (excess, band): by how much more small p-values there are than uniform ones would be, and how much chance allows.

    The excess is the largest amount by which the empirical distribution function lies above the diagonal. If independent p-values are
    valid, it is above the band with probability 1 - ``confidence`` at most (Massart 1990, the one-sided Dvoretzky-Kiefer-Wolfowitz
    inequality).

    Raises:
        InputError: if there is no p-value, or ``confidence`` is not between 0 and 1.
    """
    p = np.sort(np.asarray(p_values, np.float64).ravel())
    if not p.size or not 0.0 < confidence < 1.0:
        raise InputError(f"{p.size} p-values and confidence {confidence}; at least one, and a confidence between 0 and 1, are needed")
    return float(np.max(np.arange(1, p.size + 1) / p.size - p)), math.sqrt(-math.log(1.0 - confidence) / (2.0 * p.size))


def monte_carlo_p(observed: float, null_draws: ArrayLike) -> float:
    """Return the exact one-sided p-value (1 + #{null >= observed}) / (draws + 1) of a value among draws of its null.

    It is valid for any number of draws as long as observed and null are exchangeable under the null (Phipson and Smyth, 2010,
    arXiv:1603.05766), and never below 1 / (draws + 1). Ties count against the observation.
    """
    null = np.asarray(null_draws, dtype=np.float64)
    return (1 + int(np.count_nonzero(null >= observed))) / (null.size + 1)


def _check_rate(k: int, n: int, confidence: float) -> None:
    if n < 1 or not 0 <= k <= n or not 0.0 < confidence < 1.0:
        raise InputError(f"k is {k}, n is {n} and confidence is {confidence}; 0 <= k <= n, n >= 1 and 0 < confidence < 1 are needed")
