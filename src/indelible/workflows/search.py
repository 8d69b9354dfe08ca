"""Has this been seen before, from where to where, and how sure is that: files, and all of a store, against the store."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from indelible.fingerprint import Fingerprint
from indelible.fingerprint.code import ALGORITHM, Codes
from indelible.fingerprint.index import Hits, Store, StoredVideo
from indelible.fingerprint.match import Match, SearchSettings, search
from indelible.fingerprint.match.search import MOST_FALSE_MATCHES
from indelible.fingerprint.query import Effort
from indelible.fingerprint.stored_query import stored_query
from indelible.video import Limits, Source
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.document import Document, document, label
from indelible.workflows.fingerprint import query_file
from indelible.workflows.progress import Progress

__all__ = ["Duplicate", "FoundMatch", "SearchResult", "duplicates", "search_file"]


@dataclass(frozen=True, slots=True)
class FoundMatch:
    """A stretch that two videos share.

    Args:
        id: of the stored video.
        match: where, and how sure; contradicted where its second feature says that it is another video that looks the same.
        duration_seconds: of the stored video.
    """

    id: str
    match: Match
    duration_seconds: float

    def to_json(self) -> Document:
        """Return what documents say of it."""
        own = self.match
        return {
            "id": self.id,
            "query_range_seconds": list(own.query_range_seconds),
            "reference_range_seconds": list(own.reference_range_seconds),
            "speed": own.speed,
            "flipped": own.guess.mirrored,
            "edit": own.guess.name,
            "log10_expected_false_matches": own.log10_expected_false_matches,
            "mean_distance": own.mean_distance,
            "moments": own.moments,
            "agreement": own.agreement,
            "contradicted": own.contradicted,
        }


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What is stored of a file. "Nothing" is a result too.

    Args:
        file: that was looked for.
        matches: the surest first.
        videos: that were searched.
        codes: of these.
        duration_seconds: of the file.
    """

    file: str
    matches: tuple[FoundMatch, ...]
    videos: int
    codes: int
    duration_seconds: float

    @property
    def found(self) -> bool:
        """Whether anything was found that nothing speaks against."""
        return any(not each.match.contradicted for each in self.matches)

    def to_json(self) -> Document:
        """Return the document ``indelible.search/1``."""
        return document(
            "search",
            file=self.file,
            found=self.found,
            matches=[each.to_json() for each in self.matches],
            videos=self.videos,
            codes=self.codes,
            duration_seconds=self.duration_seconds,
        )


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A stored video that shares something with others that were stored before it.

    Args:
        id: of the video.
        matches: with the others, the surest first.
    """

    id: str
    matches: tuple[FoundMatch, ...]

    def to_json(self) -> Document:
        """Return the document ``indelible.duplicate/1``."""
        return document("duplicate", id=self.id, matches=[each.to_json() for each in self.matches])


def search_file(
    store: Store,
    source: Source,
    *,
    effort: Effort = "full",
    most_false_matches: float = MOST_FALSE_MATCHES,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> SearchResult:
    """Look for what a video shares with those that are stored.

    Args:
        store: an open store.
        source: what to read: a path, ``-`` or a binary file object.
        effort: how much is guessed of how it was edited.
        most_false_matches: largest expected number of matches with unrelated videos, at this size of the store, at which one is reported.
        limits: how much of the source is read.
        progress: told of each frame.

    Raises:
        MediaError: if the source cannot be read; StoreError if the store cannot be.
    """
    query = query_file(source, effort=effort, algorithm=store.info().algorithm or ALGORITHM, limits=limits, progress=progress)
    with store.snapshot() as state:
        matches = search(query, state, SearchSettings(most_false_matches=most_false_matches))
        return SearchResult(label(source), _named(matches, state), state.video_count, state.code_count, query.duration_seconds)


def duplicates(store: Store, *, most_false_matches: float = MOST_FALSE_MATCHES, progress: Progress | None = None) -> Iterator[Duplicate]:
    """Yield the stored videos that share something with one stored before, in the order in which they were stored.

    Args:
        store: an open store.
        most_false_matches: largest expected number of false matches among all pairs of the store together, at which one is reported.
        progress: told how many videos are done, and of how many.

    Raises:
        StoreError: if the store cannot be read.
    """
    with store.snapshot() as state:
        videos = list(state.videos())
        # Each video is a query of its own, so as many times as many false matches are to be expected.
        queries = math.log10(max(1, len(videos)))
        settings = SearchSettings(most_false_matches=most_false_matches / max(1, len(videos)))
        for done, video in enumerate(videos, start=1):
            matches = search(stored_query(state.fingerprint(video.number)), _Earlier(state, video), settings)
            if progress is not None:
                progress(done, len(videos))
            if matches:
                yield Duplicate(video.id, _named(matches, state, more=queries))


class _Earlier:
    """The videos of a store that were stored before one of them."""

    def __init__(self, store: Store, video: StoredVideo) -> None:
        self._store = store
        self._number = video.number
        self.code_count, self.video_count = store.code_count, store.video_count

    def near(self, codes: Codes, radius: int) -> Hits:
        hits = self._store.near(codes, radius)
        return hits.without(np.unique(hits.videos[hits.videos >= self._number]))

    def fingerprint(self, video: int) -> Fingerprint:
        return self._store.fingerprint(video)

    def sample(self, count: int, *, rng: np.random.Generator) -> Codes:
        return self._store.sample(count, rng=rng)


def _named(matches: list[Match], store: Store, *, more: float = 0.0) -> tuple[FoundMatch, ...]:
    """Return matches with the ids of their videos, after as many more were to be expected (``more`` is a logarithm)."""
    videos = store.numbered(match.video for match in matches)
    return tuple(
        FoundMatch(
            videos[match.video].id,
            replace(match, log10_expected_false_matches=match.log10_expected_false_matches + more),
            videos[match.video].duration_seconds,
        )
        for match in matches
    )
