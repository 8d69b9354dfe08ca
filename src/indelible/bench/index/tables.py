"""The table of the index benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indelible.runs.markdown import caption, table


def index_table(result: Mapping[str, Any]) -> str:
    """Return the table of how fast codes are stored and found."""
    header = ["codes", "like", "radius", "ms a code", "alone", "by scan", "hits", "exact", "stored a second", "index, s", "bytes a code"]
    lines = [
        [
            f"{row['codes']:,}",
            row["kind"],
            str(row["radius"]),
            f"{row['cpu_ms_per_code']:.2f}",
            f"{row['cpu_ms_alone']:.2f}",
            f"{row['scan_cpu_ms_per_code']:.2f}",
            f"{row['hits_per_code']:,.1f}",
            "yes" if row["exact"] else "**no**",
            f"{row['ingest_codes_per_second']:,}",
            f"{row['index_cpu_seconds']:.1f}",
            f"{row['bytes_per_code']:.0f}",
        ]
        for row in result["summary"]
    ]
    return caption(result) + "\n" + table(header, lines)
