"""The stable documents that commands print with ``--json`` or write, and how those that are written are read again."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from indelible.errors import InputError
from indelible.video import Source

__all__ = ["Document", "canonical", "document", "label", "read_document"]

Document = dict[str, Any]

_LARGEST_BYTES = 20_000_000


def document(noun: str, **fields: Any) -> Document:
    """Return a document ``indelible.<noun>/1``. Infinite and undefined numbers become None, which JSON can say."""
    return {"schema": f"indelible.{noun}/1"} | {name: _sayable(value) for name, value in fields.items()}


def label(source: Source) -> str:
    """Return what a document calls a file: the path as given, ``-`` for a pipe, or the name of a file object."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "<memory>"


def canonical(value: Any) -> Any:
    """Return a JSON value in which equal numbers are written alike: 34.0, 34 and 3.4e1 are one number, and some programs rewrite them."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case Mapping():
            return {name: canonical(inner) for name, inner in value.items()}
        case list():
            return [canonical(inner) for inner in value]
    return value


def read_document(path: str | os.PathLike[str], *, schemas: tuple[str, ...], called: str, made_by: str) -> dict[str, Any]:
    """Return the document in a file, its numbers `canonical`.

    Args:
        path: of the file.
        schemas: of which it must have one.
        called: what messages call such a document, after "a".
        made_by: the command that writes it.

    Raises:
        InputError: if the file is missing, or no such document.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read {called} {os.fspath(path)}: {error.strerror or error}") from error
    if len(raw) > _LARGEST_BYTES:
        raise InputError(f"{os.fspath(path)} is larger than any {called}")
    try:
        said = canonical(json.loads(raw, object_pairs_hook=_distinct, parse_float=_finite, parse_constant=_refuse))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{os.fspath(path)} is not a {called}: {error}") from error
    if not isinstance(said, dict) or said.get("schema") not in schemas:
        raise InputError(f"{os.fspath(path)} is not a {called}; it must be JSON with schema {' or '.join(schemas)}, as {made_by} writes it")
    return said


def _sayable(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose names are distinct: of two fields with one name, readers would not agree which counts."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is given twice")
    return fields


def _finite(digits: str) -> float:
    """Return a number, unless it is one like 1e999, which is read as infinity."""
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number of JSON")
