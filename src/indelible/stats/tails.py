"""Tail probabilities as base-10 logarithms, far beyond where a float underflows, and corrections for many hypotheses."""

from __future__ import annotations

import math

_LN10 = math.log(10.0)


def log10_gaussian_tail(z: float) -> float:
    """Return log10 Q(z), the probability that a standard normal exceeds ``z``, for any real ``z``."""
    from scipy.special import log_ndtr  # costs import time

    return float(log_ndtr(-z)) / _LN10


def log10_rademacher_tail(t: float) -> float:
    """Return an upper bound on log10 P(sum c_j a_j >= t ||a||) for independent fair signs c_j and any fixed real vector a.

    The smaller of two theorems, capped at 0; both hold for every length of a and without any condition on it:

    - Hoeffding (1963, theorem 2): the probability is at most exp(-t^2 / 2) for t >= 0.
    - Bentkus and Dzindzalieta ("A tight Gaussian bound for weighted sums of Rademacher random variables", Bernoulli 21(2), 2015,
      theorem 1.1, arXiv:1307.3451): it is at most c Q(t) for every real t, with Q the standard normal tail and c = 1 / (4 Q(sqrt 2)) =
      3.178..., the best possible constant (met at a = (1, 1) / sqrt 2, t = sqrt 2).

    So a correlation with a keyed sequence of signs has a p-value that needs no model of what it is correlated with.

    Args:
        t: the sum in units of the Euclidean norm of a.
    """
    if t <= 0.0:
        return 0.0
    log10_bentkus = log10_gaussian_tail(t) - log10_gaussian_tail(math.sqrt(2.0)) - math.log10(4.0)
    return min(0.0, -t * t / 2.0 / _LN10, log10_bentkus)
