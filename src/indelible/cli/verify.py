"""``indelible verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from indelible.cli.batch import go_through
from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, complain, likelihood, print_document, progress_bar, warn
from indelible.cli.verify_stream import run_stream
from indelible.cli.verifying import ENCODES, SEED, alpha_option, refuse

if TYPE_CHECKING:
    from indelible.verify.localise import Region
    from indelible.video import Limits
    from indelible.workflows.verify import Verification

__all__ = ["EXIT_CODES", "in_words", "verify"]

EXIT_CODES = {"AUTHENTIC": 0, "SUSPECT": 5, "INCONCLUSIVE": 5, "UNCALIBRATED": 5, "TAMPERED": 1, "POOR_QUALITY": 1, "MISMATCH": 1}


@click.command(
    epilog="""\b
Verdicts:
  AUTHENTIC      like honest work
  SUSPECT        unlike most honest work: look closer
  TAMPERED       unlike all honest work
  POOR_QUALITY   the same, by its detail alone
  MISMATCH       other content
  INCONCLUSIVE   too little to see
  UNCALIBRATED   the calibration has too few sources for alpha

\b
Examples:
  indelible verify segment.mp4 360p.mp4
  indelible verify segment.mp4 720p.mp4 360p.mp4 144p.mp4 --json
  indelible verify segment.mp4 360p.mp4 --report 360p.html
  indelible verify segment.mp4 360p.mp4 --encodes 19 --alpha 0.05
  indelible verify live.m3u8 360p/live.m3u8 --stream --alarm 0.001
  indelible verify segment.mp4 360p.mp4 --evidence 360p.evidence.json
  indelible verify --check 360p.evidence.json segment.mp4 360p.mp4"""
)
@click.argument("source", metavar="[SOURCE]", required=False)
@click.argument("renditions", metavar="[RENDITION...]", nargs=-1)
@alpha_option("How often an honest rendition may be called anything but authentic or suspect.")
@ENCODES
@SEED
@click.option(
    "--calibration",
    type=click.Path(),
    metavar="FILE.json",
    help="Rank each rendition among those of indelible calibrate instead: nothing is encoded.",
)
@click.option("--report", metavar="FILE.html", help="Write a page with verdict, timeline and the worst frames of each.")
@click.option("--stream", is_flag=True, help="Verify playlists or folders segment by segment, and sum up the evidence.")
@click.option(
    "--alarm",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="P",
    help="How often an honest stream, however long, may raise an alarm.  [default: 0.01]",
)
@click.option("--evidence", metavar="FILE.json", help="Write all that the verdict was made of, for others to make it again.")
@click.option("--check", "checked", metavar="FILE.json", help="Make the verdict of this evidence again; with files, all of it.")
@limit_option
@click.option("--force", is_flag=True, help="Replace the report, and the evidence, if they exist.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each rendition.")
@click.pass_context
def verify(
    ctx: click.Context,
    source: str | None,
    renditions: tuple[str, ...],
    alpha: float,
    encodes: int,
    seed: int | None,
    calibration: str | None,
    report: str | None,
    stream: bool,
    alarm: float | None,
    evidence: str | None,
    checked: str | None,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Say whether a rendition shows what its source shows.

    SOURCE is encoded N times with random honest settings, at the size and about the rate of the rendition, and the rendition is ranked
    among these: p is the chance that honest work looks at least as different. That takes about N times as long as one encode, so give
    segments of seconds, not films.

    Exits with 0 for AUTHENTIC, with 1 for TAMPERED, POOR_QUALITY and MISMATCH, and with 5 for all else.

    With --stream, exits with 1 for an alarm or missing segments, and with 5 if a segment is unlike honest work but raises no alarm.

    With --check, exits with 1 if the verdict does not follow from the evidence or, with SOURCE and RENDITION, the evidence from these.
    """
    if checked is not None:
        made_anew = ("alpha", "encodes", "seed", "calibration", "report", "stream", "alarm", "evidence")
        refuse(ctx, *made_anew, because="--check makes no new verdict")
        ctx.exit(0 if _check(checked, source, renditions, limits, as_json=as_json) else 1)
    if source is None or not renditions:
        raise click.UsageError("Missing arguments: the source, and at least one rendition of it.")
    if calibration is not None:
        refuse(ctx, "encodes", "seed", because="nothing is encoded with --calibration")
    if evidence is not None and (len(renditions) > 1 or calibration is not None):
        raise click.UsageError("--evidence is of one rendition and its own honest encodes; leave --calibration out, and others for later.")
    if alarm is not None and not stream:
        raise click.UsageError("--alarm is of a stream; add --stream, or leave it out.")
    if stream:
        unused = {"--report": report, "--evidence": evidence, "--calibration": calibration, "a second rendition": renditions[1:]}
        for option, value in unused.items():
            if value:
                raise click.UsageError(f"--stream does not take {option}; verify segments by themselves for that.")
        from indelible.workflows.verify_stream import DEFAULT_ALARM, VerifiedStream

        level = DEFAULT_ALARM if alarm is None else alarm
        both = VerifiedStream(source, renditions[0], alpha=alpha, alarm=level, encodes=encodes, seed=seed, limits=limits)
        ctx.exit(run_stream(both, as_json=as_json))
    from indelible.workflows.calibrate import read_calibration
    from indelible.workflows.evidence import check_evidence_place, write_evidence
    from indelible.workflows.original import Original
    from indelible.workflows.page import check_page
    from indelible.workflows.verify import verify_file
    from indelible.workflows.verify_report import write_report

    if report is not None:
        check_page(report, overwrite=force)  # before the work, not after it
    if evidence is not None:
        check_evidence_place(evidence, overwrite=force)
    known = None if calibration is None else read_calibration(calibration)
    original = Original(source, limits) if len(renditions) > 1 and source != "-" else source  # read once

    def work(file: str) -> Verification:
        with progress_bar(f"{file}: honest encodes") as progress:
            result = verify_file(
                original, file, alpha=alpha, encodes=encodes, seed=seed, calibration=known, limits=limits, progress=progress
            )
        if evidence is not None:
            write_evidence(evidence, result)
        return result

    everything, worst = go_through(
        renditions, work, in_words=in_words, exit_code=lambda result: EXIT_CODES[result.decision.verdict], as_json=as_json
    )
    if report is not None:
        write_report(report, everything, overwrite=force, limits=limits)
    ctx.exit(worst)


def _check(evidence: str, source: str | None, renditions: tuple[str, ...], limits: Limits, *, as_json: bool) -> bool:
    from indelible.workflows.evidence import check_evidence

    if len(renditions) != (source is not None):
        raise click.UsageError("--check takes the source and the rendition of the evidence, or neither.")
    with progress_bar("honest encodes") as progress:
        files = None if source is None else (source, renditions[0])
        result = check_evidence(evidence, files, limits=limits, progress=progress)
    if as_json:
        print_document(result.to_json())
    else:
        follows = "the files" if result.files_compared else "its statistics"
        click.echo(f"{evidence}: {f'{result.verdict} follows from {follows}' if result.holds else 'DOES NOT HOLD'}")
        warn(result.remarks)
        for problem in result.problems:
            complain(problem)
    return result.holds


def in_words(result: Verification) -> str:
    """Return a verification in lines for people."""
    found, time = result.decision, result.alignment
    among = f"{found.calibration_size} honest encodes (seed {result.seed})"
    if result.cell != "self":
        among = f"{found.calibration_size} sources of the calibration ({result.cell})"
    rows = [
        ("p", f"{likelihood(found.log10_p)}, rank among {among}; the smallest possible is {1.0 / (found.calibration_size + 1):.2g}"),
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
