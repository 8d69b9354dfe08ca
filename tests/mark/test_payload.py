"""Payloads: what fits, what comes back, what never comes back, and symbols that must not change."""

import hashlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indelible.errors import CapacityError, InputError
from indelible.keys import SecretKey
from indelible.mark.payload import LENGTHS, Payload, decode_payload, encode_payload, false_accept_bound

KEY = SecretKey(bytes(range(32)))
texts = st.text(max_size=32).filter(lambda text: len(text.encode()) <= 32)


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=32), st.sampled_from(LENGTHS))
@example(b"", 1024)
@example(b"\x00", 1024)
@example(bytes(8), 1024)
@example(b"\x80\x00\x00", 1024)
@example(b"\xff" * 32, 512)
def test_bytes_come_back_exactly(data, n):
    payload = Payload(data)
    symbols = encode_payload(payload, KEY, n=n)
    assert symbols.dtype == np.int8
    assert symbols.shape == (n,)
    assert set(np.unique(symbols)) == {-1, 1}
    decoded = decode_payload(0.1 * symbols, KEY)
    assert decoded.payload == payload
    assert decoded.payload.text is None
    assert np.array_equal(decoded.symbols, symbols)
    assert decoded.symbol_error_rate == 0.0


@settings(deadline=None, max_examples=40)
@given(texts)
@example("日本語のしるし")
@example("\x00\x00")
@example("12345678")
@example("🎬" * 8)
def test_texts_come_back_exactly(text):
    decoded = decode_payload(encode_payload(Payload.from_text(text), KEY).astype(np.float32), KEY)
    assert decoded.payload == Payload.from_text(text)
    assert (decoded.payload.text or "") == text


@pytest.mark.parametrize(("size", "bits"), [(0, 0), (1, 64), (8, 64), (9, 128), (16, 128), (17, 256), (32, 256)])
def test_the_smallest_format_that_fits_is_used(size, bits):
    assert Payload(b"x" * size).bits == bits
    assert Payload.from_text("x" * size).bits == bits


def test_a_text_and_the_same_bytes_are_different_payloads():
    text, plain = Payload.from_text("attested"), Payload(b"attested")
    assert text.hex == plain.hex
    assert text != plain
    assert decode_payload(encode_payload(plain, KEY), KEY).payload == plain
    assert decode_payload(encode_payload(text, KEY), KEY).payload == text


def test_hex_goes_in_and_out():
    assert Payload.from_hex("DEADbeef").hex == "deadbeef"
    assert Payload.from_hex("").bits == 0


@pytest.mark.parametrize("make", [lambda: Payload.from_text("é" * 17), lambda: Payload.from_hex("00" * 33), lambda: Payload(bytes(40))])
def test_too_long_a_payload_says_what_is_allowed(make):
    with pytest.raises(CapacityError, match=r"at most 32 .*64 hexadecimal digits"):
        make()


@pytest.mark.parametrize(
    "make", [lambda: Payload.from_hex("xyz"), lambda: Payload.from_text("\ud800"), lambda: Payload(b"\xff", is_text=True)]
)
def test_malformed_payloads_are_refused(make):
    with pytest.raises(InputError, match=r"hexadecimal|UTF-8"):
        make()


@pytest.mark.parametrize("soft", [np.zeros(1000), np.zeros((2, 512)), np.full(1024, np.nan)])
def test_malformed_symbols_are_refused(soft):
    with pytest.raises(InputError, match="symbols"):
        decode_payload(soft, KEY)


def test_a_number_of_symbols_without_a_code_is_refused():
    with pytest.raises(InputError, match="512, 1024, 2048"):
        encode_payload(Payload(b"abc"), KEY, n=100)


# Amplitudes at which docs/decisions/0002-payload-code.md finds next to no word lost.
@pytest.mark.parametrize(("size", "amplitude"), [(0, 0.3), (8, 0.54), (16, 0.68), (32, 0.90)])
def test_words_survive_noise_they_were_made_for(size, amplitude):
    rng = np.random.default_rng(11)
    for _ in range(8):
        payload = Payload(rng.bytes(size))
        symbols = encode_payload(payload, KEY)
        decoded = decode_payload(amplitude * symbols + rng.normal(size=1024), KEY)
        assert decoded.payload == payload
        assert np.array_equal(decoded.symbols, symbols)
        assert 0.1 < decoded.symbol_error_rate < 0.45
        assert decoded.candidates_checked >= (size > 0)


@pytest.mark.parametrize("scale", [1e-200, 1e-3, 1e3, 1e200])
def test_the_scale_of_the_symbols_does_not_matter(scale):
    rng = np.random.default_rng(12)
    payload = Payload(b"scale")
    soft = 0.6 * encode_payload(payload, KEY) + rng.normal(size=1024)
    assert decode_payload(scale * soft, KEY).payload == payload


def test_erasures_are_neither_errors_nor_evidence():
    rng = np.random.default_rng(13)
    payload = Payload(b"erased")
    soft = 2.0 * encode_payload(payload, KEY) + 0.1 * rng.normal(size=1024)
    soft[rng.permutation(1024)[:700]] = 0.0
    decoded = decode_payload(soft, KEY)
    assert decoded.payload == payload
    assert decoded.symbol_error_rate == 0.0
    assert decode_payload(np.zeros(1024), KEY) is None


@pytest.mark.parametrize("size", [0, 8, 16, 32])
def test_another_key_finds_nothing(size):
    symbols = encode_payload(Payload(b"k" * size), KEY)
    assert decode_payload(symbols, SecretKey(bytes(32))) is None
    assert abs(int(symbols @ encode_payload(Payload(b"k" * size), SecretKey(bytes(32))).astype(int))) < 6 * 32


def test_inverted_symbols_are_not_a_payload():
    assert decode_payload(-encode_payload(Payload(b"inverted"), KEY), KEY) is None


def test_one_changed_bit_changes_half_of_nothing_predictable():
    """Two payloads differ by a code word, and the tag sees to it that even neighbours are far apart."""
    first, second = (encode_payload(Payload(data), KEY).astype(int) for data in (b"payload0", b"payload1"))
    assert 32 <= np.count_nonzero(first != second) <= 1024 - 32


def test_symbols_are_balanced_and_sizes_do_not_alias():
    words = [encode_payload(Payload(bytes(size)), KEY).astype(int) for size in (0, 8, 16, 32)]
    gram = np.array(words) @ np.array(words).T
    assert (np.abs(gram - 1024 * np.eye(4)) < 6 * 32).all()
    assert all(abs(word.sum()) < 6 * 32 for word in words)


@pytest.mark.parametrize("draws", [30, pytest.param(1000, marks=pytest.mark.slow)])
def test_noise_carries_no_payload(draws):
    rng = np.random.default_rng(14)
    shapes = (rng.standard_normal, lambda n: rng.standard_t(2, n), lambda n: rng.choice([-1.0, 1.0], n))
    for draw in range(draws):
        assert decode_payload(shapes[draw % 3](1024), KEY) is None


def test_a_false_payload_is_as_seldom_as_promised():
    assert false_accept_bound() < 1e-8


VECTORS = {
    (b"", False, 1024): "946a4cfd1c966c9b3f79b3151d366519",
    (b"", False, 512): "2bf7d3d6cff4ad6055a55c88ac126c42",
    (b"\x01\x23\x45\x67\x89\xab\xcd\xef", False, 1024): "06f6d0281700f4dc47589d53161e7ffc",
    (b"\x01\x23\x45", False, 1024): "529d6aea8ddc17e07f1c900ebcb997c2",
    (b"film 42", True, 1024): "6524e2f5df0850cadc15c0f029e89bef",
    (b"film 42", True, 512): "3773cd91ca89802e47b973521f6299ba",
    (b"film 42", True, 2048): "c76061dc582c864b6533981d7a545869",
    (b"reel 7 / take 3", True, 1024): "410380c6aadc1d1ffb207adb8cc7aa8e",
    ("Zürich, 21. November 2026".encode(), True, 1024): "b7cda177ec3eccf212fc4eaa85e5fc06",
    (bytes(32), False, 512): "c144395d275f2361dcbcaac33319fbeb",
}


@pytest.mark.parametrize(("data", "is_text", "n"), VECTORS)
def test_symbols_never_change(data, is_text, n):
    """The format is what these vectors say; whoever must change them makes a version 2."""
    symbols = encode_payload(Payload(data, is_text=is_text), KEY, n=n)
    assert hashlib.sha256(symbols.tobytes()).hexdigest()[:32] == VECTORS[data, is_text, n]
