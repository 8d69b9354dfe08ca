"""``indelible fingerprint``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, complain, print_document, progress_bar, warn
from indelible.errors import IndelibleError

if TYPE_CHECKING:
    from indelible.video import Limits
    from indelible.workflows.fingerprint import FingerprintResult

__all__ = ["fingerprint"]


@click.command(
    epilog="""\b
Examples:
  indelible fingerprint film.mp4
  indelible fingerprint downloads/*.mp4 --json
  curl -s https://example.org/clip.webm | indelible fingerprint - --json"""
)
@click.argument("sources", metavar="IN...", nargs=-1, required=True)
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file, with all codes.")
@click.pass_context
def fingerprint(ctx: click.Context, sources: tuple[str, ...], limits: Limits, as_json: bool) -> None:
    """Show what is kept of a video to recognise it: two codes of 256 bits for each second.

    IN may be - for a pipe. Exits with 1 if a video has nothing to recognise it by: all flat or black.
    """
    from indelible.workflows.fingerprint import fingerprint_file

    worst = 0
    for source in sources:
        try:
            with progress_bar(source) as progress:
                result = fingerprint_file(source, limits=limits, progress=progress)
        except IndelibleError as error:
            if len(sources) == 1:
                raise
            complain(f"error: {error}")  # and on to the next file
            worst = max(worst, error.exit_code)
            continue
        warn(f"{source}: {sentence}" for sentence in result.warnings)
        if as_json:
            print_document(result.to_json())
        else:
            click.echo(_in_words(result))
        worst = max(worst, 0 if result.fingerprint.has_evidence else 1)
    ctx.exit(worst)


def _in_words(result: FingerprintResult) -> str:
    found = result.fingerprint
    usable = int((found.weights > 0).sum())
    usable_in_words = f"{usable} of them can be matched" if usable else "nothing to see in any"
    rows = [("footage", f"{found.duration_seconds:.1f} s"), ("codes", f"{len(found)} of {found.algorithm}, {usable_in_words}")]
    return f"{result.file}\n{columns(rows)}"
