"""What a store of fingerprints promises, whoever keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from indelible.errors import InputError
from indelible.fingerprint.code import Codes, Fingerprint
from indelible.fingerprint.index.hits import Hits

LONGEST_ID = 4096  # bytes; as long as a path may be


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that a fingerprint was made of, as far as is known; whether that has changed is seen by it.

    Args:
        size_bytes: of the file.
        modified_ns: when it was last written, in nanoseconds since 1970.
        sha256: of its bytes, hexadecimal.
    """

    size_bytes: int | None = None
    modified_ns: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class NewVideo:
    """A video to be stored.

    Args:
        id: what it is called: text of 1 to 4096 bytes.
        fingerprint: of it.
        origin: the file that the fingerprint was made of.

    Raises:
        InputError: if the id is empty, too long or no text.
    """

    id: str
    fingerprint: Fingerprint
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        try:
            size = len(self.id.encode())
        except UnicodeEncodeError as error:
            raise InputError(f"the id {self.id!r} is not text; give another one") from error
        if not 1 <= size <= LONGEST_ID or "\0" in self.id:
            raise InputError(f"the id {self.id[:60]!r} has {size} bytes; it must have 1 to {LONGEST_ID}, and no zero among them")


@dataclass(frozen=True, slots=True)
class StoredVideo:
    """A video that is stored.

    Args:
        id: what it is called.
        number: what hits call it. A number names one version of one video for ever: what is added again gets another one.
        rows: codes in its fingerprint.
        duration_seconds: of the video.
        origin: the file that the fingerprint was made of.
    """

    id: str
    number: int
    rows: int
    duration_seconds: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store holds.

    Args:
        kind: ``sqlite`` or ``postgresql``.
        place: the file, or the server without its password.
        algorithm: of the fingerprints; None while there are none.
        videos: that are stored.
        codes: of all of them.
        size_bytes: on the disk, with all that is derived from it.
    """

    kind: str
    place: str
    algorithm: str | None
    videos: int
    codes: int
    size_bytes: int


class Store(Protocol):
    """Fingerprints of many videos. Several processes may read and write a store at once.

    Every method raises StoreError if the store cannot be read or written.
    """

    def add(self, videos: Sequence[NewVideo]) -> None:
        """Store videos, all or none of them; what is stored under the same id is replaced. On the disk when this returns.

        Raises:
            InputError: if a fingerprint was made by another algorithm than those in the store.
        """

    def remove(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Remove videos, and return the ids of those that were stored."""

    def find(self, video_id: str) -> StoredVideo | None:
        """Return the video that is called so."""

    def videos(self) -> Iterator[StoredVideo]:
        """Yield all videos, in the order in which they were stored."""

    def numbered(self, numbers: Iterable[int]) -> dict[int, StoredVideo]:
        """Return videos by their numbers, as far as they are still stored."""

    def fingerprint(self, video: int) -> Fingerprint:
        """Return the fingerprint of a video by its number.

        Raises:
            StoreError: if it is not stored any more.
        """

    def near(self, codes: Codes, radius: int) -> Hits:
        """Return every stored code with evidence (weight above 0) within ``radius`` bits of the given ones, shape (m, 4): all, exactly.

        Raises:
            InputError: if these are no codes, or the radius is not 0 to 256.
        """

    def sample(self, count: int, *, rng: np.random.Generator) -> Codes:
        """Return stored codes with evidence at random, at most ``count``, each at most once; shape (n, 4)."""

    @property
    def code_count(self) -> int:
        """How many codes are stored, those without evidence too."""

    @property
    def video_count(self) -> int:
        """How many videos are stored."""

    def snapshot(self) -> AbstractContextManager[Self]:
        """Give the store as it is now, for the length of the block, in which nothing may be stored: for searches in several steps."""

    def info(self) -> StoreInfo:
        """Return what the store holds."""

    def close(self) -> None:
        """Let go of the store."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


def check_algorithm(videos: Sequence[NewVideo], stored: str | None) -> str | None:
    """Return the algorithm of these fingerprints and those that are stored.

    Raises:
        InputError: if there are several.
    """
    algorithms = {video.fingerprint.algorithm for video in videos} | ({stored} if stored is not None else set())
    if len(algorithms) > 1:
        raise InputError(f"fingerprints of {' and '.join(sorted(algorithms))} cannot be compared; use a store for each algorithm")
    return next(iter(algorithms), None)


def latest(videos: Sequence[NewVideo]) -> list[NewVideo]:
    """Return the last one of each id."""
    return list({video.id: video for video in videos}.values())
