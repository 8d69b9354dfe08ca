"""``indelible bench``: the measurements behind the claims."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from indelible.cli.bench_audit import audit
from indelible.cli.bench_fingerprint import fingerprint
from indelible.cli.bench_index import index
from indelible.cli.bench_verify import verify
from indelible.cli.benching import (
    BITS,
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

if TYPE_CHECKING:
    from indelible.bench.look import Way
    from indelible.bench.strangers import NullWay
    from indelible.mark.embed import Strength

__all__ = ["bench"]


@click.group()
def bench() -> None:
    """Measure what the documentation claims, on your own footage.

    CORPUS is a folder of videos. A MANIFEST.csv in it may name them (column file) and say which share a source (column source_repo);
    SHA256SUMS may pin their bytes.
    """


@bench.command(
    epilog="""\b
Examples:
  indelible bench robustness clips/ -o robustness.json --jobs 8
  indelible bench robustness clips/ -o sample.json --shard 1/4
  indelible bench robustness clips/ -o world.json --ladder world --bits 64 --look full --look reference
  indelible bench robustness clips/ -o mine.json --channel "scale=short:480|x265:crf=30" --bits 64
The parts of a sharded run share a cache: run once more without --shard to sum up."""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--channel", "channels", multiple=True, metavar="SPEC", help="Measure these channels instead of the planned ones.")
@click.option("--ladder", "ladder_name", metavar="NAME", help="Measure the channels of this ladder instead.")
@BITS
@click.option("--strength", type=click.Choice(["light", "standard", "strong"]), default="standard", show_default=True)
@click.option("--quality", "quality_db", type=float, metavar="DB", help="Y-PSNR that the mark aims at, instead of --strength.")
@click.option(
    "--look",
    "ways",
    type=click.Choice(["plain", "fast", "full", "reference"]),
    multiple=True,
    default=("plain",),
    show_default=True,
    help="How to look at what comes out: as it is, with a search, with the original at hand. More than once for several: each "
    "encode is then made only once.",
)
@SHARD
@ONLY
@SEED
@JOBS
@CACHE
@RESUME
def robustness(
    corpus: Path,
    output: Path,
    channels: tuple[str, ...],
    ladder_name: str | None,
    bits: tuple[str, ...],
    strength: Strength,
    quality_db: float | None,
    ways: tuple[Way, ...],
    shard: str | None,
    only: str,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
) -> None:
    """How much of a mark survives which channel: presence, payload, seconds needed, and what the mark costs."""
    from indelible.bench.robustness import PLAN, Plan, RobustnessRun, run_robustness
    from indelible.bench.trial import TrialSettings
    from indelible.channel import ladder

    if ladder_name is not None:
        channels += tuple(str(channel) for channel in ladder(ladder_name))
    plan: Plan = PLAN
    if bits or channels:
        planned = dict(PLAN)
        wanted = [int(each) for each in bits] or list(planned)
        plan = [(each, channels or planned.get(each, planned[64])) for each in wanted]
    run = RobustnessRun(
        plan=plan,
        ways=ways,
        settings=TrialSettings(seed=seed, strength=strength, quality_db=quality_db),
        cache_folder=cache,
        jobs=jobs,
        resume=resume,
        progress=complain,
    )
    finish(run_robustness(clips_of(corpus, only, shard), run), output)


@bench.command(
    epilog="""\b
Examples:
  indelible bench null clips/ -o null.json --jobs 8
  indelible bench null clips/ -o null-full.json --look full --shard 1/8
The parts of a sharded run share a cache: run once more without --shard to sum up."""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option(
    "--look",
    "way",
    type=click.Choice(["plain", "fast", "full", "reference", "random"]),
    default="plain",
    show_default=True,
    help="How keys are looked for: by a plain detector, by a whole search, with the original at hand, or each under one hypothesis of "
    "the full search that is drawn at random.",
)
@click.option(
    "--pairs",
    type=click.IntRange(1),
    show_default="1000000, or 10000 for a whole search",
    help="(clip, key) pairs in all parts together, at least.",
)
@SHARD
@ONLY
@SEED
@JOBS
@CACHE
@RESUME
@click.pass_context
def null(
    ctx: click.Context,
    corpus: Path,
    output: Path,
    way: NullWay,
    pairs: int | None,
    shard: str | None,
    only: str,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
) -> None:
    """How often a key is found that is not there. Writes a plot of the p-values beside the result.

    Exits with 1 if p-values are too small too often, or a payload was reported.
    """
    from indelible.bench.null import PAIRS, NullRun, NullSettings, run_null
    from indelible.report.null import write_null_plot

    run = NullRun(
        settings=NullSettings(seed=seed, way=way, pairs=pairs or PAIRS[way]),
        part=part(shard),
        cache_folder=cache,
        jobs=jobs,
        resume=resume,
        progress=complain,
    )
    result = run_null(clips_of(corpus, only), run)
    finish(result, output)
    write_null_plot(output.with_suffix(".svg"), result["summary"])
    if not all(row["valid"] for row in result["summary"]):
        complain("the p-values are not valid; see the table")
        ctx.exit(1)


@bench.command(
    epilog="""\b
Examples:
  make peers && indelible bench peers clips/ -o peers.json --jobs 2
  indelible bench peers clips/ -o thin.json --only 'd05*' --peer dwtDct --channel x264:crf=28
Without --only, the clips that the published table rests on; other footage needs --only."""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--peer", "names", multiple=True, metavar="NAME", help="Only these: dwtDct, dwtDctSvd, rivaGan, ...")
@click.option("--channel", "channels", multiple=True, metavar="SPEC", help="Measure these channels instead of the planned ones.")
@click.option("--frames", type=click.IntRange(1), metavar="N", help="At most so many frames of each clip; 24 or 48 are planned.")
@click.option("--only", metavar="PATTERN", help="Clips of such names, as in a shell: 'd00*'.")
@where_others_live("peers")
@SEED
@JOBS
@CACHE
@RESUME
def peers(
    corpus: Path,
    output: Path,
    names: tuple[str, ...],
    channels: tuple[str, ...],
    frames: int | None,
    only: str | None,
    environment: Path,
    worker: Path,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
) -> None:
    """How the mark does beside other watermarks: the same clips, channels, frames and test of presence for all.

    The others run in an environment of their own, each at its best use. Takes hours: a learned peer needs seconds for a frame.
    """
    from indelible.bench.peers.run import PeersRun, run_peers
    from indelible.bench.peers.systems import CHANNELS, chosen_clips, chosen_peers

    run = PeersRun(
        environment=worker_environment(environment, worker, "peers"),
        peers=chosen_peers(names, most_frames=frames),
        channels=channels or CHANNELS,
        seed=seed,
        cache_folder=cache,
        jobs=jobs,
        resume=resume,
        progress=complain,
    )
    found = clips_of(corpus, only or "*", None)
    finish(run_peers(chosen_clips(found) if only is None else found, run), output)


@bench.command(
    epilog="""\b
Examples:
  indelible bench security clips/ -o security.json --jobs 2
  indelible bench security clips/ -o thin.json --only 'd05*' --attack collude --attack overwrite
  indelible bench security clips/ -o long.json --attack collude --seconds 6
  indelible bench security clips/ -o sample.json --shard 1/4
The parts of a sharded run share a cache: run once more without --shard to sum up."""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--attack", "families", multiple=True, metavar="NAME", help="Only these: average, copy, overwrite, collude, remove, oracle.")
@click.option("--seconds", type=click.FloatRange(0.1), default=1.5, show_default=True, help="Longer clips are cut to this.")
@SHARD
@ONLY
@SEED
@JOBS
@CACHE
@RESUME
def security(
    corpus: Path,
    output: Path,
    families: tuple[str, ...],
    seconds: float,
    shard: str | None,
    only: str,
    seed: int,
    jobs: int,
    cache: Path,
    resume: bool,
) -> None:
    """What those who have not the key can do: remove marks, forge, copy, overwrite and mix them, or ask a public detector."""
    from indelible.bench.security.run import SecurityRun, run_security
    from indelible.bench.security.scene import SecuritySettings
    from indelible.bench.security.trial import FAMILIES

    run = SecurityRun(
        families=families or FAMILIES,
        settings=SecuritySettings(seed=seed, seconds=seconds),
        part=part(shard),
        cache_folder=cache,
        jobs=jobs,
        resume=resume,
        progress=complain,
    )
    finish(run_security(clips_of(corpus, only), run), output)


@bench.command(
    epilog="""\b
Example:
  indelible bench speed clips/ -o speed.json"""
)
@click.argument("corpus", type=click.Path(path_type=Path))
@OUTPUT
@click.option("--pairs", type=click.IntRange(1), default=7, show_default=True, help="Of runs, for each ratio.")
@click.option("--frames", type=click.IntRange(1), default=60, show_default=True, help="Of each of the six clips that are put together.")
@ONLY
def speed(corpus: Path, output: Path, pairs: int, frames: int, only: str) -> None:
    """What a mark costs in time: beside the same transcode, and beside the decode.

    Needs an otherwise idle machine, all of it: encoders and decoders take the threads that they like.
    """
    from indelible.bench.speed import SpeedSettings, run_speed

    finish(run_speed(clips_of(corpus, only), SpeedSettings(pairs=pairs, frames=frames), progress=complain), output)


@bench.command(
    epilog="""\b
Examples:
  indelible bench table robustness.json
  indelible bench table security.json --section "several recipients\""""
)
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--section", "wanted", multiple=True, metavar="TEXT", help="Only tables under headings with such a text.")
def table(result: Path, wanted: tuple[str, ...]) -> None:
    """Print a result as Markdown tables."""
    from indelible.bench.tables import result_table
    from indelible.runs.markdown import sections
    from indelible.runs.result_file import read_result

    text = result_table(read_result(result))
    click.echo(sections(text, wanted) if wanted else text, nl=False)


@bench.command(
    epilog="""\b
Examples:
  indelible bench failures robustness.json
  indelible bench failures robustness.json --channel x264:crf=28 --bits 64"""
)
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--channel", "channels", multiple=True, metavar="SPEC", help="Only these channels.")
@BITS
def failures(result: Path, channels: tuple[str, ...], bits: tuple[str, ...]) -> None:
    """Print the clips that fail in a robustness result, and why.

    For each, says how much of the mark the host, the codec and the code have cost.
    """
    from indelible.bench.failures import failure_tables
    from indelible.runs.result_file import read_result

    click.echo(failure_tables(read_result(result), channels=channels, bits=[int(each) for each in bits]), nl=False)


bench.add_command(audit)
bench.add_command(fingerprint)
bench.add_command(index)
bench.add_command(verify)
