"""``indelible lab train-forensics``."""

from __future__ import annotations

from pathlib import Path

import click

from indelible.cli.benching import JOBS, ONLY, RESUME
from indelible.cli.benching import clips as clips_of
from indelible.cli.labbing import SEED
from indelible.cli.terminal import complain

__all__ = ["train_forensics"]


@click.command(
    "train-forensics",
    epilog="""\b
Examples:
  indelible lab train-forensics clips/ -o weights/
  indelible lab train-forensics clips/ -o weights/ --minutes 30 --jobs 2
  indelible inspect clip.mp4 --weights weights/
FOLDER gets trace.onnx, content.onnx, weights.safetensors and card.json, which says what was measured on sources that did not
train. Twins and checkpoints are kept in the cache, from which an interrupted run goes on.""",
)
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="FOLDER", help="A new folder.")
@click.option("--steps", type=click.IntRange(1), default=4000, show_default=True, help="Batches, at most.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=45.0, show_default=True, help="Of training, at most.")
@click.option("--pairs", type=click.IntRange(1), default=6, show_default=True, help="Real and manipulated crops in a batch, each.")
@click.option("--twins", type=click.IntRange(1), default=6, show_default=True, help="Manipulations made of each clip.")
@click.option("--judged", type=click.IntRange(1), default=5, show_default=True, help="Of each clip that judges, at six qualities.")
@click.option("--folds", type=click.IntRange(3), default=5, show_default=True, help="Of sources: one judges, one calibrates.")
@click.option("--cache", type=click.Path(path_type=Path), default=Path(".lab-cache"), show_default=True, help="For twins and checkpoints.")
@ONLY
@SEED
@JOBS
@RESUME
def train_forensics(
    corpus: Path,
    output: Path,
    steps: int,
    minutes: float,
    pairs: int,
    twins: int,
    judged: int,
    folds: int,
    cache: Path,
    only: str,
    seed: int,
    jobs: int,
    resume: bool,
) -> None:
    """Train the network of inspect and embed on manipulations of your own footage, through real encoders."""
    from indelible.forensics.training.cache import CacheSettings
    from indelible.forensics.training.run import train_forensics as run
    from indelible.forensics.training.settings import TrainingSettings

    settings = TrainingSettings(
        steps=steps, minutes=minutes, pairs=pairs, folds=folds, seed=seed, cache=CacheSettings(pairs=twins, judged=judged, seed=seed)
    )
    card = run(clips_of(corpus, only), output, settings, cache=cache, jobs=jobs, resume=resume, progress=complain)
    metrics = card["metrics"]
    click.echo(f"{metrics['segments']} segments of {metrics['sources']} sources that did not train: encode, clip AUC, pixel AUC")
    for row in metrics["groups"]:
        if row["by"] == "encode":
            interval = f"{row['clip_auc_low']:.3f} to {row['clip_auc_high']:.3f}"
            click.echo(f"  {row['group']:<8}  {row['clip_auc']:.3f} ({interval})  {row['pixel_auc']:.3f}")
