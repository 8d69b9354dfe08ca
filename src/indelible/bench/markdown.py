"""What every benchmark's tables share: the form of a table, and the line that says what its figures rest on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from indelible.errors import InputError

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


def sections(text: str, wanted: Sequence[str]) -> str:
    """Return of some tables only those whose bold heading contains one of the wanted texts, in any case, and nothing before the first.

    Raises:
        InputError: if there is no such heading.
    """
    found = re.split(r"(?m)^(?=\*\*)", text)[1:]
    headings = [section[2 : section.index("**", 2)] for section in found]
    for each in wanted:
        if not any(each.lower() in heading.lower() for heading in headings):
            raise InputError(f"no table is headed {each!r}; headings are: {'; '.join(headings) or 'none at all'}")
    kept = (part for part, heading in zip(found, headings, strict=True) if any(each.lower() in heading.lower() for each in wanted))
    return "\n".join(part.strip("\n") + "\n" for part in kept)


def caption(result: Mapping[str, Any]) -> str:
    """Return one line that says what the figures rest on."""
    where = result["provenance"]
    commit = where["commit"]
    code = "no commit" if commit is None else commit["id"][:10] + (" with changes" if commit["modified"] else "")
    corpus = where["corpus"]
    part, parts = corpus.get("part", (1, 1))
    sample = f", part {part} of {parts} of all" if parts > 1 else ""
    return (
        f"{corpus['clips']} clips of {corpus['sources']} sources (corpus {corpus['sha256'][:10]}{sample}), code {code}, {where['date']}, "
        f"{where['machine']['processor']}, {where['machine']['cores']} cores.\n"
    )
