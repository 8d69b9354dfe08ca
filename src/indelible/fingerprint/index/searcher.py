"""Searching a store that changes: an index of most of it, the newest codes one by one, and what was removed left out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import Codes
from indelible.fingerprint.index.building import State, build, read_index, write_index
from indelible.fingerprint.index.gathered import gather
from indelible.fingerprint.index.hits import Hits, merged_hits
from indelible.fingerprint.index.multi_index import MultiIndex
from indelible.fingerprint.index.scan import scan

WITHOUT_INDEX = 32768  # codes that are looked at one by one: as fast as an index
_SHARE = 16  # an index is made anew when more than one in so many codes is newer


class Contents(Protocol):
    """A store in one state."""

    def state(self) -> State:
        """Return which state."""

    def follows(self, state: State) -> bool:
        """Return whether the store has been in that state before, and has gone on from it."""

    def count_after(self, number: int) -> int:
        """Return how many rows the videos above a number have."""

    def after(self, number: int) -> Iterable[tuple[int, Codes, NDArray[np.uint8]]]:
        """Yield (number, codes, weights) of the videos above a number, in order."""

    def removed_since(self, generation: int) -> list[int]:
        """Return the numbers of videos that were removed after a generation."""


class Searcher:
    """Searches the state of a store that it was last refreshed with.

    Args:
        path: where the index is kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: State | None = None  # that is searched
        self._indexed: State | None = None  # that the index was made of
        self._base: MultiIndex | None = None
        self._newer = gather([], count=0)
        self._removed = np.zeros(0, np.int64)

    def refresh(self, contents: Contents) -> None:
        """Bring what is searched up to date with the store; makes the index anew if that pays."""
        state = contents.state()
        if state == self._state:
            return
        if self._indexed is None or not contents.follows(self._indexed) or self._outgrown(contents):
            self._load(contents)
        if self._indexed is None or not contents.follows(self._indexed):
            self._base, self._indexed = None, None
        if self._outgrown(contents):
            self._make(contents, state)
        last = self._indexed.last_video if self._indexed else 0
        self._newer = gather(contents.after(last), count=contents.count_after(last))
        self._removed = np.array(contents.removed_since(self._indexed.generation) if self._indexed else [], np.int64)
        self._state = state

    def near(self, codes: Codes, radius: int) -> Hits:
        """Return every code within ``radius`` bits, in the state of the last refresh."""
        queries, places, distances = scan(self._newer.codes, codes, radius)
        newer = Hits(queries, self._newer.video_of(places), self._newer.rows[places].astype(np.int64), distances)
        if self._base is None:
            return merged_hits([newer])
        return merged_hits([self._base.near(codes, radius).without(self._removed), newer])

    def sample(self, count: int, *, rng: np.random.Generator) -> Codes:
        """Return codes at random, at most ``count``, each at most once, in the state of the last refresh."""
        parts = [self._newer.codes] if self._base is None else [self._newer.codes, self._base.gathered.codes]
        total = sum(map(len, parts))
        chosen = np.sort(rng.choice(total, min(count, total), replace=False))
        newer = chosen < len(self._newer)
        codes = [self._newer.codes[chosen[newer]]]
        if self._base is not None:
            places = chosen[~newer] - len(self._newer)
            codes.append(self._base.gathered.codes[places[~np.isin(self._base.gathered.video_of(places), self._removed)]])
        return np.concatenate(codes)

    def _outgrown(self, contents: Contents) -> bool:
        newer = contents.count_after(self._indexed.last_video if self._indexed else 0)
        return newer > max(WITHOUT_INDEX, len(self._base) // _SHARE if self._base is not None else 0)

    def _load(self, contents: Contents) -> None:
        """Take the index that lies beside the store, which another process may have made."""
        found = read_index(self._path)
        if found is not None and contents.follows(found[1]):
            self._base, self._indexed = found

    def _make(self, contents: Contents, state: State) -> None:
        index = build(gather(contents.after(0), count=contents.count_after(0)))
        if write_index(self._path, index, state):
            self._load(contents)  # mapped, so that processes share it
        if self._indexed != state:
            self._base, self._indexed = index, state
