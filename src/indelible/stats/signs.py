"""Exact tests whose null is fair coins: sums of fixed weights with random signs, and bets on a run of coins."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indelible.errors import InputError

__all__ = ["SignFlip", "log10_e_value", "log10_signed_rank_tail"]

_LARGEST_SUM = 10_000_000  # entries of the distribution


class SignFlip:
    """The exact distribution of sum s_i w_i for whole weights w_i and independent fair signs s_i, by convolution.

    Nothing is assumed of the weights but that they do not depend on the signs. All probabilities are sums of positive terms, so that even
    the smallest, 2^-n, is right to many digits.

    Args:
        weights: whole numbers of any sign, shape (n,).

    Raises:
        InputError: if they are not whole, or their sum is too large to hold.
    """

    def __init__(self, weights: ArrayLike) -> None:
        given = np.asarray(weights, np.float64).ravel()
        if not np.isfinite(given).all() or (given != np.rint(given)).any():
            raise InputError("the weights of a sign-flip test must be whole numbers; round them before the signs are looked at")
        self._weights = given.astype(np.int64)
        sizes = np.abs(self._weights[self._weights != 0])
        self._most = int(sizes.sum())
        if self._most > _LARGEST_SUM:
            raise InputError(f"the weights of a sign-flip test sum to {self._most}; at most {_LARGEST_SUM} are allowed, use coarser ones")
        self.signs_used = int(sizes.size)
        # Only sums of the same parity as the largest occur: entry j is the probability of the sum 2 j - most.
        chance = np.ones(1)
        for size in np.sort(sizes):
            longer = np.zeros(chance.size + size)
            longer[: chance.size] += 0.5 * chance
            longer[size:] += 0.5 * chance
            chance = longer
        self._tail = np.cumsum(chance[::-1])[::-1]

    @property
    def log10_floor(self) -> float:
        """The smallest log10 p that these weights can give: all signs right."""
        return -self.signs_used * math.log10(2.0)

    def log10_p(self, signs: ArrayLike) -> float:
        """Return log10 P(sum >= the one of these signs), for signs of +1 and -1, shape (n,)."""
        total = int(np.dot(self._weights, np.asarray(signs, np.int64).ravel()))
        return min(0.0, math.log10(self._tail[(total + self._most) // 2]))


def log10_signed_rank_tail(gaps: ArrayLike) -> tuple[float, float]:
    """Return (log10 p, its floor) of Wilcoxon's signed-rank test, whose null is that a fair coin gave each difference its sign.

    Exact, with mid-ranks for ties (doubled, so that they are whole). Differences of 0 say nothing and are left out.

    Args:
        gaps: shape (n,), finite.
    """
    values = np.asarray(gaps, np.float64).ravel()
    if not np.isfinite(values).all():
        raise InputError("a difference is not a finite number; leave out pairs without two scores")
    values = values[values != 0.0]
    if not values.size:
        return 0.0, 0.0
    null = SignFlip(_doubled_ranks(np.abs(values)))
    return null.log10_p(np.sign(values)), null.log10_floor


def _doubled_ranks(sizes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return twice the mid-rank of each value."""
    ordered = np.sort(sizes)
    below = np.searchsorted(ordered, sizes, side="left")
    upto = np.searchsorted(ordered, sizes, side="right")
    return np.asarray(below + upto + 1, np.int64)


def log10_e_value(wins: int, trials: int) -> float:
    """Return log10 of the e-value of a run of fair coins: what a bet on wins has made of one coin, whatever the order.

    The mixture over all chances of winning from 1/2 to 1, evenly. For fair coins it is a martingale, so by Ville's inequality the chance
    that it ever reaches 1/alpha is at most alpha: one may look after every trial, and stop when one likes.

    Raises:
        InputError: unless 0 <= wins <= trials.
    """
    if not 0 <= wins <= trials:
        raise InputError(f"{wins} wins of {trials} trials; there must be at least 0 and at most as many as trials")
    from scipy.special import betainc, betaln  # costs import time

    losses = trials - wins
    # 2^n times twice the incomplete beta integral of p^wins (1 - p)^losses from 1/2 to 1; mirrored, that is from 0 to 1/2.
    share = float(betainc(losses + 1, wins + 1, 0.5))
    return (trials + 1) * math.log10(2.0) + (float(betaln(wins + 1, losses + 1)) + math.log(share)) / math.log(10.0)
