"""Intervals against SciPy and against the coverage they promise."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import InputError
from indelible.stats.intervals import (
    clopper_pearson,
    clopper_pearson_lower,
    clopper_pearson_upper,
    cluster_bootstrap,
    monte_carlo_p,
)

rates = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(rates, st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_clopper_pearson_agrees_with_scipy(rate, confidence):
    k, n = rate
    oracle = scipy.stats.binomtest(k, n).proportion_ci(confidence, method="exact")
    assert clopper_pearson(k, n, confidence=confidence) == pytest.approx((oracle.low, oracle.high), abs=1e-9)


@given(rates)
def test_one_sided_bounds_hold_the_tail_they_promise(rate):
    k, n = rate
    low, high = clopper_pearson_lower(k, n), clopper_pearson_upper(k, n)
    assert low <= k / n <= high
    if k > 0:
        assert scipy.stats.binom.sf(k - 1, n, low) == pytest.approx(0.05)
    if k < n:
        assert scipy.stats.binom.cdf(k, n, high) == pytest.approx(0.05)


def test_no_failure_in_a_billion_is_told_from_none_in_a_million():
    assert clopper_pearson_upper(0, 10**9) == pytest.approx(-np.log(0.05) / 1e9, rel=1e-6)


@pytest.mark.parametrize(("k", "n", "confidence"), [(1, 0, 0.9), (-1, 5, 0.9), (6, 5, 0.9), (1, 5, 1.0)])
def test_impossible_rates_are_refused(k, n, confidence):
    with pytest.raises(InputError, match="0 <= k <= n"):
        clopper_pearson(k, n, confidence=confidence)


def test_bootstrap_of_single_values_agrees_with_the_normal_interval():
    rng = np.random.default_rng(5)
    values = rng.normal(3.0, 2.0, 400)
    low, high = cluster_bootstrap(list(values[:, None]), np.mean, rng=rng)
    half = 1.96 * values.std() / 20.0
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.03)


def test_bootstrap_is_wider_when_values_of_a_cluster_agree():
    rng = np.random.default_rng(6)
    clusters = [np.full(20, value) for value in rng.normal(size=30)]
    low, high = cluster_bootstrap(clusters, np.mean, rng=rng, draws=500)
    naive = 2 * 1.96 * np.concatenate(clusters).std() / np.sqrt(600)
    assert high - low > 3 * naive


def test_bootstrap_is_reproducible_and_leaves_its_input_alone():
    clusters = [np.arange(3.0), np.arange(5.0)]
    first, second = (cluster_bootstrap(clusters, np.median, rng=np.random.default_rng(1), draws=50) for _ in range(2))
    assert first == second
    assert np.array_equal(clusters[0], np.arange(3.0))


def test_bootstrap_refuses_nothing_to_draw_from():
    with pytest.raises(InputError, match="at least one cluster"):
        cluster_bootstrap([], np.mean, rng=np.random.default_rng(1))


def test_monte_carlo_p_counts_ties_against_the_observation():
    assert monte_carlo_p(3.0, [1.0, 2.0, 3.0]) == 0.5
    assert monte_carlo_p(9.0, [1.0, 2.0, 3.0]) == 0.25
    assert monte_carlo_p(9.0, []) == 1.0


def test_monte_carlo_p_is_uniform_under_the_null():
    draws = np.random.default_rng(8).normal(size=(4000, 20))
    ps = np.array([monte_carlo_p(row[0], row[1:]) for row in draws])
    counts = np.bincount(np.rint(ps * 20).astype(int), minlength=21)[1:]
    assert scipy.stats.chisquare(counts).pvalue > 1e-3
