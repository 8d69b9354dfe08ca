"""The store in one SQLite file, for all who work on one machine."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from indelible.databases import DatabaseKind, explained, open_database, transaction
from indelible.errors import StoreError
from indelible.fingerprint.index.schema import APPLICATION_ID, MIGRATIONS
from indelible.fingerprint.index.searcher import Searcher
from indelible.fingerprint.index.tables import Row, TableStore

PATIENCE_SECONDS = 30.0  # with other processes that are writing, one after another
INDEX_SUFFIX = ".index"


def _kind() -> DatabaseKind:
    return DatabaseKind(
        noun="store",
        application_id=APPLICATION_ID,
        migrations=MIGRATIONS,
        error=StoreError,
        made_by="indelible index add --store FILE IN...",
        write_ahead=True,  # a catalogue is searched while it grows
        patience_seconds=PATIENCE_SECONDS,
    )


class EmbeddedStore(TableStore):
    """An open store file. Close it, or use it in a ``with`` block; see `Store`.

    Beside the file lies an index of it (``NAME.index``), which is made when it is needed and may be deleted at any time.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__("sqlite", os.fspath(path), Searcher(path.with_name(path.name + INDEX_SUFFIX)))
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, write: bool = False) -> EmbeddedStore:
        """Open a store file, with ``write`` also one that is not there yet, which only its owner can read.

        Raises:
            StoreError: if the file is missing, cannot be opened or written to, is no store, or one of a newer version.
        """
        return cls(open_database(_kind(), path, write=write), Path(path))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        return self._connection.execute(statement, values).fetchall()

    def _stream(self, statement: str, values: Sequence[object] = ()) -> Iterator[Row]:
        return self._connection.execute(statement, values)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with explained(_kind(), self._path), transaction(self._connection, write=True):
            yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with explained(_kind(), self._path):
            if self._connection.in_transaction:
                yield
                return
            with transaction(self._connection, write=False):
                yield

    def _size_bytes(self) -> int:
        files = [self._path.with_name(self._path.name + suffix) for suffix in ("", "-wal", INDEX_SUFFIX)]
        return sum(file.stat().st_size for file in files if file.exists())
