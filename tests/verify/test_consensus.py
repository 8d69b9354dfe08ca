"""Cliques, quorums and middles."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.verify.consensus import Agreement, agree, check_quorum


def said(count: int, disagree: set[tuple[int, int]], *, far: float = 9.0) -> tuple[np.ndarray, np.ndarray]:
    agrees, unlike = np.ones((count, count), bool), np.ones((count, count))
    for one, other in disagree:
        agrees[one, other] = agrees[other, one] = False
        unlike[one, other] = unlike[other, one] = far
    return agrees, unlike


def test_all_agree() -> None:
    assert agree(*said(3, set()), quorum=2).clique == (0, 1, 2)


@pytest.mark.parametrize("liar", range(3))
def test_one_liar_is_left_out(liar: int) -> None:
    others = tuple(each for each in range(3) if each != liar)
    found = agree(*said(3, {(min(liar, other), max(liar, other)) for other in others}), quorum=2)
    assert found.clique == others
    assert found.winner in others


def test_independent_liars_leave_no_quorum() -> None:
    assert agree(*said(3, set(itertools.combinations(range(3), 2))), quorum=2) == Agreement((), None)


def test_a_chain_is_no_agreement() -> None:
    assert agree(*said(4, {(0, 2), (0, 3), (1, 3)}), quorum=3) == Agreement((), None)


def test_in_a_chain_of_three_the_middle_wins() -> None:
    agrees, unlike = said(3, {(0, 2)})
    unlike[1, 2] = unlike[2, 1] = 2.0
    assert agree(agrees, unlike, quorum=2) == Agreement((0, 1), 1)
    unlike[1, 2] = unlike[2, 1] = 0.5
    assert agree(agrees, unlike, quorum=2) == Agreement((1, 2), 1)


def test_two_halves_have_no_quorum() -> None:
    apart = {(0, 2), (0, 3), (1, 2), (1, 3)}
    assert agree(*said(4, apart), quorum=check_quorum(4, None)).winner is None


def test_the_winner_lies_in_the_middle() -> None:
    agrees, unlike = said(3, set())
    unlike[0, 2] = unlike[2, 0] = 5.0
    assert agree(agrees, unlike, quorum=2).winner == 1


@pytest.mark.parametrize(("count", "quorum"), [(1, None), (16, None), (4, 2), (3, 4), (2, 1)])
def test_impossible_quorums_are_refused(count: int, quorum: int | None) -> None:
    with pytest.raises(InputError, match=r"a consensus is of 2 to 15|more than half"):
        check_quorum(count, quorum)


def test_the_smallest_majority_is_asked_for() -> None:
    assert [check_quorum(count, None) for count in (2, 3, 4, 5)] == [2, 2, 3, 3]
