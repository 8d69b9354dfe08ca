"""What both kinds of stores do with their tables, in the SQL that both understand."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from indelible.errors import StoreError
from indelible.fingerprint.code import CONFIRM_BYTES, WORDS, Codes, Fingerprint
from indelible.fingerprint.index.building import State
from indelible.fingerprint.index.hits import Hits, check_query
from indelible.fingerprint.index.searcher import Searcher
from indelible.fingerprint.index.store import NewVideo, Origin, StoredVideo, StoreInfo, check_algorithm, latest

Row = Sequence[Any]

_VIDEO = "number, id, rows, duration_seconds, size_bytes, modified_ns, sha256"
_AT_ONCE = 500  # values in one statement


class TableStore(ABC):
    """A store in five tables: ``store``, ``changes``, ``videos``, ``codes`` and ``removed``; see `Store`.

    Args:
        kind: as in `StoreInfo`.
        place: likewise.
        searcher: finds codes in it.
    """

    def __init__(self, kind: str, place: str, searcher: Searcher) -> None:
        self._kind = kind
        self._place = place
        self._searcher = searcher

    @abstractmethod
    def close(self) -> None:
        """Let go of the store."""

    @abstractmethod
    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """Run a statement with ``?`` for values, and return its rows."""

    @abstractmethod
    def _stream(self, statement: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """Likewise, without holding all of them."""

    @abstractmethod
    def _writing(self) -> AbstractContextManager[None]:
        """Change the store in the block, all or nothing; on the disk at its end. One at a time does."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[None]:
        """See one state of the store in the block; blocks may lie in each other."""

    @abstractmethod
    def _size_bytes(self) -> int:
        """Return what the tables take on the disk."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def add(self, videos: Sequence[NewVideo]) -> None:
        """Store videos; see `Store.add`."""
        if not videos:
            return
        with self._writing():
            self._rows("UPDATE store SET algorithm = ?", (check_algorithm(videos, self._algorithm()),))
            generation = self._change()
            for video in latest(videos):
                self._remove(video.id, generation)
                self._insert(video)

    def remove(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Remove videos; see `Store.remove`."""
        with self._writing():
            generation = self._change()
            return tuple(each for each in dict.fromkeys(ids) if self._remove(each, generation))

    def find(self, video_id: str) -> StoredVideo | None:
        """Return the video that is called so."""
        return next(self._select("WHERE id = ?", (video_id,)), None)

    def videos(self) -> Iterator[StoredVideo]:
        """Yield all videos, in the order in which they were stored."""
        return self._select("ORDER BY number", ())

    def numbered(self, numbers: Iterable[int]) -> dict[int, StoredVideo]:
        """Return videos by their numbers; see `Store.numbered`."""
        wanted = list(dict.fromkeys(int(number) for number in numbers))
        found: dict[int, StoredVideo] = {}
        with self._reading():
            for first in range(0, len(wanted), _AT_ONCE):
                part = wanted[first : first + _AT_ONCE]
                videos = self._select(f"WHERE number IN ({', '.join('?' * len(part))})", part)
                found |= {video.number: video for video in videos}
        return found

    def fingerprint(self, video: int) -> Fingerprint:
        """Return the fingerprint of a video; see `Store.fingerprint`."""
        with self._reading():
            rows = self._rows(
                "SELECT start_seconds, codes, weights, views, confirm, duration_seconds FROM codes JOIN videos USING (number) "
                "WHERE number = ?",
                (int(video),),
            )
            if not rows:
                raise StoreError(f"video {video} is not in {self._place} any more")
            return _fingerprint(rows[0], self._algorithm(), self._place)

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
            videos, codes = self._counts()
            return StoreInfo(self._kind, self._place, self._algorithm(), videos, codes, self._size_bytes())

    def _refresh(self) -> None:
        with self._reading():
            self._searcher.refresh(_Contents(self))

    def _counts(self) -> tuple[int, int]:
        with self._reading():
            ((videos, rows),) = self._rows("SELECT count(*), coalesce(sum(rows), 0) FROM videos")
        return int(videos), int(rows)

    def _algorithm(self) -> str | None:
        ((algorithm,),) = self._rows("SELECT algorithm FROM store")
        return None if algorithm is None else str(algorithm)

    def _change(self) -> int:
        ((generation,),) = self._rows("INSERT INTO changes (stamp) VALUES (?) RETURNING generation", (secrets.token_hex(8),))
        return int(generation)

    def _insert(self, video: NewVideo) -> None:
        own, origin = video.fingerprint, video.origin
        ((number,),) = self._rows(
            "INSERT INTO videos (id, rows, duration_seconds, size_bytes, modified_ns, sha256) VALUES (?, ?, ?, ?, ?, ?) RETURNING number",
            (video.id, len(own), own.duration_seconds, origin.size_bytes, origin.modified_ns, origin.sha256),
        )
        arrays = (own.start_seconds.astype("<f8"), own.codes.astype("<u8"), own.weights, own.views, own.confirm)
        self._rows(
            "INSERT INTO codes (number, start_seconds, codes, weights, views, confirm) VALUES (?, ?, ?, ?, ?, ?)",
            (number, *(array.tobytes() for array in arrays)),
        )

    def _remove(self, video_id: str, generation: int) -> bool:
        rows = self._rows("SELECT number FROM videos WHERE id = ?", (video_id,))
        for (number,) in rows:
            self._rows("DELETE FROM codes WHERE number = ?", (number,))
            self._rows("DELETE FROM videos WHERE number = ?", (number,))
            self._rows("INSERT INTO removed (number, generation) VALUES (?, ?)", (number, generation))
        return bool(rows)

    def _select(self, condition: str, values: Sequence[object]) -> Iterator[StoredVideo]:
        with self._reading():
            rows = self._rows(f"SELECT {_VIDEO} FROM videos {condition}", values)
        for number, id_, rows_, duration_seconds, *origin in rows:
            yield StoredVideo(id_, number, rows_, duration_seconds, Origin(*origin))


class _Contents:
    """What a searcher reads: the state of a store in the block around it."""

    def __init__(self, store: TableStore) -> None:
        self._store = store

    def state(self) -> State:
        changes = self._store._rows("SELECT generation, stamp FROM changes ORDER BY generation DESC LIMIT 1")
        generation, stamp = changes[0] if changes else (0, "")
        ((last,),) = self._store._rows("SELECT coalesce(max(number), 0) FROM videos")
        return State(generation, stamp, last)

    def follows(self, state: State) -> bool:
        rows = self._store._rows("SELECT stamp FROM changes WHERE generation = ?", (state.generation,))
        return [stamp for (stamp,) in rows] == [state.stamp]

    def count_after(self, number: int) -> int:
        ((rows,),) = self._store._rows("SELECT coalesce(sum(rows), 0) FROM videos WHERE number > ?", (number,))
        return int(rows)

    def after(self, number: int) -> Iterator[tuple[int, Codes, NDArray[np.uint8]]]:
        rows = self._store._stream("SELECT number, codes, weights FROM codes WHERE number > ? ORDER BY number", (number,))
        for own, codes, weights in rows:
            try:
                yield own, np.frombuffer(codes, "<u8").reshape(-1, WORDS), np.frombuffer(weights, np.uint8)
            except (TypeError, ValueError) as error:
                raise StoreError(f"the store is damaged: the codes of video {own} are no codes; restore it from a backup") from error

    def removed_since(self, generation: int) -> list[int]:
        return [number for (number,) in self._store._rows("SELECT number FROM removed WHERE generation > ?", (generation,))]


def _fingerprint(row: Row, algorithm: str | None, place: str) -> Fingerprint:
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
        raise StoreError(f"the store {place} is damaged: {error}; restore it from a backup") from error
