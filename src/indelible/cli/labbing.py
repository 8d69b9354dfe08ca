"""What the commands of ``indelible lab`` share: options, the clips they name, and how results are handed over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from indelible.cli.terminal import complain

if TYPE_CHECKING:
    from indelible.runs.corpus import Corpus

__all__ = ["CACHE", "FORCE", "JOBS", "ONLY", "RESULT", "RESUME", "SEED", "SIGNATURE", "check_new", "clips_of", "finish", "footage"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

RESULT = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE.json", help="The result."
)
SIGNATURE = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE.json", help="The signature."
)
ONLY = click.option("--only", default="*", show_default=True, metavar="PATTERN", help="Only clips of such names, as in a shell: 'd00*'.")
JOBS = click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes; each takes one core.")
CACHE = click.option(
    "--cache", type=click.Path(path_type=Path), default=Path(".bench-cache"), show_default=True, help="Where measurements are remembered."
)
RESUME = click.option("--resume/--fresh", default=True, show_default=True, help="Go on where an earlier run stopped, or begin anew.")
SEED = click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Of everything that is random.")
FORCE = click.option("--force", is_flag=True, help="Replace the output if it is there.")


def footage(frames: int, width: int) -> Callable[[_Command], _Command]:
    """Give a command the options of how much footage is used, with these defaults."""

    def add(command: _Command) -> _Command:
        of_frames = click.option("--frames", type=click.IntRange(8), default=frames, show_default=True, help="Of each clip, at most.")
        of_width = click.option("--width", type=click.IntRange(64), default=width, show_default=True, help="Wider clips are scaled to it.")
        return of_frames(of_width(command))

    return add


def clips_of(folder: Path, only: str) -> Corpus:
    """Return the clips of a folder that the options name."""
    from indelible.runs.corpus import load_corpus

    return load_corpus(folder, pattern=only)


def check_new(output: Path, force: bool) -> None:
    """Refuse to replace a signature, which is a secret that cannot be made again, before any work is done."""
    from indelible.errors import OutputError

    if output.exists() and not force:
        raise OutputError(f"{output} exists; choose another name, or --force to replace it")


def finish(result: dict[str, Any], output: Path, tables: str) -> None:
    """Write the result, name what failed, and print its tables."""
    from indelible.runs.result_file import write_result

    write_result(output, result)
    for failure in result.get("errors", ()):
        complain(f"{failure['clip']}, {failure['channel']}: {failure['error']}")
    click.echo(tables, nl=False)
