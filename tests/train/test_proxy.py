"""The proxies as functions that have derivatives."""

import numpy as np
import pytest

from indelible.lab.proxy import Proxy, forward

pytestmark = pytest.mark.train

ALL = [
    Proxy(steps=steps, rounding=rounding, predicted=predicted, offset=0.4, crf=crf, motion=1.0)
    for steps in ("h264", "published")
    for rounding in ("straight-through", "sigmoid", "tanh")
    for predicted in (False, True)
    for crf in (18, 28)
]


@pytest.fixture
def pictures():
    return np.random.default_rng(3).uniform(0, 255, (3, 16, 24)).astype(np.float32)


@pytest.mark.parametrize("proxy", ALL, ids=str)
def test_tensors_and_arrays_come_out_the_same(torch, pictures, proxy):
    assert np.allclose(proxy.luma(torch.from_numpy(pictures)).numpy(), proxy.luma(pictures), atol=1e-3)


def test_straight_through_has_the_derivative_of_nothing_at_all(torch, pictures):
    tensor = torch.from_numpy(pictures).requires_grad_()
    weights = torch.arange(float(pictures.size)).reshape(pictures.shape)
    (Proxy().luma(tensor) * weights).sum().backward()
    assert torch.allclose(tensor.grad, weights, rtol=1e-3, atol=0.5)


def test_soft_rounding_has_the_derivative_of_its_formula(torch):
    values = torch.tensor([3.0, 7.9, 8.1, 30.0, -21.0], dtype=torch.float64, requires_grad=True)
    step = torch.tensor(16.0, dtype=torch.float64)
    for rounding in ("sigmoid", "tanh"):
        proxy = Proxy(rounding=rounding, temperature=0.3)
        assert torch.autograd.gradcheck(lambda x, proxy=proxy: proxy.quantised(x, step), (values,))


def test_derivatives_go_through_prediction(torch, pictures):
    tensor = torch.from_numpy(pictures).requires_grad_()
    received = forward(Proxy(predicted=True, rounding="sigmoid").luma(tensor), 8)
    received[-1].square().sum().backward()
    assert torch.isfinite(tensor.grad).all()
    assert tensor.grad[-1].abs().max() > 0.0
