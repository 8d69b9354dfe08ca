"""Scores of a model on files: read from CSV or JSON, or asked from any command."""

from __future__ import annotations

import csv
import json
import math
import os
import shlex
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from indelible.errors import InputError

__all__ = ["PLACE", "command_score", "read_scores"]

PLACE = "{}"
"""Where the name of a file goes in a command."""

_LARGEST_BYTES = 50_000_000


def read_scores(path: str | os.PathLike[str]) -> dict[str, float]:
    """Return scores by name: of a JSON object of numbers, or of CSV with the columns ``file`` and ``score``.

    Raises:
        InputError: if the file is neither, a name comes twice, or a score is no finite number.
    """
    place = Path(path)
    try:
        if place.stat().st_size > _LARGEST_BYTES:
            raise InputError(f"{place} is larger than {_LARGEST_BYTES} bytes; give one score for each file")
        text = place.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the scores {place}: {error}") from error
    return _distinct(place, _pairs(place, text))


def command_score(command: str) -> Callable[[Path], float]:
    """Return what asks a command for the score of a file: its last word of output must be a number.

    The command is split as a shell would, but no shell runs it; `PLACE` in it is replaced by the file's name.

    Raises:
        InputError: if the command names no place for the file.
    """
    words = shlex.split(command)
    if not any(PLACE in word for word in words):
        raise InputError(f"the command {command!r} does not say where the file's name goes; write {PLACE} there")

    def score(file: Path) -> float:
        filled = [word.replace(PLACE, os.fspath(file)) for word in words]
        try:
            done = subprocess.run(filled, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise InputError(f"cannot run {words[0]}: {error.strerror or error}") from error
        last = (done.stdout.split() or [""])[-1]
        if done.returncode != 0:
            raise InputError(f"{words[0]} ended with {done.returncode} for {file}: {done.stderr.strip()[-300:] or 'no message'}")
        return _number(last, f"what {words[0]} printed last for {file}")

    return score


def _pairs(place: Path, text: str) -> Iterable[tuple[str, object]]:
    if place.suffix.lower() == ".json":
        try:
            said = json.loads(text, object_pairs_hook=list)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{place} is not JSON: {error}") from error
        if not isinstance(said, list) or not all(isinstance(pair, tuple) for pair in said):
            raise InputError(f"{place} must hold one JSON object of file names and scores")
        return said
    rows = csv.DictReader(text.splitlines())
    if not {"file", "score"} <= set(rows.fieldnames or ()):
        raise InputError(f"{place} must have the columns file and score in its first line")
    return [(row["file"] or "", row["score"]) for row in rows]


def _distinct(place: Path, pairs: Iterable[tuple[str, object]]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for name, value in pairs:
        if name in scores:
            raise InputError(f"{place} gives {name!r} two scores; a file has one")
        scores[name] = _number(value, f"the score of {name!r} in {place}")
    if not scores:
        raise InputError(f"{place} holds no scores")
    return scores


def _number(value: object, what: str) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{what} is {value!r}, and should be a finite number")
    return number
