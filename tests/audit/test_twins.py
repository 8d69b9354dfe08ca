"""Twins: fair coins, exact tests, bets that may stop at any time."""

import numpy as np
import pytest

from indelible.audit.twins import TwinKeys, judge_twins
from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.stats.intervals import uniform_excess

KEY = SecretKey(bytes(range(32)))


def test_coins_are_fair_and_the_keys_own():
    keys = [TwinKeys.of(KEY, index.to_bytes(2)) for index in range(400)]
    assert len({each.published.key_id for each in keys} | {each.sealed.key_id for each in keys}) == 800
    again = TwinKeys.of(KEY, (7).to_bytes(2))
    assert again == keys[7]
    heads = sum(each.published == SecretKey(KEY.tag("audit/twin/a/v1", i.to_bytes(2))) for i, each in enumerate(keys))
    assert 150 < heads < 250  # five deviations
    assert TwinKeys.of(SecretKey(bytes(32)), (7).to_bytes(2)) != again


def test_all_wins_reach_the_floor():
    evidence = judge_twins([0.1 * (i + 1) for i in range(12)])
    assert evidence.log10_p == pytest.approx(-12 * np.log10(2))
    assert evidence.log10_p == pytest.approx(evidence.log10_floor)
    assert evidence.log10_p_wins == pytest.approx(-12 * np.log10(2))
    assert -12 * np.log10(2) < evidence.log10_p_anytime < -2
    assert (evidence.wins, evidence.pairs) == (12, 12)


def test_coins_alone_are_super_uniform():
    rng = np.random.default_rng(3)
    sizes = rng.exponential(size=40)
    looks = [judge_twins(list(sizes * rng.choice([-1, 1], 40))) for _ in range(1000)]
    for name in ("log10_p", "log10_p_wins", "log10_p_anytime"):
        excess, band = uniform_excess([10 ** getattr(look, name) for look in looks], confidence=0.999)
        assert excess <= band, name


def test_ties_and_nothing():
    assert judge_twins([0.0, 0.0]).log10_p == 0.0
    with pytest.raises(InputError, match="no pairs"):
        judge_twins([])
