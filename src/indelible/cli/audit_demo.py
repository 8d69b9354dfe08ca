"""``indelible audit demo``."""

from __future__ import annotations

from pathlib import Path

import click

from indelible.cli.benching import ONLY, OUTPUT, clips_of
from indelible.cli.terminal import complain

__all__ = ["demo"]


@click.command(
    epilog="""\b
Examples:
  indelible audit demo clips/ -o demo.json
  indelible audit demo clips/ -o full.json --steps 4000 --seed 1 --seed 2 --seed 3 --keys 5"""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@ONLY
@click.option("--steps", type=click.IntRange(1), default=600, show_default=True, help="Of training, for each model.")
@click.option(
    "--share",
    "shares",
    type=click.FloatRange(0, 1),
    multiple=True,
    default=(0.0, 0.3, 1.0),
    show_default=True,
    help="Marked part of the clips.",
)
@click.option("--codec/--no-codec", default=True, show_default=True, help="Also train on footage that went through x264 at CRF 28.")
@click.option("--seed", "seeds", type=int, multiple=True, default=(1,), show_default=True, help="Of training; may be repeated.")
@click.option("--keys", type=click.IntRange(1), default=1, show_default=True, help="So many keys, each with models of its own.")
def demo(
    corpus: Path, output: Path, only: str, steps: int, shares: tuple[float, ...], codec: bool, seeds: tuple[int, ...], keys: int
) -> None:
    """Train small models on marked and unmarked footage, and test them.

    A generator and a restorer, with controls, and with what does not work: a mark of fixed phase, and marked queries. Needs the extra
    train; takes minutes on a processor. `indelible bench table` prints the result again.
    """
    from indelible.audit.demo.run import DemoSettings, run_demo
    from indelible.audit.demo.tables import demo_tables
    from indelible.runs.result_file import write_result

    settings = DemoSettings(steps=steps, shares=shares, codec=codec, seeds=seeds, keys=keys)
    result = run_demo(clips_of(corpus, only), settings, progress=complain)
    write_result(output, result)
    click.echo(demo_tables(result), nl=False)
