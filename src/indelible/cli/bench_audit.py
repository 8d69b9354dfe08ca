"""``indelible bench audit``."""

from __future__ import annotations

from pathlib import Path

import click

from indelible.cli.benching import CACHE, JOBS, ONLY, OUTPUT, RESUME, SEED, SHARD, clips_of, finish
from indelible.cli.terminal import complain

__all__ = ["audit"]


@click.command(
    epilog="""\b
Examples:
  indelible bench audit clips/ -o audit.json --jobs 2
  indelible bench audit clips/ -o sample.json --shard 1/4"""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@SHARD
@ONLY
@SEED
@JOBS
@CACHE
@RESUME
def audit(corpus: Path, output: Path, shard: str | None, only: str, seed: int, jobs: int, cache: Path, resume: bool) -> None:
    """How well the training mark is found in files after codecs and resizing, and whether a thousand wrong keys are not."""
    from indelible.bench.audit.run import AuditRun, AuditSettings, run_audit

    settings = AuditSettings(seed=seed)
    run = AuditRun(settings, cache_folder=cache, jobs=jobs, resume=resume, progress=complain)
    finish(run_audit(clips_of(corpus, only, shard), run), output)
