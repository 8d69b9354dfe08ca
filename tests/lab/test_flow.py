"""The mark in the motion."""

import math
from dataclasses import replace

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.lab.flow import FlowMark
from indelible.lab.signature import Signature
from indelible.lab.trial import psnr_y_db
from tests.lab.scenes import drifting


@pytest.fixture(scope="module")
def frames():
    return drifting(46, width=160, height=128, speed=2.0)


def drawn(name, **changes):
    return replace(FlowMark(name).draw(np.random.default_rng(1)), **changes)


def test_a_warp_is_found_in_the_flow_and_its_opposite_is_not(frames):
    method, signature = FlowMark("flow-direct"), drawn("flow-direct", epsilon=0.3)
    evidence = method.read(method.mark(frames, signature))
    found = method.scores(evidence, signature)["matched"]
    assert found.value > 0.5
    assert found.log10_p < -6
    opposite = replace(signature, values=tuple(-value for value in signature.values))
    assert method.scores(evidence, opposite)["matched"].value == pytest.approx(-found.value)


def test_the_published_warp_moves_the_wrong_way(frames):
    quality = {}
    for name in ("flow", "flow-published"):
        signature = drawn(name, epsilon=0.0)  # no mark at all: what is left is the method's own damage
        quality[name] = psnr_y_db(frames, list(FlowMark(name).mark(frames, signature)))
    assert quality["flow-published"] < quality["flow"] - 6.0
    still = drifting(10, speed=0.0, noise=0.0)
    assert psnr_y_db(still, list(FlowMark("flow-published").mark(still, drawn("flow-published", epsilon=0.0)))) > 60.0


def test_random_signatures_have_uniform_p_in_footage_that_nobody_marked(frames):
    method = FlowMark("flow")
    evidence = method.read(frames)
    rng = np.random.default_rng(7)
    p = np.array([10.0 ** method.scores(evidence, method.draw(rng))["matched"].log10_p for _ in range(1000)])
    assert np.abs(np.sort(p) - np.arange(1, 1001) / 1000).max() < 1.95 / math.sqrt(1000)


def test_ten_bits_are_marked_and_chroma_moves_along(make_frames):
    frames = make_frames(8, width=64, height=64, pixel_format="yuv420p10le")
    method = FlowMark("flow")
    marked = list(method.mark(frames, drawn("flow", epsilon=1.0)))
    assert marked[5].y.dtype == np.uint16
    assert not np.array_equal(marked[5].chroma[0], frames[5].chroma[0])
    assert method.read(marked).shape == (7, 32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda frames: FlowMark("flow").read(frames[:3]), "needs 8 or more"),
        (lambda frames: FlowMark("flow").read([frames[0], replace(frames[1], y=frames[1].y[:64])]), "differ in size"),
        (lambda frames: next(FlowMark("flow").mark(frames, drawn("flow-direct"))), "signature is of flow-direct"),
        (lambda frames: next(FlowMark("flow").mark(frames, Signature("flow", (1.0,), 0.1))), "wants its own, of 32"),
        (lambda frames: next(FlowMark("flow").mark(frames, drawn("flow", epsilon=9.0))), "at most 5"),
    ],
)
def test_what_does_not_fit_is_refused(frames, make, message):
    with pytest.raises(InputError, match=message):
        make(frames)
