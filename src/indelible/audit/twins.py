"""Twin publication: two marked versions of each clip, of which a keyed coin says which one the world gets to see.

Whatever a model was trained on, it cannot know the coins: unless it saw what was published, each of two twins looks better to it with the
same chance. That holds for every model and every score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.stats.signs import log10_e_value, log10_signed_rank_tail
from indelible.stats.tails import log10_binomial_tail

__all__ = ["TwinEvidence", "TwinKeys", "judge_twins"]


@dataclass(frozen=True, slots=True)
class TwinKeys:
    """The keys of a clip's twins: that of the one to publish, and that of the one to seal."""

    published: SecretKey
    sealed: SecretKey

    @classmethod
    def of(cls, key: SecretKey, clip: bytes) -> TwinKeys:
        """Draw them for a clip, named by the SHA-256 of its bytes: two independent keys, and a coin that says which is which."""
        twins = [SecretKey(key.tag(f"audit/twin/{name}/v1", clip)) for name in "ab"]
        coin = key.tag("audit/twin/coin/v1", clip)[0] & 1
        return cls(twins[coin], twins[1 - coin])


@dataclass(frozen=True, slots=True)
class TwinEvidence:
    """What the scores of twins say.

    Args:
        wins: pairs of which the published twin scored higher.
        pairs: that did not tie.
        log10_p: of Wilcoxon's signed-rank test, one-sided, exact.
        log10_floor: the smallest log10 p that so many pairs can give.
        log10_p_wins: of the plain sign test.
        log10_p_anytime: from the largest e-value that bets in the given order have reached: valid whenever one stops.
    """

    wins: int
    pairs: int
    log10_p: float
    log10_floor: float
    log10_p_wins: float
    log10_p_anytime: float


def judge_twins(gaps: Sequence[float]) -> TwinEvidence:
    """Judge pairs in the order in which they were published.

    Args:
        gaps: score of the published twin less that of the sealed one, where higher means "more like what I was trained on"; 0 is a tie,
            which says nothing.

    Raises:
        InputError: if there is no pair, or a gap is not finite.
    """
    if not gaps:
        raise InputError("there are no pairs of scores; give those of at least one published clip and its sealed twin")
    log10_p, log10_floor = log10_signed_rank_tail(gaps)
    decided = [gap > 0.0 for gap in gaps if gap != 0.0]
    bets = [log10_e_value(won, trial) for trial, won in enumerate(accumulate(map(int, decided)), 1)]
    return TwinEvidence(
        wins=sum(decided),
        pairs=len(decided),
        log10_p=log10_p,
        log10_floor=log10_floor,
        log10_p_wins=log10_binomial_tail(sum(decided), len(decided), 0.5),
        log10_p_anytime=min(0.0, -max(bets, default=0.0)),
    )
