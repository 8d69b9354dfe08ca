"""What commands on many files share: which files, which part of them, in how many processes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from indelible.errors import InputError

__all__ = ["batch_options", "key_frames_option", "list_option", "listed_files"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


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
