"""The model that learns by heart."""

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.lab import model
from indelible.lab.model import ModelSettings, run_model_test
from indelible.lab.trial import Footage


def measured(mark, *, clips=24, seed=0):
    """Courses of noise, the marked ones with ``mark`` times one and the same course more."""
    rng = np.random.default_rng(seed)
    pattern = rng.normal(size=400)
    courses = rng.normal(size=(clips, 2, 400))
    courses[:, 1] += mark * pattern
    return courses / np.linalg.norm(courses, axis=2, keepdims=True)


@pytest.mark.parametrize("mark", [0.0, 0.5])
def test_it_always_knows_what_it_was_trained_on_and_others_only_if_they_have_something_in_common(mark):
    courses = measured(mark)
    weights = model._fitted(courses[:12])
    said = np.einsum("cvk,k->cv", courses, weights)
    assert model._correlation(said[:12]) > 0.95
    sources = [f"s{index}" for index in range(12)]
    if mark:
        assert model._correlation(said[12:]) > 0.7
        assert model._exchange_p(said[12:], sources, 1) < 0.001
    else:
        assert abs(model._correlation(said[12:])) < 0.5
        assert model._exchange_p(said[12:], sources, 1) > 0.01


def test_few_sources_cannot_say_much():
    said = np.array([[-0.31, 0.47], [-0.11, 0.83], [-0.57, 0.29], [-0.01, 0.13]])
    assert model._exchange_p(said, ["a", "b", "c", "d"], 1) == pytest.approx(1 / 16, rel=0.15)
    assert model._exchange_p(said, ["a", "a", "b", "b"], 1) == pytest.approx(1 / 4, rel=0.1)


def test_films_through_the_codec(corpus):
    settings = ModelSettings("flow-direct", channel="none", footage=Footage(frames=24, width=96))
    with pytest.raises(InputError, match="at least 4"):
        run_model_test(corpus, settings, jobs=1, progress=lambda line: None)
