"""``indelible verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from indelible.cli.batch import go_through
from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, likelihood, progress_bar

if TYPE_CHECKING:
    from indelible.verify.localise import Region
    from indelible.video import Limits
    from indelible.workflows.verify import Verification

__all__ = ["EXIT_CODES", "in_words", "verify"]

EXIT_CODES = {"AUTHENTIC": 0, "SUSPECT": 5, "INCONCLUSIVE": 5, "TAMPERED": 1, "POOR_QUALITY": 1, "MISMATCH": 1}


@click.command(
    epilog="""\b
Verdicts:
  AUTHENTIC      like honest work
  SUSPECT        unlike most honest work: look closer
  TAMPERED       unlike all honest work
  POOR_QUALITY   the same, by its detail alone
  MISMATCH       other content
  INCONCLUSIVE   too little to see

\b
Examples:
  indelible verify segment.mp4 360p.mp4
  indelible verify segment.mp4 720p.mp4 360p.mp4 144p.mp4 --json
  indelible verify segment.mp4 360p.mp4 --report 360p.html
  indelible verify segment.mp4 360p.mp4 --encodes 19 --alpha 0.05"""
)
@click.argument("source", metavar="SOURCE")
@click.argument("renditions", metavar="RENDITION...", nargs=-1, required=True)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.01,
    show_default=True,
    metavar="P",
    help="How often an honest rendition may be called anything but authentic or suspect.",
)
@click.option(
    "--encodes",
    type=click.IntRange(1, 10_000),
    default=99,
    show_default=True,
    metavar="N",
    help="Honest encodes of the source to rank each rendition among; no p-value is below 1 / (N + 1).",
)
@click.option(
    "--seed", type=click.IntRange(0), metavar="N", help="Of the honest encodes, to repeat a verdict.  [default: drawn and printed]"
)
@click.option("--report", metavar="FILE.html", help="Write a page with verdict, timeline and the worst frames of each.")
@limit_option
@click.option("--force", is_flag=True, help="Replace the report if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each rendition.")
@click.pass_context
def verify(
    ctx: click.Context,
    source: str,
    renditions: tuple[str, ...],
    alpha: float,
    encodes: int,
    seed: int | None,
    report: str | None,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Say whether a rendition shows what its source shows.

    SOURCE is encoded N times with random honest settings, at the size and about the rate of the rendition, and the rendition is ranked
    among these: p is the chance that honest work looks at least as different. That takes about N times as long as one encode, so give
    segments of seconds, not films.

    Exits with 0 for AUTHENTIC, with 1 for TAMPERED, POOR_QUALITY and MISMATCH, and with 5 for SUSPECT and INCONCLUSIVE.
    """
    from indelible.workflows.page import check_page
    from indelible.workflows.verify import verify_file
    from indelible.workflows.verify_report import write_report

    if report is not None:
        check_page(report, overwrite=force)  # before the work, not after it

    def work(file: str) -> Verification:
        with progress_bar(f"{file}: honest encodes") as progress:
            return verify_file(source, file, alpha=alpha, encodes=encodes, seed=seed, limits=limits, progress=progress)

    everything, worst = go_through(
        renditions, work, in_words=in_words, exit_code=lambda result: EXIT_CODES[result.decision.verdict], as_json=as_json
    )
    if report is not None:
        write_report(report, everything, overwrite=force, limits=limits)
    ctx.exit(worst)


def in_words(result: Verification) -> str:
    """Return a verification in lines for people."""
    found, time = result.decision, result.alignment
    rows = [
        ("p", f"{likelihood(found.log10_p)}, rank among {found.calibration_size} honest encodes (seed {result.seed})"),
        ("reason", found.reason),
        ("families", ", ".join(f"{name} {score:.1f}" for name, score in found.scores.items())),
        ("time", f"late by {time.lag_seconds:.3f} s, {time.moves} jumps, {time.lost_seconds:.3f} s lost"),
    ]
    rows += [("where", _region(region)) for region in result.regions[:5]]
    rows += [("against", f"{check.name}: expected {check.expected}, got {check.got}") for check in result.checks if check.passed is False]
    return f"{result.file}: {found.verdict}\n{columns(rows)}"


def _region(region: Region) -> str:
    box = f"{region.w:.0%} x {region.h:.0%} at {region.x:.0%}, {region.y:.0%}"
    return f"{region.start_seconds:.2f} - {region.end_seconds:.2f} s, {box} ({region.family})"
