"""``indelible bench fingerprint``."""

from __future__ import annotations

from pathlib import Path

import click

from indelible.cli.benching import (
    CACHE,
    JOBS,
    ONLY,
    OUTPUT,
    RESUME,
    SEED,
    SHARD,
    clips_of,
    finish,
    part,
    where_others_live,
    worker_environment,
)
from indelible.cli.terminal import complain

__all__ = ["fingerprint"]


@click.command(
    epilog="""\b
Examples:
  indelible bench fingerprint clips/ -o fingerprint.json --jobs 2
  make hashes && indelible bench fingerprint clips/ -o fingerprint.json --peers
  indelible bench fingerprint clips/ -o sample.json --shard 1/8
  indelible bench fingerprint clips/ -o excerpts.json --edit compilation
  indelible bench fingerprint clips/ -o thin.json --only 'd05*' --edit mirror --edit "crop 10 %" --distractors 20000
A shard's copies are looked for among all clips. The shards share a cache: run once more without --shard to sum up."""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--edit", "edits", multiple=True, metavar="NAME", help="Only these edits; compilation for excerpts of many clips.")
@click.option(
    "--distractors",
    type=click.IntRange(0),
    default=1_000_000,
    show_default=True,
    help="Codes in the database besides the corpus.",
)
@click.option("--peers", is_flag=True, help="Also hashes of others, in the environment that make hashes makes.")
@where_others_live("hashes")
@SHARD
@ONLY
@SEED
@JOBS
@CACHE
@RESUME
def fingerprint(
    corpus: Path,
    output: Path,
    edits: tuple[str, ...],
    distractors: int,
    peers: bool,
    environment: Path,
    worker: Path,
    shard: str | None,
    only: str,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
) -> None:
    """Which edited copies are found among many other codes, which unrelated videos are taken for copies, and what the codes are worth."""
    from indelible.bench.fingerprint.edits import chosen_edits
    from indelible.bench.fingerprint.run import FingerprintRun, FingerprintSettings, run_fingerprint

    chosen, compilations = chosen_edits(edits)
    run = FingerprintRun(
        edits=chosen,
        compilations=compilations,
        part=part(shard),
        settings=FingerprintSettings(seed=seed, distractor_codes=distractors),
        peers=worker_environment(environment, worker, "hashes") if peers else None,
        cache_folder=cache,
        jobs=jobs,
        resume=resume,
        progress=complain,
    )
    finish(run_fingerprint(clips_of(corpus, only), run), output)
