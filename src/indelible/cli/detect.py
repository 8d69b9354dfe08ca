"""``indelible detect``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from indelible.cli.alpha import alpha_option
from indelible.cli.keyfiles import read_keys
from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, complain, likelihood, print_document, progress_bar, progress_bars, quoted, warn
from indelible.errors import IndelibleError

if TYPE_CHECKING:
    from indelible.mark import Geometry, Payload, Search
    from indelible.mark.sync.montage import Shot
    from indelible.video import Limits
    from indelible.workflows.detect import DetectResult
    from indelible.workflows.follow import Interim

__all__ = ["detect"]

_LONGEST_BAR = 40


@click.command(
    epilog="""\b
Examples:
  indelible detect found.mp4 --key studio.key
  indelible detect downloads/*.mp4 --key studio.key --key old.key --json
  indelible detect found.mp4 --key studio.key --registry copies.db
  indelible detect found.mp4 --key studio.key --search full
  indelible detect found.mp4 --key studio.key --reference master.mov
  indelible detect found.mp4 --key studio.key --timeline --alpha 1e-9
  indelible detect downloads/*.mp4 --key studio.key --report found.html
  curl -s https://example.org/clip.webm | indelible detect - --key studio.key
  ffmpeg -i URL -c copy -f nut - | indelible detect - --key studio.key --follow --json"""
)
@click.argument("sources", metavar="IN...", nargs=-1, required=True)
@click.option("--key", "key_files", metavar="FILE", required=True, multiple=True, help="A secret key to look for; may be repeated.")
@click.option("--registry", metavar="FILE", help="Also look for the copies that this file lists, and say who got what is found.")
@alpha_option
@click.option(
    "--every",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Look at one frame in N, and do not even decode those that no other needs: faster, for a little less evidence.",
)
@click.option(
    "--search",
    type=click.Choice(["none", "fast", "full"]),
    default="none",
    show_default=True,
    help="Where it is not found as marked, look also in pictures that were turned, mirrored or framed, and at other times (fast), and in"
    " parts of pictures (full).",
)
@click.option(
    "--reference",
    metavar="ORIGINAL",
    help="The unmarked original: each video is laid onto it, and what it has besides is read, even if it was cut, turned or badly damaged.",
)
@click.option("--timeline", is_flag=True, help="Also show the evidence second by second.")
@click.option("--follow", is_flag=True, help="Say after each eight seconds of video what was found so far: for a pipe that goes on.")
@click.option("--report", metavar="FILE.html", help="Write a page with the verdict, the evidence and the timeline of each.")
@limit_option
@click.option("--force", is_flag=True, help="Replace the report if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file and key.")
@click.pass_context
def detect(
    ctx: click.Context,
    sources: tuple[str, ...],
    key_files: tuple[str, ...],
    registry: str | None,
    alpha: float,
    every: int,
    search: Search,
    reference: str | None,
    timeline: bool,
    follow: bool,
    report: str | None,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Look for a mark in videos.

    p is the chance that a video without the mark would show this much evidence, with every key and copy that was tried counted in. IN
    may be - for a pipe, or a playlist (.m3u8), manifest (.mpd) or folder of segments, which are one video.

    Exits with 0 if every file carries a mark of one of the keys, and with 1 if one does not.
    """
    from indelible.workflows.detect import Reference, RegisteredCopies, detect_file, write_report
    from indelible.workflows.page import check_page

    if report is not None:
        check_page(report, overwrite=force)  # before the work, not after it
    keys = read_keys(key_files)
    copies = None if registry is None else RegisteredCopies.load(registry, keys)
    if copies is not None:
        warn(copies.warnings(keys))
    original = None
    if reference is not None:
        with progress_bar(reference) as progress:
            original = Reference.load(reference, limits=limits, progress=progress)
        warn(original.warnings)
    everything: list[DetectResult] = []
    worst = 0
    for source in sources:
        try:
            with progress_bars(source, f"{source}: searching") as (progress, search_progress):
                results = detect_file(
                    source,
                    keys,
                    copies=copies,
                    reference=original,
                    alpha=alpha,
                    every=every,
                    search=search,
                    follow=partial(_interim, as_json=as_json) if follow else None,
                    limits=limits,
                    progress=progress,
                    search_progress=search_progress,
                )
        except IndelibleError as error:
            if len(sources) == 1:
                raise
            complain(f"error: {error}")  # and on to the next file
            worst = max(worst, error.exit_code)
            continue
        everything += results
        warn(f"{source}: {sentence}" for sentence in results[0].warnings)
        for result in results:
            if as_json:
                print_document(result.to_json())
            else:
                click.echo("\n".join(_in_words(result, timeline=timeline)))
        worst = max(worst, 0 if any(result.marked for result in results) else 1)
    if report is not None:
        write_report(report, everything, overwrite=force)
    ctx.exit(worst)


def _interim(looks: Sequence[Interim], *, as_json: bool) -> None:
    """Print what was found so far."""
    for now in looks:
        if as_json:
            print_document(now.to_json())
            continue
        found = now.detection
        who = "".join(f", {copy.entry.recipient!r}" for copy in now.copies)
        verdict = "MARKED with" if found.marked else "no mark so far of"
        click.echo(f"{now.file}: {found.duration_seconds:.1f} s, {verdict} key {found.key_id}, p = {likelihood(found.log10_p)}{who}")


def _in_words(result: DetectResult, *, timeline: bool) -> Iterator[str]:
    found = result.detection
    verdict = "MARKED with" if found.marked else "no mark of"
    keys = f", {found.searched} hypotheses tried" if found.searched > 1 else ""
    yield f"{result.file}: {verdict} key {found.key_id}"
    rows = [("evidence", f"p = {likelihood(found.log10_p)} (marked means at most {result.alpha:g}{keys})")]
    for copy in result.copies:
        unsure = ", never completed" if copy.entry.status == "pending" else ""
        sure = f"p = {likelihood(copy.detection.log10_p)}"
        rows.append(("recipient", f"{copy.entry.recipient!r}, {sure} (copy {copy.entry.id}, marked {copy.entry.marked_at}{unsure})"))
    for copy in result.copies:
        if copy.same_content is False:
            rows.append(("CAUTION", f"this is not what copy {copy.entry.id} shows ({copy.entry.source_name!r}): its mark was copied here"))
    if found.marked:
        rows.append(("payload", _payload_in_words(found.payload, found.symbol_error_rate)))
        rows += [("geometry", changes)] if (changes := ", ".join(_changes(found.geometry))) else []
    rows.append(("footage", f"{found.duration_seconds:.1f} s, {found.frames_used} frames"))
    yield columns(rows)
    if timeline:
        for part in found.segments:
            bar = "#" * min(_LONGEST_BAR, round(-part.log10_p))
            yield f"  {part.start_seconds:7.1f} - {part.end_seconds:7.1f} s  p = {likelihood(part.log10_p):<9} {bar}".rstrip()


def _changes(found: Geometry) -> Iterator[str]:
    """Say what was done to a video since it was marked, as far as it shows."""
    pose, content, timing = found.pose, found.content, found.timing
    if (content.left, content.top, content.right, content.bottom) != (0.0, 0.0, 1.0, 1.0):
        yield f"bars around {content.right - content.left:.0%} x {content.bottom - content.top:.0%} of the picture"
    if (pose.scale_x, pose.scale_y) != (1.0, 1.0):
        yield f"cut to {pose.scale_x:.0%} x {pose.scale_y:.0%} of the original around {pose.centre_x:.0%}, {pose.centre_y:.0%}"
    if pose.mirrored:
        yield "mirrored"
    if pose.rotation_deg:
        yield f"turned counter-clockwise by {pose.rotation_deg:g} degrees"
    if timing.speed != 1.0:
        yield f"about {timing.speed:g} times as fast"
    if found.shots:
        yield f"put together of {len(found.shots)} shots: " + ", ".join(map(_shot_in_words, found.shots))
    elif (start := timing.original_seconds(0.0) or 0.0) >= 1.0:
        yield f"begins about {start:.0f} s into the original"


def _shot_in_words(shot: Shot) -> str:
    return f"{shot.start_seconds:.0f} - {shot.end_seconds:.0f} s from about {shot.original_seconds:.0f} s on in the original"


def _payload_in_words(payload: Payload | None, symbol_error_rate: float | None) -> str:
    if payload is None:
        return "not readable: the mark is there, but the video is too short or too damaged for what it says"
    if not payload.data:
        return "none, the mark says only that it is there"
    wrong = "" if symbol_error_rate is None else f", {100 * symbol_error_rate:.1f} % of the symbols were wrong"
    return f"{quoted(payload)} ({payload.bits} bits{wrong})"
