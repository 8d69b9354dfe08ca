"""Results on disk: JSON whose lists have one entry a line, so that two runs can be compared with ``diff``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from indelible.drafts import write_whole
from indelible.errors import InputError, OutputError


def write_result(path: Path, result: Mapping[str, Any]) -> None:
    """Write a result; the file appears whole or not at all.

    Raises:
        OutputError: if it cannot be written.
    """
    fields = ",\n".join(f"{json.dumps(name)}: {_value(value)}" for name, value in result.items())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    write_whole(path, f"{{\n{fields}\n}}\n")


def read_result(path: Path) -> dict[str, Any]:
    """Return a result that `write_result` wrote.

    Raises:
        InputError: if it cannot be read, or is no JSON object.
    """
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}; give a result that `indelible bench` wrote") from error
    if not isinstance(result, dict):
        raise InputError(f"{path} holds no result; give one that `indelible bench` wrote")
    return result


def _value(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(json.dumps(entry, allow_nan=False) for entry in value) + "\n]"
    return json.dumps(value, allow_nan=False)
