"""Files that are being written: without a name where the system can do that, so that even a killed process leaves nothing behind."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from indelible.errors import OutputError

if sys.platform != "win32":
    import fcntl

__all__ = ["Draft", "check_free_folder", "create_draft", "create_draft_folder", "discard_drafts", "lock", "write_whole"]

_OPEN_FILES = "/proc/self/fd"
_DRAFTS: set[Draft | _DraftFolder] = set()


class Draft:
    """A file on its way: ``file`` is what to write to, and it becomes ``path`` when it is published.

    Where the system has files without a name (``O_TMPFILE``), ``file`` is the open file's own. Elsewhere it is a hidden name that ends in
    ``.part``, locked for as long as its writer lives: the next one to write the same output removes what a killed process left.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name: Path | None = None
        self._descriptor = _open_nameless(path.parent)
        if self._descriptor is None:
            self._descriptor, self._name = _open_named(path)
        _remove_abandoned(path)
        self.file = f"{_OPEN_FILES}/{self._descriptor}" if self._name is None else os.fspath(self._name)

    def flush(self) -> None:
        """Have everything written on the disk."""
        if self._descriptor is not None:
            os.fsync(self._descriptor)

    def publish(self) -> None:
        """Give the file its name, replacing what has it, in one step."""
        if self._name is None and os.path.lexists(self._path):
            name = _temporary_name(self._path)
            self._link(name)
            self._name = name
        elif self._name is None:
            try:
                self._link(self._path)
            except FileExistsError as error:
                raise OutputError(f"{self._path} appeared while it was being written; choose another name") from error
        if self._name is not None:
            if os.name != "posix":
                self._close()
            os.replace(self._name, self._path)
            self._name = None
        if os.name == "posix":
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _link(self, name: Path) -> None:
        # With a folder given, Python follows the link to the open file, as linkat(2) asks for.
        os.link(self.file, name, src_dir_fd=self._descriptor, follow_symlinks=True)

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def discard(self) -> None:
        """Let go of the file; what has not been published is gone."""
        self._close()
        if self._name is not None:
            with suppress(FileNotFoundError):
                self._name.unlink()
            self._name = None


@contextmanager
def create_draft(path: Path) -> Iterator[Draft]:
    """Create an empty file that may become ``path``, and discard it if it has not by the end of the block.

    Raises:
        OutputError: if the folder does not exist or cannot be written to.
    """
    try:
        draft = Draft(path)
    except OSError as error:
        raise OutputError(f"cannot create {path}: {error.strerror}; its folder must exist and be writable") from error
    _DRAFTS.add(draft)
    try:
        yield draft
    finally:  # an interrupt too must not leave half a video
        _DRAFTS.discard(draft)
        draft.discard()


class _DraftFolder:
    """A folder on its way: hidden under a name that ends in ``.part``, and locked like a file that has one."""

    def __init__(self, path: Path) -> None:
        _remove_abandoned(path)
        self._path: Path | None = _temporary_name(path)
        self._path.mkdir()
        self._descriptor = None if sys.platform == "win32" else os.open(self._path, os.O_RDONLY)
        if self._descriptor is not None:
            lock(self._descriptor)
        self.folder = self._path

    def publish(self, path: Path) -> None:
        """Give the folder its name; an empty one may have it."""
        try:
            os.replace(self.folder, path)
        except OSError as error:
            raise OutputError(f"{path} appeared while it was being written; choose another name") from error
        self._path = None

    def discard(self) -> None:
        """Let go of the folder; if it has not been published, it is gone."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)
            self._path = None


@contextmanager
def create_draft_folder(path: Path) -> Iterator[Path]:
    """Create an empty folder that becomes ``path`` after a block that succeeds, and is discarded after any other.

    Raises:
        OutputError: if there is something, or its folder does not exist or cannot be written to.
    """
    check_free_folder(path)
    try:
        draft = _DraftFolder(path)
    except OSError as error:
        raise OutputError(f"cannot create {path}: {error.strerror}; its folder must exist and be writable") from error
    _DRAFTS.add(draft)
    try:
        yield draft.folder
        draft.publish(path)
    finally:
        _DRAFTS.discard(draft)
        draft.discard()


def check_free_folder(path: Path) -> None:
    """Check that a folder can be made, or is there and empty.

    Raises:
        OutputError: if there is something else, or no folder to make it in.
    """
    if os.path.lexists(path) and (not path.is_dir() or any(path.iterdir())):
        raise OutputError(f"{path} exists; choose another name for the folder")
    if not path.parent.is_dir():
        raise OutputError(f"cannot create {path}: there is no folder {path.parent}")


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write a file of text, in UTF-8, that appears whole or not at all; it replaces what was there.

    Raises:
        OutputError: if it cannot be written; what was there stays.
    """
    try:
        with create_draft(Path(os.path.realpath(path))) as draft:
            with open(draft.file, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            draft.flush()
            draft.publish()
    except OSError as error:
        raise OutputError(f"cannot write {os.fspath(path)}: {error.strerror or error}") from error


def discard_drafts() -> None:
    """Discard every file that is being written, for a process that is about to end itself."""
    for draft in list(_DRAFTS):
        draft.discard()


def _temporary_name(path: Path) -> Path:
    return path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.part")


def _open_nameless(folder: Path) -> int | None:
    """Return an open file of a folder's file system that has no name, None where there are none."""
    if not hasattr(os, "O_TMPFILE") or not os.path.isdir(_OPEN_FILES):
        return None
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT):
            return None  # the file system cannot; a missing folder is found out with a name
        raise
    lock(descriptor)  # for the moment in which it has a name, but not yet the right one
    return descriptor


def _open_named(path: Path) -> tuple[int, Path]:
    while True:
        name = _temporary_name(path)
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        if lock(descriptor) is not False and name.exists():  # another one may have taken it for abandoned before it was locked
            return descriptor, name
        os.close(descriptor)


def _remove_abandoned(path: Path) -> None:
    """Remove what killed processes left of the same output."""
    if sys.platform == "win32" or not path.parent.is_dir():
        return
    start, end = f".{path.name[:100]}.", ".part"
    for entry in os.scandir(path.parent):
        middle = entry.name.removeprefix(start).removesuffix(end)
        folder = entry.is_dir(follow_symlinks=False)
        if len(middle) != 12 or entry.name != f"{start}{middle}{end}" or not (folder or entry.is_file(follow_symlinks=False)):
            continue
        with suppress(OSError):
            descriptor = os.open(entry.path, (os.O_RDONLY if folder else os.O_RDWR) | os.O_NOFOLLOW)
            try:
                if lock(descriptor) is True:
                    shutil.rmtree(entry.path) if folder else os.unlink(entry.path)
            finally:
                os.close(descriptor)


def lock(descriptor: int) -> bool | None:
    """Lock an open file for as long as it is open; return False if somebody else has, and None where there are no locks."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
