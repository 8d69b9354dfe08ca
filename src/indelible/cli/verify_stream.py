"""``indelible verify --stream``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from indelible.cli.terminal import likelihood, print_document, progress_bar, warn

if TYPE_CHECKING:
    from indelible.workflows.verify_stream import VerifiedSegment, VerifiedStream

__all__ = ["run_stream"]

EXIT_CODES = {"AUTHENTIC": 0, "SUSPECT": 5, "ALARM": 1, "INCOMPLETE": 1}


def run_stream(stream: VerifiedStream, *, as_json: bool) -> int:
    """Verify a stream, print a line for each segment and one for all, and return the exit code."""
    with progress_bar(f"{stream.file}: honest encodes") as progress:
        for segment in stream.verify(progress):
            warn(f"{segment.name}: {sentence}" for sentence in segment.verification.warnings)
            if as_json:
                print_document(segment.to_json())
            else:
                click.echo(_in_words(segment))
    if as_json:
        print_document(stream.to_json())
    else:
        click.echo(f"{stream.file}: {stream.verdict}, {len(stream.segments)} segments (seed {stream.seed}){_missing(stream.missing)}")
    return EXIT_CODES[stream.verdict]


def _in_words(segment: VerifiedSegment) -> str:
    found = segment.verification.decision
    alarm = ", ALARM" if segment.alarm else ""
    evidence = f"e = {10.0**segment.log10_e:.2g}, so far {_large(segment.log10_e_process)}{alarm}"
    return f"  {segment.start_seconds:7.2f} s  {segment.name}: {found.verdict}, p = {likelihood(found.log10_p)}, {evidence}"


def _large(log10: float) -> str:
    return f"{10.0**log10:.2g}" if log10 < 4.0 else f"10^{log10:.1f}"


def _missing(count: int) -> str:
    if not count:
        return ""
    return f"; {count} of the source's are missing" if count > 0 else f"; {-count} more than the source has"
