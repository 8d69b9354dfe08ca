"""The store on a PostgreSQL server, for what one machine cannot hold or many write to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from indelible.errors import StoreError, missing_extra
from indelible.fingerprint.code import CONFIRM_BYTES, Codes, Fingerprint, code_hex, codes_from_hex
from indelible.fingerprint.index.hits import Hits, check_query, merged_hits, no_hits
from indelible.fingerprint.index.server_schema import CHUNKING, LOCK, MIGRATIONS
from indelible.fingerprint.index.store import NewVideo, Origin, StoredVideo, StoreInfo, check_algorithm, latest

if TYPE_CHECKING:
    import psycopg

PATIENCE_SECONDS = 10  # until a server answers

_MOST_FLIPS = 2  # of a chunk; with more, the server looks at every code
_QUERIES = 256  # in one statement
_VIDEO = "number, id, rows, duration_seconds, size_bytes, modified_ns, sha256"

_NEAR = """
WITH queries AS MATERIALIZED (
    SELECT number, code::bit(256) AS code, tokens::integer[] AS tokens
    FROM unnest(%(numbers)s::integer[], %(codes)s::text[], %(tokens)s::text[]) AS given (number, code, tokens)
)
SELECT queries.number, stored.video, stored.row_number, bit_count(stored.code # queries.code)
FROM queries CROSS JOIN LATERAL (
    SELECT video, row_number, code FROM indelible_codes AS codes
    WHERE weight > 0 AND bit_count(codes.code # queries.code) <= %(radius)s {}
) AS stored
"""
_BY_TOKENS = "AND codes.tokens && queries.tokens"


class ServerStore:
    """An open store on a server; see `Store`. Its tables are called ``indelible_...`` and lie in the first schema of the search path."""

    def __init__(self, connection: psycopg.Connection[Any], url: str) -> None:
        self._connection = connection
        self._place = _without_password(url)

    @classmethod
    def open(cls, url: str, *, write: bool = False) -> ServerStore:
        """Connect to a database; with ``write``, make the tables of a store where there are none.

        Args:
            url: ``postgresql://user@host/database`` and whatever else libpq understands.
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
        store = cls(connection, url)
        try:
            with _explained(place):
                store._prepare(write=write)
        except BaseException:
            connection.close()
            raise
        return store

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def add(self, videos: Sequence[NewVideo]) -> None:
        """Store videos; see `Store.add`."""
        if not videos:
            return
        new = latest(videos)
        with _explained(self._place), self._connection.transaction(), self._connection.cursor() as cursor:
            # Until the end of the transaction: others that add one of these ids wait. In order, so that no two wait for each other.
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hash) FROM "
                "(SELECT DISTINCT hashtextextended(id, 0) AS hash FROM unnest(%s::text[]) AS id ORDER BY hash) AS hashes",
                ([video.id for video in new],),
            )
            cursor.execute("SELECT algorithm FROM indelible_store FOR SHARE")
            algorithm = check_algorithm(new, _first(cursor))
            cursor.execute("UPDATE indelible_store SET algorithm = %s WHERE algorithm IS NULL", (algorithm,))
            cursor.execute("DELETE FROM indelible_videos WHERE id = ANY(%s)", ([video.id for video in new],))
            numbers = [self._insert(cursor, video) for video in new]
            with cursor.copy(
                "COPY indelible_codes (video, row_number, start_seconds, code, weight, view, confirm, tokens) FROM STDIN"
            ) as copy:
                for number, video in zip(numbers, new, strict=True):
                    copy.write("".join(_lines(number, video.fingerprint)))

    def remove(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Remove videos; see `Store.remove`."""
        with _explained(self._place), self._connection.cursor() as cursor:
            cursor.execute("DELETE FROM indelible_videos WHERE id = ANY(%s) RETURNING id", (list(ids),))
            gone = {each for (each,) in cursor}
        return tuple(each for each in dict.fromkeys(ids) if each in gone)

    def find(self, video_id: str) -> StoredVideo | None:
        """Return the video that is called so."""
        return next(self._select("WHERE id = %s", (video_id,)), None)

    def videos(self) -> Iterator[StoredVideo]:
        """Yield all videos, in the order in which they were stored."""
        return self._select("ORDER BY number", ())

    def numbered(self, numbers: Iterable[int]) -> dict[int, StoredVideo]:
        """Return videos by their numbers; see `Store.numbered`."""
        wanted = [int(number) for number in numbers]
        return {video.number: video for video in self._select("WHERE number = ANY(%s)", (wanted,))}

    def fingerprint(self, video: int) -> Fingerprint:
        """Return the fingerprint of a video; see `Store.fingerprint`."""
        with _explained(self._place), self._connection.cursor() as cursor:
            # In one statement, and so of one state.
            cursor.execute(
                "SELECT duration_seconds, (SELECT algorithm FROM indelible_store), array_agg(start_seconds ORDER BY row_number), "
                "array_agg(code::text ORDER BY row_number), array_agg(weight ORDER BY row_number), array_agg(view ORDER BY row_number), "
                "string_agg(confirm, '' ORDER BY row_number) FROM indelible_videos LEFT JOIN indelible_codes ON video = number "
                "WHERE number = %s GROUP BY number",
                (int(video),),
            )
            row = cursor.fetchone()
        if row is None:
            raise StoreError(f"video {video} is not in {self._place} any more")
        duration_seconds, algorithm, starts, codes, weights, views, confirm = row
        if confirm is None:  # a video without codes
            starts, codes, weights, views, confirm = [], [], [], [], b""
        return Fingerprint(
            np.array(starts, np.float64),
            codes_from_hex([_hex_of_bits(code) for code in codes]),
            np.array(weights, np.uint8),
            np.array(views, np.uint8),
            np.frombuffer(bytes(confirm), np.uint8).reshape(-1, CONFIRM_BYTES),
            duration_seconds,
            algorithm,
        )

    def near(self, codes: Codes, radius: int) -> Hits:
        """Return every stored code within ``radius`` bits; see `Store.near`."""
        check_query(codes, radius)
        flips = -(-(radius + 1) // CHUNKING.count) - 1
        parts = [no_hits()]
        with _explained(self._place), self._connection.transaction(), self._connection.cursor() as cursor:
            if flips <= _MOST_FLIPS:
                # The tokens are what makes it fast; the planner, which knows little of arrays, sometimes thinks otherwise.
                cursor.execute("SET LOCAL enable_seqscan = off")
            for first in range(0, len(codes), _QUERIES):
                part = codes[first : first + _QUERIES]
                given = {
                    "numbers": list(range(first, first + len(part))),
                    "codes": [_bits(code) for code in part],
                    "tokens": _probes(part, flips) if flips <= _MOST_FLIPS else ["{}"] * len(part),
                    "radius": radius,
                }
                cursor.execute(_NEAR.format(_BY_TOKENS if flips <= _MOST_FLIPS else ""), given)
                found = np.array(cursor.fetchall(), np.int64).reshape(-1, 4)
                parts.append(Hits(found[:, 0], found[:, 1], found[:, 2], found[:, 3]))
        return merged_hits(parts)

    def sample(self, count: int, *, rng: np.random.Generator) -> Codes:
        """Return stored codes at random; see `Store.sample`. Whole pages of the tables are drawn, eight times as many codes as needed."""
        share = min(100.0, 100.0 * 8 * count / max(1, self.code_count))
        with _explained(self._place), self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT code::text FROM indelible_codes TABLESAMPLE SYSTEM (%s) REPEATABLE (%s) WHERE weight > 0",
                (share, int(rng.integers(2**31))),
            )
            codes = codes_from_hex([_hex_of_bits(code) for (code,) in cursor])
        return codes[np.sort(rng.choice(len(codes), min(count, len(codes)), replace=False))]

    @property
    def code_count(self) -> int:
        """How many codes are stored, those without evidence too."""
        return self.info().codes

    @property
    def video_count(self) -> int:
        """How many videos are stored."""
        return self.info().videos

    @contextmanager
    def snapshot(self) -> Iterator[Self]:
        """Give the store as it is now; see `Store.snapshot`."""
        with _explained(self._place), self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield self

    def info(self) -> StoreInfo:
        """Return what the store holds."""
        with _explained(self._place), self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT algorithm FROM indelible_store), count(*), coalesce(sum(rows), 0)::bigint, "
                "pg_total_relation_size('indelible_videos') + (SELECT sum(pg_total_relation_size(relid))::bigint "
                "FROM pg_partition_tree('indelible_codes')) FROM indelible_videos"
            )
            algorithm, videos, rows, size = cursor.fetchone() or (None, 0, 0, 0)
        return StoreInfo("postgresql", self._place, algorithm, videos, rows, int(size))

    def _insert(self, cursor: psycopg.Cursor[Any], video: NewVideo) -> int:
        origin = video.origin
        cursor.execute(
            "INSERT INTO indelible_videos (id, rows, duration_seconds, size_bytes, modified_ns, sha256) "
            "VALUES (%s, %s, %s, %s, %s, %s) RETURNING number",
            (video.id, len(video.fingerprint), video.fingerprint.duration_seconds, origin.size_bytes, origin.modified_ns, origin.sha256),
        )
        return int(_first(cursor))

    def _select(self, condition: str, values: Sequence[object]) -> Iterator[StoredVideo]:
        with _explained(self._place), self._connection.cursor() as cursor:
            cursor.execute(f"SELECT {_VIDEO} FROM indelible_videos {condition}", values)
            rows = cursor.fetchall()
        for number, id_, rows_, duration_seconds, *origin in rows:
            yield StoredVideo(id_, number, rows_, duration_seconds, Origin(*origin))

    def _prepare(self, *, write: bool) -> None:
        if self._version() == len(MIGRATIONS):
            return
        if self._version() == 0 and not write:
            raise StoreError(f"{self._place} holds no store; it is made by: indelible index add --store URL IN...")
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            done = self._version()  # looked at again: another process may have done it meanwhile
            for statement in MIGRATIONS[done:]:
                cursor.execute(statement)
            if done == 0:
                cursor.execute("INSERT INTO indelible_store (version) VALUES (%s)", (len(MIGRATIONS),))
            cursor.execute("UPDATE indelible_store SET version = %s", (len(MIGRATIONS),))

    def _version(self) -> int:
        """Return how many migrations the store has taken, 0 where there is none."""
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('indelible_store')")
            if _first(cursor) is None:
                return 0
            cursor.execute("SELECT version FROM indelible_store")
            version = int(_first(cursor))
        if version > len(MIGRATIONS):
            raise StoreError(
                f"the store {self._place} has version {version}, which a newer indelible has made; "
                f"this one reads up to version {len(MIGRATIONS)}: upgrade it"
            )
        return version


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


def _lines(number: int, fingerprint: Fingerprint) -> Iterator[str]:
    """Yield the rows of a fingerprint in the text form of COPY."""
    tokens = _tokens(CHUNKING.values(fingerprint.codes))
    for row in range(len(fingerprint)):
        own = ",".join(map(str, tokens[row]))
        yield (
            f"{number}\t{row}\t{float(fingerprint.start_seconds[row])!r}\t{_bits(fingerprint.codes[row])}\t{fingerprint.weights[row]}\t"
            f"{fingerprint.views[row]}\t\\\\x{fingerprint.confirm[row].tobytes().hex()}\t{{{own}}}\n"
        )


def _tokens(values: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return the tokens of chunk values, shape (n, chunks, ...)."""
    chunks = np.arange(CHUNKING.count).reshape(1, -1, *[1] * (values.ndim - 2))
    tokens: NDArray[np.int64] = values.astype(np.int64) + (chunks << 16)
    return tokens


def _probes(codes: Codes, flips: int) -> list[str]:
    """Return the tokens that a code is looked up by, as array literals: those of all values up to so many flips away."""
    masks = CHUNKING.masks[: CHUNKING.probes(flips)]
    tokens = _tokens(CHUNKING.values(codes)[:, :, None] ^ masks).reshape(len(codes), -1)
    return ["{" + ",".join(map(str, row)) + "}" for row in tokens.tolist()]


def _bits(code: Codes) -> str:
    """Return a code as a bit string's literal: the bytes of `code_hex` in order."""
    return "x" + code_hex(code)


def _hex_of_bits(bits: str) -> str:
    return f"{int(bits, 2):0{len(bits) // 4}x}"


def _first(cursor: psycopg.Cursor[Any]) -> Any:
    row = cursor.fetchone()
    return None if row is None else row[0]


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return url if parts.password is None else url.replace(f":{parts.password}@", "@", 1)
