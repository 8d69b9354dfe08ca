"""Margins: where the edge is, that it is the detector's edge, and that scale does not matter."""

import math

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.mark import Payload, Scores, measure_margin
from indelible.mark.margin import READABLE_AMPLITUDE
from indelible.mark.payload import SYMBOLS, decode_payload, encode_payload

KEY = SecretKey(bytes(range(32)))
STRONG = Scores((50.0, 0.0))


def received(payload: Payload, amplitude: float, *, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(SYMBOLS)
    return amplitude * encode_payload(payload, KEY) + noise


@pytest.mark.parametrize(("bits", "amplitude"), READABLE_AMPLITUDE.items())
def test_a_payload_at_the_edge_has_no_margin_and_is_read_mostly(bits: int, amplitude: float) -> None:
    payload = Payload(bytes(range(bits // 8)))
    margins, read = [], 0
    for seed in range(6):
        soft = received(payload, amplitude, seed=seed)
        margins.append(measure_margin(STRONG, soft, payload, KEY).payload_db)
        decoded = decode_payload(soft, KEY)
        read += decoded is not None and decoded.payload == payload
    assert np.mean(margins) == pytest.approx(0.0, abs=0.5)
    assert read >= 5


def test_twice_the_amplitude_is_six_decibels_and_scale_is_nothing() -> None:
    payload = Payload(b"12345678")
    once, twice = (measure_margin(STRONG, received(payload, a), payload, KEY) for a in (2.0, 4.0))
    assert twice.payload_db - once.payload_db == pytest.approx(6.0, abs=0.1)
    louder = measure_margin(STRONG, 1000.0 * received(payload, 2.0), payload, KEY)
    assert louder.payload_db == pytest.approx(once.payload_db)


@pytest.mark.parametrize("alpha", [1e-3, 1e-6, 1e-12])
@pytest.mark.parametrize("statistic", [0, 1])
def test_presence_has_no_margin_where_the_detector_turns(alpha: float, statistic: int) -> None:
    def scores(z: float) -> Scores:
        return Scores((z, 0.0) if statistic == 0 else (0.0, z))

    def present(z: float) -> bool:
        return scores(z).log10_p()[0] <= math.log10(alpha)

    edge = next(z for z in np.arange(0.0, 20.0, 0.001) if present(z))
    payload = Payload(b"12345678")
    found = measure_margin(scores(edge), received(payload, 5.0), payload, KEY, alpha=alpha)
    assert found.presence_db == pytest.approx(0.0, abs=0.005)
    assert found.db == found.presence_db < found.payload_db
    doubled = measure_margin(scores(2 * edge), received(payload, 5.0), payload, KEY, alpha=alpha)
    assert doubled.presence_db == pytest.approx(6.02, abs=0.01)


def test_a_mark_without_payload_is_judged_by_its_correlation() -> None:
    empty = Payload()
    strong, weak = (measure_margin(STRONG, received(empty, amplitude), empty, KEY) for amplitude in (1.0, 0.1))
    assert strong.payload_db > 6 > 0 > weak.payload_db
    assert decode_payload(received(empty, 1.0), KEY) is not None
    assert decode_payload(received(empty, 0.1), KEY) is None


def test_noise_and_silence_have_none() -> None:
    payload = Payload(b"12345678")
    against = measure_margin(Scores((-1.0, 0.0)), -received(payload, 1.0), payload, KEY)
    assert against.db == against.presence_db == against.payload_db == -math.inf
    silent = measure_margin(Scores((0.0, 0.0)), np.zeros(SYMBOLS), payload, KEY)
    assert silent.db == -math.inf
    assert silent.symbol_error_rate == 0.5


def test_symbol_errors_are_counted() -> None:
    payload = Payload(b"12345678")
    soft = encode_payload(payload, KEY).astype(float)
    soft[:128] *= -1.0
    assert measure_margin(STRONG, soft, payload, KEY).symbol_error_rate == 0.125


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1.0])
def test_alpha_is_a_probability(alpha: float) -> None:
    with pytest.raises(InputError, match="alpha"):
        measure_margin(STRONG, np.ones(SYMBOLS), Payload(), KEY, alpha=alpha)
