"""How sure a match is: the expected number of matches as good among unrelated videos, at this size of the database."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import BITS, Codes, distances
from indelible.fingerprint.transform import changes
from indelible.stats.tails import log10_gaussian_tail

_LEAST_CHANGE = 40  # sum of squares of the parts of one moment's second feature; less is the noise of codecs


def combined_z(scores: NDArray[np.float64], query_codes: Codes, video_codes: Codes) -> float:
    """Return the score of all pairs of a path together, in standard deviations of what unrelated videos reach.

    Moments of one video are alike, so their distances to another are alike by chance too: a picture that stands still is one moment,
    however long it lasts. Of two pairs whose query codes have the correlation a, bit by bit, and whose video codes have b, the distances
    have the correlation a b if the videos are unrelated.

    Args:
        scores: of each pair, standard deviations nearer than unrelated codes, shape (k,).
        query_codes: shape (k, 4).
        video_codes: shape (k, 4).
    """
    correlation = _correlation(query_codes) * _correlation(video_codes)
    return float(scores.sum() / math.sqrt(float(correlation.sum())))


def log10_expected_false_matches(z: float, *, code_count: int, query_codes: int, moments: int, lines: int) -> float:
    """Return log10 of the expected number of matches this good if the query were unrelated to every stored video (the NFA).

    A match may begin at any stored code and at any code of the query, last any number of moments, and lie on any line. Each of these is
    counted as a test of its own, though neighbours depend on each other; so the number is rather too large.

    Args:
        z: `combined_z` of the match.
        code_count: stored codes.
        query_codes: of all guesses.
        moments: of the query.
        lines: that are tried for each place.
    """
    tests = math.log10(max(1, code_count)) + math.log10(max(1, query_codes)) + math.log10(max(1, moments)) + math.log10(lines)
    return tests + log10_gaussian_tail(z)


def agreement(query_confirm: NDArray[np.uint8], video_confirm: NDArray[np.uint8]) -> float | None:
    """Return how far the same things change at the same time in both, -1 to 1; None where nothing changes in one of them.

    Args:
        query_confirm: second feature of each pair, shape (k, 32).
        video_confirm: likewise.
    """
    left, right = changes(query_confirm).reshape(-1, 64), changes(video_confirm).reshape(-1, 64)
    lively = np.minimum((left**2).sum(axis=1), (right**2).sum(axis=1)) >= _LEAST_CHANGE
    if not lively.any():
        return None
    left, right = left[lively], right[lively]
    return float((left * right).sum() / math.sqrt(float((left**2).sum()) * float((right**2).sum())))


def _correlation(codes: Codes) -> NDArray[np.float64]:
    """Return the correlation of the bits of each two codes, 0 to 1; what is less than 0 counts as 0, to be careful."""
    return np.maximum(0.0, 1.0 - 2.0 * distances(codes[:, None], codes[None]) / BITS)
