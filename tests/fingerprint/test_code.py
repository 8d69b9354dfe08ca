import numpy as np
import pytest

from indelible.errors import InputError
from indelible.fingerprint.code import BITS, CONFIRM_BYTES, WORDS, Fingerprint, code_hex, codes_from_hex, distances


def arrays(n=3):
    return {
        "start_seconds": np.arange(n, dtype=np.float64),
        "codes": np.ones((n, WORDS), np.uint64),
        "weights": np.full(n, 9, np.uint8),
        "views": np.zeros(n, np.uint8),
        "confirm": np.zeros((n, CONFIRM_BYTES), np.uint8),
        "duration_seconds": float(n),
    }


def test_a_fingerprint_is_read_only():
    fingerprint = Fingerprint(**arrays())
    assert len(fingerprint) == 3
    with pytest.raises(ValueError, match="read-only"):
        fingerprint.codes[0] = 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_seconds", np.array([0.0, 2.0, 1.0])),
        ("start_seconds", np.array([0.0, np.nan, 1.0])),
        ("codes", np.ones((3, 8), np.uint32)),
        ("codes", np.ones((2, 4), np.uint64)),
        ("weights", np.ones(3)),
        ("views", np.full(3, 2, np.uint8)),
        ("confirm", np.zeros((3, 5), np.uint8)),
        ("duration_seconds", -1.0),
        ("duration_seconds", float("nan")),
    ],
)
def test_other_arrays_are_refused(name, value):
    with pytest.raises(InputError, match=name):
        Fingerprint(**arrays() | {name: value})


def test_a_fingerprint_without_weight_has_no_evidence():
    assert not Fingerprint(**arrays() | {"weights": np.zeros(3, np.uint8)}).has_evidence
    assert Fingerprint(**arrays()).has_evidence
    assert not Fingerprint(**arrays(0)).has_evidence


def test_hexadecimal_is_bytes_in_order():
    code = np.array([[1, 0, 0, 1 << 63]], np.uint64)
    assert code_hex(code[0]) == "01" + "00" * 30 + "80"
    assert (codes_from_hex([code_hex(code[0])]) == code).all()


@pytest.mark.parametrize("text", ["0", "zz", "00" * 31, "00" * 33])
def test_other_texts_are_refused(text):
    with pytest.raises(InputError, match="code"):
        codes_from_hex([text])


def test_distances_count_bits():
    left, right = np.random.default_rng(1).integers(0, 2, (2, 7, BITS), np.uint8)

    def packed(bits):
        return np.packbits(bits, axis=-1, bitorder="little").view("<u8").astype(np.uint64)

    assert (distances(packed(left)[:, None], packed(right)[None]) == (left[:, None] != right[None]).sum(axis=-1)).all()
