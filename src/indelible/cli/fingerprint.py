"""``indelible fingerprint``."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from indelible.cli.batch import batch_options, key_frames_option, listed_files
from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, complain, print_document, progress_bar, warn
from indelible.errors import InputError

if TYPE_CHECKING:
    from indelible.video import Limits
    from indelible.workflows.crew import Failure
    from indelible.workflows.fingerprint import FingerprintResult

__all__ = ["fingerprint"]


@click.command(
    epilog="""\b
Examples:
  indelible fingerprint film.mp4
  indelible fingerprint films/ --jobs 4 --json > codes.ndjson
  find /archive -name '*.mxf' | indelible fingerprint --files-from - --shard 3/16 --json
  curl -s https://example.org/clip.webm | indelible fingerprint - --json"""
)
@click.argument("sources", metavar="[IN]...", nargs=-1)
@key_frames_option
@batch_options
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file, with all codes.")
@click.pass_context
def fingerprint(
    ctx: click.Context,
    sources: tuple[str, ...],
    key_frames: bool,
    lists: tuple[str, ...],
    shard: str | None,
    jobs: int,
    limits: Limits,
    as_json: bool,
) -> None:
    """Show by what a video is recognised: two codes of 256 bits for each second.

    IN may be a folder, for all videos below it, or - for a pipe. Of several files, each is printed when it is done; one that cannot be
    read, or ends the process that reads it, stops none of the others. To keep fingerprints, and go on after an interrupt: index add.

    Exits with 1 if a video has nothing to recognise it by: all flat or black.
    """
    from indelible.workflows.crew import Failure

    files = listed_files(sources, lists, shard)
    worst = 0
    for file, result in _results(files, jobs, key_frames=key_frames, limits=limits):
        if isinstance(result, Failure):
            complain(f"error: {result.message}")
            worst = max(worst, result.exit_code)
            continue
        warn(f"{file}: {sentence}" for sentence in result.warnings)
        if as_json:
            print_document(result.to_json())
        else:
            click.echo(_in_words(result))
        worst = max(worst, 0 if result.fingerprint.has_evidence else 1)
    ctx.exit(worst)


def _results(files: list[str], jobs: int, *, key_frames: bool, limits: Limits) -> Iterator[tuple[str, FingerprintResult | Failure]]:
    """Yield the fingerprints of files: of one here, of several in processes of their own, which they may take with them."""
    from indelible.workflows.crew import run_crew
    from indelible.workflows.fingerprint import fingerprint_file

    if len(files) == 1:
        with progress_bar(files[0]) as progress:
            yield files[0], fingerprint_file(files[0], key_frames=key_frames, limits=limits, progress=progress)
        return
    if "-" in files:
        raise InputError("a pipe (-) goes alone; give it without other files")
    work = functools.partial(fingerprint_file, key_frames=key_frames, threads=0 if jobs == 1 else 1, limits=limits)
    with progress_bar(f"{len(files)} files") as progress:
        for done, (file, answer) in enumerate(run_crew(files, work, processes=jobs), start=1):
            if progress is not None:
                progress(done, len(files))
            yield file, answer


def _in_words(result: FingerprintResult) -> str:
    found = result.fingerprint
    usable = int((found.weights > 0).sum())
    usable_in_words = f"{usable} of them can be matched" if usable else "nothing to see in any"
    rows = [("footage", f"{found.duration_seconds:.1f} s"), ("codes", f"{len(found)} of {found.algorithm}, {usable_in_words}")]
    return f"{result.file}\n{columns(rows)}"
