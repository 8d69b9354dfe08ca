"""Metrics against values worked out by hand, and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from indelible.errors import InputError
from indelible.forensics.metrics import area_under_curve, calibration_error, leak, threshold_at


def test_area_by_hand_and_as_scikit_learn_has_it():
    assert area_under_curve(np.array([0.0, 1.0]), np.array([1.0, 2.0])) == pytest.approx(3.5 / 4)
    rng = np.random.default_rng(1)
    real, fake = rng.normal(size=200).round(1), rng.normal(0.5, size=150).round(1)
    truth = np.r_[np.zeros(200), np.ones(150)]
    assert area_under_curve(real, fake) == pytest.approx(roc_auc_score(truth, np.r_[real, fake]))
    with pytest.raises(InputError, match="both are needed"):
        area_under_curve(real, fake[:0])


def test_calibration_by_hand():
    assert calibration_error(np.array([0.95, 0.95, 0.05, 0.05]), np.array([True, False, False, False])) == pytest.approx(0.25)
    assert calibration_error(np.array([1.0, 0.0]), np.array([True, False])) == 0.0


def test_a_threshold_keeps_its_false_alarms():
    real = np.random.default_rng(2).normal(size=1000)
    threshold = threshold_at(real, false_alarms=0.05)
    assert (real > threshold).sum() == 50
    assert (real > threshold_at(real, false_alarms=0.0)).sum() == 0
    with pytest.raises(InputError, match="needs scores"):
        threshold_at(real[:0], false_alarms=0.05)


def test_a_leak_is_within_segments_and_not_between_them():
    crf = np.tile([18.0, 28.0, 38.0], 4)
    segments = np.repeat(np.arange(4), 3)
    between = np.repeat([0.0, 5.0, 1.0, 9.0], 3)
    assert leak(between + crf, crf, segments) == pytest.approx(1.0)
    assert leak(between, crf, segments) == 0.0
