"""Blind detection: whether a stream of frames carries the mark of a key, and what it says."""

from __future__ import annotations

import copy
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark.clock import STEP_SECONDS, UNTIMED_SECONDS, Clock, step_of, window_of
from indelible.mark.informed import Reading
from indelible.mark.lineup import Lineup, LineupTally
from indelible.mark.payload import DecodedPayload, Payload, decode_payload
from indelible.mark.steps import StepMean, Window
from indelible.mark.sync import (
    Followed,
    Footage,
    Found,
    Geometry,
    LineupFound,
    Memory,
    Search,
    elsewhen,
    lineup_once_more,
    log10_share_as_marked,
    once_more,
    search,
    search_lineup,
    searched,
)
from indelible.mark.sync.timing import IN_TIME
from indelible.mark.tally import WEIGHTS, Scores, Tally

ALPHA = 1e-6

_MUTE_Z = 1.0  # a step below shows nothing
_MANY_MUTE = 2  # steps, after which it is asked whether they come from another time


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the video with the p-value of the mark's presence in it alone.

    ``original_start_seconds`` is the second of the original that it begins with, None for foreign footage between shots.
    """

    start_seconds: float
    end_seconds: float
    original_start_seconds: float | None
    log10_p: float


@dataclass(frozen=True, slots=True)
class Detection:
    """What the detector says of one key.

    ``log10_p`` bounds the probability that a video without this key's mark scores so high, over the randomness of the key, and counts all
    that was searched: ``searched`` hypotheses, ``log10_correction`` decades. ``marked`` is whether it is at most alpha. ``z`` is the
    better of the two statistics in standard deviations, before correction. ``symbol_error_rate`` is that of the payload's symbols before
    error correction, None where no payload was read. ``geometry`` says where in the original what was found lies.
    """

    key_id: str
    marked: bool
    log10_p: float
    z: float
    searched: int
    log10_correction: float
    payload: Payload | None
    symbol_error_rate: float | None
    geometry: Geometry
    segments: tuple[Segment, ...]
    frames_used: int
    duration_seconds: float


class Detector:
    """Reads frames once and answers for any number of keys. Memory does not grow with the number of frames, but for
    16 MB an hour of video with a line-up.

    Args:
        keys: the keys to look for, at least one; every key searched is paid for in each p-value.
        lineup: known marks to look for besides, thousands of them if need be. One half of the error is then shared by the keys, the
            other by the known marks, so that their number costs the keys nothing more.
        alpha: largest p-value that counts as marked, above 0 and below 1.
        every: look at one frame in so many frames' time, 1 or more: faster, for a little less evidence. Frames that are left out of the
            stream count as time that passes.
        search: whether to look for the marks also in pictures that were turned, mirrored or framed, and at other times ("fast"), and in
            parts of pictures ("full", seconds of work for each key, and for all known marks together a little more than for a key).
        informed: whether there will also be a reading with the original at hand. One half of each share of the error is then its.
        origin_seconds: where the frames are a part of a video, the time of its first frame, from which windows are counted.

    Raises:
        InputError: if there is no key, or ``alpha`` or ``every`` is out of range.
    """

    def __init__(
        self,
        keys: Sequence[SecretKey],
        *,
        lineup: Lineup | None = None,
        alpha: float = ALPHA,
        every: int = 1,
        search: Search = "none",
        informed: bool = False,
        origin_seconds: float | None = None,
    ) -> None:
        if not keys:
            raise InputError("no key to look for; give at least one")
        if not 0.0 < alpha < 1.0:
            raise InputError(f"alpha is {alpha:g}; it must lie between 0 and 1")
        if every < 1:
            raise InputError(f"every is {every}; it must be 1 (all frames) or more")
        self._log10_alpha = math.log10(alpha)
        self._tallies = [Tally.start(key) for key in keys]
        self._lineup = None if lineup is None else LineupTally.start(lineup)
        self._shares_of_a_key = (1 if lineup is None else 2) * (2 if informed else 1)
        self._search = search
        self._searched_for_a_key = searched(search) + (len(WEIGHTS) if informed else 0)
        self._footage = Footage()
        self._before: defaultdict[SecretKey, Memory[Found]] = defaultdict(Memory)
        self._known_before: Memory[LineupFound] = Memory()
        self._clock = Clock(origin_seconds)
        self._step = StepMean(0)
        self._window = Window(0)
        self._every = every
        self._due_seconds = -math.inf
        self._used = 0
        self._duration_seconds = 0.0

    def add(self, frame: Frame) -> None:
        """Take the next frame. Its luma is kept for a while, and must not be written to."""
        seconds = self._clock.seconds(frame)
        step = step_of(seconds)
        if step != self._step.index or not self._step.fits(frame):
            self._close_step(step)
        shown_seconds = float(frame.duration * frame.time_base)
        if self._every == 1 or seconds >= self._due_seconds:  # stated durations may be wrong; all frames are all frames
            self._step.add(frame)
            self._used += 1
            # Half a frame early, so that rounded times make no difference.
            self._due_seconds = seconds + (self._every - 0.5) * (shown_seconds or UNTIMED_SECONDS)
        self._duration_seconds = seconds + shown_seconds

    def results(self, reading: Reading | None = None, *, going_on: bool = False, progress: Followed | None = None) -> tuple[Detection, ...]:
        """Return a detection for each key from the frames so far; more may follow.

        Args:
            reading: of the same frames with the original at hand, where the detector is ``informed``.
            going_on: look first where the last such look has found something, and search only if it is not there any more.
            progress: told how much of the work of a full search is done, and how much there is at most, for one key after the other.
        """
        return tuple(self._result(tally, reading, going_on, progress) for tally in self._current(self._tallies))

    def lineup_results(
        self, reading: Reading | None = None, *, going_on: bool = False, progress: Followed | None = None
    ) -> tuple[tuple[int, Detection], ...]:
        """Return the known marks from the most evident one on, down to the first that is not there; more frames may follow.

        Each comes as its place in the line-up and a detection, whose segments are windows, not seconds. With a reading they are looked
        for in that instead: which of the two it is depends on no key, so it costs nothing. All are those of one geometry, the one under
        which a mark is most evident.

        Args:
            reading: as for `results`.
            going_on: likewise.
            progress: told how much of the work of a full search is done, and how much there is at most.
        """
        if self._lineup is None:
            return ()
        found = self._lined_up(self._lineup, reading, going_on, progress)
        results: list[tuple[int, Detection]] = []
        for place in np.argsort(-found.tally.z(), kind="stable").tolist():
            results.append((place, self._known(found, place)))
            if not results[-1][1].marked:
                break
        return tuple(results)

    def alone(self, key_index: int) -> Detector:
        """Return a detector that has seen the same frames and was asked for one of the keys only: a test of many keys reads them once."""
        other = copy.copy(self)
        other._tallies = [self._tallies[key_index]]
        other._before = defaultdict(Memory)  # it pays for other things
        other._step = copy.deepcopy(self._step)
        return other

    @property
    def footage(self) -> Footage:
        """What a search looks at, of the frames so far; nothing without a search."""
        if self._search == "none" or self._step.frames == 0:
            return self._footage
        return self._footage.plus(self._step.index, self._step.mean, self._step.frames, self._step.evidence().values)

    def scores(self) -> tuple[Scores, ...]:
        """Return the two statistics of each key from the frames so far: what thousands of keys can afford."""
        return tuple(tally.scores for tally in self._current(self._tallies, by_step=False))

    def soft_symbols(self, key_index: int = 0) -> NDArray[np.float64]:
        """Return the soft payload symbols of a key from the frames so far, shape (1024,), positive for +1."""
        return self._current([self._tallies[key_index]], by_step=False)[0].soft

    @property
    def _shares(self) -> int:
        return len(self._tallies) * self._shares_of_a_key

    @property
    def _searched(self) -> int:
        of_a_mark = searched(self._search) // len(WEIGHTS)
        return self._searched_for_a_key * len(self._tallies) + (0 if self._lineup is None else of_a_mark * len(self._lineup.lineup.marks))

    def _lined_up(self, tally: LineupTally, reading: Reading | None, going_on: bool, progress: Followed | None) -> LineupFound:
        """Return what the known marks show under the geometry with the most evidence for one of them."""
        if reading is not None:
            return LineupFound(reading.lineup(tally.lineup), reading.geometry, 0.0)
        window = self._window.with_step(self._step)
        if window.steps:
            tally = tally.with_window(window.index, window.whole.values)
        best = LineupFound(tally, Geometry(), log10_share_as_marked(self._search))
        if self._search != "none" and best.log10_p > self._log10_alpha:
            found = self._known_elsewhere(tally.lineup, going_on, progress)
            if found is not None and found.log10_p < best.log10_p:
                return found
        return best

    def _known_elsewhere(self, lineup: Lineup, going_on: bool, progress: Followed | None) -> LineupFound | None:
        """Return the most that is found of the known marks not as marked."""
        footage, enough = self.footage, self._log10_alpha

        def anew() -> LineupFound | None:
            return search_lineup(footage, lineup, effort=self._search, log10_enough=enough, progress=progress)

        return self._known_before.look(footage, enough, lineup_once_more, anew) if going_on else anew()

    def _elsewhere(self, key: SecretKey, going_on: bool, progress: Followed | None) -> Found | None:
        """Return the most that is found of a key's mark not as marked."""
        footage, enough = self.footage, self._log10_alpha

        def anew() -> Found | None:
            found = search(footage, key, effort=self._search, log10_enough=enough, shares=self._shares, progress=progress)
            return min(found, key=lambda each: each.log10_p, default=None)

        return self._before[key].look(footage, enough, once_more, anew) if going_on else anew()

    def _close_step(self, following: int) -> None:
        self._footage = self.footage
        self._window = self._window.with_step(self._step)
        self._step = StepMean(following)
        if window_of(following) != self._window.index:
            self._tallies = self._current(self._tallies)
            if self._lineup is not None and self._window.steps:
                self._lineup = self._lineup.with_window(self._window.index, self._window.whole.values)
            self._window = Window(window_of(following))

    def _current(self, tallies: Sequence[Tally], *, by_step: bool = True) -> list[Tally]:
        """Return the tallies with the open window counted in."""
        window = self._window.with_step(self._step)
        if not window.steps:
            return list(tallies)
        whole = window.whole
        return [tally.with_window(window.index, whole, window.steps if by_step else ()) for tally in tallies]

    def _result(self, tally: Tally, reading: Reading | None, going_on: bool, progress: Followed | None) -> Detection:
        informed = None if reading is None else reading.found(tally.key, shares=self._shares)
        if informed is not None and reading is not None and informed.log10_p <= self._log10_alpha:
            return self._detection(informed, self._decoded(informed), reading.spans)
        best = Found.of(tally, Geometry(), log10_share_as_marked(self._search), self._shares)
        if self._search == "none":
            return self._detection(best, self._decoded(best))
        if best.log10_p > self._log10_alpha:
            found = self._elsewhere(tally.key, going_on, progress)
            best = best if found is None else min(best, found, key=lambda each: each.log10_p)
        decoded = self._decoded(best)
        if best.log10_p <= self._log10_alpha and best.geometry.timing == IN_TIME and (decoded is None or _mute(best) >= _MANY_MUTE):
            # What is found may be one shot of several, with nothing but noise in the others.
            other = elsewhen(self.footage, best)
            if other.log10_p < best.log10_p:
                best, decoded = other, decoded or self._decoded(other)
        return self._detection(best, decoded)

    def _decoded(self, found: Found) -> DecodedPayload | None:
        """Return what a mark that is there says, None where it cannot be read."""
        return decode_payload(found.tally.soft, found.tally.key) if found.log10_p <= self._log10_alpha else None

    def _detection(
        self, found: Found, decoded: DecodedPayload | None, spans: Sequence[tuple[float, float, float]] | None = None
    ) -> Detection:
        """Return what was found; ``spans`` are the seconds of its parts and those of the original, steps by default."""
        tally = found.tally
        marked = found.log10_p <= self._log10_alpha
        return Detection(
            key_id=tally.key.key_id,
            marked=marked,
            log10_p=found.log10_p,
            z=found.z,
            searched=self._searched,
            log10_correction=found.log10_correction,
            payload=None if decoded is None else decoded.payload,
            symbol_error_rate=None if decoded is None else decoded.symbol_error_rate,
            geometry=found.geometry,
            segments=tuple(
                Segment(start, end, original, found.log10_p_of(scores))
                for step, scores in sorted(tally.steps, key=lambda part: part[0])
                for start, end, original in [self._span(found, step) if spans is None else spans[step]]
            ),
            frames_used=self._used,
            duration_seconds=self._duration_seconds,
        )

    def _span(self, found: Found, step: int) -> tuple[float, float, float | None]:
        """Return the seconds at which a step begins and ends, and that of the original at which it begins."""
        start = step * STEP_SECONDS
        return start, min(start + STEP_SECONDS, self._duration_seconds), found.geometry.timing.original_seconds(start)

    def _known(self, found: LineupFound, place: int) -> Detection:
        z = float(found.tally.z()[place])
        marked = found.log10_p_of(z) <= self._log10_alpha
        key = found.tally.lineup.marks[place].key
        decoded = decode_payload(found.tally.soft_symbols(place), key) if marked else None
        return Detection(
            key_id=key.key_id,
            marked=marked,
            log10_p=found.log10_p_of(z),
            z=z,
            searched=self._searched,
            log10_correction=found.log10_correction,
            payload=None if decoded is None else decoded.payload,
            symbol_error_rate=None if decoded is None else decoded.symbol_error_rate,
            geometry=found.geometry,
            segments=tuple(
                Segment(start, min(end, self._duration_seconds), original, found.log10_p_of(z_there))
                for start, end, original, z_there in found.tally.z_of_stretches(place)
            ),
            frames_used=self._used,
            duration_seconds=self._duration_seconds,
        )


def _mute(found: Found) -> int:
    """Return how many steps show nothing."""
    return sum(max(scores.z) < _MUTE_Z for _, scores in found.tally.steps)
