"""The registry file."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from indelible.databases import DatabaseKind, explained, open_database
from indelible.errors import RegistryError
from indelible.registry.entry import Entry
from indelible.registry.schema import APPLICATION_ID, MIGRATIONS

PATIENCE_SECONDS = 10.0  # with another process that is writing, which takes milliseconds

_COLUMNS = tuple(column.name for column in fields(Entry))


def _kind() -> DatabaseKind:
    return DatabaseKind(
        noun="registry",
        application_id=APPLICATION_ID,
        migrations=MIGRATIONS,
        error=RegistryError,
        made_by="indelible mark IN OUT --registry FILE --recipient NAME",
        # Adding a copy takes milliseconds, for which readers can wait; and a copy of the one file must be a whole registry, which may
        # lie on a network drive that a studio shares.
        write_ahead=False,
        patience_seconds=PATIENCE_SECONDS,
    )


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
        return cls(open_database(_kind(), path, write=write), Path(path))

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
        with explained(_kind(), self._path):
            cursor = self._connection.execute(f"INSERT INTO copies ({names}) VALUES ({', '.join('?' * len(values))})", [*values.values()])
        return replace(entry, id=cursor.lastrowid or 0)

    def complete(self, entry: Entry, *, duration_seconds: float, output_sha256: str | None) -> Entry:
        """Note that a registered copy is complete, and return its entry.

        Raises:
            RegistryError: if that is not possible.
        """
        done = replace(entry, duration_seconds=duration_seconds, output_sha256=output_sha256, status="done")
        with explained(_kind(), self._path):
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
        with explained(_kind(), self._path):
            self._connection.execute("INSERT OR REPLACE INTO likenesses (copy_id, windows) VALUES (?, ?)", (entry.id, data))

    def likeness(self, entry: Entry) -> bytes | None:
        """Return what a registered copy shows, None where nothing was kept: an older or pending copy.

        Raises:
            RegistryError: if the file cannot be read.
        """
        with explained(_kind(), self._path):
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
        with explained(_kind(), self._path):
            rows = self._connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM copies {condition} ORDER BY id", values).fetchall()
        try:
            return tuple(_entry(dict(zip(_COLUMNS, row, strict=True))) for row in rows)
        except (TypeError, ValueError) as error:
            raise RegistryError(f"the registry {self._path} is damaged: {error}; restore it from a backup") from error


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
