"""The stable documents that commands print with ``--json``."""

from __future__ import annotations

import math
import os
from typing import Any

from indelible.video import Source

__all__ = ["Document", "document", "label"]

Document = dict[str, Any]


def document(noun: str, **fields: Any) -> Document:
    """Return a document ``indelible.<noun>/1``. Infinite and undefined numbers become None, which JSON can say."""
    return {"schema": f"indelible.{noun}/1"} | {name: _sayable(value) for name, value in fields.items()}


def label(source: Source) -> str:
    """Return what a document calls a file: the path as given, ``-`` for a pipe, or the name of a file object."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "<memory>"


def _sayable(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
