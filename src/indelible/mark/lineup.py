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
from indelible.mark.carrier import PILOT, chip_bits, chips, modulation, symbol_of_chip
from indelible.mark.payload import SYMBOLS, Payload, encode_payload


@dataclass(frozen=True, slots=True)
class KnownMark:
    """A marking whose key and payload are known."""

    key: SecretKey
    payload: Payload


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
        negative = chip_bits(self.marks[place].key, window) ^ np.unpackbits(self._flips[place], count=values.size)
        return float(values.sum() - 2.0 * (values @ negative.astype(np.float32)))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What a video says in one window, in half precision, which is fine enough for a second look."""

    window: int
    scale: float
    halves: NDArray[np.float16]

    @classmethod
    def of(cls, window: int, values: NDArray[np.float32]) -> _Seen:
        """Keep the evidence of each chip, not all of it zero."""
        scale = float(np.abs(values).max())
        return cls(window, scale, (values / np.float32(scale)).astype(np.float16))

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

    def with_window(self, window: int, values: NDArray[np.float32]) -> LineupTally:
        """Return the tally with a window counted in, of which the evidence of each chip is given."""
        power = _power(values)
        if power == 0.0:
            return self
        places = range(len(self.lineup.marks))
        sums = np.fromiter((self.lineup.correlate(place, window, values) for place in places), np.float64, len(places))
        return LineupTally(self.lineup, self.sums + sums, self.power + power, (*self.seen, _Seen.of(window, values)))

    def z(self) -> NDArray[np.float64]:
        """Return the statistic of each mark, standard deviations under the null, shape (marks,).

        As in `indelible.mark.detect.Scores` it is sum(c v) / ||v||, here over all chips and with the payload's signs in c: these come
        from streams of their own, so c is as random as without them.
        """
        return self.sums / np.sqrt(self.power) if self.power > 0.0 else self.sums

    def z_of_windows(self, place: int) -> Iterator[tuple[int, float]]:
        """Yield each window and the statistic of one mark in it alone."""
        for seen in self.seen:
            values = seen.values
            yield seen.window, self.lineup.correlate(place, seen.window, values) / math.sqrt(_power(values))

    def soft_symbols(self, place: int) -> NDArray[np.float64]:
        """Return the soft payload symbols of one mark, shape (1024,), positive for +1."""
        soft = np.zeros(SYMBOLS + 1)
        for seen in self.seen:
            soft += np.bincount(symbol_of_chip() - PILOT, weights=seen.values * chips(self.lineup.marks[place].key, seen.window))
        return soft[1:]


def _power(values: NDArray[np.float32]) -> float:
    return float(np.sum(np.square(values, dtype=np.float64)))
