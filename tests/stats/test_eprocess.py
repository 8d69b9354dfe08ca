"""Looked at after every observation, honest streams raise alarms at the stated rate at most, and others soon."""

import math

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.stats.eprocess import ChangeDetector, log10_e_value


@pytest.mark.parametrize("encodes", [19, 99])
@pytest.mark.parametrize("kappa", [0.1, 0.217, 0.5, 0.9])
def test_the_mean_of_an_e_value_is_at_most_one(encodes, kappa):
    ranks = np.arange(1, encodes + 2) / (encodes + 1)
    mean = np.mean([10.0 ** log10_e_value(math.log10(p), kappa=kappa) for p in ranks])
    assert 0.3 < mean <= 1.0


def process(ps):
    detector = ChangeDetector(smallest_p=0.01)
    return [detector.add(math.log10(p))[1] for p in ps]


def test_the_process_is_the_mixture_of_all_products():
    ps = np.random.default_rng(1).integers(1, 101, 12) / 100
    kappa = ChangeDetector(smallest_p=0.01).kappa
    e = kappa * ps ** (kappa - 1)
    for k in range(1, 13):
        begun = sum(np.prod(e[j - 1 : k]) / (j * (j + 1)) for j in range(1, k + 1))
        assert process(ps)[k - 1] == pytest.approx(math.log10(begun + 1 / (k + 1)))


def test_alarms_of_honest_streams_are_as_rare_as_stated():
    rng = np.random.default_rng(7)
    streams, alpha = 1000, 0.05
    alarms = sum(max(process(rng.integers(1, 101, 60) / 100)) >= -math.log10(alpha) for _ in range(streams))
    assert 0 < alarms <= streams * alpha + 3 * math.sqrt(streams * alpha)


@pytest.mark.parametrize(("honest", "needed"), [(0, 3), (10, 5), (100, 7)])
def test_a_change_is_seen_soon_whenever_it_comes(honest, needed):
    ps = [*np.random.default_rng(3).uniform(0.05, 1.0, honest), *[0.01] * needed]
    assert process(ps)[-1] >= 2.0
    assert process(ps)[honest] < 2.0


def test_what_is_no_probability_is_refused():
    with pytest.raises(InputError):
        log10_e_value(-1.0, kappa=1.0)
    with pytest.raises(InputError):
        ChangeDetector(smallest_p=0.0)
