"""``indelible lab mismatch``."""

from __future__ import annotations

import glob
from pathlib import Path

import click

from indelible.cli.benching import JOBS, ONLY, OUTPUT, clips_of, finish
from indelible.cli.labbing import SEED, footage
from indelible.cli.terminal import complain

__all__ = ["mismatch"]


@click.command(
    epilog="""\b
Examples:
  indelible lab mismatch clips/ -o mismatch.json --jobs 2
  indelible lab mismatch film.mp4 -o mismatch.json --crf 28
  indelible lab mismatch clips/ -o fitted.json --fit"""
)
@click.argument("corpus", metavar="CORPUS|CLIP", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--crf", "crfs", type=click.IntRange(0, 51), multiple=True, metavar="N", help="Instead of CRF 18, 23, 28 and 34.")
@click.option("--fit", is_flag=True, help="Fit a proxy to the real encoder on half of the sources, and measure on the other half.")
@footage(30, 320)
@ONLY
@SEED
@JOBS
def mismatch(
    corpus: Path, output: Path, crfs: tuple[int, ...], fit: bool, frames: int, width: int, only: str, seed: int, jobs: int
) -> None:
    """What proxies of H.264 do to a video, beside what x264 does to it (method 3). Writes a picture beside the result."""
    from indelible.lab.mismatch import MismatchSettings, run_mismatch
    from indelible.lab.trial import Footage
    from indelible.report.mismatch import write_mismatch_plot

    settings = MismatchSettings(crfs or MismatchSettings().crfs, fit, seed, Footage(frames, width))
    found = clips_of(corpus.parent, glob.escape(corpus.name)) if corpus.is_file() else clips_of(corpus, only)
    result = run_mismatch(found, settings, jobs=jobs, progress=complain)
    finish(result, output)
    write_mismatch_plot(output.with_suffix(".svg"), result["summary"])
