"""Tests whose null is fair coins, against enumeration and SciPy."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from indelible.errors import InputError
from indelible.stats.signs import SignFlip, log10_e_value, log10_signed_rank_tail


def test_sign_flip_is_enumeration():
    weights = np.array([3, -1, 0, 7, 2, -5, 4])
    null = SignFlip(weights)
    sums = np.array([np.dot(weights, signs) for signs in itertools.product((1, -1), repeat=7)])
    for signs in itertools.islice(itertools.product((1, -1), repeat=7), 0, 128, 9):
        expected = np.mean(sums >= np.dot(weights, signs))
        assert 10 ** null.log10_p(signs) == pytest.approx(expected, rel=1e-12)
    assert null.log10_floor == pytest.approx(-6 * math.log10(2))
    assert null.log10_p(np.sign(weights)) == pytest.approx(null.log10_floor, rel=1e-12)


def test_sign_flip_far_out_is_exact():
    null = SignFlip(np.full(400, 20))
    assert null.log10_p(np.ones(400)) == pytest.approx(-400 * math.log10(2), rel=1e-12)
    assert null.log10_p(-np.ones(400)) == pytest.approx(0.0, abs=1e-12)


def test_sign_flip_of_nothing_says_nothing():
    assert SignFlip(np.zeros(5)).log10_p(np.ones(5)) == 0.0
    with pytest.raises(InputError, match="whole"):
        SignFlip([0.5])


def test_signed_rank_is_that_of_scipy():
    gaps = np.random.default_rng(5).standard_normal(18) + 0.4
    expected = stats.wilcoxon(gaps, alternative="greater", method="exact").pvalue
    assert 10 ** log10_signed_rank_tail(gaps)[0] == pytest.approx(expected, rel=1e-9)
    assert log10_signed_rank_tail([0.0, 0.0]) == (0.0, 0.0)
    assert log10_signed_rank_tail([1.0, 1.0, 1.0])[0] == pytest.approx(-3 * math.log10(2))


def test_e_value_is_a_martingale_under_fair_coins():
    for trials in (0, 1, 5, 40):
        for wins in range(trials + 1):
            now = 10 ** log10_e_value(wins, trials)
            later = 0.5 * 10 ** log10_e_value(wins + 1, trials + 1) + 0.5 * 10 ** log10_e_value(wins, trials + 1)
            assert later == pytest.approx(now, rel=1e-9)
    assert log10_e_value(0, 0) == pytest.approx(0.0, abs=1e-12)
    assert log10_e_value(60, 64) > 9
    with pytest.raises(InputError):
        log10_e_value(3, 2)
