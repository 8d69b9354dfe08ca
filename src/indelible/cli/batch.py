"""What commands on many files share: which files, which part of them, in how many processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

import click

from indelible.cli.terminal import complain, print_document, warn
from indelible.errors import IndelibleError, InputError

__all__ = ["batch_options", "go_through", "key_frames_option", "list_option", "listed_files"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Printable(Protocol):
    """A result of one file."""

    @property
    def warnings(self) -> Iterable[str]: ...
    def to_json(self) -> dict[str, Any]: ...


_Result = TypeVar("_Result", bound=Printable)


def go_through(
    files: Sequence[str],
    work: Callable[[str], _Result],
    *,
    in_words: Callable[[_Result], str],
    exit_code: Callable[[_Result], int],
    as_json: bool,
) -> tuple[list[_Result], int]:
    """Do something with each file and print what came out at once; return the results and the worst exit code.

    Args:
        files: one or more.
        work: what to do; of several files, one that it raises an error for stops none of the others.
        in_words: a result for people.
        exit_code: that a result stands for.
        as_json: whether to print JSON instead.

    Raises:
        IndelibleError: what ``work`` raises for a single file.
    """
    results: list[_Result] = []
    worst = 0
    for file in files:
        try:
            result = work(file)
        except IndelibleError as error:
            if len(files) == 1:
                raise
            complain(f"error: {error}")  # and on to the next file
            worst = max(worst, error.exit_code)
            continue
        results.append(result)
        warn(f"{file}: {sentence}" for sentence in result.warnings)
        if as_json:
            print_document(result.to_json())
        else:
            click.echo(in_words(result))
        worst = max(worst, exit_code(result))
    return results, worst


def batch_options(command: _Command) -> _Command:
    """Give a command ``--files-from``, ``--shard`` and ``--jobs``."""
    for option in (
        click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Files that are read at the same time."),
        click.option("--shard", metavar="I/N", help="Only part I of N of the files: run all parts, anywhere, to do them all."),
    ):
        command = option(command)
    return list_option(command)


def key_frames_option(command: _Command) -> _Command:
    """Give a command ``--key-frames``."""
    return click.option("--key-frames", is_flag=True, help="Decode key frames alone: much faster, finds less.")(command)


def list_option(command: _Command) -> _Command:
    """Give a command ``--files-from``, as its argument ``lists``."""
    return click.option(
        "--files-from", "lists", metavar="FILE", multiple=True, help="Also the files that FILE names, a line each; - is a pipe."
    )(command)


def listed_files(sources: tuple[str, ...], lists: tuple[str, ...], shard: str | None) -> list[str]:
    """Return the files that arguments, folders and lists name, of one part of them.

    Raises:
        InputError: if there are none, or a list or folder cannot be read.
    """
    from indelible.workflows.files import WHOLE, Shard, video_files

    names = [*sources, *(name for each in lists for name in _lines(each))]
    if not names:
        raise InputError("no video was named; give files or folders, or a list of them with --files-from FILE")
    return video_files(names, shard=WHOLE if shard is None else Shard.parse(shard))


def _lines(name: str) -> list[str]:
    try:
        if name == "-":
            return [line for line in sys.stdin.read().splitlines() if line]
        with open(name, encoding="utf-8", errors="surrogateescape") as lines:
            return [line for line in lines.read().splitlines() if line]
    except OSError as error:
        raise InputError(f"cannot read the list {name}: {error.strerror or error}") from error
