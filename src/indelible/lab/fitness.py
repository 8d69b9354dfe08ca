"""How good a candidate is, from its scores on a few clips behind a real codec; higher is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ClipScores:
    """What a detector says of one clip with and without a candidate's mark.

    Args:
        clean: score of the unmarked clip behind the codec.
        marked: of the marked one.
        clean_ceiling: the highest score that the unmarked clip has at any phase of the signature.
        psnr_y_db: of the mark before encoding; infinity where it changed nothing.
    """

    clean: float
    marked: float
    clean_ceiling: float
    psnr_y_db: float


#: Y-PSNR below which `margin` takes something away.
FLOOR_DB = 40.0
_PENALTY_PER_DB = 0.1


def separation(scores: Sequence[ClipScores]) -> float:
    """Return by how much marked clips score higher than unmarked ones in the mean."""
    return fmean(score.marked for score in scores) - fmean(score.clean for score in scores)


def published(scores: Sequence[ClipScores]) -> float:
    """Return the fitness of the research: separation - 5 max(clean - 0.1, 0) - 5 max(0.3 - marked, 0), of mean scores.

    A mean forgives a clip that fails for one that shines, and strength costs nothing, so it ends at the largest epsilon allowed.
    """
    clean, marked = fmean(score.clean for score in scores), fmean(score.marked for score in scores)
    return marked - clean - 5.0 * max(clean - 0.1, 0.0) - 5.0 * max(0.3 - marked, 0.0)


def margin(scores: Sequence[ClipScores]) -> float:
    """Return the room for a threshold: the lowest score of a marked clip less the highest that an unmarked one has at any phase.

    All phases count because the one of the candidate is an accident: what another phase would have scored, other footage will. Less 0.1 for
    each dB of the worst clip's Y-PSNR under `FLOOR_DB`, so that strength is no way to win.
    """
    worst_db = min(score.psnr_y_db for score in scores)
    room = min(score.marked for score in scores) - max(score.clean_ceiling for score in scores)
    return room - _PENALTY_PER_DB * max(FLOOR_DB - worst_db, 0.0)


FITNESSES: Mapping[str, Callable[[Sequence[ClipScores]], float]] = MappingProxyType({"published": published, "margin": margin})
