"""From differences to a verdict: the rank of a rendition among honest renditions of the same source.

All members of the set, the rendition and n honest encodes made for this purpose, are treated alike: each statistic is put on a logarithmic
scale and centred and scaled by the median and the median absolute deviation over the whole set, the largest over all statistics is
the member's score, and p is the rank of the rendition's score, (1 + #{honest >= it}) / (n + 1). If the rendition was made like the others,
the n + 1 scores are exchangeable, and p is valid exactly, whatever the statistics are (Vovk, Gammerman and Shafer, "Algorithmic Learning
in a Random World", 2005, section 2.2: full conformal prediction). No p below 1 / (n + 1) can be attained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.stats.intervals import monte_carlo_p
from indelible.verify.families import FAMILIES, STATISTICS, Family, Measured

__all__ = ["Decision", "Verdict", "decide", "smallest_alpha"]

Verdict = Literal["AUTHENTIC", "SUSPECT", "TAMPERED", "POOR_QUALITY", "MISMATCH", "INCONCLUSIVE"]

_SUSPECT_TIMES = 5.0  # alpha
_UNLIKE = 0.5
_LEAST_FRAMES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What the comparison says.

    Args:
        verdict: see `decide`.
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

    ``TAMPERED`` if p is at most alpha and the reason is not quality alone, ``POOR_QUALITY`` if it is, ``MISMATCH`` if p is at most alpha
    and the pictures do not even resemble each other, ``SUSPECT`` if p is at most five alpha, ``INCONCLUSIVE`` if there are too few
    pictures, ``AUTHENTIC`` otherwise.

    Args:
        found: the rendition.
        honest: statistics (`Measured.values`) of honest encodes of the same source, each as the rendition would be if it were one of them.
        alpha: how often an honest rendition may be called something else.

    Raises:
        InputError: if the honest encodes are too few for alpha.
    """
    if not 0.0 < alpha < 1.0 or smallest_alpha(len(honest)) > alpha * (1.0 + 1e-9):
        needed = math.ceil(1.0 / alpha) - 1 if 0.0 < alpha < 1.0 else 1
        raise InputError(f"{len(honest)} honest encodes cannot decide at alpha {alpha:g}; at least {needed} are needed")
    standard = _standardised(np.stack([found.values, *honest]))
    p = _rank_p(standard.max(axis=1))
    by_family = {name: standard[:, [each.family == name for each in STATISTICS]].max(axis=1) for name in FAMILIES}
    family_p = {name: _rank_p(scores) for name, scores in by_family.items()}
    without_quality = _rank_p(np.max([scores for name, scores in by_family.items() if name != "quality"], axis=0))
    verdict, reason = _verdict(found, p, without_quality, {name: float(scores[0]) for name, scores in by_family.items()}, alpha)
    return Decision(
        verdict=verdict,
        log10_p=math.log10(p),
        families={name: math.log10(each) for name, each in family_p.items()},
        scores={name: round(float(scores[0]), 3) for name, scores in by_family.items()},
        statistics={each.name: float(value) for each, value in zip(STATISTICS, found.values, strict=True)},
        calibration_size=len(honest),
        reason=reason,
    )


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the statistics of all members of a set, shape (members, statistics), in a way that does not depend on their order."""
    logs = np.log(values + np.array([each.unit for each in STATISTICS]))
    centre = np.median(logs, axis=0)
    spread = 1.4826 * np.median(np.abs(logs - centre), axis=0)
    standard: NDArray[np.float64] = (logs - centre) / np.maximum(spread, np.array([each.least_spread for each in STATISTICS]))
    return standard


def _rank_p(scores: NDArray[np.float64]) -> float:
    return monte_carlo_p(float(scores[0]), scores[1:])


def _verdict(found: Measured, p: float, without_quality: float, scores: dict[Family, float], alpha: float) -> tuple[Verdict, str]:
    strongest = max(scores, key=lambda name: scores[name])
    if len(found.frame_residuals) < _LEAST_FRAMES:
        return "INCONCLUSIVE", f"{len(found.frame_residuals)} pictures are too few; at least {_LEAST_FRAMES} are needed"
    if p <= alpha:
        if found.likeness < _UNLIKE:
            return "MISMATCH", f"the pictures do not resemble each other (correlation {found.likeness:.2f})"
        if without_quality > alpha and strongest == "quality":
            return "POOR_QUALITY", "less or more detail than any honest encode at this rate, and nothing else"
        return "TAMPERED", f"unlike every honest encode, most of all in the family {strongest}"
    if p <= _SUSPECT_TIMES * alpha:
        return "SUSPECT", f"unlike nearly every honest encode, most of all in the family {strongest}"
    return "AUTHENTIC", "like honest encodes of this source"
