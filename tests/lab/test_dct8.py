"""The 8x8-DCT mark: what it adds, what its detectors see, and what they say of what was never marked."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from indelible.errors import InputError
from indelible.lab.dct8 import Dct8, coefficient_names, signature_of
from indelible.lab.signature import Signature
from indelible.lab.trial import psnr_y_db
from tests.lab.scenes import drifting

METHOD = Dct8()
VALUES = np.array([0.5, -0.3, 0.4, 0.2, -0.1, 0.45, -0.35, 0.25])


@pytest.fixture(scope="module")
def frames():
    return drifting()


def blocks_of(luma):
    """The DCT of each block by OpenCV, shape (rows, columns, 8, 8)."""
    rows, columns = luma.shape[0] // 8, luma.shape[1] // 8
    tiles = luma.astype(np.float32).reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3)
    return np.array([[cv2.dct(tile) for tile in row] for row in tiles])


@pytest.mark.parametrize(("epsilon", "decibels"), [(0.05, 47.1), (0.1, 41.1), (0.2, 35.1)])
def test_distortion_is_what_the_strength_says(epsilon, decibels):
    frames = drifting(60)  # two whole cycles
    marked = list(METHOD.mark(frames, signature_of(VALUES, epsilon)))
    assert psnr_y_db(frames, marked) == pytest.approx(decibels, abs=0.35)  # rounding costs a little


def test_what_is_added_is_the_signature_in_every_block(frames):
    signature = signature_of(VALUES, 0.2, phase=0.1)
    marked = list(METHOD.mark(frames, signature))
    index = 3
    added = blocks_of(marked[index].y) - blocks_of(frames[index].y)
    expected = np.zeros((8, 8))
    weight = 255 * 0.2 * math.sin(2 * math.pi * (index / 30 + 0.1))
    for name, value in zip(coefficient_names(), signature.values, strict=True):
        row, column = map(int, name.strip("[]").split(","))
        expected[row, column] = weight * value
    assert np.abs(added - added[0, 0]).max() < 1e-3  # in all blocks the same, rounding included
    assert np.abs(added[0, 0] - expected).max() < 1.5  # rounding: at most half a level in each of 64 pixels


def test_the_published_score_is_the_mean_of_absolute_cosines(frames):
    few = frames[:8]
    signature = signature_of(VALUES, 0.1)
    cosines = []
    for frame in few:
        for block in blocks_of(frame.y).reshape(-1, 8, 8):
            block[0, 0] = 0.0
            low = block[:3, :3].ravel()[1:]
            cosines.append(abs(low @ np.array(signature.values)) / np.linalg.norm(block))
    assert METHOD.scores(METHOD.read(few), signature)["published"].value == pytest.approx(np.mean(cosines), rel=1e-3)


def test_the_sign_counts_where_the_published_score_has_lost_it(frames):
    signature = signature_of(VALUES, 0.1)
    opposite = replace(signature, values=tuple(-value for value in signature.values))
    evidence = METHOD.read(METHOD.mark(frames, signature))
    found, turned, clean = (
        METHOD.scores(evidence, signature),
        METHOD.scores(evidence, opposite),
        METHOD.scores(METHOD.read(frames), signature),
    )
    for detector in ("matched", "whitened"):
        assert found[detector].value > 0.7
        assert turned[detector].value == pytest.approx(-found[detector].value)
        assert abs(clean[detector].value) < 0.7 * found[detector].value
    assert turned["published"].value == pytest.approx(found["published"].value)


def test_another_phase_is_another_mark(frames):
    signature = signature_of(VALUES, 0.1, phase=0.0)
    evidence = METHOD.read(METHOD.mark(frames, signature))
    scores = [METHOD.scores(evidence, replace(signature, phase=phase))["matched"] for phase in (0.0, 0.25, 0.5)]
    assert abs(scores[1].value) < 0.3
    assert scores[2].value < -0.75
    assert scores[1].ceiling == pytest.approx(scores[0].ceiling, rel=0.1)


@pytest.mark.parametrize("detector", ["matched", "whitened"])
def test_random_signatures_have_uniform_p_in_footage_that_nobody_marked(frames, detector):
    evidence = METHOD.read(frames)
    rng = np.random.default_rng(5)
    p = np.array([10.0 ** METHOD.scores(evidence, METHOD.draw(rng))[detector].log10_p for _ in range(1000)])
    # Exact: Kolmogorov's distance to the uniform distribution at its 99.9 % point.
    assert np.abs(np.sort(p) - np.arange(1, 1001) / 1000).max() < 1.95 / math.sqrt(1000)


def test_trained_signatures_have_uniform_p_over_their_phase(frames):
    evidence = METHOD.read(frames)
    rng = np.random.default_rng(6)
    trained = (signature_of(VALUES, 0.1, phase=phase, training={"trainer": "test"}) for phase in rng.random(1000))
    p = np.array([10.0 ** METHOD.scores(evidence, signature)["matched"].log10_p for signature in trained])
    assert np.abs(np.sort(p) - np.arange(1, 1001) / 1000).max() < 1.95 / math.sqrt(1000)


def test_input_is_not_written_to_and_pictures_of_any_size_and_depth_are_marked(make_frames):
    frames = make_frames(10, width=50, height=38, pixel_format="yuv420p10le")
    before = [frame.y.copy() for frame in frames]
    marked = list(METHOD.mark(frames, signature_of(VALUES, 0.2, phase=0.2)))
    assert all(np.array_equal(frame.y, kept) for frame, kept in zip(frames, before, strict=True))
    assert marked[1].y.dtype == np.uint16
    assert not np.array_equal(marked[1].y, frames[1].y)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda frames: METHOD.read(frames[:3]), "needs 8 or more"),
        (lambda frames: METHOD.read([replace(frame, y=frame.y[:4], chroma=()) for frame in frames]), "needs 8x8"),
        (lambda frames: METHOD.read([*frames[:8], replace(frames[8], y=frames[8].y[:32])]), "differ in size"),
        (lambda frames: next(METHOD.mark(frames, Signature("dct8", (1.0,), 0.1))), "wants its own, of 8"),
        (lambda frames: next(METHOD.mark(frames, Signature("flow", (1.0,) * 8, 0.1))), "signature is of flow"),
        (lambda frames: next(METHOD.mark(frames, Signature("dct8", (0.0,) * 8, 0.1))), "all values"),
        (lambda frames: next(METHOD.mark(frames, signature_of(VALUES, 1.5))), "at most 1"),
        (lambda frames: signature_of(np.zeros(8), 0.1), "no direction"),
    ],
)
def test_what_does_not_fit_is_refused(frames, make, message):
    with pytest.raises(InputError, match=message):
        make(frames)


def test_a_still_flat_video_says_nothing():
    flat = [replace(frame, y=np.full_like(frame.y, 100)) for frame in drifting(10)]
    score = METHOD.scores(METHOD.read(flat), signature_of(VALUES, 0.1))["matched"]
    assert (score.value, score.log10_p) == (0.0, 0.0)
