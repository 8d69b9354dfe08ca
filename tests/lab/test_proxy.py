"""The formulas by hand, and beside SciPy's DCT."""

import numpy as np
import pytest
import scipy.fft

from indelible.errors import InputError
from indelible.lab.proxy import Proxy, backward, forward, quantisation_steps, subsampled, whole_blocks


@pytest.fixture
def pictures():
    return np.random.default_rng(5).uniform(0, 255, (3, 16, 24)).astype(np.float32)


@pytest.mark.parametrize("block", [4, 8])
def test_blocks_are_those_of_scipy_and_come_back(pictures, block):
    coefficients = forward(pictures, block)
    assert coefficients.shape == (3, 16 // block, 24 // block, block, block)
    theirs = scipy.fft.dctn(pictures[1, block : 2 * block, :block], norm="ortho")
    assert np.allclose(coefficients[1, 1, 0], theirs, atol=1e-3)
    assert np.allclose(backward(coefficients, block), pictures, atol=1e-3)


def test_steps_double_with_six_qp_and_are_16_at_28():
    assert np.allclose(quantisation_steps(Proxy(crf=28)), 16.0)
    assert np.allclose(quantisation_steps(Proxy(crf=28, qp_offset=6.0)), 32.0)
    tilted = quantisation_steps(Proxy(tilt=np.log(4.0)))
    assert (tilted[0, 0], tilted[0, 7], tilted[7, 7]) == pytest.approx((16.0, 32.0, 64.0))
    # ITU-T H.264, table 8-15: chroma at QP 28 and 34 of luma has QP 28 and 32.
    assert np.allclose(quantisation_steps(Proxy(crf=28), chroma=True), 16.0)
    assert np.allclose(quantisation_steps(Proxy(crf=34), chroma=True), 2.0 ** (28 / 6))


def test_published_steps_jump_and_fall_as_quality_does():
    step = {crf: quantisation_steps(Proxy(crf=crf, steps="published"))[0, 1] for crf in (18, 24, 25, 28, 34)}
    assert step[28] == pytest.approx(31.68)
    assert step[18] == step[24] == 1.0
    assert step[25] > step[28] > step[34]


def test_rounding_by_hand():
    values = np.array([-3.3, -9.0, 0.4, 7.9, 8.1, 25.0, 1001.0], np.float32)
    step = np.float32(16.0)

    def rounded(**options):
        return Proxy(**options).quantised(values, step)

    assert rounded().tolist() == [0.0, -16.0, 0.0, 0.0, 16.0, 32.0, 1008.0]
    assert rounded(offset=1 / 3).tolist() == [0.0, 0.0, 0.0, 0.0, 0.0, 16.0, 992.0]
    assert np.allclose(rounded(rounding="tanh", temperature=0.5), 16.0 * np.tanh(values / 8.0), atol=1e-4)
    soft = rounded(rounding="sigmoid", temperature=0.1)
    assert soft[3] == pytest.approx(16.0 / (1.0 + np.exp(-(7.9 / 16.0 - 0.5) / 0.1)), rel=1e-4)
    hard = rounded(rounding="sigmoid", temperature=1e-4)
    assert np.allclose(hard, rounded(), atol=1e-3)


def test_tanh_as_published_loses_the_brightness():
    """It bounds a coefficient by its step: a white block, of mean coefficient 2040, comes out nearly black."""
    white = np.full((1, 8, 8), 255.0, np.float32)
    assert Proxy(rounding="tanh").luma(white).max() == pytest.approx(16.0 / 8.0, abs=0.01)
    assert Proxy().luma(white).min() == pytest.approx(255.0, abs=1.0)


def test_prediction_leaves_what_stands_still_alone():
    rng = np.random.default_rng(6)
    still = np.repeat(rng.uniform(0, 255, (1, 16, 16)), 4, axis=0).astype(np.float32)
    decoded = Proxy(predicted=True).luma(still)
    assert np.allclose(decoded[1:], decoded[0], atol=1e-3)
    grey = np.full((4, 16, 16), 128.0, np.float32)  # its mean coefficient, 1024, is 64 steps
    grey[2:] += 0.9  # 7.2 of a step of 16: too little to be coded
    grey[3] += 0.9
    assert np.allclose(Proxy(predicted=True).luma(grey)[:, 0, 0], [128.0, 128.0, 128.0, 130.0], atol=1e-3)


def test_more_is_lost_where_more_moves():
    rng = np.random.default_rng(7)
    still, moving = (128.0 + np.cumsum(rng.normal(0.0, size, (4, 32, 32)), axis=0).astype(np.float32) for size in (1.0, 10.0))
    # The mean absolute difference of normal steps of 10 levels is 8, twice the usual: a QP of 6 more doubles the step.
    followed, plain = Proxy(crf=22, motion=6.0), Proxy(crf=28)
    assert np.abs(followed.luma(moving) - moving).std() == pytest.approx(np.abs(plain.luma(moving) - moving).std(), rel=0.03)
    assert np.abs(followed.luma(still) - still).std() < 0.5 * np.abs(plain.luma(still) - still).std()
    assert np.array_equal(followed.luma(moving[:1]), Proxy(crf=22).luma(moving[:1]))


def test_chroma_of_444_is_subsampled_by_means_and_quantised():
    plane = np.arange(2 * 16 * 16, dtype=np.float32).reshape(2, 16, 16) % 200
    half = subsampled(plane)
    assert half.shape == (2, 8, 8)
    assert half[0, 0, 0] == plane[0, :2, :2].mean()
    assert np.array_equal(Proxy().chroma(plane, plane), Proxy().chroma(half, plane))
    assert np.abs(Proxy(crf=18).chroma(half, plane) - half).max() < np.abs(Proxy(crf=40).chroma(half, plane) - half).max()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"crf": 52}, "0 to 51"),
        ({"temperature": 0.0}, "over 0"),
        ({"offset": 0.6}, "0 to 0.5"),
        ({"rounding": "up"}, "known are"),
        ({"block": 16}, "4 or 8"),
        ({"block": 4, "steps": "published"}, "for 8"),
    ],
)
def test_proxies_that_mean_nothing_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Proxy(**options)


def test_only_whole_blocks():
    odd = np.zeros((1, 20, 17), np.float32)
    with pytest.raises(InputError, match="17x20"):
        Proxy().luma(odd)
    assert whole_blocks(odd).shape == (1, 16, 16)
