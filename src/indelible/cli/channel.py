"""``indelible channel``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, print_document, waiting, warn

if TYPE_CHECKING:
    from indelible.video import Limits
    from indelible.workflows.channel import ChannelResult

__all__ = ["channel"]


@click.command(
    epilog="""\b
Examples:
  indelible channel film.mp4 small.mp4 "scale=640x360|x264:crf=28"
  indelible channel film.mp4 twice.mp4 "x264:crf=28|x264:crf=28:preset=fast"
  indelible channel film.mp4 clip.webm "trim=10:20|crop=area:0.7|vp9:crf=37" --json
All steps: docs/reference/channels.md"""
)
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.argument("specification", metavar="SPEC")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all that is random, such as noise and drops.")
@limit_option
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def channel(source: str, target: str, specification: str, seed: int, limits: Limits, force: bool, as_json: bool) -> None:
    """Do to a video what the world does: compress, resize, crop, ...

    SPEC is a list of steps, from left to right: codecs, geometry, tone, time. IN and OUT may be - for pipes.
    """
    from indelible.workflows.channel import channel_file

    with waiting(specification):
        result = channel_file(source, target, specification, seed=seed, overwrite=force, limits=limits)
    warn(result.run.warnings)
    piped = target == "-"
    if as_json:
        print_document(result.to_json(), err=piped)
    else:
        click.echo(_in_words(result), err=piped)


def _in_words(result: ChannelResult) -> str:
    run = result.run
    rows = [("footage", f"{run.info.width}x{run.info.height}, {run.duration_seconds:.1f} s, {run.frames} frames")]
    rows += [("encoded", f"{each.step}: {each.size_bytes / 1000:.0f} kB, {each.bitrate_bps / 1000:.0f} kbit/s") for each in run.encodings]
    return f"{result.output}: {run.channel}\n{columns(rows)}"
