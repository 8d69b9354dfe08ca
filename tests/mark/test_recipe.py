"""What a recipe changes in the mark, and that the detector of the same recipe is who reads it."""

from dataclasses import replace

import numpy as np
import pytest

from indelible.keys import SecretKey
from indelible.mark import Embedder
from indelible.mark.carrier import band
from indelible.mark.grid import analyse, averaged, half_cycles
from indelible.mark.perception import evidence, strength
from indelible.mark.recipe import KNOTS, V1
from indelible.mark.steps import StepMean
from tests.mark.pictures import clip

KEY = SecretKey(bytes(range(32)))
FREQUENCY = half_cycles().ravel()[band()]


def pattern(recipe, frames):
    """Return the mean of what was added, on the grid's transform, shape (chips,)."""
    marked = Embedder(KEY, quality_db=40.0, recipe=recipe).embed(frames)
    added = np.mean([averaged(new.y.astype(np.float32) - old.y) for new, old in zip(marked, frames, strict=True)], axis=0)
    return analyse(added).ravel()[band()]


def power_under(frequency, values):
    return float(np.square(values[frequency > FREQUENCY]).sum() / np.square(values).sum())


def test_bands_are_raised_and_lowered():
    frames = clip(10)
    lowered = replace(V1, band_db=(-40.0, -40.0, 0.0, 0.0, 0.0, 0.0))
    assert power_under(KNOTS[1], pattern(lowered, frames)) < 0.2 * power_under(KNOTS[1], pattern(V1, frames))


def test_a_band_of_so_many_decibels_has_so_many():
    power = np.full((256, 256), 100.0, np.float32)
    ratio = strength(power, power, replace(V1, band_db=(6.0,) * 6)) / strength(power, power)
    np.testing.assert_allclose(20 * np.log10(ratio), 6.0, atol=1e-4)


@pytest.mark.parametrize(("seconds", "alike"), [(8.0, True), (1.0, False)])
def test_signs_are_drawn_anew_after_a_window(seconds, alike):
    frames = clip(20)
    recipe = replace(V1, window_seconds=seconds)
    early = pattern(recipe, frames[:10])
    late = pattern(recipe, frames) * 2.0 - early  # what the second second adds
    assert (np.corrcoef(early, late)[0, 1] > 0.5) == alike


def test_a_step_is_read_by_its_recipe():
    frame = clip(1)[0]
    blunt = replace(V1, limit=1e3, trust_exponent=0.0, activity_floor=3.0, local_mean_sigma=5.0)
    ordinary, other = StepMean(0), StepMean(0, blunt)
    for mean in (ordinary, other):
        mean.add(frame)
    assert not np.allclose(ordinary.evidence().values, other.evidence().values)
    coefficients = analyse(averaged(frame.y) - np.float32(128.0))
    linear = evidence(coefficients, blunt)
    np.testing.assert_allclose(evidence(2.0 * coefficients, replace(blunt, activity_floor=6.0)), linear, rtol=0.01, atol=1e-6)
