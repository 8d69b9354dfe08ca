"""``indelible audit``: marks for training sets, and proofs of what was trained on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from indelible.cli.alpha import alpha_option
from indelible.cli.audit_demo import demo
from indelible.cli.audit_proof import prove, twins
from indelible.cli.keyfiles import read_keys
from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, complain, likelihood, print_document, progress_bar, warn
from indelible.errors import IndelibleError

if TYPE_CHECKING:
    from indelible.video import Limits
    from indelible.workflows.training_detect import TrainingDetectResult
    from indelible.workflows.training_mark import TrainingMark, TrainingMarkResult

__all__ = ["audit"]


@click.group(
    epilog="""\b
Examples:
  indelible audit mark originals/ published/ --key spring.key
  indelible audit prove --key spring.key --outputs samples/ -o proof.json"""
)
def audit() -> None:
    """Mark footage for training sets, and prove what was trained on it.

    The training mark stands beside the payload mark of `indelible mark` and says nothing of which copy a file is.
    """


@audit.command(
    epilog="""\b
Examples:
  indelible audit mark film.mp4 film-marked.mp4 --key title-7.key
  indelible audit mark originals/ published/ --key spring.key --quality 44 --json"""
)
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--key", "key_file", metavar="FILE", required=True, help="The secret key; have one for each title.")
@click.option("--quality", "quality_db", type=float, metavar="DB", help="Lowest PSNR of luma in any frame, 36 to 60.  [default: 42.5]")
@click.option("--crf", type=float, metavar="N", help="Constant quality of x264, lower is better.  [default: 18]")
@click.option(
    "--test-alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=1e-3,
    show_default=True,
    metavar="P",
    help="The level that a later test has to reach, which the manifest commits to.",
)
@limit_option
@click.option("--force", is_flag=True, help="Replace OUT and its manifest, if they exist.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file.")
@click.pass_context
def mark(
    ctx: click.Context,
    source: str,
    target: str,
    key_file: str,
    quality_db: float | None,
    crf: float | None,
    test_alpha: float,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Put the training mark into a video, or into all videos of a folder.

    Sound, subtitles, chapters, times and tags are carried over. Beside OUT (in it, if it is a folder) a manifest is written, which commits
    to the key, the protocol and the level of the test; publish it, or have it time-stamped, before the footage.

    Exits with 1 if nothing could be marked in a file, as in a black one.
    """
    from dataclasses import replace

    from indelible.audit.embed import DEFAULT_QUALITY_DB
    from indelible.workflows.mark import DEFAULT_ENCODER
    from indelible.workflows.training_mark import TrainingMark, manifest_place, write_manifest

    (key,) = read_keys([key_file])
    settings = DEFAULT_ENCODER if crf is None else replace(DEFAULT_ENCODER, crf=crf)
    wanted = TrainingMark(key, DEFAULT_QUALITY_DB if quality_db is None else quality_db, settings)
    place = None if target == "-" else manifest_place(target, overwrite=force)
    results = _marked(source, target, wanted, limits, force=force, as_json=as_json)
    if place is not None:
        manifest = write_manifest(place, results, wanted, alpha=test_alpha)
        if not as_json:
            click.echo(f"{place}: commitment {manifest['commitment']}")
    ctx.exit(0 if all(result.marked for result in results) else 1)


def _marked(source: str, target: str, wanted: TrainingMark, limits: Limits, *, force: bool, as_json: bool) -> list[TrainingMarkResult]:
    from indelible.workflows.training_mark import mark_training_set

    results = []
    with progress_bar("marking") as progress:
        for result in mark_training_set(source, target, wanted, overwrite=force, limits=limits, progress=progress):
            results.append(result)
            warn(f"{result.source}: {sentence}" for sentence in result.warnings)
            if as_json:
                print_document(result.to_json(), err=target == "-")
            else:
                click.echo(_marking_in_words(result), err=target == "-")
            if not result.marked:
                complain(f"{result.source}: nothing could be changed in these pictures; the output is not marked")
    return results


def _marking_in_words(result: TrainingMarkResult) -> str:
    done = result.embedding
    verdict = "training mark of" if result.marked else "no training mark of"
    rows = [
        ("quality", f"{done.psnr_y_db:.1f} dB PSNR of luma, {done.psnr_chroma_db:.1f} dB of chroma, before encoding"),
        ("footage", f"{done.duration_seconds:.1f} s, {done.frames} frames"),
    ]
    return f"{result.output}: {verdict} key {result.key_id}\n{columns(rows)}"


@audit.command(
    epilog="""\b
Examples:
  indelible audit detect found.mp4 --key title-7.key
  indelible audit detect scraped/*.mp4 --key title-7.key --key spring.key --json"""
)
@click.argument("sources", metavar="IN...", nargs=-1, required=True)
@click.option("--key", "key_files", metavar="FILE", required=True, multiple=True, help="A secret key to look for; may be repeated.")
@alpha_option
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file and key.")
@click.pass_context
def detect(ctx: click.Context, sources: tuple[str, ...], key_files: tuple[str, ...], alpha: float, limits: Limits, as_json: bool) -> None:
    """Say whether videos carry the training mark of a key.

    p is exact: the chance that a key which has nothing to do with the file agrees with it so well, with all scales, mirror images and keys
    that were tried counted in. This is about files; what a model learned is asked by audit prove.

    Exits with 0 if every file carries the mark of one of the keys, and with 1 if one does not.
    """
    from indelible.workflows.training_detect import detect_training_file

    keys = read_keys(key_files)
    worst = 0
    for source in sources:
        try:
            with progress_bar(source) as progress:
                results = detect_training_file(source, keys, alpha=alpha, limits=limits, progress=progress)
        except IndelibleError as error:
            if len(sources) == 1:
                raise
            complain(f"error: {error}")  # and on to the next file
            worst = max(worst, error.exit_code)
            continue
        warn(f"{source}: {sentence}" for sentence in results[0].warnings)
        for result in results:
            if as_json:
                print_document(result.to_json())
            else:
                click.echo(_detection_in_words(result))
        worst = max(worst, 0 if any(result.marked for result in results) else 1)
    ctx.exit(worst)


def _detection_in_words(result: TrainingDetectResult) -> str:
    found = result.detection
    verdict = "TRAINING MARK of" if result.marked else "no training mark of"
    rows = [
        ("evidence", f"p = {likelihood(found.log10_p)} (marked means at most {result.alpha:g}, {found.searched} hypotheses tried)"),
        ("coins", f"{found.right:.0%} of {found.coins} right, half of them are by chance"),
    ]
    if result.marked and (found.scale != 1.0 or found.mirrored):
        rows.append(("geometry", f"bands at {found.scale:.2f} of their frequency{', mirrored' if found.mirrored else ''}"))
    return f"{result.file}: {verdict} key {found.key_id}\n{columns([*rows, ('pictures', str(result.pictures))])}"


audit.add_command(twins)
audit.add_command(prove)
audit.add_command(demo)
