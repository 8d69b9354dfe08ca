"""``indelible lab tune`` and ``indelible lab ablate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indelible.cli.benching import CACHE, JOBS, ONLY, OUTPUT, RESUME, clips_of, finish
from indelible.cli.labbing import FORCE, SEED, check_new, footage
from indelible.cli.terminal import complain

if TYPE_CHECKING:
    from indelible.lab.ablation import AblationRun

__all__ = ["ablate", "tune"]

_PER_SOURCE = click.option(
    "--per-source", type=click.IntRange(1), default=2, show_default=True, help="Clips of each source reported on, at most."
)


@click.command(
    epilog="""\b
Examples:
  indelible lab tune clips/ -o tune.json --jobs 2
  indelible lab tune clips/ -o detector.json --part detector --clips 16 --jobs 2
  indelible lab tune clips/ -o tune.json --generations 40 --channel x264:crf=28 --channel av1:crf=45
What was tried is written to FILE.json.journal, from which an interrupted search goes on."""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--part", type=click.Choice(["both", "mark", "detector"]), default="both", show_default=True, help="What is searched.")
@click.option("--generations", type=click.IntRange(1), default=15, show_default=True)
@click.option("--population", type=click.IntRange(4), default=8, show_default=True, help="Candidates in a generation.")
@click.option("--clips", "clip_count", type=click.IntRange(1), default=8, show_default=True, help="Clips, each of another source.")
@click.option("--channel", "channels", multiple=True, metavar="SPEC", help="What candidates go through, instead of the planned ladder.")
@footage(24, 416)
@_PER_SOURCE
@ONLY
@SEED
@JOBS
@CACHE
@RESUME
@FORCE
def tune(
    corpus: Path,
    output: Path,
    part: Any,
    generations: int,
    population: int,
    clip_count: int,
    channels: tuple[str, ...],
    frames: int,
    width: int,
    per_source: int,
    only: str,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
    force: bool,
) -> None:
    """Search the constants of our own mark by CMA-ES, on one half of the sources, and report on the other.

    Maximised is what is left of the mark, in the mean and in the worst tenth of clips, at the Y-PSNR of today's and no more loss of VMAF.
    What is found is compared with today's behind x264 at CRF 28, 34 and 40.
    """
    from indelible.lab.ablation import FRAMES, WIDTH
    from indelible.lab.trial import Footage
    from indelible.lab.tuning import CHANNELS, TuningSettings, run_tuning

    check_new(output, force)
    settings = TuningSettings(part, channels or CHANNELS, generations, population, clip_count, seed, Footage(frames, width))
    report = _run(FRAMES, WIDTH, per_source, seed, jobs, cache, resume)
    journal = output.with_name(f"{output.name}.journal")
    finish(run_tuning(clips_of(corpus, only), settings, report, journal=journal, jobs=jobs, resume=resume, progress=complain), output)


@click.command(
    epilog="""\b
Examples:
  indelible lab ablate clips/ -o ablation.json --jobs 2
  indelible lab ablate clips/ -o ablation.json --recipe tuned tune.json"""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option(
    "--recipe", "recipes", type=(str, click.Path(path_type=Path)), multiple=True, metavar="NAME FILE", help="A result of tune takes part."
)
@click.option("--schedules", is_flag=True, help="Other schedules of the signs instead of parts; give 96 frames or more.")
@footage(30, 480)
@_PER_SOURCE
@ONLY
@SEED
@JOBS
@CACHE
@RESUME
def ablate(
    corpus: Path,
    output: Path,
    recipes: tuple[tuple[str, Path], ...],
    schedules: bool,
    frames: int,
    width: int,
    per_source: int,
    only: str,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
) -> None:
    """What each part of our own mark's constants is worth at equal Y-PSNR, on the half of the sources that tune does not see."""
    from indelible.lab.ablation import SCHEDULES, TAKEN_BACK, run_ablation
    from indelible.lab.recipes import Pair, read_recipe

    run = _run(frames, width, per_source, seed, jobs, cache, resume)
    others = {name: Pair.of(read_recipe(file)) for name, file in recipes}
    finish(run_ablation(clips_of(corpus, only), run, {**(SCHEDULES if schedules else TAKEN_BACK), **others}), output)


def _run(frames: int, width: int, per_source: int, seed: int, jobs: int, cache: Path, resume: bool) -> AblationRun:
    from indelible.lab.ablation import CHANNELS, AblationRun
    from indelible.lab.recipes import Conditions
    from indelible.lab.trial import Footage

    return AblationRun(Conditions(CHANNELS, Footage(frames, width), seed), per_source, cache, jobs, resume, complain)
