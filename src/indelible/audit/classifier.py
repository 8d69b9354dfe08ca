"""Tests for classifiers, whose nulls are the owner's coins too: carriers in the weights of a class head, and labels of keyed queries."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.stats.tails import log10_binomial_tail, log10_sphere_tail

__all__ = ["carriers", "keyed_labels", "log10_carrier_p", "log10_fisher", "log10_label_hits"]


def carriers(key: SecretKey, classes: int, dimensions: int) -> NDArray[np.float64]:
    """Return a secret direction for each class, shape (classes, dimensions), of length 1; without the key, uniform on the sphere."""
    seed = hashlib.sha256(key.tag("audit/carriers/v1", f"{classes}x{dimensions}".encode())).digest()
    drawn = np.random.default_rng(list(seed)).standard_normal((classes, dimensions))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def log10_carrier_p(weights: ArrayLike, directions: ArrayLike) -> float:
    """Return log10 p of a class head whose rows lean towards secret directions, one for each class.

    The cosine of a row with a direction that was drawn uniformly has an exact null, whatever the row is (Sablayrolles et al. 2020,
    arXiv:2002.00937, section 4); the classes' directions are independent, so Fisher's method puts their p-values together. The rows must
    not have been made with the directions in hand; map them into the space of the directions first, by a map that has not seen these.

    Args:
        weights: of the head, shape (classes, dimensions); no row is nought.
        directions: shape (classes, dimensions).

    Raises:
        InputError: if the shapes differ, or a row is nought or not finite.
    """
    rows, towards = np.asarray(weights, np.float64), np.asarray(directions, np.float64)
    if rows.shape != towards.shape or rows.ndim != 2 or rows.shape[1] < 2:
        raise InputError(f"weights have shape {rows.shape} and directions {towards.shape}; both need the same (classes, dimensions >= 2)")
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(towards, axis=1)
    if not np.isfinite(lengths).all() or (lengths == 0.0).any():
        raise InputError("a row of the class head is nought or not finite; leave its class out")
    cosines = np.sum(rows * towards, axis=1) / lengths
    return log10_fisher([log10_sphere_tail(float(cosine), rows.shape[1]) for cosine in cosines])


def log10_fisher(log10_ps: Sequence[float]) -> float:
    """Return log10 p of Fisher's method for independent tests: the tail of chi squared with 2 k degrees of freedom, by its finite sum.

    Raises:
        InputError: if there is no test.
    """
    if not log10_ps:
        raise InputError("there are no p-values to put together; at least one is needed")
    half = -math.log(10.0) * sum(log10_ps)
    if math.isinf(half):
        return -math.inf
    # Q(k, x) = exp(-x) sum of x^j / j! for j < k, in logarithms.
    terms = [j * math.log(half) - math.lgamma(j + 1) if half > 0.0 else (0.0 if j == 0 else -math.inf) for j in range(len(log10_ps))]
    largest = max(terms)
    log_sum = largest + math.log(sum(math.exp(term - largest) for term in terms))
    return min(0.0, (log_sum - half) / math.log(10.0))


def keyed_labels(key: SecretKey, queries: int, classes: int) -> NDArray[np.int64]:
    """Return the label that a key gives to each of its queries, uniform over 0..classes - 1, shape (queries,).

    Raises:
        InputError: if there is no query, or there are fewer than 2 classes.
    """
    if queries < 1 or classes < 2:
        raise InputError(f"{queries} queries and {classes} classes; at least 1 and 2 are needed")
    # 64 bits a label: the remainder leans to small labels by less than classes / 2^64.
    drawn = np.packbits(key.bits("audit/labels/v1", 0, 64 * queries)).view(">u8")
    return np.asarray(drawn % np.uint64(classes), np.int64)


def log10_label_hits(answers: ArrayLike, key: SecretKey, *, classes: int) -> float:
    """Return log10 p of a classifier that gives keyed queries their secret labels: a binomial tail, exact whatever the classifier.

    Args:
        answers: the label that the model gave to each query, shape (queries,); several views of one query are one answer.
        key: whose labels are meant.
        classes: how many labels there are.
    """
    given = np.asarray(answers, np.int64).ravel()
    hits = int(np.count_nonzero(given == keyed_labels(key, given.size, classes)))
    return log10_binomial_tail(hits, given.size, 1.0 / classes)
