"""The registry file."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from indelible.errors import RegistryError
from indelible.registry.entry import Entry
from indelible.registry.schema import APPLICATION_ID, MIGRATIONS

PATIENCE_SECONDS = 10.0  # with another process that is writing, which takes milliseconds

_COLUMNS = tuple(column.name for column in fields(Entry))


class Registry:
    """An open registry file. Close it, or use it in a ``with`` block.

    Several processes may read and add at the same time. Nothing is ever removed: a copy that is out there must stay traceable.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, write: bool = False) -> Registry:
        """Open a registry file.

        Args:
            path: the file.
            write: whether copies may be added; then a missing file is created, which only its owner can read (mode 0600): it says who
                got what.

        Raises:
            RegistryError: if the file is missing, cannot be opened or written to, is no registry, or one of a newer version.
        """
        file = Path(path)
        if write:
            _create(file)
        elif not os.path.exists(file):  # unlike Path.exists it takes a name that is too long for one that is not there
            raise RegistryError(f"there is no registry {file}; it is made by: indelible mark IN OUT --registry FILE --recipient NAME")
        if not os.path.isfile(file):
            raise RegistryError(f"the registry {file} is not a regular file; give the name of a file")
        with _explained(file):
            # "rw", not "rwc": a file that SQLite created would be readable by others. Not "ro" for a reader either: after a crash in the
            # middle of a write, the next one to open the file has to undo it. A file that may not be written is opened for reading.
            # Autocommit: transactions are written out.
            uri = f"{file.absolute().as_uri()}?mode=rw"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE_SECONDS)
        registry = cls(connection, file)
        try:
            with _explained(file):
                registry._prepare(write=write)
        except BaseException:
            connection.close()
            raise
        return registry

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def add(self, entry: Entry) -> Entry:
        """Register a copy and return its entry with its number; on the disk when this returns.

        Raises:
            RegistryError: if that is not possible.
        """
        values = _row(entry)
        del values["id"]
        names = ", ".join(values)
        with _explained(self._path):
            cursor = self._connection.execute(f"INSERT INTO copies ({names}) VALUES ({', '.join('?' * len(values))})", [*values.values()])
        return replace(entry, id=cursor.lastrowid or 0)

    def complete(self, entry: Entry, *, duration_seconds: float, output_sha256: str | None) -> Entry:
        """Note that a registered copy is complete, and return its entry.

        Raises:
            RegistryError: if that is not possible.
        """
        done = replace(entry, duration_seconds=duration_seconds, output_sha256=output_sha256, status="done")
        with _explained(self._path):
            self._connection.execute(
                "UPDATE copies SET duration_seconds = ?, output_sha256 = ?, status = ? WHERE id = ?",
                (duration_seconds, output_sha256, done.status, entry.id),
            )
        return done

    def keep_likeness(self, entry: Entry, data: bytes) -> None:
        """Keep what a registered copy shows (`indelible.registry.likeness`).

        Raises:
            RegistryError: if that is not possible.
        """
        with _explained(self._path):
            self._connection.execute("INSERT OR REPLACE INTO likenesses (copy_id, windows) VALUES (?, ?)", (entry.id, data))

    def likeness(self, entry: Entry) -> bytes | None:
        """Return what a registered copy shows, None where nothing was kept: an older or pending copy.

        Raises:
            RegistryError: if the file cannot be read.
        """
        with _explained(self._path):
            row = self._connection.execute("SELECT windows FROM likenesses WHERE copy_id = ?", (entry.id,)).fetchone()
        return None if row is None else bytes(row[0])

    def entries(self, *, key_id: str | None = None) -> tuple[Entry, ...]:
        """Return all copies, or those of one key, pending ones too, in the order in which they were registered.

        Raises:
            RegistryError: if the file cannot be read.
        """
        return self._select("" if key_id is None else "WHERE key_id = ?", *([] if key_id is None else [key_id]))

    def entry(self, number: int) -> Entry:
        """Return the copy of a number.

        Raises:
            RegistryError: if there is none, or the file cannot be read.
        """
        found = self._select("WHERE id = ?", number) if 0 < number < 2**63 else ()  # what SQLite can count
        if not found:
            raise RegistryError(f"{self._path} has no copy {number}; see: indelible registry list {self._path}")
        return found[0]

    def _select(self, condition: str, *values: object) -> tuple[Entry, ...]:
        with _explained(self._path):
            rows = self._connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM copies {condition} ORDER BY id", values).fetchall()
        try:
            return tuple(_entry(dict(zip(_COLUMNS, row, strict=True))) for row in rows)
        except (TypeError, ValueError) as error:
            raise RegistryError(f"the registry {self._path} is damaged: {error}; restore it from a backup") from error

    def _prepare(self, *, write: bool) -> None:
        # What a file of unknown origin says in its schema is not to be trusted.
        self._connection.execute("PRAGMA trusted_schema = OFF")
        # The rollback journal, SQLite's default, and every commit on the disk. A write-ahead log would let readers go on while a copy
        # is added, which takes milliseconds, but keeps part of the data in files beside this one: a copy of the one file would miss
        # them, and it does not work on network drives, where a registry that is shared by a studio lies.
        self._connection.execute("PRAGMA synchronous = FULL")
        if self._version() == len(MIGRATIONS):
            return
        if not write:
            if self._version() == 0:
                raise RegistryError(f"{self._path} is empty and not a registry; is it the right file?")
            # Reading an older file needs its tables as they are now.
            with Registry.open(self._path, write=True):
                return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            # Looked at again: another process may have done it meanwhile.
            for number, statement in enumerate(MIGRATIONS[self._version() :], start=self._version() + 1):
                self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {number}")
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _version(self) -> int:
        """Return how many migrations the file has taken; 0 for one without any content."""
        # The owner last: a file that another process makes a registry meanwhile is then never taken for something else.
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        (owner,) = self._connection.execute("PRAGMA application_id").fetchone()
        if owner != APPLICATION_ID and (tables or version or owner):
            raise RegistryError(f"{self._path} is a database of something else, not a registry; is it the right file?")
        if version > len(MIGRATIONS):
            raise RegistryError(
                f"the registry {self._path} has version {version}, which a newer indelible has made; "
                f"this one reads up to version {len(MIGRATIONS)}: upgrade it"
            )
        return int(version)


def _create(file: Path) -> None:
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise RegistryError(
            f"cannot create the registry {file}: {error.strerror or error}; its folder must exist and be writable"
        ) from error


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Turn what SQLite says into what a person can act on."""
    try:
        yield
    except sqlite3.Error as error:
        kind = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code
        if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise RegistryError(f"the registry {file} is in use by another process; try again when that has finished") from error
        if kind in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise RegistryError(f"{file} is not a registry, or damaged: {error}; is it the right file?") from error
        if kind in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            raise RegistryError(f"cannot open or write the registry {file}: {error}; file and folder must be yours to write") from error
        raise RegistryError(f"the registry {file} cannot be used: {error}") from error


def _row(entry: Entry) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in _COLUMNS}
    # A name that is no text (Linux allows any bytes) is stored in a form that is.
    texts = {name: value.encode("utf-8", "backslashreplace").decode() for name, value in values.items() if isinstance(value, str)}
    return values | texts | {"settings": json.dumps(dict(entry.settings)), "payload_is_text": int(entry.payload_is_text)}


def _entry(values: dict[str, Any]) -> Entry:
    """Return the entry of a row. SQLite takes any type in any column, so what others wrote is looked at: ValueError if it is wrong."""
    for name, value in values.items():
        if isinstance(value, bytes) != (name == "nonce") or (name == "duration_seconds" and isinstance(value, str)):
            raise ValueError(f"the {name} of copy {values['id']} is {value!r}")
    settings = json.loads(values["settings"])
    if not isinstance(settings, dict):
        raise ValueError(f"the settings of copy {values['id']} are {settings!r}")
    entry = Entry(**values | {"settings": MappingProxyType(settings), "payload_is_text": bool(values["payload_is_text"])})
    _ = entry.payload  # which says what is wrong with it
    return entry
