"""Making and showing key files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from indelible.keys import SecretKey, load_key, readable_by_others, save_key

__all__ = ["KeyResult", "new_key", "show_key"]


@dataclass(frozen=True, slots=True)
class KeyResult:
    """What may be told of a key file.

    Args:
        file: its path.
        key_id: public fingerprint of the key, 16 hexadecimal digits.
        exposed: whether others than its owner can read the file.
    """

    file: str
    key_id: str
    exposed: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the document ``indelible.key/1``."""
        return {"schema": "indelible.key/1", "file": self.file, "key_id": self.key_id}


def new_key(path: str | os.PathLike[str]) -> KeyResult:
    """Write a new secret key to a new file that only its owner can read.

    Raises:
        OutputError: if the file exists (a key is never overwritten) or cannot be created.
    """
    key = SecretKey.generate()
    save_key(key, path)
    return KeyResult(os.fspath(path), key.key_id)


def show_key(path: str | os.PathLike[str]) -> KeyResult:
    """Read a key file and return what may be told of it.

    Raises:
        KeyFileError: if the file is missing, unreadable or does not hold a key.
    """
    key = load_key(path)
    return KeyResult(os.fspath(path), key.key_id, readable_by_others(path))
