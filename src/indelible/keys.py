"""Secret keys and the independent random streams drawn from them.

A key is 256 random bits. Every use draws its own stream, SHAKE-256 over (domain, key, purpose, index), so that knowing one stream
tells nothing of another. In a file a key is one line of text, ``indelible-key-v1:`` and 64 hexadecimal digits.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError, KeyFileError, OutputError

KEY_BYTES = 32
NONCE_BYTES = 8
_PREFIX = "indelible-key-v1:"
_DOMAIN = b"indelible/stream/v1\0"


@dataclass(frozen=True, slots=True, repr=False)
class SecretKey:
    """A 256-bit secret. Its text form never shows the secret, only its fingerprint."""

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise KeyFileError(f"a key has {KEY_BYTES} bytes, this one has {len(self.secret)}; make one with: indelible key new -o FILE")

    def __repr__(self) -> str:
        return f"SecretKey({self.key_id})"

    @classmethod
    def generate(cls) -> SecretKey:
        """Return a new key from the operating system's randomness."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @property
    def key_id(self) -> str:
        """Public fingerprint of the key, 16 hexadecimal digits."""
        return self._stream("key-id", 0, 8).hex()

    def bits(self, purpose: str, index: int, count: int) -> NDArray[np.uint8]:
        """Return ``count`` independent fair bits (0 or 1, uint8) of the stream (purpose, index)."""
        packed = np.frombuffer(self._stream(purpose, index, (count + 7) // 8), dtype=np.uint8)
        return np.unpackbits(packed, count=count)

    def permutation(self, purpose: str, index: int, count: int) -> NDArray[np.intp]:
        """Return a uniformly random order of ``range(count)`` from the stream (purpose, index)."""
        draws = np.frombuffer(self._stream(purpose, index, 8 * count), dtype="<u8")
        return np.argsort(draws, kind="stable")

    def tag(self, purpose: str, message: bytes) -> bytes:
        """Return 32 bytes of HMAC-SHA-256 over ``message`` under a subkey of its own for ``purpose``."""
        return hmac.digest(self._stream(f"tag/{purpose}", 0, KEY_BYTES), message, "sha256")

    def subkey(self, nonce: bytes) -> SecretKey:
        """Return the key of one marking: a pseudo-random function of this key and the marking's nonce.

        Without this key, subkeys look like keys drawn independently, even to somebody who knows all their nonces.

        Args:
            nonce: 8 bytes, drawn at random for each marking and kept where the marking is registered.

        Raises:
            InputError: if the nonce has another length.
        """
        if len(nonce) != NONCE_BYTES:
            raise InputError(f"a nonce has {NONCE_BYTES} bytes, this one has {len(nonce)}")
        return SecretKey(self.tag("subkey/v1", nonce))

    def _stream(self, purpose: str, index: int, size: int) -> bytes:
        label = purpose.encode()
        header = len(label).to_bytes(2, "little") + label + index.to_bytes(8, "little", signed=True)
        return hashlib.shake_256(_DOMAIN + self.secret + header).digest(size)


def load_key(path: str | os.PathLike[str]) -> SecretKey:
    """Read a key file.

    Raises:
        KeyFileError: if the file is missing, unreadable or does not hold a key.
    """
    file = Path(path)
    try:
        with file.open("rb") as handle:
            raw = handle.read(256)
    except OSError as error:
        raise KeyFileError(f"cannot read key {file}: {error.strerror or error}; make one with: indelible key new -o FILE") from error
    try:
        text = raw.decode("ascii").strip()
        if not text.startswith(_PREFIX):
            raise ValueError
        return SecretKey(bytes.fromhex(text[len(_PREFIX) :]))
    except (ValueError, UnicodeDecodeError) as error:
        raise KeyFileError(
            f"{file} is not a key file: it must hold one line, {_PREFIX} and 64 hexadecimal digits; "
            "make one with: indelible key new -o FILE"
        ) from error


def save_key(key: SecretKey, path: str | os.PathLike[str]) -> None:
    """Write a key to a new file that only its owner can read (mode 0600).

    Raises:
        OutputError: if the file exists (a key is never overwritten) or cannot be created.
    """
    file = Path(path)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise OutputError(f"{file} exists and a key is never overwritten; choose another name") from error
    except OSError as error:
        raise OutputError(f"cannot create {file}: {error.strerror or error}") from error
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(f"{_PREFIX}{key.secret.hex()}\n")


def readable_by_others(path: str | os.PathLike[str]) -> bool:
    """Return whether a key file can be read by anybody but its owner (always False where the system has no such modes)."""
    return os.name == "posix" and bool(os.stat(path).st_mode & 0o077)
