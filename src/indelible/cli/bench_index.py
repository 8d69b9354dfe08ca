"""``indelible bench index``."""

from __future__ import annotations

from pathlib import Path

import click

from indelible.cli.benching import JOBS, ONLY, OUTPUT, SEED, clips_of, finish
from indelible.cli.terminal import complain

__all__ = ["index"]


@click.command(
    epilog="""\b
Examples:
  indelible bench index clips/ -o index.json --jobs 2
  indelible bench index clips/ -o large.json --codes 10000000 --kind corpus"""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--codes", "counts", type=click.IntRange(1000), multiple=True, metavar="N", help="Store so many.  [default: 100000, 1000000]")
@click.option("--kind", "kinds", multiple=True, metavar="NAME", help="Only codes like these: corpus, even, slates.")
@ONLY
@SEED
@JOBS
def index(corpus: Path, output: Path, counts: tuple[int, ...], kinds: tuple[str, ...], only: str, seed: int, jobs: int) -> None:
    """How fast codes are stored and found: made ones, statistically like those of the corpus, evenly spread, and crowded."""
    from indelible.bench.index.run import IndexRun, IndexSettings, run_index

    usual = IndexSettings()
    settings = IndexSettings(seed=seed, codes=counts or usual.codes, kinds=kinds or usual.kinds)
    finish(run_index(clips_of(corpus, only), IndexRun(settings, jobs=jobs, progress=complain)), output)
