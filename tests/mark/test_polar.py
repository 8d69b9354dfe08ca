"""The polar transform, construction and list decoder against slow oracles: the matrix, simulation and exhaustive search."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indelible.mark.polar import list_decode, polar_transform, reliable_positions

seeds = st.integers(0, 2**32 - 1)


def mask(n, positions):
    info = np.zeros(n, np.bool_)
    info[positions] = True
    return info


@given(st.integers(0, 7), seeds)
def test_transform_is_the_kronecker_power(m, seed):
    kernel = np.array([[1, 0], [1, 1]], np.uint8)
    matrix = reduce(np.kron, [kernel] * m, np.ones((1, 1), np.uint8))
    u = np.random.default_rng(seed).integers(0, 2, (3, 2**m), np.uint8)
    kept = u.copy()
    assert np.array_equal(polar_transform(u), u @ matrix % 2)
    assert np.array_equal(u, kept)


@given(seeds)
def test_transform_is_linear_and_its_own_inverse(seed):
    u, v = np.random.default_rng(seed).integers(0, 2, (2, 1024), np.uint8)
    assert np.array_equal(polar_transform(u ^ v), polar_transform(u) ^ polar_transform(v))
    assert np.array_equal(polar_transform(polar_transform(u)), u)


def test_positions_are_those_of_the_textbook():
    assert reliable_positions(8, 4, snr=1.0).tolist() == [3, 5, 6, 7]
    assert reliable_positions(16, 1, snr=0.1).tolist() == [15]


@given(st.integers(1, 1024), st.floats(0.01, 4.0))
def test_positions_are_distinct_nested_and_ascending(count, snr):
    positions = reliable_positions(1024, count, snr=snr)
    assert len(positions) == count
    assert (np.diff(positions) > 0).all()
    assert set(reliable_positions(1024, count - 1, snr=snr)) <= set(positions)


def test_positions_follow_the_simulated_error_rates():
    """A genie tells the decoder all earlier bits; the positions it then gets wrong least often are the reliable ones."""
    n, snr, rng = 16, 0.7, np.random.default_rng(2)
    llrs = 2.0 * np.sqrt(snr) * (np.sqrt(snr) + rng.normal(size=(20_000, n)))  # the all-zero word

    def bit_llrs(alpha):
        if alpha.shape[1] == 1:
            return alpha
        a, b = np.split(alpha, 2, axis=1)
        return np.concatenate([bit_llrs(2.0 * np.arctanh(np.tanh(a / 2) * np.tanh(b / 2))), bit_llrs(a + b)], axis=1)

    with np.errstate(divide="ignore"):
        errors = (bit_llrs(llrs) < 0).mean(axis=0)
    best = set(np.argsort(errors)[:8].tolist())
    assert len(best & set(reliable_positions(n, 8, snr=snr).tolist())) >= 7


@settings(deadline=None)
@given(st.integers(2, 5), st.integers(1, 5), seeds)
def test_a_list_as_long_as_the_code_is_exhaustive_search(m, message_bits, seed):
    n, rng = 2**m, np.random.default_rng(seed)
    message_bits = min(message_bits, n)
    positions = np.sort(rng.choice(n, message_bits, replace=False))
    u = np.zeros((2**message_bits, n), np.uint8)
    u[:, positions] = (np.arange(2**message_bits)[:, None] >> np.arange(message_bits)) & 1
    words = polar_transform(u)
    llrs = rng.normal(size=n).astype(np.float32)
    most_likely_first = words[np.argsort(-((1.0 - 2.0 * words) @ llrs))]
    assert np.array_equal(list_decode(llrs, mask(n, positions), paths=32), most_likely_first)


@pytest.mark.parametrize("paths", [1, 4, 32])
def test_a_clean_word_comes_first(paths):
    rng = np.random.default_rng(4)
    info = mask(256, reliable_positions(256, 100, snr=1.0))
    u = rng.integers(0, 2, 256, np.uint8) * info
    word = polar_transform(u)
    decoded = list_decode((1e4 * (1.0 - 2.0 * word)).astype(np.float32), info, paths=paths)
    assert len(decoded) == paths
    assert np.array_equal(decoded[0], word)


def test_a_longer_list_corrects_more():
    rng = np.random.default_rng(9)
    info = mask(256, reliable_positions(256, 64, snr=0.6))
    right = dict.fromkeys((1, 32), 0)
    for _ in range(60):
        word = polar_transform(rng.integers(0, 2, 256, np.uint8) * info)
        llrs = (2 * 0.75 * (0.75 * (1.0 - 2.0 * word) + rng.normal(size=256))).astype(np.float32)
        for paths in right:
            right[paths] += any(np.array_equal(word, candidate) for candidate in list_decode(llrs, info, paths=paths))
    assert right[32] >= right[1] + 10


def test_nothing_received_is_decoded_to_something():
    words = list_decode(np.zeros(64, np.float32), mask(64, [31, 62, 63]), paths=8)
    assert words.shape == (8, 64)
