"""Carriers in a class head and labels of keyed queries: exact nulls, and found where they are."""

import numpy as np
import pytest
from scipy import stats

from indelible.audit.classifier import carriers, keyed_labels, log10_carrier_p, log10_fisher, log10_label_hits
from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.stats.intervals import uniform_excess

KEY = SecretKey(bytes(range(32)))


def keys(count):
    rng = np.random.default_rng(11)
    return [SecretKey(rng.bytes(32)) for _ in range(count)]


def test_fisher_is_that_of_scipy():
    p = [0.3, 0.02, 0.9, 1e-4]
    assert 10 ** log10_fisher(list(np.log10(p))) == pytest.approx(stats.combine_pvalues(p).pvalue, rel=1e-10)
    assert log10_fisher([0.0, 0.0]) == 0.0
    assert log10_fisher([-400.0] * 10) < -3900


def test_a_head_that_leans_is_found_and_any_other_is_not():
    head = np.random.default_rng(2).standard_normal((10, 64))
    leaning = head / np.linalg.norm(head, axis=1, keepdims=True) + 0.5 * carriers(KEY, 10, 64)
    assert log10_carrier_p(leaning, carriers(KEY, 10, 64)) < -8
    p = [10 ** log10_carrier_p(leaning, carriers(key, 10, 64)) for key in keys(1000)]
    excess, band = uniform_excess(p, confidence=0.999)
    assert excess <= band
    with pytest.raises(InputError):
        log10_carrier_p(np.zeros((2, 4)), carriers(KEY, 2, 4))


def test_label_hits():
    labels = keyed_labels(KEY, 200, 10)
    assert set(labels) == set(range(10))
    answers = np.where(np.arange(200) % 3 == 0, labels, 4)
    assert log10_label_hits(answers, KEY, classes=10) < -10
    p = [10 ** log10_label_hits(answers, key, classes=10) for key in keys(1000)]
    excess, band = uniform_excess(p, confidence=0.999)
    assert excess <= band
    with pytest.raises(InputError):
        keyed_labels(KEY, 1, 1)
