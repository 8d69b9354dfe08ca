"""``indelible embed``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from indelible.cli.inspect import WEIGHTS
from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, print_document, warn

if TYPE_CHECKING:
    from indelible.video import Limits

__all__ = ["embed"]


@click.command(
    epilog="""\b
Examples:
  indelible embed clip.mp4 --weights weights/ -o clip.npz
  indelible embed clip.mp4 --weights weights/ --json"""
)
@click.argument("source", metavar="IN")
@click.option("-o", "--output", metavar="FILE.npz|FILE.json", help="Write clip and windows there.")
@WEIGHTS
@click.option(
    "--window", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True, metavar="SECONDS", help="Length of a window."
)
@limit_option
@click.option("--force", is_flag=True, help="Replace the output if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with all vectors.")
def embed(source: str, output: str | None, weights: Path | None, window: float, limits: Limits, force: bool, as_json: bool) -> None:
    """Describe what a video shows by vectors of 512 numbers that hardly change under a codec.

    There is one for the whole and one for each window, all of unit length: the cosine of two is how alike they are. Vectors of different
    networks cannot be compared. IN may be - for a pipe.
    """
    from indelible.forensics.model import load_model
    from indelible.workflows.embed import check_embedding_target, embed_file, write_embedding

    if output is not None:
        check_embedding_target(output, overwrite=force)  # before the work, not after it
    result = embed_file(source, load_model(weights), window_seconds=window, limits=limits)
    warn(result.warnings)
    if output is not None:
        write_embedding(output, result, overwrite=force)
    if as_json:
        print_document(result.to_json())
        return
    rows = [
        ("windows", f"{len(result.features.windows)} of {window:g} s"),
        ("network", f"{result.network['name']} ({result.network['sha256'][:12]})"),
    ]
    click.echo(f"{result.file}\n{columns(rows + ([('written', output)] if output else []))}")
