"""From differences to a verdict: the rank of a rendition among honest renditions of the same source.

All members of the set, the rendition and n honest encodes made for this purpose, are treated alike: each statistic is centred by its
median over the whole set and scaled by how far the upper tenth of the set lies above that, the largest over all statistics is the
member's score, and p is the rank of the rendition's score, (1 + #{honest >= it}) / (n + 1). If the rendition was made like the others,
the n + 1 scores are exchangeable, and p is valid exactly, whatever the statistics are (Vovk, Gammerman and Shafer, "Algorithmic Learning
in a Random World", 2005, section 2.2: full conformal prediction). No p below 1 / (n + 1) can be attained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.stats.intervals import monte_carlo_p
from indelible.verify.families import FAMILIES, STATISTICS, Family, Measured

__all__ = ["Decision", "Verdict", "decide", "decide_on", "rank", "smallest_alpha"]

Verdict = Literal["AUTHENTIC", "SUSPECT", "TAMPERED", "POOR_QUALITY", "MISMATCH", "INCONCLUSIVE", "UNCALIBRATED"]

_SUSPECT_TIMES = 5.0  # alpha
_UNLIKE = 0.5
_NOT_BY_SOFTNESS: tuple[Family, ...] = ("spatial", "chroma", "temporal")  # highlights and corners do change with it
_UPPER, _UPPER_DEVIATIONS = 0.9, 1.28  # of a normal distribution
_OF_CENTRE = 0.1  # least spread, as a share of the median
_LEAST_FRAMES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What the comparison says.

    Args:
        verdict: see `decide` and `rank`.
        log10_p: of all families together.
        families: log10 p of each by itself, not corrected for their number.
        scores: the largest standardised statistic of each family; a few for honest work.
        statistics: value of each statistic.
        calibration_size: honest encodes it was ranked among.
        reason: in words.
    """

    verdict: Verdict
    log10_p: float
    families: dict[Family, float]
    scores: dict[Family, float]
    statistics: dict[str, float]
    calibration_size: int
    reason: str


def smallest_alpha(calibration_size: int) -> float:
    """Return the smallest p-value that so many honest encodes can give."""
    return 1.0 / (calibration_size + 1)


def decide(found: Measured, honest: Sequence[NDArray[np.float64]], *, alpha: float) -> Decision:
    """Return the verdict on a rendition.

    ``TAMPERED`` if p is at most alpha; but ``POOR_QUALITY`` if detail by itself is unlike all honest work and no block, colour or moment
    is, and ``MISMATCH`` if the pictures do not even resemble each other. ``SUSPECT`` if p is at most five alpha, ``INCONCLUSIVE`` if
    there are too few pictures, ``AUTHENTIC`` otherwise.

    Args:
        found: the rendition.
        honest: statistics (`Measured.values`) of honest encodes of the same source, each as the rendition would be if it were one of them.
        alpha: how often an honest rendition may be called something else.

    Raises:
        InputError: if the honest encodes are too few for alpha.
    """
    return decide_on(found.values, honest, likeness=found.likeness, frames=len(found.frame_residuals), alpha=alpha)


def decide_on(
    values: NDArray[np.float64], honest: Sequence[NDArray[np.float64]], *, likeness: float, frames: int, alpha: float
) -> Decision:
    """Do the same from numbers alone: the rendition's statistics, its likeness to the source, and how many pictures it has."""
    if not 0.0 < alpha < 1.0 or smallest_alpha(len(honest)) > alpha * (1.0 + 1e-9):
        needed = math.ceil(1.0 / alpha) - 1 if 0.0 < alpha < 1.0 else 1
        raise InputError(f"{len(honest)} honest encodes cannot decide at alpha {alpha:g}; at least {needed} are needed")
    standard = _standardised(np.stack([values, *honest]))
    p = _rank_p(standard.max(axis=1))
    by_family = {name: standard[:, [each.family == name for each in STATISTICS]].max(axis=1) for name in FAMILIES}
    family_p = {name: _rank_p(scores) for name, scores in by_family.items()}
    scores = {name: float(each[0]) for name, each in by_family.items()}
    verdict, reason = _verdict(p, family_p, scores, alpha, likeness=likeness, frames=frames)
    return Decision(
        verdict=verdict,
        log10_p=math.log10(p),
        families={name: math.log10(each) for name, each in family_p.items()},
        scores={name: round(each, 3) for name, each in scores.items()},
        statistics={each.name: float(value) for each, value in zip(STATISTICS, values, strict=True)},
        calibration_size=len(honest),
        reason=reason,
    )


def rank(found: Measured, others: Sequence[NDArray[np.float64]], *, alpha: float) -> Decision:
    """Do as `decide`, but with as few honest renditions as there happen to be: ``UNCALIBRATED`` if they are too few for alpha.

    Args:
        found: the rendition.
        others: statistics of honest renditions of other sources, one of each, at least one.
        alpha: how often an honest rendition may be called something else.
    """
    decision = decide(found, others, alpha=max(alpha, smallest_alpha(len(others))))
    if smallest_alpha(len(others)) <= alpha * (1.0 + 1e-9):
        return decision
    needed = math.ceil(1.0 / alpha) - 1
    reason = f"{len(others)} sources give no p-value below {smallest_alpha(len(others)):.2g}; alpha {alpha:g} needs {needed}"
    return replace(decision, verdict="UNCALIBRATED", reason=reason)


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the statistics of all members of a set, shape (members, statistics), in a way that does not depend on their order.

    The spread is that of the upper side: some statistics have heavy tails in honest work, and these must not drown the others.
    """
    centre, upper = np.median(values, axis=0), np.quantile(values, _UPPER, axis=0)
    least = np.maximum(_OF_CENTRE * centre, np.array([each.unit for each in STATISTICS]) / 2.0)
    standard: NDArray[np.float64] = (values - centre) / np.maximum((upper - centre) / _UPPER_DEVIATIONS, least)
    return standard


def _rank_p(scores: NDArray[np.float64]) -> float:
    return monte_carlo_p(float(scores[0]), scores[1:])


def _verdict(
    p: float, family_p: dict[Family, float], scores: dict[Family, float], alpha: float, *, likeness: float, frames: int
) -> tuple[Verdict, str]:
    strongest = max(scores, key=lambda name: scores[name])
    if frames < _LEAST_FRAMES:
        return "INCONCLUSIVE", f"{frames} pictures are too few; at least {_LEAST_FRAMES} are needed"
    if p <= alpha:
        if likeness < _UNLIKE:
            return "MISMATCH", f"the pictures do not resemble each other (correlation {likeness:.2f})"
        if family_p["quality"] <= alpha and all(family_p[name] > alpha for name in _NOT_BY_SOFTNESS):
            return "POOR_QUALITY", "less or more detail than any honest encode at this rate; no part and no moment stands out"
        return "TAMPERED", f"unlike every honest encode, most of all in the family {strongest}"
    if p <= _SUSPECT_TIMES * alpha:
        return "SUSPECT", f"unlike nearly every honest encode, most of all in the family {strongest}"
    return "AUTHENTIC", "like honest encodes of this source"
