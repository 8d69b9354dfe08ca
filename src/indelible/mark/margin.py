"""How far a mark that was received is from being lost: decibels between what was measured and what presence and payload need."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.mark.detect import ALPHA
from indelible.mark.payload import EMPTY_LOG10_P, Payload, encode_payload
from indelible.mark.tally import WEIGHTS, Scores
from indelible.stats.tails import log10_rademacher_tail

# Mean of a payload symbol, in standard deviations of its noise, at which 99 % of payloads of so many bits are read: the symbol SNR of a
# word error rate of 0.01 in docs/decisions/0002-payload-code.md.
READABLE_AMPLITUDE = {64: 10.0 ** (-6.94 / 20.0), 128: 10.0 ** (-4.71 / 20.0), 256: 10.0 ** (-1.84 / 20.0)}

_LARGEST_Z = 1000.0


@dataclass(frozen=True, slots=True)
class Margin:
    """What lies between a received mark and its loss, in dB of the mark's amplitude: 0 is the edge, below it is lost.

    Args:
        presence_db: 20 log10(z / the smallest z that counts as present), of the better statistic.
        payload_db: 20 log10(a / the smallest amplitude at which 99 % of payloads are read), where a is the mean of the payload's symbols
            (each multiplied by its known sign) over their standard deviation. Of a mark without payload the same with the z of its symbols.
        symbol_error_rate: share of the symbols with the wrong sign; one that is exactly zero counts half.

    Minus infinity says that nothing at all was left.
    """

    presence_db: float
    payload_db: float
    symbol_error_rate: float

    @property
    def db(self) -> float:
        """The smaller of the two: what may still be lost before the payload of a video cannot be had."""
        return min(self.presence_db, self.payload_db)


def measure_margin(scores: Scores, soft: NDArray[np.float64], payload: Payload, key: SecretKey, *, alpha: float = ALPHA) -> Margin:
    """Return the margin of a mark whose payload is known.

    Args:
        scores: the statistics of the detector.
        soft: the received symbols, shape (1024,).
        payload: what the mark says.
        key: under which it was embedded.
        alpha: p-value at which a mark counts as present.

    Raises:
        InputError: if alpha is not between 0 and 1.
    """
    if not 0.0 < alpha < 1.0:
        raise InputError(f"alpha is {alpha:g}; it must lie between 0 and 1")
    needed = [smallest_z(math.log10(alpha * weight)) for weight in WEIGHTS]
    presence_db = max(_db(z, least) for z, least in zip(scores.z, needed, strict=True))
    agreement = soft * encode_payload(payload, key)
    wrong = float(np.mean(np.where(agreement == 0.0, 0.5, agreement < 0.0)))
    return Margin(presence_db, _payload_db(agreement, payload.bits), wrong)


def _payload_db(agreement: NDArray[np.float64], bits: int) -> float:
    norm = float(np.linalg.norm(agreement))
    if norm == 0.0:
        return -math.inf
    if bits == 0:  # read by its correlation, see decode_payload
        return _db(float(agreement.sum()) / norm, smallest_z(EMPTY_LOG10_P))
    deviation = float(agreement.std())
    return _db(float(agreement.mean()) / deviation, READABLE_AMPLITUDE[bits]) if deviation else math.inf


@lru_cache(maxsize=16)
def smallest_z(log10_p: float) -> float:
    """Return the smallest statistic, to a millionth, whose p-value is at most this."""
    low, high = 0.0, _LARGEST_Z
    while high - low > 1e-6:
        middle = (low + high) / 2.0
        low, high = (low, middle) if log10_rademacher_tail(middle) <= log10_p else (middle, high)
    return high


def _db(measured: float, needed: float) -> float:
    return 20.0 * math.log10(measured / needed) if measured > 0.0 else -math.inf
