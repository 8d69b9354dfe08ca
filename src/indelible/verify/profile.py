"""What is declared of a rendition: in a file of JSON, or by a variant of a master playlist.

A profile is one JSON object; every field but ``schema`` may be left out::

    {"schema": "indelible.profile/1", "codec": "h264", "profiles": ["High", "Main"], "max_level": 4.0, "width": 1280, "height": 720,
     "pixel_format": "yuv420p", "frame_rate": 29.97, "duration_seconds": 10.0, "duration_tolerance_seconds": 0.1,
     "max_gop_seconds": 2.0, "average_bps": 3000000, "peak_bps": 5000000, "peak_window_seconds": 1.0}
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from indelible.errors import InputError

__all__ = ["DeclaredProfile", "profile_of_variant", "read_profile"]

SCHEMA = "indelible.profile/1"
_LARGEST = 1_000_000  # bytes

# Which profiles a decoder of the declared one plays (H.264 annex A.2, H.265 annex A.3), by FFmpeg's names.
_H264 = {66: "Baseline", 77: "Main", 88: "Extended", 100: "High", 110: "High 10", 122: "High 4:2:2", 244: "High 4:4:4 Predictive"}
_PLAYS = {
    "Baseline": ("Constrained Baseline", "Baseline"),
    "Main": ("Constrained Baseline", "Main"),
    "High": ("Constrained Baseline", "Main", "High"),
    "High 10": ("Constrained Baseline", "Main", "High", "High 10", "High 10 Intra"),
}
_HEVC = {1: ("Main",), 2: ("Main", "Main 10"), 3: ("Main Still Picture",), 4: ("Rext",)}
_AV1 = {0: ("Main",), 1: ("Main", "High"), 2: ("Main", "High", "Professional")}


@dataclass(frozen=True, slots=True)
class DeclaredProfile:
    """What a rendition should be; None for what is not declared.

    Args:
        codec: FFmpeg's name: ``h264``, ``hevc``, ``av1``, ``vp9``, ``mpeg4``, ...
        profiles: FFmpeg's names of those that are allowed.
        max_level: such as 4.1.
        width: of the pictures as coded.
        height: likewise.
        pixel_format: such as ``yuv420p``.
        frame_rate: pictures a second, to 1 %.
        max_frame_rate: pictures a second at most.
        duration_seconds: to ``duration_tolerance_seconds``.
        duration_tolerance_seconds: see there.
        max_gop_seconds: between key frames.
        average_bps: bits of the pictures a second at most.
        peak_bps: the same in any stretch of ``peak_window_seconds``.
        peak_window_seconds: see there.

    Raises:
        InputError: if a value is not allowed.
    """

    codec: str | None = None
    profiles: tuple[str, ...] | None = None
    max_level: float | None = None
    width: int | None = None
    height: int | None = None
    pixel_format: str | None = None
    frame_rate: float | None = None
    max_frame_rate: float | None = None
    duration_seconds: float | None = None
    duration_tolerance_seconds: float = 0.1
    max_gop_seconds: float | None = None
    average_bps: float | None = None
    peak_bps: float | None = None
    peak_window_seconds: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not _allowed(field.name, value):
                raise InputError(f"{field.name} of the profile is {value!r}; it must be {_kind(field.name)}")


def read_profile(path: str | os.PathLike[str]) -> DeclaredProfile:
    """Return the profile that a file declares.

    Raises:
        InputError: if the file cannot be read, is no profile, or a field of it is unknown or not allowed.
    """
    file = Path(path)
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise InputError(f"{file} is larger than {_LARGEST} bytes; is it a profile?")
        given = json.loads(raw)
    except OSError as error:
        raise InputError(f"cannot read the profile {file}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{file} is not JSON: {error}; a profile is one object, see docs/how-to/check-a-rendition.md") from error
    if not isinstance(given, dict) or given.get("schema", SCHEMA) != SCHEMA:
        raise InputError(f"{file} is no profile: it must be an object of schema {SCHEMA!r}")
    return _from_fields({name: value for name, value in given.items() if name != "schema"}, name=str(file))


def _from_fields(given: Mapping[str, Any], *, name: str) -> DeclaredProfile:
    known = [field.name for field in fields(DeclaredProfile)]
    for each in given:
        if each not in known:
            raise InputError(f"{name}: unknown field {each!r}; fields are {', '.join(known)}")
    values = dict(given)
    if isinstance(values.get("profiles"), list):
        values["profiles"] = tuple(values["profiles"])
    try:
        return DeclaredProfile(**values)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def profile_of_variant(attributes: Mapping[str, str]) -> DeclaredProfile:
    """Return what the attributes of EXT-X-STREAM-INF declare of the pictures, without the rates, which count whole segments.

    Raises:
        InputError: if an attribute cannot be understood.
    """
    size = attributes.get("RESOLUTION")
    pair = None if size is None else re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", size)
    if size is not None and pair is None:
        raise InputError(f"RESOLUTION is {size!r:.60}; it must be WIDTHxHEIGHT")
    codec, profiles, level = _of_codecs(attributes.get("CODECS", ""))
    return DeclaredProfile(
        codec=codec,
        profiles=profiles,
        max_level=level,
        width=None if pair is None else int(pair[1]),
        height=None if pair is None else int(pair[2]),
        max_frame_rate=declared_number(attributes, "FRAME-RATE"),
    )


def declared_number(attributes: Mapping[str, str], name: str) -> float | None:
    """Return an attribute that is a positive number, None where it is not given.

    Raises:
        InputError: if it is no such number.
    """
    text = attributes.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text) or not float(text) > 0:
        raise InputError(f"{name} is {text!r:.60}; it must be a number above 0")
    return float(text)


def _of_codecs(text: str) -> tuple[str | None, tuple[str, ...] | None, float | None]:
    """Return codec, allowed profiles and highest level that a CODECS attribute (RFC 6381) declares of the pictures, as far as known."""
    for word in (each.strip() for each in text.split(",")):
        if avc := re.fullmatch(r"avc[13]\.([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})", word):
            number, constraints, level = (int(part, 16) for part in avc.groups())
            name = _H264.get(number)
            if number == 66 and constraints & 0x40:
                return "h264", ("Constrained Baseline",), level / 10
            return "h264", None if name is None else _PLAYS.get(name, (name,)), level / 10
        if hevc := re.fullmatch(r"h(?:vc|ev)1\.[A-C]?(\d{1,2})\.[0-9A-Fa-f]+\.[LH](\d{1,3})(?:\..*)?", word):
            return "hevc", _HEVC.get(int(hevc[1])), int(hevc[2]) / 30
        if av1 := re.fullmatch(r"av01\.([0-2])\.(\d\d)[MH](?:\..*)?", word):
            return "av1", _AV1[int(av1[1])], 2.0 + int(av1[2]) // 4 + int(av1[2]) % 4 / 10
        if vp9 := re.fullmatch(r"vp09\.0([0-3])\.(\d\d)(?:\..*)?", word):
            return "vp9", (f"Profile {vp9[1]}",), int(vp9[2]) / 10
    return None, None, None


_TEXTS = ("codec", "pixel_format")
_WHOLE = ("width", "height")


def _allowed(name: str, value: object) -> bool:
    if name in _TEXTS:
        return isinstance(value, str) and bool(value)
    if name == "profiles":
        return isinstance(value, tuple) and bool(value) and all(isinstance(each, str) for each in value)
    if isinstance(value, bool) or not isinstance(value, int if name in _WHOLE else int | float):
        return False
    return value > 0 and math.isfinite(value)


def _kind(name: str) -> str:
    if name in _TEXTS:
        return "a text"
    if name == "profiles":
        return "a list of at least one text"
    return "a whole number above 0" if name in _WHOLE else "a number above 0"
