"""Tails against SciPy, against exact enumeration, and far beyond where a float underflows."""

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from indelible.errors import InputError
from indelible.stats.tails import (
    log10_binomial_tail,
    log10_gaussian_tail,
    log10_rademacher_tail,
    log10_sphere_tail,
    log10_union,
    log10_weighted_min,
)

reals = st.floats(-1e3, 1e3)


@given(st.floats(-30, 37))
def test_gaussian_tail_agrees_with_scipy(z):
    assert log10_gaussian_tail(z) == pytest.approx(scipy.stats.norm.logsf(z) / math.log(10), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("z", [50.0, 300.0, 1e5])
def test_gaussian_tail_beyond_underflow_follows_the_asymptotic_series(z):
    series = -z * z / 2 - math.log(z * math.sqrt(2 * math.pi)) + math.log1p(-1 / z**2 + 3 / z**4)
    assert log10_gaussian_tail(z) == pytest.approx(series / math.log(10), rel=1e-12)


@given(reals, reals)
def test_tails_fall_and_stay_probabilities(a, b):
    low, high = sorted((a, b))
    for tail in (log10_gaussian_tail, log10_rademacher_tail):
        assert tail(high) <= tail(low) <= 0.0


@given(reals)
def test_rademacher_bound_is_never_below_the_gaussian(t):
    assert log10_rademacher_tail(t) >= log10_gaussian_tail(t)


def test_rademacher_bound_is_met_by_two_equal_entries():
    assert 10 ** log10_rademacher_tail(math.sqrt(2)) == pytest.approx(0.25)


def never_anti_conservative(a):
    """Compare the bound with the exact tail at each value that the sum attains."""
    signs = 1 - 2 * ((np.arange(2**a.size)[:, None] >> np.arange(a.size)) & 1)
    sums = np.sort(signs @ a / np.linalg.norm(a))[::-1]
    for rank in np.flatnonzero(np.diff(sums, append=-np.inf)):  # the last of equal values
        log10_exact = math.log10((rank + 1) / sums.size)
        assert log10_exact <= log10_rademacher_tail(sums[rank] - 1e-9) + 1e-7


@pytest.mark.parametrize(
    "a",
    [np.ones(1), np.ones(2), np.ones(12), np.r_[np.full(5, 1e6), np.ones(7)], 0.5 ** np.arange(12), np.r_[3.0, np.ones(9)]],
    ids=["one", "two", "equal", "five huge", "geometric", "one large"],
)
def test_rademacher_bound_holds_exactly_for_pathological_vectors(a):
    never_anti_conservative(a)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.01, 100.0), min_size=1, max_size=9))
def test_rademacher_bound_holds_exactly_for_any_vector(a):
    never_anti_conservative(np.array(a))


@pytest.mark.parametrize("a", [np.r_[np.full(5, 1e3), np.ones(1019)], np.ones(1024), 0.99 ** np.arange(1024)])
def test_rademacher_bound_holds_in_simulation_for_long_vectors(a):
    rng = np.random.default_rng(7)
    draws = 20_000
    t = np.concatenate([rng.choice([-1.0, 1.0], (1000, a.size)) @ a for _ in range(draws // 1000)]) / np.linalg.norm(a)
    for level in np.arange(0.25, 4.0, 0.25):
        seen = np.count_nonzero(t >= level)
        bound = min(1.0, 10 ** log10_rademacher_tail(level))
        assert scipy.stats.binom.sf(seen - 1, draws, bound) > 1e-4


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0.01, 0.99))
def test_binomial_tail_agrees_with_scipy(k, n, p):
    oracle = scipy.stats.binom.logsf(k - 1, n, p) / math.log(10)
    assume(oracle > -250)  # SciPy takes the logarithm last, and has lost digits well before it underflows
    assert log10_binomial_tail(k, n, p) == pytest.approx(oracle, rel=1e-8, abs=1e-11)


def test_binomial_tail_is_exact_where_scipy_is_not():
    p = Fraction(3, 64)
    tail = sum(math.comb(251, j) * p**j * (1 - p) ** (251 - j) for j in range(239, 252))
    exact = (math.log(tail.numerator) - math.log(tail.denominator)) / math.log(10)
    assert log10_binomial_tail(239, 251, float(p)) == pytest.approx(exact, rel=1e-10)


def test_binomial_tail_beyond_underflow_and_at_the_edges():
    assert log10_binomial_tail(900, 1000, 1e-3) == pytest.approx(scipy.stats.binom.logpmf(900, 1000, 1e-3) / math.log(10), abs=1e-3)
    assert log10_binomial_tail(5000, 5000, 0.5) == pytest.approx(-5000 * math.log10(2))
    assert log10_binomial_tail(0, 10, 0.3) == 0.0
    assert log10_binomial_tail(11, 10, 0.3) == -math.inf
    assert log10_binomial_tail(3, 10, 0.0) == -math.inf
    assert log10_binomial_tail(3, 10, 1.0) == 0.0
    with pytest.raises(InputError, match="0 <= p <= 1"):
        log10_binomial_tail(3, 10, 1.5)


@given(st.floats(-400, 0), st.integers(1, 10**9))
def test_union_costs_the_number_of_hypotheses_and_stays_a_probability(log10_p, hypotheses):
    corrected = log10_union(log10_p, hypotheses)
    assert log10_p <= corrected <= 0.0
    assert corrected == min(0.0, log10_p + math.log10(hypotheses))


def test_union_needs_a_hypothesis():
    with pytest.raises(InputError, match="at least 1"):
        log10_union(-3.0, 0)


@given(st.lists(st.floats(-400, 0), min_size=1, max_size=20))
def test_equal_weights_are_the_union(log10_ps):
    count = len(log10_ps)
    assert log10_weighted_min(log10_ps, np.full(count, 1 / count)) == pytest.approx(log10_union(min(log10_ps), count), abs=1e-9)


def test_weighted_min_leaves_out_what_has_no_weight():
    assert log10_weighted_min([-9.0, -4.0], [0.0, 0.1]) == pytest.approx(-3.0)
    assert log10_weighted_min([-9.0], [0.0]) == 0.0


@pytest.mark.parametrize(("log10_ps", "weights"), [([-1.0], [0.5, 0.5]), ([], []), ([-1.0, -1.0], [0.9, 0.2]), ([-1.0], [-0.1])])
def test_weighted_min_refuses_weights_that_spend_too_much(log10_ps, weights):
    with pytest.raises(InputError, match="weights"):
        log10_weighted_min(log10_ps, weights)


def test_weighted_min_is_valid_under_the_null():
    rng = np.random.default_rng(3)
    weights = np.array([0.7, 0.2, 0.1])
    log10_ps = np.log10(rng.uniform(size=(20_000, 3)))
    rejected = sum(log10_weighted_min(row, weights) <= math.log10(0.05) for row in log10_ps)
    assert scipy.stats.binom.sf(rejected - 1, 20_000, 0.05) > 1e-3


@pytest.mark.parametrize("cosine", [-1.0, -0.4, 0.0, 0.3, 0.999999])
def test_sphere_tail_in_three_dimensions_is_that_of_archimedes(cosine):
    # On the ordinary sphere the height of a random point is uniform.
    assert 10.0 ** log10_sphere_tail(cosine, 3) == pytest.approx((1.0 - cosine) / 2.0, abs=1e-12)


def test_sphere_tail_is_how_often_random_directions_come_so_close():
    directions = np.random.default_rng(4).standard_normal((200_000, 8))
    cosines = directions[:, 0] / np.linalg.norm(directions, axis=1)
    for cosine in (-0.3, 0.2, 0.7):
        assert (cosines >= cosine).mean() == pytest.approx(10.0 ** log10_sphere_tail(cosine, 8), rel=0.02)


def test_sphere_tail_at_its_ends():
    assert log10_sphere_tail(1.0, 8) == -math.inf
    assert log10_sphere_tail(-1.5, 8) == 0.0
    with pytest.raises(InputError, match="2 or more"):
        log10_sphere_tail(0.5, 1)
