"""How evidence is shown: p-values in words, on an axis, and along the time of a video."""

from __future__ import annotations

import math
from collections.abc import Sequence

from indelible.mark import Detection, Payload
from indelible.report.charts import Axis, Cell
from indelible.report.markup import Markup, element, join

# Decades of p below one. The axis stretches the first few, where verdicts fall, and still holds a p-value of 10^-1000.
_TICKS = (0, 1, 3, 6, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def p_text(log10_p: float) -> Markup:
    """Return a p-value as people write it: ``0.37`` or 10 with an exponent."""
    return join(f"{10.0**log10_p:.2g}") if log10_p > -3 else join("10", element("sup", f"\u2212{-log10_p:.0f}"))


def p_plain(log10_p: float) -> str:
    """Return a p-value for places without markup: ``0.37`` or ``10^-12``."""
    return f"{10.0**log10_p:.2g}" if log10_p > -3 else f"10^{log10_p:.0f}"


def p_axis(smallest_log10_p: float, *, label: str = "p-value") -> Axis:
    """Return an axis of -log10 p, at the bottom 1, at the top the smallest p-value shown."""
    high = next((tick for tick in _TICKS[4:] if tick >= -smallest_log10_p), max(-smallest_log10_p, _TICKS[-1]))
    ticks = tuple((float(tick), "1" if tick == 0 else f"1e-{tick}") for tick in _TICKS if tick <= high)
    return Axis(label, ticks, 0.0, float(high), lambda decades: math.log1p(max(0.0, decades) / 3.0))


def timeline(detection: Detection, *, log10_alpha: float) -> Sequence[Cell]:
    """Return each second's own evidence, filled fully where it alone is enough."""
    return [
        Cell(
            part.start_seconds,
            part.end_seconds,
            min(1.0, part.log10_p / log10_alpha),
            f"{part.start_seconds:g} s: p = {p_plain(part.log10_p)}",
        )
        for part in detection.segments
    ]


def payload_text(payload: Payload | None) -> str:
    """Return what a mark says: a text in quotes, hexadecimal digits, or that it says nothing more."""
    if payload is None:
        return "not read"
    if not payload.data:
        return "none"
    return payload.hex if payload.text is None else f"\u201c{payload.text}\u201d"


def yes_no(answer: bool, yes: str = "yes", no: str = "no") -> Markup:
    """Return one of two words, coloured."""
    return element("span", yes if answer else no, class_="yes" if answer else "no-word")
