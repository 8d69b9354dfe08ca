"""One thing that was declared of a rendition, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "Severity", "at_most", "check_shape", "equal", "failed"]

Severity = Literal["must", "should"]

_SHAPE_SHARE = 0.01
_SHAPE_PIXELS = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Args:
        name: what was checked, such as ``peak-bitrate``.
        severity: whether a rendition must, or only should, pass.
        passed: None where the rendition does not say enough to decide.
        expected: in words.
        got: in words.
        where: the variant and segment, empty for the whole rendition.
    """

    name: str
    severity: Severity
    passed: bool | None
    expected: str
    got: str
    where: str = ""


def equal(name: str, expected: object, got: object, *, severity: Severity = "must", where: str = "") -> Check:
    """Return the check that two values are equal."""
    return Check(name, severity, expected == got, str(expected), str(got), where)


def at_most(
    name: str, limit: float, got: float | None, *, unit: str = "", slack: float = 0.0, severity: Severity = "must", where: str = ""
) -> Check:
    """Return the check that a value is not above a limit.

    Args:
        name: of the check.
        limit: that was declared.
        got: None where it is not known.
        unit: of both, for people.
        slack: share of the limit that is let through.
        severity: of the check.
        where: it was looked at.
    """
    expected = f"at most {limit:g}{unit}" + (f" (+{slack:.0%})" if slack else "")
    if got is None:
        return Check(name, severity, None, expected, "not known", where)
    return Check(name, severity, got <= limit * (1.0 + slack), expected, f"{got:.6g}{unit}", where)


def check_shape(expected: float, got: float, *, shorter_side: int) -> Check:
    """Return the check that two videos have one shape as displayed, to 1 % or two pixels.

    Args:
        expected: width to height of the one.
        got: of the other.
        shorter_side: pixels of the shorter side of the smaller one: even sizes cannot keep every shape.
    """
    same = abs(got / expected - 1.0) <= max(_SHAPE_SHARE, _SHAPE_PIXELS / shorter_side)
    return Check("aspect", "must", same, f"{expected:.4g} wide to high, as shown", f"{got:.4g}")


def failed(checks: tuple[Check, ...], *, strict: bool = False) -> tuple[Check, ...]:
    """Return the checks that were not passed: those with "must" or, if ``strict``, all."""
    return tuple(check for check in checks if check.passed is False and (strict or check.severity == "must"))
