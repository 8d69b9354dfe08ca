import math

import numpy as np
import pytest

from indelible.bench.fingerprint.codes import effective_bits
from indelible.bench.fingerprint.distractors import Imitation, bits_of, distractors
from indelible.bench.fingerprint.summary import threshold_at
from indelible.fingerprint.code import BITS, WHOLE, WORDS, Fingerprint, distances


def correlated_codes(videos, moments, rng, *, groups=64, bias=0.3):
    """Codes whose bits come in groups that agree in part, some of them unbalanced, and that change slowly."""
    made = []
    for _ in range(videos):
        shared, own = rng.normal(size=groups), rng.normal(size=BITS)
        rows = []
        for _ in range(moments):
            shared = 0.9 * shared + math.sqrt(1 - 0.81) * rng.normal(size=groups)
            own = 0.9 * own + math.sqrt(1 - 0.81) * rng.normal(size=BITS)
            value = 0.6 * shared[np.arange(BITS) % groups] + 0.8 * own + bias * (np.arange(BITS) % 5 == 0)
            rows.append(np.packbits(value > 0, bitorder="little").view("<u8"))
        made.append(np.array(rows, np.uint64))
    return made


def spread(codes):
    first, second = np.triu_indices(len(codes), 1)
    return distances(codes[first], codes[second])


def test_effective_bits_of_independent_bits_are_all():
    codes = np.random.default_rng(1).integers(0, 2**64, (400, WORDS), np.uint64)
    assert effective_bits(spread(codes)) == pytest.approx(BITS, rel=0.05)


def test_effective_bits_of_repeated_bits_are_fewer():
    words = np.random.default_rng(2).integers(0, 2**64, (400, 1), np.uint64)
    assert effective_bits(spread(np.repeat(words, WORDS, axis=1))) == pytest.approx(64, rel=0.1)


def test_an_imitation_has_the_statistics_of_what_it_imitates():
    rng = np.random.default_rng(3)
    real = correlated_codes(300, 10, rng)
    made = Imitation(real).codes(300, 10, rng=rng)
    of_real, of_made = np.stack([codes[5] for codes in real]), made[:, 5]
    assert spread(of_made).std() == pytest.approx(spread(of_real).std(), rel=0.06)
    ones_of_real, ones_of_made = bits_of(np.concatenate(real)).mean(axis=0), bits_of(made.reshape(-1, WORDS)).mean(axis=0)
    assert np.corrcoef(ones_of_real, ones_of_made)[0, 1] > 0.8
    steps_of_real = np.median([distances(codes[:-1], codes[1:]).mean() for codes in real])
    steps_of_made = np.median(distances(made[:, :-1], made[:, 1:]).mean(axis=1))
    assert steps_of_made == pytest.approx(steps_of_real, rel=0.15)


def test_distractors_are_as_many_as_asked_for():
    rng = np.random.default_rng(4)
    codes = rng.integers(0, 2**64, (20, WORDS), np.uint64)
    views = np.tile(np.array([0, 1], np.uint8), 10)
    times = np.repeat(np.arange(10.0), 2)
    originals = [
        Fingerprint(times, codes ^ np.uint64(seed), np.full(20, 9, np.uint8), views, np.zeros((20, 32), np.uint8), 10.0)
        for seed in range(5)
    ]
    made = distractors(originals, 3000, rng=rng)
    assert sum(map(len, made)) == 3000
    assert (made[0].views == WHOLE).sum() == 300


@pytest.mark.parametrize(("trials", "expected"), [(1000, 1), (10_000, 10), (100_000, 50)])
def test_a_threshold_lets_as_many_through_as_the_rate_allows(trials, expected):
    values = np.random.default_rng(5).normal(size=50).tolist()
    assert sum(value <= threshold_at(values, trials, 1e-3) for value in values) == expected
