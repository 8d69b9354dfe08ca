"""Tail probabilities as base-10 logarithms, far beyond where a float underflows, and corrections for many hypotheses."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from indelible.errors import InputError

_LN10 = math.log(10.0)

_FAR = 30.0  # standard deviations; half of the way to where a float underflows, and the series is exact to 12 digits there


def log10_gaussian_tail(z: float) -> float:
    """Return log10 Q(z), the probability that a standard normal exceeds ``z``, for any real ``z``.

    Far out by the asymptotic series (Abramowitz and Stegun 26.2.12). Without SciPy, whose import is dearer than looking for a mark.
    """
    if z < 0.0:
        return math.log1p(-math.erfc(-z / math.sqrt(2.0)) / 2.0) / _LN10
    if z < _FAR:
        return math.log10(math.erfc(z / math.sqrt(2.0)) / 2.0)
    inverse = 1.0 / (z * z)
    series = -inverse * (1.0 - 3.0 * inverse * (1.0 - 5.0 * inverse * (1.0 - 7.0 * inverse)))
    return (-z * z / 2.0 - math.log(z) - math.log(2.0 * math.pi) / 2.0 + math.log1p(series)) / _LN10


def log10_rademacher_tail(t: float) -> float:
    """Return an upper bound on log10 P(sum c_j a_j >= t ||a||) for independent fair signs c_j and any fixed real vector a.

    So a correlation with a keyed sequence of signs has a p-value that needs no model of what it is correlated with. The bound is the
    smaller of two theorems, neither of which puts a condition on a, capped at 0:

    - Hoeffding (1963, theorem 2): the probability is at most exp(-t^2 / 2) for t >= 0.
    - Bentkus and Dzindzalieta ("A tight Gaussian bound for weighted sums of Rademacher random variables", Bernoulli 21(2), 2015,
      arXiv:1307.3451): it is at most c Q(t) for every real t, with Q the standard normal tail and c = 1 / (4 Q(sqrt 2)) = 3.178...;
      no smaller constant will do, as a = (1, 1) / sqrt 2 and t = sqrt 2 show.

    Args:
        t: the sum in units of the Euclidean norm of a; 0 or less gives 0.
    """
    if t <= 0.0:
        return 0.0
    log10_constant = -math.log10(4.0) - log10_gaussian_tail(math.sqrt(2.0))
    return min(0.0, -t * t / 2.0 / _LN10, log10_constant + log10_gaussian_tail(t))


def log10_binomial_tail(k: int, n: int, p: float) -> float:
    """Return log10 P(X >= k) for X binomial (n, p), exactly, summed in the log domain so that it never underflows.

    Args:
        k: successes seen; 0 or less gives 0, more than ``n`` gives minus infinity.
        n: trials, at least 0.
        p: probability of one success, 0 <= p <= 1.

    Raises:
        InputError: if ``n`` or ``p`` is out of range.
    """
    if n < 0 or not 0.0 <= p <= 1.0:
        raise InputError(f"n is {n} and p is {p}; a binomial needs n >= 0 and 0 <= p <= 1")
    if k <= 0:
        return 0.0
    if k > n or p == 0.0:
        return -math.inf
    if p == 1.0:
        return 0.0
    from scipy.special import gammaln, logsumexp  # costs import time

    successes = np.arange(k, n + 1, dtype=np.float64)
    log_choose = gammaln(n + 1.0) - gammaln(successes + 1.0) - gammaln(n - successes + 1.0)
    log_terms = log_choose + successes * math.log(p) + (n - successes) * math.log1p(-p)
    return min(0.0, float(logsumexp(log_terms)) / _LN10)


def log10_union(log10_p: float, hypotheses: int) -> float:
    """Return the log10 p-value of the best of ``hypotheses`` tests (Bonferroni): log10 min(1, hypotheses x p).

    Raises:
        InputError: if ``hypotheses`` is less than 1.
    """
    if hypotheses < 1:
        raise InputError(f"{hypotheses} hypotheses; at least 1 was tested")
    return min(0.0, log10_p + math.log10(hypotheses))


def log10_weighted_min(log10_ps: ArrayLike, weights: ArrayLike) -> float:
    """Return the log10 p-value of several tests by weighted Bonferroni: log10 min(1, min p_h / w_h).

    The weights say beforehand how much of the error each test may spend, so likely hypotheses pay little for the search among unlikely
    ones. A weight of zero leaves its test out.

    Args:
        log10_ps: p-values of the tests, shape (h,), at most 0.
        weights: shape (h,), each >= 0, summing to at most 1.

    Raises:
        InputError: if the shapes differ or are empty, or a weight is negative, or the weights sum to more than 1.
    """
    p, w = np.asarray(log10_ps, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if p.shape != w.shape or p.ndim != 1 or p.size == 0:
        raise InputError(f"p-values have shape {p.shape} and weights {w.shape}; both need the same (h,) with h >= 1")
    if not (w >= 0.0).all() or w.sum() > 1.0 + 1e-9:
        raise InputError(f"weights reach from {w.min()} to {w.max()} and sum to {w.sum()}; each must be >= 0 and their sum at most 1")
    spent = w > 0.0
    return min(0.0, float(np.min(p[spent] - np.log10(w[spent]), initial=0.0)))


def log10_sphere_tail(cosine: float, dimensions: int) -> float:
    """Return log10 of the probability that a uniformly random direction has at least this cosine with a fixed one, exactly.

    Half of the regularised incomplete beta function I_{1 - c^2}((d - 1) / 2, 1 / 2) for c >= 0 (S. Li, "Concise formulas for the area and
    volume of a hyperspherical cap", Asian Journal of Mathematics and Statistics 4(1), 2011).

    Args:
        cosine: -1 to 1; what rounding puts beyond counts as the end.
        dimensions: of the space, at least 2.

    Raises:
        InputError: if there are fewer dimensions.
    """
    if dimensions < 2:
        raise InputError(f"{dimensions} dimensions; a direction can only be random in 2 or more")
    from scipy.special import betainc  # costs import time

    c = max(-1.0, min(1.0, cosine))
    cap = 0.5 * float(betainc((dimensions - 1) / 2.0, 0.5, 1.0 - c * c))
    share = cap if c >= 0.0 else 1.0 - cap
    return math.log10(share) if share > 0.0 else -math.inf
