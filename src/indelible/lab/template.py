"""Correlation with a mark that is one direction times a cyclic course in time, and what it means.

Many of the lab's marks are separable: at frame t the evidence of length k is expected to move along a unit vector s by

    w(t) = sin(2 pi (t / PERIOD + phase)).

The matched filter for that in white noise is the correlation of the evidence, its mean over time removed, with the template w s (Kay,
"Fundamentals of Statistical Signal Processing", volume 2, 1998, section 4.3). Two nulls need no model of the video, because they lie in
the signature:

- *direction*: s was drawn uniformly from the unit sphere. Then the cosine between s and whatever the video says is that of a random
  direction, whose distribution is known (`indelible.stats.tails.log10_sphere_tail`).
- *phase*: the phase was drawn uniformly. As a function of the phase the correlation is a cosine, so the chance to come at least so close to
  its top is arccos(value / top) / pi. This one holds for a trained s as well, but is never small.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from indelible.lab.method import Score
from indelible.lab.signature import Signature
from indelible.stats.tails import log10_sphere_tail

PERIOD = 30  # frames

Course = NDArray[np.float64]


def course(frames: int, phase: float, *, first: int = 0) -> Course:
    """Return w(t) for ``frames`` frames from number ``first`` on."""
    return np.asarray(np.sin(2.0 * math.pi * (np.arange(first, first + frames) / PERIOD + phase)), np.float64)


def template_score(evidence: Course, direction: Course, signature: Signature, *, first: int = 0, trend: int = 0) -> Score:
    """Return the correlation of evidence with a signature's template.

    Args:
        evidence: what a video says, shape (frames, k).
        direction: s, shape (k,), of any length but zero.
        signature: for its phase, and whether it was trained: then p is that of the phase alone, else that of the direction.
        first: number of the first frame of the evidence.
        trend: degree of the polynomials in time that are taken out of evidence and template before they are correlated, because a host
            changes slowly; 0 for the mean alone.
    """
    slow = _polynomials(len(evidence), trend)

    def prepared(values: Course) -> Course:
        return np.asarray(values - slow @ (slow.T @ values), np.float64)

    moved = prepared(evidence)
    unit = direction / np.linalg.norm(direction)
    norm = float(np.linalg.norm(moved))
    if norm <= 1e-9 * float(np.linalg.norm(evidence)):  # nothing but rounding
        return Score(0.0, 0.0, 0.0)
    expected = prepared(course(len(evidence), signature.phase, first=first))
    scale = norm * float(np.linalg.norm(expected))
    towards = expected @ moved  # shape (k,)
    value = float(towards @ unit) / scale
    along = moved @ unit
    top = math.hypot(*(float(prepared(course(len(evidence), quarter, first=first)) @ along) for quarter in (0.0, 0.25))) / scale
    if signature.training is None:
        log10_p = log10_sphere_tail(float(towards @ unit) / max(float(np.linalg.norm(towards)), 1e-300), direction.size)
    else:
        # Rounding makes cosines this close to 1 uncertain by the square root of a float's precision.
        log10_p = math.log10(max(1e-7, math.acos(max(-1.0, min(1.0, value / top))) / math.pi)) if top else 0.0
    return Score(value, log10_p, top)


def _polynomials(frames: int, degree: int) -> Course:
    """Return an orthonormal basis of the polynomials in time up to a degree, shape (frames, degree + 1)."""
    return np.asarray(np.linalg.qr(np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, frames), degree))[0], np.float64)
