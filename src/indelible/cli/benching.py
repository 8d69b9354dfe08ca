"""What the commands of ``indelible bench`` and ``lab`` share: options, the clips they name, and how a result is handed over."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indelible.cli.terminal import complain

if TYPE_CHECKING:
    from indelible.runs.corpus import Corpus

__all__ = ["BITS", "CACHE", "JOBS", "ONLY", "OUTPUT", "RESUME", "SEED", "SHARD", "clips", "finish", "part"]

CACHE = click.option(
    "--cache", type=click.Path(path_type=Path), default=Path(".bench-cache"), show_default=True, help="Where measurements are remembered."
)
JOBS = click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes; each takes one core.")
RESUME = click.option("--resume/--fresh", default=True, show_default=True, help="Go on where an earlier run stopped, or measure anew.")
OUTPUT = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE.json", help="The result."
)
SHARD = click.option(
    "--shard", metavar="I/N", help="Only part I of N of the clips: every N-th, source by source, so that each part is a sample of all."
)
ONLY = click.option("--only", default="*", show_default=True, metavar="PATTERN", help="Only clips of such names, as in a shell: 'd00*'.")
BITS = click.option("--bits", type=click.Choice(["0", "64", "128", "256"]), multiple=True, help="Only payloads of so many bits.")
SEED = click.option("--seed", type=int, default=1, show_default=True, help="Of keys and payloads.")


def clips(folder: Path, only: str, shard: str | None = None, half: str | None = None) -> Corpus:
    """Return the clips of a folder that the options name."""
    from indelible.runs.corpus import Corpus, load_corpus

    named = load_corpus(folder, pattern=only)
    if half is not None:  # counted among all sources, whichever are named
        wanted = {clip.source for clip in load_corpus(folder).half(odd=half == "odd").clips}
        named = Corpus(tuple(clip for clip in named.clips if clip.source in wanted))
        if not named.clips:
            raise click.UsageError(f"no clip named {only!r} is of an {half} source.")
    return named.shard(*part(shard))


def part(shard: str | None) -> tuple[int, int]:
    """Return which part of how many ``--shard`` asks for."""
    if shard is None:
        return 1, 1
    numbers = re.fullmatch(r"(\d+)/(\d+)", shard)
    if numbers is None:
        raise click.UsageError(f"--shard is {shard!r}; write it as I/N, for example 2/8.")
    return int(numbers[1]), int(numbers[2])


def finish(result: dict[str, Any], output: Path) -> None:
    """Write the result, name what failed, and print the table."""
    from indelible.bench.tables import result_table
    from indelible.runs.result_file import write_result

    write_result(output, result)
    for failure in result.get("errors", ()):
        what = [f"{failure['bits']} bits"] if "bits" in failure else []
        what += [failure[name] for name in ("system", "family", "channel", "way") if name in failure]
        complain(f"{failure['clip']}, {', '.join(what)}: {failure['error']}")
    click.echo(result_table(result), nl=False)
