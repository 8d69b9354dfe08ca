"""The page of ``indelible consensus --report``: the answer, all pairs, and where each outlier differs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Protocol

from indelible.report.evidence import p_text
from indelible.report.markup import Markup, element
from indelible.report.page import facts, paragraph, section, table, verdict, write_page
from indelible.report.verify import Pictures, Verified, differences

__all__ = ["Agreed", "ComparedPair", "LeftOut", "write_consensus_report"]


class ComparedPair(Verified, Protocol):
    """A pair of renditions, such as `indelible.workflows.panel.Pair`."""

    @property
    def agrees(self) -> bool: ...
    @property
    def unlikeness(self) -> float: ...


class LeftOut(Protocol):
    """A rendition that does not agree, such as `indelible.workflows.consensus.Outlier`."""

    @property
    def file(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def pair(self) -> ComparedPair | None: ...


class Agreed(Protocol):
    """What the page needs of a result, such as `indelible.workflows.consensus.Consensus`."""

    @property
    def files(self) -> tuple[str, ...]: ...
    @property
    def quorum(self) -> int: ...
    @property
    def witnesses(self) -> int: ...
    @property
    def winner(self) -> str | None: ...
    @property
    def clique(self) -> tuple[str, ...]: ...
    @property
    def outliers(self) -> Sequence[LeftOut]: ...
    @property
    def pairs(self) -> Sequence[ComparedPair]: ...
    @property
    def copies(self) -> tuple[tuple[str, ...], ...]: ...
    @property
    def faults(self) -> Mapping[str, str]: ...
    @property
    def unread(self) -> tuple[str, ...]: ...
    @property
    def alpha(self) -> float: ...
    @property
    def encodes(self) -> int: ...
    @property
    def seed(self) -> int: ...


def write_consensus_report(path: str | os.PathLike[str], result: Agreed, shown: Mapping[str, Pictures]) -> None:
    """Write the page.

    Args:
        path: of the page.
        result: what it tells of.
        shown: pictures of each outlier's pair, by file.

    Raises:
        OutputError: if it cannot be written.
    """
    agree = result.winner is not None
    words = f"{result.witnesses} of {len(result.files)} renditions agree" if agree else f"Fewer than {result.quorum} renditions agree"
    parts = [
        element("h1", words),
        verdict(
            "AGREE" if agree else "NO_QUORUM", element("span", f"Take {result.winner}." if agree else "Take none of them."), good=agree
        ),
        facts(
            quorum=f"{result.quorum} of {len(result.files)}",
            agree=", ".join(result.clique) or "none",
            threshold=f"p at most {result.alpha:g}",
            honest_encodes=f"{result.encodes} pairs (seed {result.seed})",
        ),
        *(paragraph(f"Copies, one witness: {', '.join(group)}") for group in result.copies),
        *(paragraph(f"Not read: {file}") for file in result.unread),
        section("Pairs", _pairs(result.pairs)),
        *(_outlier(each, shown.get(each.file)) for each in result.outliers),
    ]
    if not agree:
        parts += [paragraph(sentence) for sentence in result.faults.values()]
    write_page(path, title="Indelible: consensus", parts=parts)


def _pairs(pairs: Sequence[ComparedPair]) -> Markup:
    rows = [
        [
            f"{pair.source} and {pair.file}",
            element("span", "agree" if pair.agrees else "differ", class_="yes" if pair.agrees else "no-word"),
            p_text(pair.decision.log10_p),
            f"{pair.unlikeness:.1f}",
        ]
        for pair in pairs
    ]
    return table(["pair", "", "p", "score"], rows)


def _outlier(outlier: LeftOut, pictures: Pictures | None) -> Markup:
    if outlier.pair is None or pictures is None:
        return section(outlier.file, paragraph(outlier.reason))
    pair = outlier.pair
    beside = pair.source if pair.file == outlier.file else pair.file
    return section(
        outlier.file,
        paragraph("p = ", p_text(pair.decision.log10_p), f" beside {beside}: {outlier.reason}"),
        *differences(pair, pictures, names=(pair.source, pair.file)),
    )
