"""Evidence that grows with every observation: p-values that come one after the other, looked at after each, with one stated error."""

from __future__ import annotations

import math

from indelible.errors import InputError

__all__ = ["ChangeDetector", "log10_e_value"]


def log10_e_value(log10_p: float, *, kappa: float) -> float:
    """Return log10 of the e-value kappa p^(kappa - 1): its mean is at most 1 where p is a valid p-value, also a discrete one.

    Shafer, Shen, Vereshchagin and Vovk, "Test martingales, Bayes factors and p-values", Statistical Science 26(1), 2011.

    Args:
        log10_p: at most 0.
        kappa: between 0 and 1; a smaller one gains more from small p-values, and loses more to ordinary ones.

    Raises:
        InputError: if kappa is out of range.
    """
    if not 0.0 < kappa < 1.0:
        raise InputError(f"kappa is {kappa:g}; it must lie between 0 and 1")
    return math.log10(kappa) + (kappa - 1.0) * min(0.0, log10_p)


class ChangeDetector:
    """An e-process against p-values becoming small from some unknown observation on.

    The product of e-values from observation j on is a test martingale that starts at 1; so is any mixture of these over j, here with the
    weights 1 / (j (j + 1)), which sum to 1. What is not started yet stays at its weight. If every p-value is valid given those before it,
    the chance that the mixture ever reaches 1 / alpha is at most alpha (Ville, "Etude critique de la notion de collectif", 1939), however
    often and long one looks. A hundred honest observations before the first bad one cost 4 in log10, and not the product of a hundred
    e-values below 1.

    Args:
        smallest_p: that can be seen, between 0 and 1; kappa is chosen so that this one has the largest e-value.

    Raises:
        InputError: if it is out of range.
    """

    def __init__(self, *, smallest_p: float) -> None:
        if not 0.0 < smallest_p < 1.0:
            raise InputError(f"the smallest p is {smallest_p:g}; it must lie between 0 and 1")
        self.kappa = min(0.5, -1.0 / math.log(smallest_p))
        self._count = 0
        self._started = -math.inf  # log10 of the weighted products that began so far

    def add(self, log10_p: float) -> tuple[float, float]:
        """Return log10 of the e-value of one more observation, and of the process with it."""
        self._count += 1
        own = log10_e_value(log10_p, kappa=self.kappa)
        self._started = own + _log10_sum(self._started, -math.log10(self._count * (self._count + 1)))
        return own, _log10_sum(self._started, -math.log10(self._count + 1))


def _log10_sum(one: float, other: float) -> float:
    high, low = max(one, other), min(one, other)
    return high + math.log10(1.0 + 10.0 ** (low - high))
