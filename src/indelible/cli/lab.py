"""``indelible lab``: the methods of the research and what they are worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indelible.cli.benching import CACHE, JOBS, ONLY, OUTPUT, RESUME, clips, finish
from indelible.cli.lab_forensics import train_forensics
from indelible.cli.lab_mismatch import mismatch
from indelible.cli.lab_train import train
from indelible.cli.labbing import FORCE, SEED, SIGNATURE, check_new, footage
from indelible.cli.terminal import complain, likelihood, print_document

if TYPE_CHECKING:
    from indelible.lab.campaign import LabRun

__all__ = ["lab"]


@click.group()
def lab() -> None:
    """Train, judge and compare the methods that the mark grew from.

    CORPUS is a folder of videos, as for bench. A signature is what a method hides, in a JSON file. It is a secret.
    """


@lab.command(
    epilog="""\b
Example:
  indelible lab draw dct8 -o signature.json"""
)
@click.argument("method")
@SIGNATURE
@click.option("--epsilon", type=click.FloatRange(0.0), metavar="E", help="Strength in the method's unit, instead of its usual.")
@SEED
@FORCE
def draw(method: str, output: Path, epsilon: float | None, seed: int, force: bool) -> None:
    """Draw a random signature for METHOD: flow, flow-direct, flow-published, dct8 or indelible."""
    from dataclasses import replace

    from indelible.lab.methods import method_named
    from indelible.lab.signature import write_signature
    from indelible.lab.trial import rng_of

    signature = method_named(method).draw(rng_of(seed, "draw", method))
    check_new(output, force)
    write_signature(output, signature if epsilon is None else replace(signature, epsilon=epsilon))


@lab.command(
    epilog="""\b
Example:
  indelible lab validate trained.json clips/ -o validation.json --jobs 2"""
)
@click.argument("signature", type=click.Path(path_type=Path))
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--channel", "channels", multiple=True, metavar="SPEC", help="Instead of the planned CRFs.")
@footage(72, 480)
@ONLY
@SEED
@JOBS
@CACHE
@RESUME
@click.pass_context
def validate(
    ctx: click.Context,
    signature: Path,
    corpus: Path,
    output: Path,
    channels: tuple[str, ...],
    frames: int,
    width: int,
    only: str,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
) -> None:
    """How often a mark is found, and found where it is not, on footage that its signature was not trained on.

    Exits with 0 if a detector meets the criteria at CRF 28, with 1 if none does, with 5 if that was not measured.
    """
    from indelible.lab.signature import read_signature
    from indelible.lab.validate import CHANNELS, run_validation

    run = _run(frames, width, seed, jobs, cache, resume)
    result = run_validation(read_signature(signature), clips(corpus, only), run, channels=channels or CHANNELS)
    finish(result, output)
    verdicts = result["verdicts"].values()
    ctx.exit(5 if not verdicts else 0 if any(verdicts) else 1)


@lab.command(
    epilog="""\b
Examples:
  indelible lab compare clips/ -o compare.json --jobs 2
  indelible lab compare clips/ -o compare.json --signature "CMA-ES" trained.json --jobs 2
  indelible lab compare clips/ -o strengths.json --epsilon 0.02 --epsilon 0.1 --epsilon 0.2"""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option(
    "--signature", "signatures", type=(str, click.Path(path_type=Path)), multiple=True, metavar="NAME FILE", help="Takes part too."
)
@click.option(
    "--epsilon", "strengths", type=click.FloatRange(0, 1, min_open=True), multiple=True, metavar="E", help="8x8 DCT at this strength too."
)
@click.option("--channel", "channels", multiple=True, metavar="SPEC", help="Instead of CRF 18, 23, 28 and 34.")
@footage(60, 320)
@ONLY
@SEED
@JOBS
@CACHE
@RESUME
def compare(
    corpus: Path,
    output: Path,
    signatures: tuple[tuple[str, Path], ...],
    strengths: tuple[float, ...],
    channels: tuple[str, ...],
    frames: int,
    width: int,
    only: str,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
) -> None:
    """All methods and the mark of this project on the same clips. Writes a plot beside the result, with --epsilon one against PSNR too."""
    from indelible.lab.compare import CHANNELS, run_comparison
    from indelible.lab.signature import read_signature
    from indelible.report.lab import write_comparison_plot, write_strength_plot

    run = _run(frames, width, seed, jobs, cache, resume)
    given = [(name, read_signature(file)) for name, file in signatures]
    result = run_comparison(clips(corpus, only), run, signatures=given, strengths=strengths, channels=channels or CHANNELS)
    finish(result, output)
    write_comparison_plot(output.with_suffix(".svg"), result["summary"])
    if strengths:
        names = {entrant["name"] for entrant in result["entrants"] if entrant["epsilon"] is not None}
        write_strength_plot(output.with_name(f"{output.stem}-psnr.svg"), [row for row in result["summary"] if row["entrant"] in names])


@lab.command(
    epilog="""\b
Example:
  indelible lab model clips/ -o model.json --jobs 2"""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--method", type=click.Choice(["flow", "flow-direct", "flow-published"]), default="flow", show_default=True)
@click.option("--epsilon", type=click.FloatRange(0.0), metavar="E", help="Pixels, instead of the usual.")
@click.option("--channel", metavar="SPEC", default="x264:crf=23", show_default=True, help="What videos go through before.")
@footage(61, 320)
@ONLY
@SEED
@JOBS
def model(
    corpus: Path, output: Path, method: Any, epsilon: float | None, channel: str, frames: int, width: int, only: str, seed: int, jobs: int
) -> None:
    """Whether a model that was trained on marked motion knows the mark in other videos (method 1)."""
    from indelible.lab.model import ModelSettings, run_model_test
    from indelible.lab.trial import Footage

    settings = ModelSettings(method, epsilon, channel, seed, Footage(frames, width))
    result = run_model_test(clips(corpus, only), settings, jobs=jobs, progress=complain)
    finish(result, output)


@lab.command(
    epilog="""\b
Example:
  indelible lab mark film.mp4 film-marked.mp4 signature.json --crf 18"""
)
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.argument("signature", type=click.Path(path_type=Path))
@click.option("--crf", type=click.FloatRange(0, 51), default=18.0, show_default=True, help="Of x264.")
@FORCE
def mark(source: Path, target: Path, signature: Path, crf: float, force: bool) -> None:
    """Mark a video with a signature, by whatever method that is for."""
    from indelible.lab.files import mark_file
    from indelible.lab.signature import read_signature

    mark_file(source, target, read_signature(signature), crf=crf, overwrite=force)


@lab.command(
    epilog="""\b
Example:
  indelible lab detect found.mp4 signature.json"""
)
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("signature", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def detect(source: Path, signature: Path, as_json: bool) -> None:
    """Print what each detector says of a video and a signature. Scores are no verdict: where one begins, validate tells."""
    from indelible.lab.files import detect_file
    from indelible.lab.signature import read_signature

    document = detect_file(source, read_signature(signature))
    if as_json:
        print_document(document)
        return
    for row in document["scores"]:
        p = "" if row["log10_p"] is None else f", p = {likelihood(row['log10_p'])}"
        click.echo(f"{row['detector']}: {row['value']:+.4f}{p}")


def _run(frames: int, width: int, seed: int, jobs: int, cache: Path, resume: bool) -> LabRun:
    from indelible.lab.campaign import LabRun
    from indelible.lab.trial import Footage

    return LabRun(Footage(frames, width), seed=seed, cache_folder=cache, jobs=jobs, resume=resume, progress=complain)


lab.add_command(train)
lab.add_command(train_forensics)
lab.add_command(mismatch)
