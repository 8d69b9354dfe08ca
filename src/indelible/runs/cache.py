"""Measurements that were made already: JSON lines, one file a clip, in a folder named after everything that they depend on.

A benchmark of hours is interrupted sooner or later. What it has measured stays valid as long as the code that was measured, the settings
and the bytes of the clip are the same; so these three name the place, and nothing needs to be invalidated.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import indelible
from indelible.runs.corpus import CorpusClip

Record = dict[str, Any]

# What decides a mark, a channel and a detection; not the benchmark itself, whose records carry a version of their own.
MEASURED_SOURCES = ("mark", "channel", "video", "keys.py", "frames.py", "stats/tails.py")
MEASURED_PACKAGES = ("av", "numpy", "opencv-python-headless", "scipy")


def source_digest(root: Path | None = None, *, parts: Iterable[str] = MEASURED_SOURCES) -> str:
    """Return a digest of source code that stays the same when only comments, docstrings or line breaks change.

    Args:
        root: folder of the package; None for the installed one.
        parts: files or folders below it.
    """
    base = root or Path(indelible.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(found for part in parts for found in _python_files(base / part)):
        digest.update(f"{file.relative_to(base).as_posix()}\0{_without_docstrings(file)}\0".encode())
    return digest.hexdigest()


def measurement_digest(settings: Mapping[str, object], *, parts: Iterable[str] = MEASURED_SOURCES) -> str:
    """Return a digest of all that a measurement depends on but the clip and the channel: code, packages and settings."""
    dependencies = {
        "source": source_digest(parts=parts),
        "packages": {name: _version(name) for name in MEASURED_PACKAGES},
        "settings": dict(settings),
    }
    return hashlib.sha256(json.dumps(dependencies, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Cache:
    """The records of one benchmark with one digest. Each clip's file has one writer at a time.

    Args:
        folder: of all caches.
        digest: of what the measurements depend on (`measurement_digest`).
    """

    folder: Path
    digest: str

    def read(self, clip: CorpusClip) -> list[Record]:
        """Return what is known of a clip; a last line that was cut off by an interruption is left out."""
        file = self._file(clip)
        return list(_whole_records(file.read_text(encoding="utf-8"))) if file.exists() else []

    def append(self, clip: CorpusClip, record: Mapping[str, Any]) -> None:
        """Add one record, on the disk when this returns."""
        file = self._file(clip)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(record, allow_nan=False)
        with file.open("a", encoding="utf-8") as lines:
            # The line break comes first, so that a line cut off before spoils only itself.
            lines.write(f"\n{text}")

    def forget(self, clip: CorpusClip) -> None:
        """Remove what is known of a clip."""
        self._file(clip).unlink(missing_ok=True)

    def _file(self, clip: CorpusClip) -> Path:
        return self.folder / self.digest[:16] / f"{clip.path.stem}-{clip.sha256[:12]}.jsonl"


def _whole_records(text: str) -> Iterator[Record]:
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


def _python_files(place: Path) -> Iterable[Path]:
    return place.rglob("*.py") if place.is_dir() else [place] if place.exists() else []


def _without_docstrings(file: Path) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.dump(tree)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
