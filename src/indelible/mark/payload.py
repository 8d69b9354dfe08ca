"""The message of a mark: up to 256 bits in a few hundred or thousand soft symbols, self-describing and authenticated.

A payload of 0, 64, 128 or 256 bits and a keyed tag of 38 bits form one polar code word, whose symbols are shuffled and multiplied by keyed
signs, both different for each size. The detector tries every size and returns the candidate whose tag is right; the tag also covers how
the bytes are to be read, so neither size nor kind costs a bit. `false_accept_bound` says how seldom a wrong payload can pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.errors import CapacityError, InputError
from indelible.keys import SecretKey
from indelible.mark.polar import list_decode, polar_transform, reliable_positions
from indelible.stats.tails import log10_rademacher_tail

SYMBOLS = 1024
LENGTHS = (512, 1024, 2048)
TAG_BITS = 38
LIST_SIZES = (8, 256)  # the short list answers for a good channel, the long one is tried when it finds nothing
EMPTY_LOG10_P = -9.0  # a mark without payload counts as decoded at this p-value of its symbols

DESIGN_EB_N0_DB = {64: -4.0, 128: 0.0, 256: 0.0}  # payload bits -> energy per carried bit (payload and tag) that the code is made for
_TEXT, _EXACT, _SHORT = b"T", b"X", b"S"  # what the tag says of the bytes: UTF-8 filled with FF; as they are; filled with 80 00 00 ..


@dataclass(frozen=True, slots=True)
class Payload:
    """Up to 32 bytes that a mark carries, either a text or plain bytes; no bytes at all is the mark that only says "here I am".

    Args:
        data: the bytes; for a text its UTF-8 form.
        is_text: whether ``data`` is to be read as text.

    Raises:
        CapacityError: if there are more than 32 bytes.
        InputError: if a text is not valid UTF-8.
    """

    data: bytes = b""
    is_text: bool = False

    def __post_init__(self) -> None:
        limit = max(DESIGN_EB_N0_DB) // 8
        if len(self.data) > limit:
            raise CapacityError(
                f"the payload has {len(self.data)} bytes; a mark carries at most {limit} ({limit} ASCII characters, fewer of others, or "
                f"{2 * limit} hexadecimal digits); shorten it, or mark an identifier and keep the rest in a registry"
            )
        object.__setattr__(self, "is_text", self.is_text and bool(self.data))  # an empty text is the payload of no bytes
        if self.is_text:
            try:
                self.data.decode()
            except UnicodeDecodeError as error:
                raise InputError(f"the text payload is not valid UTF-8: {error.reason} at byte {error.start}") from error

    @classmethod
    def from_text(cls, text: str) -> Payload:
        """Return the payload of a text, at most 32 bytes of UTF-8."""
        try:
            return cls(text.encode(), is_text=True)
        except UnicodeEncodeError as error:
            raise InputError(f"the payload text cannot be written in UTF-8: {error.reason} at character {error.start}") from error

    @classmethod
    def from_hex(cls, digits: str) -> Payload:
        """Return the payload of an even number of hexadecimal digits, at most 64; spaces between bytes are ignored."""
        try:
            data = bytes.fromhex(digits)
        except ValueError as error:
            raise InputError(f"{digits[:80]!r} is not hexadecimal; a payload needs an even number of the digits 0-9 and a-f") from error
        return cls(data)

    @property
    def bits(self) -> int:
        """Bits of the format that carries it: 0, 64, 128 or 256."""
        return next(bits for bits in (0, *DESIGN_EB_N0_DB) if 8 * len(self.data) <= bits)

    @property
    def hex(self) -> str:
        """The bytes as lower-case hexadecimal digits."""
        return self.data.hex()

    @property
    def text(self) -> str | None:
        """The text, None where the payload is plain bytes."""
        return self.data.decode() if self.is_text else None


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPayload:
    """A payload whose tag was right.

    Args:
        payload: what was embedded.
        symbols: its +-1 symbols again, int8, shape (n,).
        symbol_error_rate: share of the received symbols, erasures left out, whose sign was wrong.
        candidates_checked: code words whose tag was compared before this one passed, itself included.
    """

    payload: Payload
    symbols: NDArray[np.int8]
    symbol_error_rate: float
    candidates_checked: int


def encode_payload(payload: Payload, key: SecretKey, *, n: int = SYMBOLS) -> NDArray[np.int8]:
    """Return the ``n`` symbols, +-1, that carry ``payload`` under ``key``.

    Raises:
        InputError: if ``n`` is not 512, 1024 or 2048.
    """
    code = _keyed_code(key, payload.bits, n)
    u = np.zeros(n, np.uint8)
    if payload.bits:
        kind, filled = _fill(payload)
        message = np.frombuffer(filled + _tag(key, kind, filled), np.uint8)
        u[code.info] = np.unpackbits(message, count=payload.bits + TAG_BITS)
    return code.modulate(polar_transform(u))


def decode_payload(soft: NDArray[np.floating], key: SecretKey) -> DecodedPayload | None:
    """Return the payload that the received symbols carry, None where no candidate's tag is right.

    Only the ratios between the symbols matter: the scale is taken from their mean square, as if the channel were as noisy as the code
    was made for. So both symbols with equal noise and log-likelihood ratios will do.

    Args:
        soft: reals, shape (n,) with n = 512, 1024 or 2048, positive for +1, zero for an erasure.
        key: the key under which the payload was embedded.

    Raises:
        InputError: if the shape is not allowed or a value is not finite.
    """
    received = np.asarray(soft, dtype=np.float64)
    if received.ndim != 1 or not np.isfinite(received).all():
        raise InputError(f"soft symbols have shape {received.shape}; a one-dimensional array of finite numbers is needed")
    pilot = encode_payload(Payload(), key, n=received.size)
    peak = np.abs(received).max()
    if peak == 0.0:
        return None
    received = received / peak  # so that squares neither overflow nor vanish
    if log10_rademacher_tail(float(pilot @ received / np.linalg.norm(received))) <= EMPTY_LOG10_P:
        return _decoded(Payload(), pilot, received, 0)
    checked = 0
    codes = [_keyed_code(key, bits, received.size) for bits in DESIGN_EB_N0_DB]
    for paths in LIST_SIZES:
        for code in codes:
            words = list_decode(code.llrs(received), code.info, paths=paths)
            messages = np.packbits(polar_transform(words)[:, code.info], axis=1)
            for word, message in zip(words, messages, strict=True):
                checked += 1
                payload = _authentic(message.tobytes(), key)
                if payload is not None:
                    return _decoded(payload, code.modulate(word), received, checked)
    return None


def false_accept_bound() -> float:
    """Return an upper bound on the probability that `decode_payload` returns a payload that was not embedded, whatever it is given.

    A candidate's tag is a pseudo-random function of its bytes that the received symbols cannot know, so each of the comparisons (list
    sizes x payload sizes x kinds) passes with probability 2^-38. The empty payload adds the level of its test, whose signs no other size
    shares. Nothing is assumed of the symbols: unmarked, marked with another payload or under another key, damaged or made up, as long as
    whoever made them up has not the key.
    """
    comparisons = sum(LIST_SIZES) * len(DESIGN_EB_N0_DB) * len((_TEXT, _EXACT, _SHORT))
    return math.ldexp(comparisons, -TAG_BITS) + math.pow(10.0, EMPTY_LOG10_P)


def _decoded(payload: Payload, symbols: NDArray[np.int8], received: NDArray[np.float64], checked: int) -> DecodedPayload:
    agreement = (symbols * received)[received != 0.0]
    return DecodedPayload(payload, symbols, float(np.mean(agreement < 0.0)), checked)


@dataclass(frozen=True, slots=True, eq=False)
class _KeyedCode:
    """The polar code of one payload size with the key's order and signs of the symbols."""

    info: NDArray[np.bool_]
    order: NDArray[np.intp]
    signs: NDArray[np.int8]
    snr: float

    def modulate(self, word: NDArray[np.uint8]) -> NDArray[np.int8]:
        return self.signs * (1 - 2 * word[self.order].astype(np.int8))

    def llrs(self, received: NDArray[np.float64]) -> NDArray[np.float32]:
        present = np.count_nonzero(received)
        noise = float(received @ received) / present / (1.0 + self.snr)
        llrs = np.empty(received.size, np.float32)
        llrs[self.order] = 2.0 * np.sqrt(self.snr / noise) * self.signs * received
        return llrs


@lru_cache(maxsize=64)
def _keyed_code(key: SecretKey, bits: int, n: int) -> _KeyedCode:
    if n not in LENGTHS:
        raise InputError(f"{n} symbols; a payload is spread over {', '.join(map(str, LENGTHS))} symbols")
    info, snr = _code(bits, n)
    purpose = f"mark/payload/{bits}/{n}"
    signs = 1 - 2 * key.bits(f"{purpose}/signs", 0, n).astype(np.int8)
    return _KeyedCode(info, key.permutation(f"{purpose}/order", 0, n), signs, snr)


@lru_cache(maxsize=16)
def _code(bits: int, n: int) -> tuple[NDArray[np.bool_], float]:
    """Return where u carries the message, and the symbol SNR for which that is so."""
    info = np.zeros(n, np.bool_)
    if bits == 0:
        return info, 0.0
    carried = bits + TAG_BITS
    snr = 2.0 * carried / n * 10.0 ** (DESIGN_EB_N0_DB[bits] / 10.0)
    info[reliable_positions(n, carried, snr=snr)] = True
    return info, snr


def _fill(payload: Payload) -> tuple[bytes, bytes]:
    """Return the kind of the payload and its bytes, filled up to the size of its format so that `_unfill` can take them apart."""
    size = payload.bits // 8
    if payload.is_text:
        return _TEXT, payload.data.ljust(size, b"\xff")  # FF never occurs in UTF-8
    if len(payload.data) == size:
        return _EXACT, payload.data
    return _SHORT, (payload.data + b"\x80").ljust(size, b"\0")  # ISO/IEC 7816-4


def _unfill(kind: bytes, filled: bytes) -> Payload | None:
    """Return the payload that `_fill` turns into these, None where there is none."""
    try:
        if kind == _TEXT:
            payload = Payload(filled.rstrip(b"\xff"), is_text=True)
        else:
            payload = Payload(filled if kind == _EXACT else filled.rstrip(b"\0")[:-1])
    except InputError:
        return None
    return payload if _fill(payload) == (kind, filled) else None


def _tag(key: SecretKey, kind: bytes, filled: bytes) -> bytes:
    """Return the tag in as few bytes as hold it, the spare bits at the end zero."""
    size, spare = (TAG_BITS + 7) // 8, -TAG_BITS % 8
    digest = key.tag("mark/payload", kind + len(filled).to_bytes(1, "big") + filled)
    return (int.from_bytes(digest[:size], "big") >> spare << spare).to_bytes(size, "big")


def _authentic(message: bytes, key: SecretKey) -> Payload | None:
    """Return the payload of a decoded message, None where its tag is wrong for every kind."""
    size = len(message) - (TAG_BITS + 7) // 8
    for kind in (_TEXT, _EXACT, _SHORT):
        if message[size:] == _tag(key, kind, message[:size]):
            return _unfill(kind, message[:size])
    return None
