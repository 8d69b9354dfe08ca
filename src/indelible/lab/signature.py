"""Signatures: what a lab method hides and looks for, as values and as JSON files.

A signature is the secret of a method: who has it can read the mark and remove it. Unlike a key it need not be random: a trained one is
chosen for what survives, and then its randomness is no ground for a p-value (`indelible.lab.template`).
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

import indelible
from indelible.errors import InputError
from indelible.runs.machine import package_versions
from indelible.runs.result_file import write_result
from indelible.video.build import encoder_libraries, ffmpeg_version

SCHEMA = "indelible.signature/1"


@dataclass(frozen=True, slots=True)
class Signature:
    """What is hidden.

    Args:
        method: name of the method that can mark with it and look for it.
        values: what the method wants, see there; at least one, all finite.
        epsilon: strength, 0 or more, in the method's unit.
        phase: where in its cycle the signature begins, 0 <= phase < 1.
        training: how it was found; None if it was drawn at random.
        versions: of the software that made it, codecs included.

    Raises:
        InputError: if a value is out of range.
    """

    method: str
    values: tuple[float, ...]
    epsilon: float
    phase: float = 0.0
    training: Mapping[str, Any] | None = field(default=None, compare=False)
    versions: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not self.values or not all(map(math.isfinite, self.values)):
            raise InputError(f"a signature needs finite values, at least one; these are {self.values}")
        if not (math.isfinite(self.epsilon) and self.epsilon >= 0.0):
            raise InputError(f"epsilon is {self.epsilon}; it must be 0 or more")
        if not 0.0 <= self.phase < 1.0:
            raise InputError(f"phase is {self.phase}; it must be at least 0 and less than 1")

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that stand for what is hidden, wherever that came from."""
        said = json.dumps([self.method, self.values, self.epsilon, self.phase])
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """Return its fields by their names, for JSON."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        return named | {"values": list(self.values), "versions": dict(self.versions)}

    @property
    def trained_on(self) -> frozenset[str]:
        """The sources of footage that it was trained on, which say nothing about others."""
        clips = () if self.training is None else self.training.get("clips", ())
        return frozenset(clip["source"] for clip in clips)


def software_versions() -> dict[str, str]:
    """Return the versions that decide what a codec makes of a mark, and what a method makes of that."""
    return dict(_versions())


@cache
def _versions() -> Mapping[str, str]:
    made_by = {"indelible": indelible.__version__, "python": platform.python_version(), "ffmpeg": ffmpeg_version()}
    return made_by | encoder_libraries(("x264",)) | package_versions()


def write_signature(path: Path, signature: Signature) -> None:
    """Write a signature file, ``indelible.signature/1``; it appears whole or not at all and replaces what was there.

    Raises:
        OutputError: if it cannot be written.
    """
    write_result(path, {"schema": SCHEMA} | signature.to_json())


def read_signature(path: Path) -> Signature:
    """Return the signature of a file.

    Raises:
        InputError: if it cannot be read or is not a signature.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read signature {path}: {error}; make one with: indelible lab draw or indelible lab train") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        found = content.get("schema") if isinstance(content, dict) else type(content).__name__
        raise InputError(
            f"{path} is no signature ({found!r} instead of {SCHEMA!r}); make one with: indelible lab draw or indelible lab train"
        )
    try:
        return Signature(
            method=str(content["method"]),
            values=tuple(map(float, content["values"])),
            epsilon=float(content["epsilon"]),
            phase=float(content["phase"]),
            training=content["training"],
            versions=content["versions"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} is no whole signature: {error}; it needs method, values, epsilon, phase, training and versions"
        ) from error
