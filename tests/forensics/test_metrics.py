"""Metrics against values worked out by hand,."""

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.forensics.metrics import calibration_error, leak, threshold_at


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
