"""The store on a PostgreSQL server, for all who work on many machines.

The server keeps what is stored; each machine that searches keeps an index of it, which it brings up to date with what is new. A search on
the server itself would be as exact, and far slower: see docs/decisions/0013-index.md.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from indelible.errors import StoreError, missing_extra
from indelible.fingerprint.index.searcher import Searcher
from indelible.fingerprint.index.tables import Row, TableStore

if TYPE_CHECKING:
    import psycopg

PATIENCE_SECONDS = 10  # until a server answers
PARTITIONS = 16
LOCK = 0x494E4446
"""Taken by whoever changes a store: so the changes become visible in the order of their numbers, without which one that ends late would be
missed by an index that has seen a later one."""

# Append only: a step that has been released is never changed. `store.version` counts the steps that were taken.
MIGRATIONS: tuple[str, ...] = (
    "CREATE TABLE store (one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL, algorithm text)",
    "CREATE TABLE changes (generation bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stamp text NOT NULL)",
    """
    CREATE TABLE videos (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text NOT NULL UNIQUE,
        rows integer NOT NULL,
        duration_seconds double precision NOT NULL,
        size_bytes bigint,
        modified_ns bigint,
        sha256 text
    )
    """,
    # The arrays of the embedded store. Codes do not compress, so the server need not try.
    """
    CREATE TABLE codes (
        number bigint PRIMARY KEY,
        start_seconds bytea NOT NULL,
        codes bytea NOT NULL,
        weights bytea NOT NULL,
        views bytea NOT NULL,
        confirm bytea NOT NULL
    ) PARTITION BY HASH (number)
    """,
    *(
        f"CREATE TABLE codes_{part} PARTITION OF codes FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
        for part in range(PARTITIONS)
    ),
    *(f"ALTER TABLE codes_{part} ALTER COLUMN codes SET STORAGE EXTERNAL" for part in range(PARTITIONS)),
    "CREATE TABLE removed (number bigint PRIMARY KEY, generation bigint NOT NULL)",
    "CREATE INDEX removed_since ON removed (generation)",
)


class ServerStore(TableStore):
    """An open store in a database of a server; see `Store`. Its tables lie in a schema of their own, ``indelible``."""

    def __init__(self, connection: psycopg.Connection[Any], place: str) -> None:
        digest = hashlib.sha256(place.encode()).hexdigest()
        super().__init__("postgresql", place, Searcher(_cache_folder() / f"store-{digest[:32]}.index"))
        self._connection = connection

    @classmethod
    def open(cls, url: str, *, write: bool = False) -> ServerStore:
        """Connect to a database; with ``write``, make the tables of a store where there are none.

        Args:
            url: ``postgresql://user@host/database``, and whatever else libpq understands.
            write: whether there may be no store yet.

        Raises:
            StoreError: if the server cannot be reached, or holds no store or one of a newer version.
            MissingExtraError: if psycopg is not installed.
        """
        try:
            import psycopg
        except ImportError as error:
            raise missing_extra("psycopg", extra="postgres") from error
        place = _without_password(url)
        with _explained(place):
            connection = psycopg.connect(url, autocommit=True, connect_timeout=PATIENCE_SECONDS, application_name="indelible")
        store = cls(connection, place)
        try:
            store._prepare(write=write)
        except BaseException:
            connection.close()
            raise
        return store

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        with self._connection.cursor(binary=True) as cursor:
            cursor.execute(_placed(statement), values)
            return cursor.fetchall() if cursor.description is not None else []

    def _stream(self, statement: str, values: Sequence[object] = ()) -> Iterator[Row]:
        with self._connection.cursor("stream", binary=True) as cursor:  # a name makes it one of the server
            cursor.execute(_placed(statement), values)
            yield from cursor

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _explained(self._place), self._connection.transaction():
            self._rows("SELECT pg_advisory_xact_lock(?)", (LOCK,))
            yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        from psycopg.pq import TransactionStatus

        with _explained(self._place):
            if self._connection.info.transaction_status == TransactionStatus.INTRANS:
                yield
                return
            with self._connection.transaction():
                self._rows("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield

    def _size_bytes(self) -> int:
        ((size,),) = self._rows(
            "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = 'indelible'::regnamespace"
        )
        return int(size)

    def _prepare(self, *, write: bool) -> None:
        with _explained(self._place):
            version = self._version()
            if version == 0 and not write:
                raise StoreError(f"{self._place} holds no store; it is made by: indelible index add --store URL IN...")
            if version < len(MIGRATIONS):
                with self._writing():
                    self._migrate()
            self._rows("SET search_path TO indelible")

    def _migrate(self) -> None:
        done = self._version()  # looked at again: another process may have done it meanwhile
        self._rows("CREATE SCHEMA IF NOT EXISTS indelible")
        self._rows("SET LOCAL search_path TO indelible")
        for statement in MIGRATIONS[done:]:
            self._rows(statement)
        if done == 0:
            self._rows("INSERT INTO store (version) VALUES (?)", (len(MIGRATIONS),))
        self._rows("UPDATE store SET version = ?", (len(MIGRATIONS),))

    def _version(self) -> int:
        """Return how many migrations the store has taken, 0 where there is none."""
        ((table,),) = self._rows("SELECT to_regclass('indelible.store')::text")
        if table is None:
            return 0
        ((version,),) = self._rows("SELECT version FROM indelible.store")
        if version > len(MIGRATIONS):
            raise StoreError(
                f"the store {self._place} has version {version}, which a newer indelible has made; "
                f"this one reads up to version {len(MIGRATIONS)}: upgrade it"
            )
        return int(version)


@contextmanager
def _explained(place: str) -> Iterator[None]:
    """Turn what the server says into one line that a person can act on."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        said = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, psycopg.OperationalError):
            raise StoreError(f"cannot reach the store {place}: {said}; check the URL, and that the server runs") from error
        raise StoreError(f"the store {place} cannot be used: {said}") from error


def _placed(statement: str) -> str:
    """Return a statement with the placeholders of psycopg."""
    return statement.replace("?", "%s")


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return url if parts.password is None else url.replace(f":{parts.password}@", "@", 1)


def _cache_folder() -> Path:
    """Return where this user's programs keep what they can make again."""
    base = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    return Path(base or Path.home() / ".cache") / "indelible"
