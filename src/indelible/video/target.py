"""Where a video is written to: a file that appears whole or not at all, standard output, or memory."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from indelible.drafts import create_draft
from indelible.errors import InputError, OutputError
from indelible.video.containers import check_container, check_holds, container_of_suffix
from indelible.video.source import Source

__all__ = ["Target", "check_target", "open_target"]


@dataclass(frozen=True, slots=True)
class Target:
    """What ``av.open`` writes to, in which container, and whether written bytes can be changed again."""

    file: str | BinaryIO
    container: str
    name: str
    seekable: bool
    in_file: bool = False


def check_target(
    target: str | os.PathLike[str], codec: str | None, *, container: str | None, overwrite: bool, source: Source | None
) -> None:
    """Check what `open_target` will, before long work that ends with writing a file.

    Args:
        target: a path.
        codec: of what will be written, None if that is not known yet.
        container: as for `open_target`.
        overwrite: likewise.
        source: likewise.

    Raises:
        OutputError: if the target exists, is the source, or has no folder.
        InputError: if the container is unknown, or does not hold the codec.
    """
    path = Path(os.path.realpath(target))
    kind = container or container_of_suffix(path.suffix)
    check_container(kind)
    if codec is not None:
        check_holds(kind, codec)
    _check_free(path, overwrite=overwrite, source=source)
    if not path.parent.is_dir():
        raise OutputError(f"cannot create {path}: there is no folder {path.parent}")


@contextmanager
def open_target(target: Source, *, container: str | None, overwrite: bool, source: Source | None) -> Iterator[Target]:
    """Prepare a target, and publish it if the block succeeds.

    A path is written without a name, or under a temporary one in its folder, flushed to the disk and published; whatever ends the
    block early leaves nothing.

    Args:
        target: a path, ``-`` or a binary file object.
        container: FFmpeg's short name; None takes it from the path's suffix (``nut`` for ``-``).
        overwrite: whether an existing file may be replaced.
        source: what is being read, which may not be the target.

    Raises:
        OutputError: if the target exists, is the source, is a terminal, or cannot be created.
        InputError: if the container is unknown, or missing for a file object.
    """
    if container is not None:
        check_container(container)
    if not isinstance(target, str | os.PathLike):
        if container is None:
            raise InputError('a file object needs container=..., for example "mp4" or "matroska"')
        if target is source:
            raise OutputError("the output is the input itself; write to another file object")
        yield Target(target, container, "the video in memory", target.seekable())
    elif os.fspath(target) == "-":
        if sys.stdout.isatty():
            raise OutputError("standard output is a terminal; redirect it to a file or a program")
        yield Target("pipe:1", container or "nut", "standard output", seekable=False)
    else:
        path = Path(os.path.realpath(target))
        kind = container or container_of_suffix(path.suffix)
        _check_free(path, overwrite=overwrite, source=source)
        with _published(path, overwrite=overwrite, source=source) as file:
            yield Target(f"file:{file}", kind, os.fspath(target), seekable=True, in_file=True)


def _check_free(path: Path, *, overwrite: bool, source: Source | None) -> None:
    if not path.exists():
        return
    if isinstance(source, str | os.PathLike) and os.fspath(source) != "-" and os.path.exists(source) and path.samefile(source):
        raise OutputError(f"{path} is the input itself; choose another name for the output")
    if not stat.S_ISREG(path.stat().st_mode):
        raise OutputError(f"{path} exists and is not a regular file; choose another name, or - for standard output")
    if not overwrite:
        raise OutputError(f"{path} exists; choose another name, or allow it to be replaced (overwrite=True, --force)")


@contextmanager
def _published(path: Path, *, overwrite: bool, source: Source | None) -> Iterator[str]:
    """Give the name of an empty file to write to, and publish it as ``path`` after a block that succeeds."""
    with create_draft(path) as draft:
        yield draft.file
        draft.flush()
        _check_free(path, overwrite=overwrite, source=source)
        draft.publish()
