"""``indelible inspect``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from indelible.cli.batch import go_through
from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, progress_bar
from indelible.cli.verify import EXIT_CODES as BESIDE_EXIT_CODES
from indelible.cli.verify import in_words
from indelible.cli.verifying import refuse

if TYPE_CHECKING:
    from indelible.video import Limits
    from indelible.workflows.inspect import Inspection
    from indelible.workflows.inspect_reference import ReferenceInspection

__all__ = ["WEIGHTS", "inspect"]

EXIT_CODES = {"NO TRACE": 0, "MANIPULATED": 1, "CANNOT TELL": 5}

WEIGHTS = click.option(
    "--weights",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="A network that lab train-forensics made.  [default: the one in the package]",
)


@click.command(
    epilog="""\b
Verdicts without a reference:
  MANIPULATED  a place looks more manipulated than real footage does
  NO TRACE     none does, and most manipulations would be found at this quality
  CANNOT TELL  none does, but too few would be found

\b
Examples:
  indelible inspect clip.mp4 --weights weights/
  indelible inspect clip.mp4 --weights weights/ --report clip.html
  indelible inspect clip.mp4 --reference interview.mp4 --report clip.html"""
)
@click.argument("files", metavar="IN...", nargs=-1, required=True)
@click.option("--reference", metavar="ORIGINAL", help="Compare with this instead, of which IN is a copy or a part; needs no network.")
@WEIGHTS
@click.option("--instants", type=click.IntRange(1, 10_000), default=6, show_default=True, metavar="N", help="Looked at, over the whole.")
@click.option(
    "--encodes", type=click.IntRange(99, 10_000), default=99, show_default=True, metavar="N", help="Of the reference, to rank among."
)
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Of these encodes.  [default: drawn and printed]")
@click.option("--report", metavar="FILE.html", help="Write a page with verdict, timeline and heat maps.")
@limit_option
@click.option("--force", is_flag=True, help="Replace the report if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file.")
@click.pass_context
def inspect(
    ctx: click.Context,
    files: tuple[str, ...],
    reference: str | None,
    weights: Path | None,
    instants: int,
    encodes: int,
    seed: int | None,
    report: str | None,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Say whether a video was manipulated, and where.

    Without a reference, a small network looks for places that do not belong, as local edits leave them: no detector of faces or of
    generated video. With one, IN is found in ORIGINAL by its fingerprint and ranked among honest re-encodes of that part, as verify does
    with whole files: the answer to trust.

    Exits with 0 if no trace was found (AUTHENTIC), with 1 if it was manipulated, and with 5 if that cannot be told.
    """
    from indelible.workflows.page import check_page

    if report is not None:
        check_page(report, overwrite=force)  # before the work, not after it
    if reference is None:
        refuse(ctx, "encodes", "seed", because="without --reference nothing is encoded")
        ctx.exit(_blind(files, weights, instants, report, limits, as_json))
    refuse(ctx, "weights", "instants", because="with --reference no network is asked")
    ctx.exit(_beside(files, reference, encodes, seed, report, limits, as_json))


def _blind(files: tuple[str, ...], weights: Path | None, instants: int, report: str | None, limits: Limits, as_json: bool) -> int:
    from indelible.forensics.model import load_model
    from indelible.report.inspect import write_inspect_report
    from indelible.workflows.inspect import inspect_file

    model = load_model(weights)
    results, worst = go_through(
        files,
        lambda file: inspect_file(file, model, instants=instants, limits=limits),
        in_words=_in_words,
        exit_code=lambda result: EXIT_CODES[result.verdict],
        as_json=as_json,
    )
    if report is not None:
        write_inspect_report(report, results)
    return worst


def _beside(
    files: tuple[str, ...], reference: str, encodes: int, seed: int | None, report: str | None, limits: Limits, as_json: bool
) -> int:
    from indelible.report.verify import write_verify_report
    from indelible.workflows.inspect_reference import inspect_beside

    def work(file: str) -> ReferenceInspection:
        with progress_bar(f"{file}: honest encodes") as progress:
            return inspect_beside(file, reference, encodes=encodes, seed=seed, limits=limits, progress=progress)

    results, worst = go_through(
        files, work, in_words=_beside_in_words, exit_code=lambda result: BESIDE_EXIT_CODES[result.verdict], as_json=as_json
    )
    if report is not None:
        write_verify_report(report, [(result.verification, result.pictures) for result in results if result.verification])
    return worst


def _in_words(result: Inspection) -> str:
    rows = [
        ("probability", f"{result.probability:.2f} of the most suspect place; more than {result.threshold:.2f} counts as manipulated"),
        ("reliability", f"{result.reliability:.0%} of manipulations were found at this quality (CRF about {result.looked.crf:.0f})"),
        (
            "false alarms",
            f"{result.false_alarms:.0%} of real clips where the threshold was set, {result.unseen_false_alarms:.0%} of unseen ones",
        ),
        ("network", f"{result.network['name']} ({result.network['sha256'][:12]})"),
    ]
    return f"{result.file}: {result.verdict}\n{columns(rows)}"


def _beside_in_words(result: ReferenceInspection) -> str:
    if result.verification is None or result.excerpt is None:
        return f"{result.file}: {result.verdict}\n{columns([('reason', f'its fingerprint is nowhere in {result.reference}')])}"
    shown = "all of it" if result.excerpt.whole else f"{result.excerpt.start_seconds:.2f} - {result.excerpt.end_seconds:.2f} s"
    return f"{in_words(result.verification)}\n{columns([('shows', f'{shown} of {result.reference}')])}"
