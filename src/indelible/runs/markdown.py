"""What every benchmark's tables share: the form of a table, and the line that says what its figures rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Sequence[str]


def table(header: Row, rows: Sequence[Row], *, numbers: bool = True) -> str:
    """Return a Markdown table; columns of numbers should be obvious to the reader, so all but the first are right-aligned.

    Args:
        header: names of the columns.
        rows: cells, as many as columns.
        numbers: whether the columns hold numbers; text is left-aligned.
    """
    rule = ["---", *["---:" if numbers else "---"] * (len(header) - 1)]
    escaped = ([cell.replace("|", "\\|") for cell in row] for row in (header, rule, *rows))
    return "\n".join(f"| {' | '.join(row)} |" for row in escaped) + "\n"


def caption(result: Mapping[str, Any]) -> str:
    """Return one line that says what the figures rest on."""
    where = result["provenance"]
    commit = where["commit"]
    code = "no commit" if commit is None else commit["id"][:10] + (" with changes" if commit["modified"] else "")
    corpus = where["corpus"]
    return (
        f"{corpus['clips']} clips of {corpus['sources']} sources (corpus {corpus['sha256'][:10]}), code {code}, {where['date']}, "
        f"{where['machine']['processor']}, {where['machine']['cores']} cores.\n"
    )


def interval(rate: Mapping[str, Any]) -> str:
    """Return the interval of a rate in percent: by source where clips share sources and that is wider, else Clopper and Pearson's."""
    low, high = rate["interval"]
    by_source = rate.get("interval_by_source", (low, high))
    if by_source[1] - by_source[0] > high - low:
        low, high = by_source
    return f"{100 * low:.0f}-{100 * high:.0f} %"
