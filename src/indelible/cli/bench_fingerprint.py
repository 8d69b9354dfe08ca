"""``indelible bench fingerprint``."""

from __future__ import annotations

from pathlib import Path

import click

from indelible.cli.benching import CACHE, JOBS, ONLY, OUTPUT, RESUME, SEED, clips, finish
from indelible.cli.terminal import complain

__all__ = ["fingerprint"]


@click.command(
    epilog="""\b
Examples:
  indelible bench fingerprint clips/ -o fingerprint.json --jobs 2
  make hashes && indelible bench fingerprint clips/ -o fingerprint.json --peers
  indelible bench fingerprint clips/ -o thin.json --only 'd05*' --edit mirror --edit "crop 10 %" --distractors 20000"""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--edit", "edits", multiple=True, metavar="NAME", help="Only these edits.")
@click.option(
    "--distractors",
    type=click.IntRange(0),
    default=1_000_000,
    show_default=True,
    help="Codes in the database besides the corpus.",
)
@click.option("--peers", is_flag=True, help="Also hashes of others, in the environment that make hashes makes.")
@click.option(
    "--environment",
    type=click.Path(path_type=Path),
    default=Path(".venv-hashes"),
    show_default=True,
    help="Where these are installed.",
)
@click.option(
    "--worker",
    type=click.Path(path_type=Path),
    default=Path("bench/hashes/worker.py"),
    show_default=True,
    help="The program that runs them.",
)
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
    only: str,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
) -> None:
    """Which edited copies are found among many other codes, which unrelated videos are taken for copies, and what the codes are worth."""
    from indelible.bench.fingerprint.edits import chosen_edits
    from indelible.bench.fingerprint.peers import HashEnvironment
    from indelible.bench.fingerprint.run import FingerprintRun, FingerprintSettings, run_fingerprint

    run = FingerprintRun(
        edits=chosen_edits(edits),
        settings=FingerprintSettings(seed=seed, distractor_codes=distractors),
        # Not resolved: the interpreter of an environment is a link, and knows by its own place where its packages are.
        peers=HashEnvironment((environment / "bin" / "python").absolute(), worker.absolute()) if peers else None,
        cache_folder=cache,
        jobs=jobs,
        resume=resume,
        progress=complain,
    )
    finish(run_fingerprint(clips(corpus, only), run), output)
