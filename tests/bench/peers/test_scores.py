"""The test of presence is valid however biased a decoder is, and finds what is there."""

import numpy as np
import pytest

from indelible.bench.peers.scores import DECOYS, message_scores, standing
from indelible.errors import InputError
from indelible.stats.intervals import clopper_pearson_lower


def messages(rng, bits, count=1 + DECOYS):
    return rng.integers(0, 2, (count, bits), dtype=np.uint8)


@pytest.mark.parametrize("lean", [0.0, 0.45, -0.5])
def test_unmarked_footage_counts_as_marked_in_one_of_401(lean):
    # What decoders of the peers say of footage without a mark: all bits near one value, and the same again for the next clip.
    rng = np.random.default_rng(7)
    trials, found = 4000, 0
    for _ in range(trials):
        soft = np.clip(0.5 + lean + 0.1 * rng.normal(size=32), 0.0, 1.0)
        scores = message_scores(soft, messages(rng, 32))
        found += standing(scores[0], scores[1:]).present
    assert clopper_pearson_lower(found, trials, confidence=0.999) <= 1 / (1 + DECOYS)


def test_a_constant_answer_is_no_presence():
    scores = message_scores(np.ones(64), messages(np.random.default_rng(1), 64))
    place = standing(scores[0], scores[1:])
    assert (place.present, place.rank, place.deviations) == (False, DECOYS, 0.0)


def test_what_was_read_right_is_present_even_by_a_decoder_that_leans():
    drawn = messages(np.random.default_rng(2), 32)
    soft = 0.02 + 0.03 * drawn[0]  # every hard bit is 0
    scores = message_scores(soft, drawn)
    place = standing(scores[0], scores[1:])
    assert place.present
    assert place.deviations > 4.0


def test_leaning_changes_no_score():
    rng = np.random.default_rng(3)
    soft, drawn = rng.random(64), messages(rng, 64, count=9)
    np.testing.assert_allclose(message_scores(soft, drawn), message_scores(soft + 5.0, drawn))


def test_symbols_against_counting_by_hand():
    soft = np.arange(32.0).reshape(2, 16)  # two stretches, 16 symbols of 4 bits
    drawn = np.array([[0, 0, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0, 0]], np.uint8)
    assert message_scores(soft, drawn).tolist() == [3.0 + 16 + 14, 16.0]


@pytest.mark.parametrize("shape", [(31,), (2, 8), (3, 16), (2, 15), (0, 1)])
def test_what_does_not_fit_is_refused(shape):
    with pytest.raises(InputError, match="do not belong"):
        message_scores(np.zeros(shape), np.zeros((1, 8), np.uint8))


def test_rank_counts_ties_against_the_truth():
    place = standing(3.0, np.array([1.0, 3.0, 4.0, 2.0]))
    assert (place.rank, place.present) == (2, False)
    assert place.deviations == pytest.approx((3.0 - 2.5) / np.std([1, 3, 4, 2]))
