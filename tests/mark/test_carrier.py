import hashlib

import numpy as np

from indelible.keys import SecretKey
from indelible.mark.carrier import PILOT, PILOT_SHARE, band, chips, grid_coefficients, modulation, symbol_of_chip
from indelible.mark.payload import SYMBOLS

KEY = SecretKey(bytes(range(32)))


def test_every_symbol_gets_its_share_of_chips() -> None:
    deal = symbol_of_chip()
    counts = np.bincount(deal[deal != PILOT], minlength=SYMBOLS)
    assert counts.max() - counts.min() <= 1
    assert abs(np.mean(deal == PILOT) - PILOT_SHARE) < 1e-3


def test_signs_are_fair_and_differ_by_window_and_key() -> None:
    first, second = chips(KEY, 0).astype(int), chips(KEY, 1).astype(int)
    other = chips(SecretKey(bytes(32)), 0).astype(int)
    bound = 4.5 * np.sqrt(first.size)  # 4.5 standard deviations
    assert set(np.unique(first)) == {-1, 1}
    assert abs(first.sum()) < bound
    assert abs(first @ second) < bound
    assert abs(first @ other) < bound


def test_the_carrier_cannot_change_silently() -> None:
    digest = hashlib.sha256(chips(KEY, 3).tobytes() + symbol_of_chip().astype("<i2").tobytes() + band().astype("<i4").tobytes())
    assert digest.hexdigest() == "2950e128cace521dfa0bdfbf3650d5bfc6ad563cc567657b08158767c52ef8b3"


def test_modulation_leaves_the_pilot_alone() -> None:
    values = modulation(np.full(SYMBOLS, -1, np.int8))
    np.testing.assert_array_equal(values, np.where(symbol_of_chip() == PILOT, 1, -1))


def test_coefficients_outside_the_band_stay_empty() -> None:
    laid = grid_coefficients(np.ones(band().size, np.float32)).ravel()
    assert laid.sum() == band().size
    np.testing.assert_array_equal(np.flatnonzero(laid), band())
