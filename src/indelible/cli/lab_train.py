"""``indelible lab train``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from indelible.cli.benching import JOBS, ONLY, RESUME, clips_of
from indelible.cli.labbing import FORCE, SEED, SIGNATURE, check_new, footage
from indelible.cli.terminal import complain

__all__ = ["train"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group()
def train() -> None:
    """Find a signature that survives a codec."""


@train.command(
    epilog="""\b
Examples:
  indelible lab train cmaes clips/ -o trained.json --jobs 2
  indelible lab train cmaes clips/ -o published.json --fitness published
What was tried is written to FILE.json.journal, from which an interrupted search goes on.
Exits with 1 if the family is to be given up, with 5 if that is not decided."""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@SIGNATURE
@click.option("--generations", type=click.IntRange(1), default=30, show_default=True)
@click.option("--population", type=click.IntRange(4), default=8, show_default=True, help="Candidates in a generation.")
@click.option("--clips", type=click.IntRange(1), default=3, show_default=True, help="Clips, each of another source.")
@click.option("--fitness", type=click.Choice(["margin", "published"]), default="margin", show_default=True, help="What is maximised.")
@click.option(
    "--detector", type=click.Choice(["matched", "whitened", "published"]), default="matched", show_default=True, help="Whose scores."
)
@click.option("--channel", metavar="SPEC", default="x264:crf=28", show_default=True, help="What candidates go through.")
@footage(60, 320)
@ONLY
@SEED
@JOBS
@RESUME
@FORCE
@click.pass_context
def cmaes(
    ctx: click.Context,
    corpus: Path,
    output: Path,
    generations: int,
    population: int,
    clips: int,
    fitness: str,
    detector: str,
    channel: str,
    frames: int,
    width: int,
    only: str,
    seed: int,
    jobs: int,
    resume: bool,
    force: bool,
) -> None:
    """Direction and strength for 8x8 DCT blocks, by CMA-ES on the real codec (method 7)."""
    from indelible.lab.evolution import EvolutionSettings, evolve
    from indelible.lab.signature import write_signature
    from indelible.lab.trial import Footage

    settings = EvolutionSettings(fitness, detector, channel, generations, population, clips, seed, Footage(frames, width))
    check_new(output, force)
    journal = output.with_name(f"{output.name}.journal")
    signature = evolve(clips_of(corpus, only), settings, journal=journal, jobs=jobs, resume=resume, progress=complain)
    write_signature(output, signature)
    training = signature.training or {}
    quality = f"{training['psnr_y_db']:.1f} dB, epsilon {signature.epsilon:.3f}"
    click.echo(f"separation {training['separation']:+.3f} at {quality}: {training['decision']}")
    ctx.exit({"validate": 0, "not solvable with this family": 1}.get(training["decision"], 5))


def _on_a_proxy(trainer: str, *, rounding: str | None = None, rounds: int | None = None) -> Callable[[_Command], click.Command]:
    """Make a command of a training on a proxy.

    Args:
        trainer: its name.
        rounding: of the proxy, by default; None for a trainer whose rounding is exact.
        rounds: on the real encoder, by default; None for a trainer without.
    """
    options = [
        click.argument("corpus", type=click.Path(path_type=Path)),
        SIGNATURE,
        click.option("--proxy", default="h264", show_default=True, metavar="NAME|FILE", help="As in lab mismatch, or fitted by it."),
        click.option("--crf", type=click.IntRange(0, 51), default=28, show_default=True, help="Of the proxy and of the real encoder."),
        click.option("--detector", type=click.Choice(["matched", "published"]), default="matched", show_default=True, help="Whose scores."),
        click.option("--steady", is_flag=True, help="Train at full strength in all frames, as the research did; only for published."),
        click.option("--iterations", type=click.IntRange(1), default=200, show_default=True, help="On the proxy."),
        click.option("--rate", type=click.FloatRange(0, min_open=True), default=0.01, show_default=True, help="Of learning."),
        click.option("--epsilon", type=click.FloatRange(0.01, 1), default=0.05, show_default=True, help="Strength to begin with."),
        click.option("--highest-epsilon", type=click.FloatRange(0.01, 1), default=0.15, show_default=True, help="No stronger than that."),
        click.option("--floor-db", type=float, default=40.0, show_default=True, help="Y-PSNR that is to be kept."),
        click.option("--check-every", type=click.IntRange(1), default=50, show_default=True, help="Iterations between real encodes."),
        click.option("--clips", type=click.IntRange(1), default=3, show_default=True, help="Clips, each of another source."),
        *([_rounding(rounding)] if rounding else []),
        *(
            [click.option("--rounds", type=click.IntRange(1), default=rounds, show_default=True, help="On the real encoder.")]
            if rounds
            else []
        ),
        footage(30, 160),
        ONLY,
        SEED,
        JOBS,
        FORCE,
    ]
    example = f"Example:\n  indelible lab train {trainer} clips/ -o trained.json\n"

    def make(callback: _Command) -> click.Command:
        for option in reversed(options):
            callback = option(callback)
        return train.command(trainer, epilog=f"\b\n{example}Exits with 5 if the real encoder leaves less than what is worth validating.")(
            callback
        )

    return make


def _rounding(default: str) -> Callable[[_Command], _Command]:
    choice = click.Choice(["sigmoid", "tanh", "straight-through"])
    return click.option("--rounding", type=choice, default=default, show_default=True, help="How the proxy rounds.")


@_on_a_proxy("adaptive", rounding="sigmoid")
@click.pass_context
def adaptive(ctx: click.Context, /, **options: Any) -> None:
    """Gradient ascent on detection behind a proxy of H.264 (method 4)."""
    _trained(ctx, "adaptive", **options)


@_on_a_proxy("contrastive", rounding="sigmoid")
@click.pass_context
def contrastive(ctx: click.Context, /, **options: Any) -> None:
    """Marked scores up, unmarked ones down behind a proxy of H.264 (method 5)."""
    _trained(ctx, "contrastive", **options)


@_on_a_proxy("straight-through")
@click.pass_context
def straight_through(ctx: click.Context, /, **options: Any) -> None:
    """Like contrastive, with exact rounding of derivative 1 (method 6)."""
    _trained(ctx, "straight-through", **options)


@_on_a_proxy("hybrid", rounds=20)
@click.pass_context
def hybrid(ctx: click.Context, /, **options: Any) -> None:
    """A proxy leads to a start; the real encoder accepts or rejects the rest."""
    _trained(ctx, "hybrid", **options)


def _trained(
    ctx: click.Context,
    trainer: Any,
    *,
    corpus: Path,
    output: Path,
    proxy: str,
    crf: int,
    rate: float,
    frames: int,
    width: int,
    only: str,
    jobs: int,
    force: bool,
    rounding: Any = "straight-through",
    **decisive: Any,
) -> None:
    """Train, write the signature, and say in one line what the proxy and the real encoder think of it."""
    from dataclasses import replace

    from indelible.lab.gradient import GradientSettings
    from indelible.lab.gradient import train as train_on_proxy
    from indelible.lab.mismatch import read_proxy
    from indelible.lab.signature import write_signature
    from indelible.lab.trial import Footage

    stand_in = replace(read_proxy(proxy, crf), rounding=rounding)
    settings = GradientSettings(trainer, stand_in, learning_rate=rate, footage=Footage(frames, width), **decisive)
    check_new(output, force)
    signature = train_on_proxy(clips_of(corpus, only), settings, jobs=jobs, progress=complain)
    write_signature(output, signature)
    training = signature.training or {}
    click.echo(
        f"separation {training['proxy_scores']['separation']:+.3f} on the proxy, {training['separation']:+.3f} on x264 "
        f"at {training['psnr_y_db']:.1f} dB, epsilon {signature.epsilon:.3f}: {training['decision']}"
    )
    ctx.exit(0 if training["decision"] == "validate" else 5)
