"""The table of the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indelible.runs.markdown import caption, table

__all__ = ["demo_tables"]


def demo_tables(result: Mapping[str, Any]) -> str:
    """Return the table of all models, controls and failures."""
    settings = result["settings"]
    lines = [
        [
            row["model"] + (" (control)" if not row["share"] and "asked" not in row["model"] else ""),
            f"{row['share']:.0%}",
            f"`{row['codec']}`",
            str(row["key"]),
            "" if row["seed"] is None else str(row["seed"]),
            f"{row['log10_p']:.2f}",
            f"{row['coins_right']:.0%}",
            f"{row['log10_floor']:.0f}",
            f"{row['wrong_at_0.05']}, {row['wrong_at_0.01']} of {row['wrong_keys']}" if "wrong_keys" in row else "",
        ]
        for row in result["rows"]
    ]
    header = ["what was tested", "marked", "before training", "key", "seed", "log10 p", "coins right", "floor", "wrong keys at 0.05, 0.01"]
    words = f"{settings['steps']} steps for each model, footage of {settings['lines']} lines; p-values are not corrected for the table."
    return f"{caption(result)}\n{words}\n\n{table(header, lines)}"
