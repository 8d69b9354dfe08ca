"""``indelible bench verify``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from indelible.cli.benching import CACHE, JOBS, ONLY, OUTPUT, RESUME, SEED, SHARD, clips, finish
from indelible.cli.terminal import complain

__all__ = ["verify"]


@click.command(
    epilog="""\b
Examples:
  indelible bench verify clips/ -o verify.json --jobs 2
  indelible bench verify clips/ -o odd.json --half odd --shard 1/4
  indelible bench verify clips/ -o thin.json --only 'd00*' --group overlay --encodes 19 --alpha 0.05"""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--base", "bases", multiple=True, metavar="SPEC", help="What honest workers do, instead of the ladder renditions.")
@click.option("--rungs", type=click.IntRange(1), default=1, show_default=True, help="Of these, how many each clip is given, by its bytes.")
@click.option("--group", "groups", multiple=True, metavar="NAME", help="Only attacks of these groups.")
@click.option("--attack", "attacks", multiple=True, metavar="SPEC", help="Only these attacks of the library.")
@click.option(
    "--every",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Attacks without a goal: on every N-th rung, by the clip's bytes.",
)
@click.option("--encodes", type=click.IntRange(1), default=99, show_default=True, help="Honest encodes for each clip and rung.")
@click.option("--alpha", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.01, show_default=True, help="Of verdicts.")
@click.option("--seconds", type=click.FloatRange(0.5), default=2.0, show_default=True, help="Of each clip.")
@click.option("--half", type=click.Choice(["even", "odd"]), help="Only clips of every other source: tune on one half, report the other.")
@SHARD
@ONLY
@SEED
@JOBS
@CACHE
@RESUME
def verify(
    corpus: Path,
    output: Path,
    bases: tuple[str, ...],
    rungs: int,
    groups: tuple[str, ...],
    attacks: tuple[str, ...],
    every: int,
    encodes: int,
    alpha: float,
    seconds: float,
    half: str | None,
    shard: str | None,
    only: str,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
) -> None:
    """Which honest renditions are accepted, and which attacks are caught and found, beside what others do at the same false alarms."""
    from indelible.bench.verify.run import VerifyRun, VerifySettings, chosen_attacks, run_verify

    settings = VerifySettings(
        rungs=rungs, attacks=chosen_attacks(groups, attacks), every=every, encodes=encodes, max_seconds=seconds, alpha=alpha, seed=seed
    )
    run = VerifyRun(
        settings=replace(settings, bases=bases) if bases else settings, cache_folder=cache, jobs=jobs, resume=resume, progress=complain
    )
    finish(run_verify(clips(corpus, only, shard, half), run), output)
