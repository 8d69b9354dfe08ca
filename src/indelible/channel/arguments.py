"""The kinds of argument a step can have: how each is read, written, checked and described.

A step is a dataclass whose fields carry a kind in their type, ``Annotated[float, Number(0, 100)]``; a plain ``Literal`` of words needs
none. Reading and checking raise ValueError with no text: the step knows its own name and says what went wrong (``step.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Protocol

# Plain decimals only: Python also reads "1_000", " 2 " and "nan" as numbers, which nobody means in a specification.
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_MAX_DENOMINATOR = 1_001
_BITRATE_UNITS = {"": 1, "k": 1_000, "M": 1_000_000}


class Kind(Protocol):
    """How one argument is read from text, written back, checked, and described in an error message."""

    def read(self, text: str) -> object: ...

    def write(self, value: Any) -> str: ...

    def check(self, value: object) -> None: ...

    def __str__(self) -> str: ...


def decimal_text(value: float) -> str:
    """Return the shortest decimal that reads back as ``value``: 28.0 is ``28``, 0.5 is ``0.5``."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


@dataclass(frozen=True, slots=True)
class Number:
    """A finite real number, bounds included."""

    low: float
    high: float

    def read(self, text: str) -> float:
        if not _DECIMAL.fullmatch(text):
            raise ValueError
        return float(text)

    def write(self, value: Any) -> str:
        return decimal_text(float(value))

    def check(self, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            raise ValueError

    def __str__(self) -> str:
        return f"a number from {decimal_text(self.low)} to {decimal_text(self.high)}"


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number, bounds included; ``even`` for picture sizes, which chroma subsampling halves."""

    low: int
    high: int
    even: bool = False

    def read(self, text: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,9}", text):
            raise ValueError
        return int(text)

    def write(self, value: Any) -> str:
        return str(value)

    def check(self, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise ValueError
        if self.even and value % 2:
            raise ValueError

    def __str__(self) -> str:
        return f"{'an even' if self.even else 'a whole'} number from {self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Ratio:
    """An exact rational number, bounds included, read from a decimal (``23.976``) or a fraction (``24000/1001``).

    Denominators are small, so that times in it stay within the 32-bit time bases of containers.
    """

    low: Fraction
    high: Fraction

    def read(self, text: str) -> Fraction:
        if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?|\d{1,9}/[1-9]\d{0,8}", text):
            raise ValueError
        return Fraction(text)

    def write(self, value: Any) -> str:
        exact = Fraction(value)
        decimal = decimal_text(float(exact))
        return decimal if _DECIMAL.fullmatch(decimal) and Fraction(decimal) == exact else f"{exact.numerator}/{exact.denominator}"

    def check(self, value: object) -> None:
        if not isinstance(value, Fraction) or not self.low <= value <= self.high or value.denominator > _MAX_DENOMINATOR:
            raise ValueError

    def __str__(self) -> str:
        return f"a decimal with up to 3 places or a fraction like 30000/1001, from {self.write(self.low)} to {self.write(self.high)}"


@dataclass(frozen=True, slots=True)
class Bitrate:
    """Bits per second, read with an optional ``k`` or ``M``: ``800k``, ``2.5M``."""

    low: int = 1_000
    high: int = 1_000_000_000

    def read(self, text: str) -> int:
        match = re.fullmatch(r"(\d{1,10}(?:\.\d{1,6})?)([kM]?)", text)
        if not match:
            raise ValueError
        bits_per_second = Fraction(match[1]) * _BITRATE_UNITS[match[2]]
        if bits_per_second.denominator != 1:
            raise ValueError
        return int(bits_per_second)

    def write(self, value: Any) -> str:
        bits_per_second = int(value)
        return f"{bits_per_second // 1_000}k" if bits_per_second % 1_000 == 0 else str(bits_per_second)

    def check(self, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise ValueError

    def __str__(self) -> str:
        return f"bits per second such as 800k or 2.5M, from {self.write(self.low)} to {self.write(self.high)}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One word out of a few."""

    words: tuple[str, ...]

    def read(self, text: str) -> str:
        return text

    def write(self, value: Any) -> str:
        return str(value)

    def check(self, value: object) -> None:
        if value not in self.words:
            raise ValueError

    def __str__(self) -> str:
        return f"one of {', '.join(self.words)}"


@dataclass(frozen=True, slots=True)
class Word:
    """A name that somebody else checks, of letters, digits, ``-`` and ``_``."""

    def read(self, text: str) -> str:
        return text

    def write(self, value: Any) -> str:
        return str(value)

    def check(self, value: object) -> None:
        if not isinstance(value, str) or not re.fullmatch(r"[\w-]+", value):
            raise ValueError

    def __str__(self) -> str:
        return "a word of letters, digits, - and _"


# The arguments that several steps share.
SIZE = Integer(2, 16_384, even=True)
OFFSET = Integer(0, 16_384, even=True)
SHARE = Number(0.01, 1.0)
COVER = Number(0.0005, 1.0)
PROBABILITY = Number(0.0, 1.0)
Anchor = Literal["center", "top-left", "top-right", "bottom-left", "bottom-right", "random"]
