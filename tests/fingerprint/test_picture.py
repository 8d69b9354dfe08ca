import numpy as np
import pytest

from indelible.fingerprint.picture import LEVELS, SIDE, UNIT, Window, averaged, grid, sums, thinned
from indelible.frames import Frame


def overlaps(count, first, last, side):
    """How much of each of ``count`` pixels lies in each of ``side`` cells between two places, both in pixels: shape (side, count)."""
    edges = np.linspace(first, last, side + 1)
    pixels = np.arange(count)
    return np.clip(np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels), 0.0, None)


def area_mean(picture, window, side):
    height, width = picture.shape
    rows = overlaps(height, window.top * height / UNIT, window.bottom * height / UNIT, side)
    columns = overlaps(width, window.left * width / UNIT, window.right * width / UNIT, side)
    return rows @ picture @ columns.T / (rows.sum(axis=1)[:, None] * columns.sum(axis=1))


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (90, 160), (271, 483), (255, 257)])
def test_a_grid_cell_is_the_mean_of_its_area(shape):
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    expected = area_mean(pixels.astype(float), Window(), SIDE) * LEVELS
    assert np.abs(grid(pixels) - expected).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("window", [Window(), Window(205, 819, 205, 819), Window(1, 1024, 0, 511), Window(77, 78, 1000, 1001)])
@pytest.mark.parametrize("side", [8, 64])
def test_a_window_of_a_small_picture_is_averaged_exactly(window, side):
    cells = np.random.default_rng(2).integers(0, 255 * LEVELS + 1, (SIDE, SIDE))
    assert np.abs(averaged(sums(cells), window, side) - area_mean(cells.astype(float), window, side)).max() <= 0.5 + 1e-6


def test_the_largest_sums_do_not_overflow():
    cells = np.full((SIDE, SIDE), 255 * LEVELS)
    assert (averaged(sums(cells), Window(1, 1023, 1, 1023), 64) == 255 * LEVELS).all()
    assert (grid(np.full((511, 15000), 255, np.uint8)) == 255 * LEVELS).all()


def test_ten_bits_are_seen_as_eight():
    luma = np.random.default_rng(3).integers(0, 1024, (64, 64)).astype(np.uint16)
    assert (thinned(Frame(y=luma, bit_depth=10, pixel_format="gray10le")) == luma >> 2).all()


def test_large_pictures_are_thinned_and_small_ones_are_not():
    assert thinned(Frame(y=np.zeros((1080, 1920), np.uint8))).shape == (270, 480)
    assert thinned(Frame(y=np.zeros((500, 400), np.uint8))).shape == (500, 400)


def test_windows_within_windows():
    half = Window(0, UNIT // 2, UNIT // 2, UNIT)
    assert Window().within(half) == half
    assert half.within(half) == Window(0, UNIT // 4, 3 * UNIT // 4, UNIT)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_window_turns_with_its_picture(turns):
    window = Window(100, 300, 200, 900)
    inside = np.zeros((UNIT, UNIT), bool)
    inside[window.top : window.bottom, window.left : window.right] = True
    turned = window.turned(turns)
    assert np.rot90(inside, turns)[turned.top : turned.bottom, turned.left : turned.right].all()
    assert (turned.bottom - turned.top) * (turned.right - turned.left) == inside.sum()
