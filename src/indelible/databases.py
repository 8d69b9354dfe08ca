"""SQLite files of this package: opened with care, brought up to date by append-only migrations, and explained when they fail."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from indelible.errors import InputError


@dataclass(frozen=True, slots=True)
class DatabaseKind:
    """What a kind of file is, and what to say of it.

    Args:
        noun: what a person calls it, such as ``registry``.
        application_id: written into each file, so that a database of something else is not taken for one.
        migrations: statements that make an empty file a current one. Append only: a step that has been released is never changed. A
            file's ``user_version`` counts the steps that it has taken.
        error: raised for whatever is wrong with a file.
        made_by: the command that makes one.
        write_ahead: whether readers go on while somebody writes. Part of the data is then in files beside it for a while, which does not
            work on network drives; without, everything is in the one file.
        patience_seconds: with another process that is writing.
    """

    noun: str
    application_id: int
    migrations: tuple[str, ...]
    error: type[InputError]
    made_by: str
    write_ahead: bool = False
    patience_seconds: float = 10.0


def open_database(kind: DatabaseKind, path: str | os.PathLike[str], *, write: bool = False) -> sqlite3.Connection:
    """Open a file of a kind, in autocommit: transactions are written out.

    Args:
        kind: of the file.
        path: the file.
        write: whether it may be made; a new file can be read by its owner only (mode 0600).

    Raises:
        InputError: of the kind's own class, if the file is missing, cannot be opened or written to, is of another kind, or of a newer
            version.
    """
    file = Path(path)
    if write:
        _create(kind, file)
    elif not os.path.exists(file):  # unlike Path.exists it takes a name that is too long for one that is not there
        raise kind.error(f"there is no {kind.noun} {file}; it is made by: {kind.made_by}")
    if not os.path.isfile(file):
        raise kind.error(f"the {kind.noun} {file} is not a regular file; give the name of a file")
    with explained(kind, file):
        # "rw", not "rwc": a file that SQLite created would be readable by others. Not "ro" for a reader either: after a crash in the
        # middle of a write, the next one to open the file has to undo it. A file that may not be written is opened for reading.
        uri = f"{file.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=kind.patience_seconds)
    try:
        with explained(kind, file):
            _prepare(kind, connection, file, write=write)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def explained(kind: DatabaseKind, file: Path) -> Iterator[None]:
    """Turn what SQLite says into what a person can act on."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise kind.error(f"the {kind.noun} {file} is in use by another process; try again when that has finished") from error
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise kind.error(f"{file} is not a {kind.noun}, or damaged: {error}; is it the right file?") from error
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            raise kind.error(f"cannot open or write the {kind.noun} {file}: {error}; file and folder must be yours to write") from error
        raise kind.error(f"the {kind.noun} {file} cannot be used: {error}") from error


@contextmanager
def transaction(connection: sqlite3.Connection, *, write: bool) -> Iterator[None]:
    """Run the block in one transaction: all or nothing when it writes, one state of the file when it reads."""
    connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _create(kind: DatabaseKind, file: Path) -> None:
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise kind.error(
            f"cannot create the {kind.noun} {file}: {error.strerror or error}; its folder must exist and be writable"
        ) from error


def _prepare(kind: DatabaseKind, connection: sqlite3.Connection, file: Path, *, write: bool) -> None:
    # What a file of unknown origin says in its schema is not to be trusted.
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA synchronous = FULL")  # every commit on the disk
    if _version(kind, connection, file) == len(kind.migrations):
        return
    if not write:
        if _version(kind, connection, file) == 0:
            raise kind.error(f"{file} is empty and not a {kind.noun}; is it the right file?")
        # Reading an older file needs its tables as they are now.
        open_database(kind, file, write=True).close()
        return
    with transaction(connection, write=True):
        # Looked at again: another process may have done it meanwhile.
        for number, statement in enumerate(kind.migrations[_version(kind, connection, file) :], start=_version(kind, connection, file) + 1):
            connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute(f"PRAGMA application_id = {kind.application_id}")
    if kind.write_ahead:
        with suppress(sqlite3.OperationalError):  # in use at this moment: by one that does the same
            connection.execute("PRAGMA journal_mode = WAL")  # is written into the file


def _version(kind: DatabaseKind, connection: sqlite3.Connection, file: Path) -> int:
    """Return how many migrations the file has taken; 0 for one without any content."""
    # The owner last: a file that another process makes one of ours meanwhile is then never taken for something else.
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    if owner != kind.application_id and (tables or version or owner):
        raise kind.error(f"{file} is a database of something else, not a {kind.noun}; is it the right file?")
    if version > len(kind.migrations):
        raise kind.error(
            f"the {kind.noun} {file} has version {version}, which a newer indelible has made; "
            f"this one reads up to version {len(kind.migrations)}: upgrade it"
        )
    return int(version)
