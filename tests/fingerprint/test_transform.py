import numpy as np
import pytest
from scipy.fft import dctn

from indelible.fingerprint.code import BITS, distances
from indelible.fingerprint.picture import LEVELS
from indelible.fingerprint.transform import changes, changes_of, codes_of, mirrored_codes, mirrored_confirm
from tests.mark.pictures import natural


@pytest.fixture
def pictures():
    return np.stack([np.rint(natural(64, 64, seed=seed) * LEVELS).astype(np.int64) for seed in range(40)])


def test_bits_are_the_signs_of_a_cosine_transform(pictures):
    codes, _ = codes_of(pictures)
    bits = np.unpackbits(codes.astype("<u8").view(np.uint8), axis=1, bitorder="little").astype(bool)
    exact = dctn(pictures.astype(float), axes=(1, 2), norm="ortho")[:, 1:17, 1:17].reshape(-1, BITS)
    clear = np.abs(exact) > np.abs(exact).max(axis=1, keepdims=True) * 1e-3
    assert clear.mean() > 0.8
    assert (bits == (exact > 0))[clear].all()


def test_a_mirrored_picture_has_the_mirrored_code(pictures):
    codes, weights = codes_of(pictures)
    turned, turned_weights = codes_of(pictures[:, :, ::-1])
    assert (mirrored_codes(codes) == turned).all()
    assert (weights == turned_weights).all()
    assert distances(codes, turned).min() > 90


def test_light_does_not_change_a_code(pictures):
    codes, _ = codes_of(pictures)
    brighter, _ = codes_of(pictures // 2 + 700)
    assert np.median(distances(codes, brighter)) <= 4


def test_weights_grow_with_contrast_and_end_at_nothing():
    picture = np.rint((natural(64, 64, seed=1) - 128.0) * LEVELS).astype(np.int64)
    weights = [int(codes_of((2048 + picture // divisor)[None])[1][0]) for divisor in (1, 2, 4, 100, 100_000)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > weights[1] > weights[2] > 0
    assert weights[-1] == 0


def test_changes_are_packed_and_unpacked():
    difference = np.arange(-32, 32).reshape(8, 8) * LEVELS // 2  # -16 to 15.5 levels
    parts = changes(changes_of(difference)[None])[0]
    assert parts.min() == -7
    assert parts.max() == 7
    assert (np.sign(parts) == np.sign(difference) * (np.abs(difference) * 4 >= LEVELS)).all()
    assert (np.diff(parts.ravel()) >= 0).all()


def test_the_second_feature_is_mirrored_too():
    difference = np.random.default_rng(1).integers(-200, 200, (8, 8))
    assert (mirrored_confirm(changes_of(difference)[None])[0] == changes_of(difference[:, ::-1])).all()
