"""``indelible lab``: the methods of the research and what they are worth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from indelible.cli.terminal import complain, likelihood, print_document

if TYPE_CHECKING:
    from indelible.lab.campaign import LabRun
    from indelible.runs.corpus import Corpus

__all__ = ["lab"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_RESULT = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE.json", help="The result."
)
_SIGNATURE = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE.json", help="The signature."
)
_ONLY = click.option("--only", default="*", show_default=True, metavar="PATTERN", help="Only clips of such names, as in a shell: 'd00*'.")
_JOBS = click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes; each takes one core.")
_CACHE = click.option(
    "--cache", type=click.Path(path_type=Path), default=Path(".bench-cache"), show_default=True, help="Where measurements are remembered."
)
_RESUME = click.option("--resume/--fresh", default=True, show_default=True, help="Go on where an earlier run stopped, or begin anew.")
_SEED = click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Of everything that is random.")
_FORCE = click.option("--force", is_flag=True, help="Replace the output if it is there.")


def _footage(frames: int, width: int) -> Callable[[_Command], _Command]:
    """Give a command the options of how much footage is used, with these defaults."""

    def add(command: _Command) -> _Command:
        of_frames = click.option("--frames", type=click.IntRange(8), default=frames, show_default=True, help="Of each clip, at most.")
        of_width = click.option("--width", type=click.IntRange(64), default=width, show_default=True, help="Wider clips are scaled to it.")
        return of_frames(of_width(command))

    return add


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
@_SIGNATURE
@click.option("--epsilon", type=click.FloatRange(0.0), metavar="E", help="Strength in the method's unit, instead of its usual.")
@_SEED
@_FORCE
def draw(method: str, output: Path, epsilon: float | None, seed: int, force: bool) -> None:
    """Draw a random signature for METHOD: flow, flow-direct, flow-published, dct8 or indelible."""
    from dataclasses import replace

    from indelible.lab.methods import method_named
    from indelible.lab.signature import write_signature
    from indelible.lab.trial import rng_of

    signature = method_named(method).draw(rng_of(seed, "draw", method))
    _check_new(output, force)
    write_signature(output, signature if epsilon is None else replace(signature, epsilon=epsilon))


@lab.group()
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
@_SIGNATURE
@click.option("--generations", type=click.IntRange(1), default=30, show_default=True)
@click.option("--population", type=click.IntRange(4), default=8, show_default=True, help="Candidates in a generation.")
@click.option("--clips", type=click.IntRange(1), default=3, show_default=True, help="Clips, each of another source.")
@click.option("--fitness", type=click.Choice(["margin", "published"]), default="margin", show_default=True, help="What is maximised.")
@click.option(
    "--detector", type=click.Choice(["matched", "whitened", "published"]), default="matched", show_default=True, help="Whose scores."
)
@click.option("--channel", metavar="SPEC", default="x264:crf=28", show_default=True, help="What candidates go through.")
@_footage(60, 320)
@_ONLY
@_SEED
@_JOBS
@_RESUME
@_FORCE
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
    _check_new(output, force)
    journal = output.with_name(f"{output.name}.journal")
    signature = evolve(_clips(corpus, only), settings, journal=journal, jobs=jobs, resume=resume, progress=complain)
    write_signature(output, signature)
    training = signature.training or {}
    quality = f"{training['psnr_y_db']:.1f} dB, epsilon {signature.epsilon:.3f}"
    click.echo(f"separation {training['separation']:+.3f} at {quality}: {training['decision']}")
    ctx.exit({"validate": 0, "not solvable with this family": 1}.get(training["decision"], 5))


@lab.command(
    epilog="""\b
Example:
  indelible lab validate trained.json clips/ -o validation.json --jobs 2"""
)
@click.argument("signature", type=click.Path(path_type=Path))
@click.argument("corpus", type=click.Path(path_type=Path))
@_RESULT
@click.option("--channel", "channels", multiple=True, metavar="SPEC", help="Instead of the planned CRFs.")
@_footage(72, 480)
@_ONLY
@_SEED
@_JOBS
@_CACHE
@_RESUME
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
    from indelible.lab.tables import validation_tables
    from indelible.lab.validate import CHANNELS, run_validation

    run = _run(frames, width, seed, jobs, cache, resume)
    result = run_validation(read_signature(signature), _clips(corpus, only), run, channels=channels or CHANNELS)
    _finish(result, output, validation_tables(result))
    verdicts = result["verdicts"].values()
    ctx.exit(5 if not verdicts else 0 if any(verdicts) else 1)


@lab.command(
    epilog="""\b
Examples:
  indelible lab compare clips/ -o compare.json --jobs 2
  indelible lab compare clips/ -o compare.json --signature "CMA-ES" trained.json --jobs 2"""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@_RESULT
@click.option(
    "--signature", "signatures", type=(str, click.Path(path_type=Path)), multiple=True, metavar="NAME FILE", help="Takes part too."
)
@click.option("--channel", "channels", multiple=True, metavar="SPEC", help="Instead of CRF 18, 23, 28 and 34.")
@_footage(60, 320)
@_ONLY
@_SEED
@_JOBS
@_CACHE
@_RESUME
def compare(
    corpus: Path,
    output: Path,
    signatures: tuple[tuple[str, Path], ...],
    channels: tuple[str, ...],
    frames: int,
    width: int,
    only: str,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
) -> None:
    """All methods and the mark of this project on the same clips. Writes a plot beside the result."""
    from indelible.lab.compare import CHANNELS, run_comparison
    from indelible.lab.signature import read_signature
    from indelible.lab.tables import comparison_tables
    from indelible.report.lab import write_comparison_plot

    run = _run(frames, width, seed, jobs, cache, resume)
    given = [(name, read_signature(file)) for name, file in signatures]
    result = run_comparison(_clips(corpus, only), run, signatures=given, channels=channels or CHANNELS)
    _finish(result, output, comparison_tables(result))
    write_comparison_plot(output.with_suffix(".svg"), result["summary"])


@lab.command(
    epilog="""\b
Example:
  indelible lab model clips/ -o model.json --jobs 2"""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@_RESULT
@click.option("--method", type=click.Choice(["flow", "flow-direct", "flow-published"]), default="flow", show_default=True)
@click.option("--epsilon", type=click.FloatRange(0.0), metavar="E", help="Pixels, instead of the usual.")
@click.option("--channel", metavar="SPEC", default="x264:crf=23", show_default=True, help="What videos go through before.")
@_footage(61, 320)
@_ONLY
@_SEED
@_JOBS
def model(
    corpus: Path, output: Path, method: Any, epsilon: float | None, channel: str, frames: int, width: int, only: str, seed: int, jobs: int
) -> None:
    """Whether a model that was trained on marked motion knows the mark in other videos (method 1)."""
    from indelible.lab.model import ModelSettings, run_model_test
    from indelible.lab.tables import model_tables
    from indelible.lab.trial import Footage

    settings = ModelSettings(method, epsilon, channel, seed, Footage(frames, width))
    result = run_model_test(_clips(corpus, only), settings, jobs=jobs, progress=complain)
    _finish(result, output, model_tables(result))


@lab.command(
    epilog="""\b
Example:
  indelible lab mark film.mp4 film-marked.mp4 signature.json --crf 18"""
)
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.argument("signature", type=click.Path(path_type=Path))
@click.option("--crf", type=click.FloatRange(0, 51), default=18.0, show_default=True, help="Of x264.")
@_FORCE
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


def _clips(folder: Path, only: str) -> Corpus:
    from indelible.runs.corpus import load_corpus

    return load_corpus(folder, pattern=only)


def _check_new(output: Path, force: bool) -> None:
    """Refuse to replace a signature, which is a secret that cannot be made again, before any work is done."""
    from indelible.errors import OutputError

    if output.exists() and not force:
        raise OutputError(f"{output} exists; choose another name, or --force to replace it")


def _finish(result: dict[str, Any], output: Path, tables: str) -> None:
    from indelible.runs.result_file import write_result

    write_result(output, result)
    for failure in result.get("errors", ()):
        complain(f"{failure['clip']}, {failure['channel']}: {failure['error']}")
    click.echo(tables, nl=False)
