"""A line-up: thousands of known marks, each with a key and a payload of its own, of which some may be in a video.

Whoever has registered a marking knows all of its signs, the payload's included, so one statistic over all chips says whether it is there:
no pilot, nothing to decode. While the video is read, a known mark costs two numbers; what a video says is kept (it is the same for all
marks), and looked at again only for those marks that turn out to be there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.mark.carrier import PILOT, WINDOW_SECONDS, chip_bits, chips, modulation, symbol_of_chip
from indelible.mark.payload import SYMBOLS, Payload, encode_payload

_MARKS_AT_ONCE = 8  # whose signs, unpacked, stay in the processor's cache


@dataclass(frozen=True, slots=True)
class KnownMark:
    """A marking whose key and payload are known, and the length of what was marked, if that is known too."""

    key: SecretKey
    payload: Payload
    seconds: float | None = None


class Lineup:
    """Known marks, ready to be looked for in any number of videos.

    Args:
        marks: at least one.

    Raises:
        InputError: if there is none.
    """

    def __init__(self, marks: Sequence[KnownMark]) -> None:
        if not marks:
            raise InputError("no known mark to look for; give at least one")
        self.marks = tuple(marks)
        # A bit for each chip, 2 KB a mark: dealing a payload's symbols to the chips anew for each window would cost more than all the rest.
        self._flips = np.stack([np.packbits(modulation(encode_payload(mark.payload, mark.key)) < 0) for mark in self.marks])

    def correlate(self, place: int, window: int, values: NDArray[np.float32]) -> float:
        """Return sum(c v), with v the evidence of each chip in a window and c a mark's signs there, those of its payload included."""
        return float(values.sum() - 2.0 * (values @ self.negative(place, window).astype(np.float32)))

    def negative(self, place: int, window: int) -> NDArray[np.uint8]:
        """Return a mark's signs in a window as bits, 1 for -1, shape (chips,)."""
        bits = chip_bits(self.marks[place].key, window)
        return bits ^ np.unpackbits(self._flips[place], count=bits.size)

    @staticmethod
    def sums(negative: NDArray[np.uint8], values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return sum(c v) for many marks and several evidences at once.

        Args:
            negative: the marks' signs in a window as packed bits, shape (marks, chips / 8).
            values: evidence, shape (n, chips).

        Returns:
            float32, shape (marks, n).
        """
        sums = np.empty((len(negative), len(values)), np.float32)
        for first in range(0, len(negative), _MARKS_AT_ONCE):
            some = np.unpackbits(negative[first : first + _MARKS_AT_ONCE], axis=1, count=values.shape[1])
            sums[first : first + _MARKS_AT_ONCE] = some.astype(np.float32) @ values.T
        return np.asarray(values.sum(axis=1) - 2.0 * sums, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A stretch of a video, the second of the original with which it begins if that is known, and the evidence of each chip in it."""

    start_seconds: float
    end_seconds: float
    original_start_seconds: float | None
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What a stretch of a video says of one window, in half precision, which is fine enough for a second look."""

    window: int
    start_seconds: float
    end_seconds: float
    original_start_seconds: float | None
    scale: float
    halves: NDArray[np.float16]

    @classmethod
    def of(cls, window: int, shown: Shown) -> _Seen:
        """Keep what a stretch says."""
        scale = float(np.abs(shown.values).max()) or 1.0
        halves = (shown.values / np.float32(scale)).astype(np.float16)
        return cls(window, shown.start_seconds, shown.end_seconds, shown.original_start_seconds, scale, halves)

    @property
    def values(self) -> NDArray[np.float32]:
        """The evidence of each chip, to about three digits."""
        return self.halves.astype(np.float32) * np.float32(self.scale)


@dataclass(frozen=True, slots=True, eq=False)
class LineupTally:
    """What each known mark has gathered from the windows of a video so far."""

    lineup: Lineup
    sums: NDArray[np.float64]  # of each mark
    power: float
    seen: tuple[_Seen, ...]

    @classmethod
    def start(cls, lineup: Lineup) -> LineupTally:
        return cls(lineup, np.zeros(len(lineup.marks)), 0.0, ())

    def with_window(self, window: int, values: NDArray[np.float32], shown: Sequence[Shown] = ()) -> LineupTally:
        """Return the tally with a window counted in.

        Args:
            window: its index.
            values: the evidence of each chip.
            shown: the stretches that this is the sum of; by default one, at the window's own time.
        """
        power = _power(values)
        if power == 0.0:
            return self
        places = range(len(self.lineup.marks))
        sums = np.fromiter((self.lineup.correlate(place, window, values) for place in places), np.float64, len(places))
        own = Shown(window * WINDOW_SECONDS, (window + 1) * WINDOW_SECONDS, window * WINDOW_SECONDS, values)
        seen = (_Seen.of(window, part) for part in shown or (own,))
        return LineupTally(self.lineup, self.sums + sums, self.power + power, (*self.seen, *seen))

    def z(self) -> NDArray[np.float64]:
        """Return the statistic of each mark, standard deviations under the null, shape (marks,).

        As in `indelible.mark.detect.Scores` it is sum(c v) / ||v||, here over all chips and with the payload's signs in c: these come
        from streams of their own, so c is as random as without them.
        """
        return self.sums / np.sqrt(self.power) if self.power > 0.0 else self.sums

    def z_of_stretches(self, place: int) -> Iterator[tuple[float, float, float | None, float]]:
        """Yield when each stretch begins and ends, the second of the original at which it begins, and one mark's statistic in it alone."""
        for seen in self.seen:
            values = seen.values
            z = self.lineup.correlate(place, seen.window, values) / math.sqrt(_power(values) or 1.0)
            yield seen.start_seconds, seen.end_seconds, seen.original_start_seconds, z

    def soft_symbols(self, place: int) -> NDArray[np.float64]:
        """Return the soft payload symbols of one mark, shape (1024,), positive for +1."""
        soft = np.zeros(SYMBOLS + 1)
        for seen in self.seen:
            soft += np.bincount(symbol_of_chip() - PILOT, weights=seen.values * chips(self.lineup.marks[place].key, seen.window))
        return soft[1:]


def _power(values: NDArray[np.float32]) -> float:
    return float(np.sum(np.square(values, dtype=np.float64)))
