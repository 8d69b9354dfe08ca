"""The area under the ROC curve against a value worked out by hand, and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from indelible.errors import InputError
from indelible.stats.ranks import area_under_roc


def test_area_by_hand_and_as_scikit_learn_has_it():
    assert area_under_roc([1.0, 2.0], [0.0, 1.0]) == pytest.approx(3.5 / 4)
    rng = np.random.default_rng(1)
    low, high = rng.normal(size=200).round(1), rng.normal(0.5, size=150).round(1)  # with ties
    truth = np.r_[np.zeros(200), np.ones(150)]
    assert area_under_roc(high, low) == pytest.approx(roc_auc_score(truth, np.r_[low, high]))
    with pytest.raises(InputError, match="both are needed"):
        area_under_roc(high[:0], low)
