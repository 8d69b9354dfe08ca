"""``indelible consensus``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, likelihood, print_document, progress_bar, warn
from indelible.cli.verifying import ENCODES, SEED, alpha_option

if TYPE_CHECKING:
    from indelible.video import Limits
    from indelible.workflows.consensus import Consensus

__all__ = ["consensus"]


@click.command(
    epilog="""\b
Examples:
  indelible consensus worker1.mp4 worker2.mp4 worker3.mp4
  indelible consensus *.mp4 --quorum 4 --json
  indelible consensus first.mp4 second.mp4 third.mp4 --first
  indelible consensus a.mp4 b.mp4 c.mp4 --encodes 19 --alpha 0.05 --report abc.html"""
)
@click.argument("renditions", metavar="RENDITION...", nargs=-1, required=True)
@click.option("-m", "--quorum", type=click.IntRange(1), metavar="M", help="How many must agree.  [default: the smallest majority]")
@click.option("--first", is_flag=True, help="Take them in the order given, and answer as soon as M agree.")
@alpha_option("How often a pair of honest renditions may disagree.")
@ENCODES
@SEED
@click.option("--report", metavar="FILE.html", help="Write a page with all pairs, and where each outlier differs.")
@limit_option
@click.option("--force", is_flag=True, help="Replace the report if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def consensus(
    ctx: click.Context,
    renditions: tuple[str, ...],
    quorum: int | None,
    first: bool,
    alpha: float,
    encodes: int,
    seed: int | None,
    report: str | None,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Say which renditions of one segment agree, and which of them to take, without the source.

    Two renditions agree if honest encodes of one video are as unlike each other. The largest set in which each pair agrees wins if it has
    M members; copies of one file count as one. Workers who agree on a lie are not found out: that needs the source (indelible verify).

    Exits with 0 if M agree, and with 5 if they do not.
    """
    from indelible.workflows.consensus import consensus_of
    from indelible.workflows.page import check_page
    from indelible.workflows.verify_report import write_consensus

    if report is not None:
        check_page(report, overwrite=force)  # before the work, not after it
    with progress_bar("honest encodes") as progress:
        result = consensus_of(
            renditions, quorum=quorum, first=first, alpha=alpha, encodes=encodes, seed=seed, limits=limits, progress=progress
        )
    warn(result.warnings)
    if as_json:
        print_document(result.to_json())
    else:
        click.echo(f"{result.verdict}: {_counted(result)}\n{columns(_in_words(result))}")
    if report is not None:
        write_consensus(report, result, overwrite=force, limits=limits)
    ctx.exit(0 if result.winner is not None else 5)


def _counted(result: Consensus) -> str:
    if result.winner is None:
        return f"fewer than {result.quorum} of {len(result.files)} agree"
    return f"{result.witnesses} of {len(result.files)} agree, {result.quorum} are enough"


def _in_words(result: Consensus) -> Iterator[tuple[str, str]]:
    if result.winner is not None:
        yield "winner", result.winner
        yield "agree", ", ".join(result.clique)
    for outlier in result.outliers:
        p = "" if outlier.pair is None else f"p = {likelihood(outlier.pair.decision.log10_p)}, "
        yield "outlier", f"{outlier.file}: {p}{outlier.reason}"
    for group in result.copies:
        yield "copies", f"{', '.join(group)}: one witness"
    if result.winner is None:
        yield from (("fault", sentence) for sentence in result.faults.values())
    for file in result.unread:
        yield "not read", file
    for pair in result.pairs:
        word = "agree" if pair.agrees else "differ"
        yield "pair", f"{pair.source} and {pair.file} {word}: p = {likelihood(pair.decision.log10_p)}, score {pair.unlikeness:.1f}"
    yield "null", f"{result.encodes} pairs of honest encodes (seed {result.seed})"
