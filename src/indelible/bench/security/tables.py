"""The attacks as Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from indelible.runs.markdown import caption, table

Row = Mapping[str, Any]

_DEFINITIONS = """Clips of at most {seconds:g} s, their short side at most {short_side} pixels, marked without payload at standard strength;
everything is encoded with `{codec}` before it is looked at, except for the oracle's questions. *registered*: each copy has a subkey of its
own, {registered} copies are in the registry, and all of them are looked for. *one key*: no registry; all files are marked with the key
itself. *Y-PSNR* is of the attacked against what the attacker had, median; *z* is the median of the best statistic. Rates are k of n clips
with Clopper-Pearson intervals; attacks on marks count clips whose mark is found after the codec alone.
"""

# Attack -> heading, and what the count says; where a mark must not be found is said in words.
_HEADINGS = {
    "none": ("No attack but the codec", "mark found"),
    "average and subtract": ("Averaged marked windows, their pattern taken away from marked footage", "mark still found"),
    "average and forge": ("The same pattern added to footage that is not marked", "forged (should be 0)"),
    "copy": ("One clip's mark copied into another clip", "found there (should be 0)"),
    "overwrite": ("Marked again with other keys", "first mark still found"),
    "collude": ("Several recipients mix their copies", "at least one of them named"),
    "remove": ("Denoising, smoothing, noise", "mark still found"),
    "oracle": ("Questions to a public detector", "mark still found"),
}


def security_tables(result: Mapping[str, Any]) -> str:
    """Return the tables of a result of `indelible.bench.security.run`."""
    parts = [caption(result), _DEFINITIONS.format(**result["settings"])]
    for attack, (heading, counted) in _HEADINGS.items():
        rows = [row for row in result["summary"] if row["attack"] == attack]
        if rows:
            parts += [f"**{heading}**\n", _table(rows, counted)]
    if result["errors"]:
        parts.append(f"Attacks that failed and are left out: {len(result['errors'])}.\n")
    return "\n".join(parts)


def _table(rows: Sequence[Row], counted: str) -> str:
    header = ["how", "marks", counted, "95 %", "median z", "Y-PSNR, dB"]
    collusion, oracle = "innocent" in rows[0], rows[0]["attack"] == "oracle"
    header += ["named in all", "innocents named"] if collusion else ["queries"] if oracle else []
    flagged = any("flagged" in row for row in rows)
    header += ["flagged as copied"] if flagged else []
    lines = []
    for row in rows:
        low, high = row["interval"]
        line = [row["how"], row["marks"], f"{row['found']} of {row['n']}", f"{100 * low:.0f}-{100 * high:.0f} %"]
        line += [_number(row["z"]), _number(row["psnr_y_db"])]
        line += [str(row["named"]), str(row["innocent"])] if collusion else [_number(row["queries"], 0)] if oracle else []
        line += [str(row.get("flagged", "-"))] if flagged else []
        lines.append(line)
    return table(header, lines)


def _number(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
