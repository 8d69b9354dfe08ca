import numpy as np
import pytest

from indelible.mark.grid import GRID, analyse, from_grid, half_cycles, synthesise, to_grid
from tests.mark.pictures import natural


def test_the_transform_is_orthonormal() -> None:
    first, second = (np.random.default_rng(seed).standard_normal((GRID, GRID)).astype(np.float32) for seed in (1, 2))
    for one, other in ((first, first), (first, second)):
        assert np.vdot(analyse(one), analyse(other)) == pytest.approx(np.vdot(one, other), rel=1e-4)


def test_atoms_have_no_block_edge() -> None:
    coefficients = np.zeros((GRID, GRID), np.float32)
    coefficients[5 * 16 + 1, 5 * 16 + 1] = 1.0
    atom = synthesise(coefficients)[:, 5 * 16 + 4]
    steps = np.abs(np.diff(atom))
    edges = steps[[5 * 16 - 1, 6 * 16 - 1]]
    assert edges.max() < steps.max()  # the largest jump of an atom is not at an edge of its block


def test_synthesis_inverts_analysis() -> None:
    cells = natural(GRID, GRID).astype(np.float32)
    np.testing.assert_allclose(synthesise(analyse(cells)), cells, atol=2e-3)


def test_low_frequencies_lie_where_half_cycles_says() -> None:
    waves = np.cos(np.pi * 40 * (np.arange(GRID) + 0.5) / GRID)
    coefficients = analyse(np.tile(waves, (GRID, 1)).astype(np.float32))
    energy = coefficients**2
    radial = half_cycles()
    assert energy[(radial > 20) & (radial < 60)].sum() > 0.95 * energy.sum()


@pytest.mark.parametrize(("height", "width"), [(360, 640), (1080, 1920), (272, 640), (640, 360), (241, 319)])
def test_the_grid_of_a_grid_picture_is_nearly_itself(height: int, width: int) -> None:
    radial = half_cycles()
    middle = np.where((radial > 30) & (radial < 100), analyse(natural(GRID, GRID).astype(np.float32)), np.float32(0))
    low = synthesise(middle)
    again = to_grid(from_grid(low, height=height, width=width), local_mean_sigma=20.0)
    assert np.corrcoef(again.ravel(), low.ravel())[0, 1] > 0.98
