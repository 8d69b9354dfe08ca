"""Which of several renditions agree: the largest set in which each pair does, and its middle.

Agreement is not passed on: a chain of renditions, each a little unlike the one before, is no agreement, so a clique is asked for and not
what hangs together. With a quorum of more than half there cannot be two cliques of that size without a member in common. An agreeing
majority that lies together cannot be told from an honest one; only the source can do that.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError

__all__ = ["Agreement", "agree", "check_quorum"]

_MOST = 15


@dataclass(frozen=True, slots=True)
class Agreement:
    """What witnesses say of each other.

    Args:
        clique: those that agree, by their places in increasing order, the largest such set; empty without a quorum.
        winner: the one of them that is least unlike the others; None without a quorum.
    """

    clique: tuple[int, ...]
    winner: int | None


def check_quorum(count: int, quorum: int | None) -> int:
    """Return how many of ``count`` renditions must agree; None asks for the smallest majority.

    Raises:
        InputError: if there are fewer than two or too many renditions, or the quorum is not more than half or more than all.
    """
    if not 2 <= count <= _MOST:
        raise InputError(f"{count} rendition{'s' * (count != 1)}; a consensus is of 2 to {_MOST}")
    chosen = count // 2 + 1 if quorum is None else quorum
    if not count // 2 < chosen <= count:
        raise InputError(f"the quorum is {chosen} of {count}; it must be more than half: {count // 2 + 1} to {count}")
    return chosen


def agree(agrees: NDArray[np.bool_], unlikeness: NDArray[np.float64], *, quorum: int) -> Agreement:
    """Return which witnesses agree.

    Of several largest cliques the one counts whose members are least unlike each other. The winner is the clique's medoid; of several, as
    always in a clique of two, the one that more of the others agree with, and then the first.

    Args:
        agrees: whether each pair does, shape (n, n), symmetric.
        unlikeness: of each pair, shape (n, n), symmetric; less is more alike.
        quorum: how many must agree.
    """
    best: tuple[int, ...] = ()
    least = np.inf
    for size in range(len(agrees), quorum - 1, -1):
        for chosen in itertools.combinations(range(len(agrees)), size):
            pairs = list(itertools.combinations(chosen, 2))
            if not all(agrees[pair] for pair in pairs):
                continue
            spread = float(sum(unlikeness[pair] for pair in pairs))
            if not best or spread < least:
                best, least = chosen, spread
        if best:
            break
    if not best:
        return Agreement((), None)

    def away(one: int) -> tuple[float, int, int]:
        others = [other for other in range(len(agrees)) if other != one]
        inside = sum(float(unlikeness[one, other]) for other in others if other in best)
        return round(inside, 9), -sum(bool(agrees[one, other]) for other in others), one

    return Agreement(best, min(best, key=away))
