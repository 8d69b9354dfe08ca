"""Which stored videos a query shares moments with: from where to where, and how sure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.fingerprint.code import BITS, KEY_FRAMES, Codes, distances
from indelible.fingerprint.index.hits import Hits
from indelible.fingerprint.match.align import DRIFT_ROWS, SPEEDS, Line, best_path, nearest, of_one_time, stretch, voted_lines
from indelible.fingerprint.match.candidates import CandidateSource
from indelible.fingerprint.match.cohort import COHORT_CODES, scale_of
from indelible.fingerprint.match.evidence import agreement, combined_z, log10_expected_false_matches
from indelible.fingerprint.moments import STEP_SLOTS, moment_seconds
from indelible.fingerprint.query import Guess, Query, Track
from indelible.fingerprint.slots import SLOT_SECONDS
from indelible.fingerprint.transform import contrasts

RADIUS, LAST_RADIUS = 31, 60
MOST_FALSE_MATCHES = 1e-3

_LINES = 8  # that are followed for each guess and video
_STRETCHES = 4  # that are looked for along each line
_VIDEOS = 50  # that are looked at, those with the best hits
_TRACKS = 6  # guesses that are followed for each video
_SAME_BITS = 4  # two codes so near to each other find the same
_STOP_VIDEOS, _STOP_SHARE = 10, 0.01  # a code that is found in more videos than both says nothing: black, slates, shared intros
_CONTRADICTED = 0.3  # agreement of the second feature below which this is another video that looks the same
_CONTINUES_SECONDS = 1.0  # a stretch goes on where another began if it is no further off: key frames are matched to others beside them
_HALF_STEP_SECONDS = STEP_SLOTS * SLOT_SECONDS / 2
_NOTHING_COST = 0.3  # of a moment that nothing is known of; a path should not go on over a gap
_NOTHING_COST_OF_KEY_FRAMES = 0.02  # between two key frames nothing is ever known


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How to search.

    Args:
        radius: bits, largest distance of the codes that make a candidate.
        last_radius: and for the last try, under every guess, of those parts of the query that were not found.
        most_false_matches: largest expected number of false matches at which something counts as found.
        exhaustive: whether the last try is made of all parts, and alone.
    """

    radius: int = RADIUS
    last_radius: int = LAST_RADIUS
    most_false_matches: float = MOST_FALSE_MATCHES
    exhaustive: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Two moments that were compared: when each begins, and how many bits of their codes differ."""

    query_seconds: float
    reference_seconds: float
    distance: int


@dataclass(frozen=True, slots=True)
class Match:
    """A stretch of a query that is also in a stored video.

    Args:
        video: its number.
        query_range_seconds: from where to where in the query.
        reference_range_seconds: and in the stored video.
        speed: of the query: how many of the video's seconds one of its seconds shows.
        guess: of what was done to the picture, under which it was found.
        log10_expected_false_matches: how many such matches were to be expected if the query were unrelated to everything stored.
        mean_distance: bits, of the moments that were compared.
        moments: how many these are.
        agreement: of the second feature, -1 to 1; None where nothing moves.
        pairs: the moments that were compared, in order of time.
        moment_seconds: how long each of them lasts.
    """

    video: int
    query_range_seconds: tuple[float, float]
    reference_range_seconds: tuple[float, float]
    speed: float
    guess: Guess
    log10_expected_false_matches: float
    mean_distance: float
    moments: int
    agreement: float | None
    pairs: tuple[Pair, ...] = field(repr=False)
    moment_seconds: float

    @property
    def contradicted(self) -> bool:
        """Whether the second feature says that this is another video that looks the same, such as another take of a scene."""
        return self.agreement is not None and self.agreement < _CONTRADICTED


def search(query: Query, source: CandidateSource, settings: SearchSettings | None = None) -> list[Match]:
    """Return the matches of a query, the surest first; stretches in one video do not overlap in the query by more than half.

    Args:
        query: the video to look for.
        source: what is stored.
        settings: None for the usual ones.
    """
    chosen = settings or SearchSettings()
    if chosen.exhaustive:
        return _search(query, source, chosen, chosen.last_radius)
    likely = replace(query, tracks=tuple(track for track in query.tracks if track.guess.likely))
    found = _search(likely, source, chosen, chosen.radius)
    left = _search(_not_found(query, found), source, chosen, chosen.last_radius)
    new = (match for match in left if not any(_continues(match, other) for other in found))
    return sorted([*found, *new], key=_by_sureness)


def _not_found(query: Query, found: Sequence[Match]) -> Query:
    """Return a query for the moments that lie outside of all matches by more than half: compilations have some of each."""
    length = moment_seconds(query.algorithm)
    tracks = []
    for track in query.tracks:
        begin, end = track.start_seconds, np.minimum(track.start_seconds + length, query.duration_seconds)
        known = np.zeros(len(begin), bool)
        for first, last in (match.query_range_seconds for match in found):
            known |= np.minimum(end, last) - np.maximum(begin, first) >= (end - begin) / 2.0
        tracks.append(replace(track, weights=np.where(known, 0, track.weights).astype(np.uint8)))
    return replace(query, tracks=tuple(tracks))


def _search(query: Query, source: CandidateSource, settings: SearchSettings, radius: int) -> list[Match]:
    visible = [track for track in query.tracks if (track.weights > 0).any()]
    if not visible or not source.code_count:
        return []
    looking = _Looking(replace(query, tracks=tuple(visible)), source, settings, radius)
    found: list[Match] = []
    for video in looking.promising_videos():
        found += _apart(sorted(looking.matches(video), key=_by_sureness))
    return sorted(found, key=_by_sureness)


class _Looking:
    """One query's hits in one source, and what is needed to judge them."""

    def __init__(
        self,
        query: Query,
        source: CandidateSource,
        settings: SearchSettings,
        radius: int,
    ) -> None:
        self._tracks = tracks = query.tracks
        self._duration = query.duration_seconds
        self._algorithm = query.algorithm
        self._moment_seconds = moment_seconds(query.algorithm)
        self._nothing_cost = _NOTHING_COST_OF_KEY_FRAMES if query.algorithm == KEY_FRAMES else _NOTHING_COST
        self._source = source
        self._limit = math.log10(settings.most_false_matches)
        codes, weights = np.concatenate([track.codes for track in tracks]), np.concatenate([track.weights for track in tracks])
        self._starts = np.cumsum([0, *(len(track.codes) for track in tracks)])
        speakers = _speakers(codes, weights, self._starts)
        asked = np.unique(speakers[weights > 0])
        hits = source.near(codes[asked], radius)
        rows = asked[hits.query_rows]
        usable = (weights > 0) & ~_stop_codes(rows, hits.videos, count=len(codes), videos=source.video_count)[speakers]
        kept = usable[rows]
        self._codes = int((weights > 0).sum())
        self._usable = np.split(usable, self._starts[1:-1])
        self._hits = Hits(rows[kept], hits.videos[kept], hits.rows[kept], hits.distances[kept])
        self._votes = (BITS / 2 - self._hits.distances.astype(np.float64)).clip(1.0) ** 2
        self._cohort = source.sample(COHORT_CODES, rng=np.random.default_rng(0))

    def promising_videos(self) -> list[int]:
        """Return the videos with the best hits, the best first."""
        best: dict[int, float] = defaultdict(float)
        for video, vote in zip(self._hits.videos.tolist(), self._votes.tolist(), strict=True):
            best[video] += vote
        return sorted(best, key=lambda video: -best[video])[:_VIDEOS]

    def matches(self, video: int) -> Iterator[Match]:
        """Yield all stretches of a video that are sure enough, under every promising guess."""
        here = self._hits.videos == video
        of_track = np.searchsorted(self._starts, self._hits.query_rows, side="right") - 1
        votes = np.bincount(of_track[here], weights=self._votes[here], minlength=len(self._tracks))
        for index in np.argsort(-votes, kind="stable")[:_TRACKS].tolist():
            if votes[index] > 0.0:
                yield from self._of_track(video, index, here & (of_track == index))

    def _of_track(self, video: int, index: int, own: NDArray[np.bool_]) -> Iterator[Match]:
        track, fingerprint = self._tracks[index], self._source.fingerprint(video)
        if fingerprint.algorithm != self._algorithm:
            raise InputError(f"a query of {self._algorithm} cannot be looked for among {fingerprint.algorithm}; make it of that algorithm")
        view = np.flatnonzero(fingerprint.views == track.guess.view)
        own = own & np.isin(self._hits.rows, view)  # a whole picture that is near to the middle of another is for another guess to find
        if not own.any():
            return
        scale = scale_of(track.codes, self._cohort)
        query_seconds = track.start_seconds[self._hits.query_rows[own] - self._starts[index]]
        for line in voted_lines(query_seconds, fingerprint.start_seconds[self._hits.rows[own]], self._votes[own], most=_LINES):
            band = _band(fingerprint.start_seconds[view], line.at(track.start_seconds), self._moment_seconds)
            rows = view[band.clip(0)]
            apart = distances(track.codes[:, None], fingerprint.codes[rows])
            scores = (scale.mean[:, None] - apart) / scale.sd[:, None]
            usable = (band >= 0) & (fingerprint.weights[rows] > 0) & self._usable[index][:, None]
            likeness = np.where(usable, scores, -np.inf).max(axis=1)
            for _ in range(_STRETCHES):
                moments, places = best_path(scores, usable, nothing_cost=self._nothing_cost)
                if not len(moments):
                    break
                match = self._judged(video, track, line, moments, rows[moments, places], scores[moments, places], likeness)
                if match.log10_expected_false_matches > self._limit:
                    break
                yield match
                usable[moments[0] : moments[-1] + 1] = False

    def _judged(
        self,
        video: int,
        track: Track,
        line: Line,
        moments: NDArray[np.int64],
        rows: NDArray[np.int64],
        scores: NDArray[np.float64],
        likeness: NDArray[np.float64],
    ) -> Match:
        fingerprint = self._source.fingerprint(video)
        log10_expected = log10_expected_false_matches(
            combined_z(scores, track.codes[moments], fingerprint.codes[rows]),
            code_count=self._source.code_count,
            query_codes=self._codes,
            moments=len(track.codes),
            lines=len(SPEEDS) * len(DRIFT_ROWS),
        )
        there, here = fingerprint.start_seconds[rows], track.start_seconds[moments]
        apart = distances(track.codes[moments], fingerprint.codes[rows])
        span = stretch(
            track.start_seconds,
            contrasts(track.weights),
            likeness,
            moments,
            scores,
            duration_seconds=self._duration,
            moment_seconds=self._moment_seconds,
        )
        # What is stored begins with whole seconds, so that the line says more exactly than a pair what belongs together.
        off = there - line.at(here)
        left = _beyond(off[[0, -1]], _HALF_STEP_SECONDS)
        together = of_one_time(off, scores)
        begin, end = (line.at(np.array(span)) + left).tolist()
        return Match(
            video,
            span,
            (max(0.0, begin), min(fingerprint.duration_seconds, end)),
            line.speed,
            track.guess,
            log10_expected,
            float(apart.mean()),
            len(moments),
            agreement(track.confirm[moments[together]], fingerprint.confirm[rows[together]]),
            tuple(map(Pair, here.tolist(), there.tolist(), apart.tolist())),
            self._moment_seconds,
        )


def _beyond(values: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """Return how far values lie beyond a limit on either side, with their sign."""
    return np.asarray(values - np.clip(values, -limit, limit), np.float64)


def _speakers(codes: Codes, weights: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each code which one is asked for in its place: of a picture that hardly changes the first, or else all find all others."""
    steps = np.concatenate([[0], distances(codes[1:], codes[:-1])])
    steps[starts[:-1]] = BITS
    seen = (weights > 0).tolist()
    speakers = np.arange(len(codes))
    speaker, walked, heard = 0, 0, False
    for row, step in enumerate(steps.tolist()):
        walked += step
        if walked > _SAME_BITS or heard != seen[row]:
            speaker, walked, heard = row, 0, seen[row]
        speakers[row] = speaker
    return speakers


def _stop_codes(rows: NDArray[np.int64], videos_hit: NDArray[np.int64], *, count: int, videos: int) -> NDArray[np.bool_]:
    """Return which of ``count`` query codes are found in so many videos that they say nothing."""
    pairs = np.unique(np.stack([rows, videos_hit]), axis=1)
    return np.asarray(np.bincount(pairs[0], minlength=count) > max(_STOP_VIDEOS, _STOP_SHARE * videos))


def _band(seconds: NDArray[np.float64], wanted: NDArray[np.float64], within_seconds: float) -> NDArray[np.int64]:
    """Return for each wanted time the moment nearest to it and those beside it, as `DRIFT_ROWS` says; -1 where none is so near."""
    places = nearest(seconds, wanted)
    band = places[:, None] + np.array(DRIFT_ROWS)
    inside = (np.abs(seconds[places] - wanted) <= within_seconds)[:, None] & (band >= 0) & (band < len(seconds))
    return np.where(inside, band, -1)


def _apart(matches: Sequence[Match]) -> list[Match]:
    """Return those that do not say again what a surer one says."""
    kept: list[Match] = []
    for match in matches:
        start, end = match.query_range_seconds
        if all(min(end, other[1]) - max(start, other[0]) <= (end - start) / 2 for other in (each.query_range_seconds for each in kept)):
            kept.append(match)
    return kept


def _continues(match: Match, other: Match) -> bool:
    """Return whether a match only goes on with what another one began: the same excerpt, not one more."""
    starts = [each.reference_range_seconds[0] - each.speed * each.query_range_seconds[0] for each in (match, other)]
    return (match.video, match.speed) == (other.video, other.speed) and abs(starts[0] - starts[1]) <= _CONTINUES_SECONDS


def _by_sureness(match: Match) -> float:
    return match.log10_expected_false_matches
