"""The store in one SQLite file, for everything up to what one machine can hold."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from indelible.databases import DatabaseKind, explained, open_database, transaction
from indelible.errors import StoreError
from indelible.fingerprint.code import CONFIRM_BYTES, WORDS, Codes, Fingerprint
from indelible.fingerprint.index.building import State
from indelible.fingerprint.index.hits import Hits, check_query
from indelible.fingerprint.index.schema import APPLICATION_ID, MIGRATIONS
from indelible.fingerprint.index.searcher import Searcher
from indelible.fingerprint.index.store import NewVideo, Origin, StoredVideo, StoreInfo, check_algorithm, latest

PATIENCE_SECONDS = 30.0  # with other processes that are writing, one after another
INDEX_SUFFIX = ".index"

_VIDEO = "number, id, rows, duration_seconds, size_bytes, modified_ns, sha256"
_AT_ONCE = 500  # values in one statement


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


class EmbeddedStore:
    """An open store file. Close it, or use it in a ``with`` block; see `Store`.

    Beside the file lies an index of it (``NAME.index``), which is made when it is needed and may be deleted at any time.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._searcher = Searcher(path.with_name(path.name + INDEX_SUFFIX))

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def add(self, videos: Sequence[NewVideo]) -> None:
        """Store videos; see `Store.add`."""
        if not videos:
            return
        with explained(_kind(), self._path), transaction(self._connection, write=True):
            algorithm = check_algorithm(videos, self._algorithm())
            self._connection.execute("UPDATE store SET algorithm = ?", (algorithm,))
            generation = self._change()
            for video in latest(videos):
                self._remove(video.id, generation)
                self._insert(video)

    def remove(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Remove videos; see `Store.remove`."""
        with explained(_kind(), self._path), transaction(self._connection, write=True):
            generation = self._change()
            return tuple(each for each in dict.fromkeys(ids) if self._remove(each, generation))

    def find(self, video_id: str) -> StoredVideo | None:
        """Return the video that is called so."""
        return next(self._select("WHERE id = ?", video_id), None)

    def videos(self) -> Iterator[StoredVideo]:
        """Yield all videos, in the order in which they were stored."""
        return self._select("ORDER BY number")

    def numbered(self, numbers: Iterable[int]) -> dict[int, StoredVideo]:
        """Return videos by their numbers; see `Store.numbered`."""
        wanted = list(dict.fromkeys(int(number) for number in numbers))
        found: dict[int, StoredVideo] = {}
        for first in range(0, len(wanted), _AT_ONCE):
            part = wanted[first : first + _AT_ONCE]
            videos = self._select(f"WHERE number IN ({', '.join('?' * len(part))})", *part)
            found |= {video.number: video for video in videos}
        return found

    def fingerprint(self, video: int) -> Fingerprint:
        """Return the fingerprint of a video; see `Store.fingerprint`."""
        with self._reading():
            row = self._connection.execute(
                "SELECT start_seconds, codes, weights, views, confirm, duration_seconds FROM codes JOIN videos USING (number) "
                "WHERE number = ?",
                (int(video),),
            ).fetchone()
            if row is None:
                raise StoreError(f"video {video} is not in {self._path} any more")
            return _fingerprint(row, self._algorithm(), self._path)

    def near(self, codes: Codes, radius: int) -> Hits:
        """Return every stored code within ``radius`` bits; see `Store.near`."""
        check_query(codes, radius)
        self._refresh()
        return self._searcher.near(codes, radius)

    def sample(self, count: int, *, rng: np.random.Generator) -> Codes:
        """Return stored codes at random; see `Store.sample`."""
        self._refresh()
        return self._searcher.sample(count, rng=rng)

    @property
    def code_count(self) -> int:
        """How many codes are stored, those without evidence too."""
        return self._counts()[1]

    @property
    def video_count(self) -> int:
        """How many videos are stored."""
        return self._counts()[0]

    @contextmanager
    def snapshot(self) -> Iterator[Self]:
        """Give the store as it is now; see `Store.snapshot`."""
        with self._reading():
            yield self

    def info(self) -> StoreInfo:
        """Return what the store holds."""
        with self._reading():
            videos, rows = self._counts()
            algorithm = self._algorithm()
        files = [self._path.with_name(self._path.name + suffix) for suffix in ("", "-wal", INDEX_SUFFIX)]
        size = sum(file.stat().st_size for file in files if file.exists())
        return StoreInfo("sqlite", os.fspath(self._path), algorithm, videos, rows, size)

    def _refresh(self) -> None:
        with self._reading():
            self._searcher.refresh(_Contents(self._connection))

    def _counts(self) -> tuple[int, int]:
        with self._reading():
            videos, rows = self._connection.execute("SELECT count(*), coalesce(sum(rows), 0) FROM videos").fetchone()
        return int(videos), int(rows)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """See one state of the file for the length of the block."""
        with explained(_kind(), self._path):
            if self._connection.in_transaction:  # of a snapshot around it
                yield
                return
            with transaction(self._connection, write=False):
                yield

    def _algorithm(self) -> str | None:
        (algorithm,) = self._connection.execute("SELECT algorithm FROM store").fetchone()
        return None if algorithm is None else str(algorithm)

    def _change(self) -> int:
        cursor = self._connection.execute("INSERT INTO changes (stamp) VALUES (?)", (secrets.token_hex(8),))
        return cursor.lastrowid or 0

    def _insert(self, video: NewVideo) -> None:
        own, origin = video.fingerprint, video.origin
        cursor = self._connection.execute(
            "INSERT INTO videos (id, rows, duration_seconds, size_bytes, modified_ns, sha256) VALUES (?, ?, ?, ?, ?, ?)",
            (video.id, len(own), own.duration_seconds, origin.size_bytes, origin.modified_ns, origin.sha256),
        )
        arrays = (own.start_seconds.astype("<f8"), own.codes.astype("<u8"), own.weights, own.views, own.confirm)
        self._connection.execute(
            "INSERT INTO codes (number, start_seconds, codes, weights, views, confirm) VALUES (?, ?, ?, ?, ?, ?)",
            (cursor.lastrowid, *(array.tobytes() for array in arrays)),
        )

    def _remove(self, video_id: str, generation: int) -> bool:
        row = self._connection.execute("SELECT number FROM videos WHERE id = ?", (video_id,)).fetchone()
        if row is None:
            return False
        self._connection.execute("DELETE FROM codes WHERE number = ?", row)
        self._connection.execute("DELETE FROM videos WHERE number = ?", row)
        self._connection.execute("INSERT INTO removed (number, generation) VALUES (?, ?)", (*row, generation))
        return True

    def _select(self, condition: str, *values: object) -> Iterator[StoredVideo]:
        with explained(_kind(), self._path):
            rows = self._connection.execute(f"SELECT {_VIDEO} FROM videos {condition}", values).fetchall()
        for number, id_, rows_, duration_seconds, *origin in rows:
            yield StoredVideo(id_, number, rows_, duration_seconds, Origin(*origin))


class _Contents:
    """What a searcher reads, in one state of the file: that of the transaction around it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def state(self) -> State:
        generation, stamp = self._connection.execute(
            "SELECT generation, stamp FROM changes ORDER BY generation DESC LIMIT 1"
        ).fetchone() or (0, "")
        (last,) = self._connection.execute("SELECT coalesce(max(number), 0) FROM videos").fetchone()
        return State(generation, stamp, last)

    def follows(self, state: State) -> bool:
        row = self._connection.execute("SELECT stamp FROM changes WHERE generation = ?", (state.generation,)).fetchone()
        return row is not None and row[0] == state.stamp

    def count_after(self, number: int) -> int:
        (rows,) = self._connection.execute("SELECT coalesce(sum(rows), 0) FROM videos WHERE number > ?", (number,)).fetchone()
        return int(rows)

    def after(self, number: int) -> Iterator[tuple[int, Codes, Any]]:
        cursor = self._connection.execute("SELECT number, codes, weights FROM codes WHERE number > ? ORDER BY number", (number,))
        for own, codes, weights in cursor:
            try:
                yield own, np.frombuffer(codes, "<u8").reshape(-1, WORDS), np.frombuffer(weights, np.uint8)
            except (TypeError, ValueError) as error:
                raise StoreError(f"the store is damaged: the codes of video {own} are no codes; restore it from a backup") from error

    def removed_since(self, generation: int) -> list[int]:
        cursor = self._connection.execute("SELECT number FROM removed WHERE generation > ?", (generation,))
        return [number for (number,) in cursor]


def _fingerprint(row: Sequence[Any], algorithm: str | None, path: Path) -> Fingerprint:
    start_seconds, codes, weights, views, confirm, duration_seconds = row
    try:
        return Fingerprint(
            np.frombuffer(start_seconds, "<f8").astype(np.float64),
            np.frombuffer(codes, "<u8").astype(np.uint64).reshape(-1, WORDS),
            np.frombuffer(weights, np.uint8),
            np.frombuffer(views, np.uint8),
            np.frombuffer(confirm, np.uint8).reshape(-1, CONFIRM_BYTES),
            duration_seconds,
            str(algorithm),
        )
    except (TypeError, ValueError) as error:
        raise StoreError(f"the store {path} is damaged: {error}; restore it from a backup") from error
