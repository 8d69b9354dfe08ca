"""Reading a mark with the original at hand: the received video is laid onto it, in place and in time, and the host taken away.

Nothing of this knows a key. So there is one hypothesis, whatever was tried to get there, and its p-value is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.keys import SecretKey
from indelible.mark.clock import STEP_SECONDS
from indelible.mark.grid import Picture
from indelible.mark.informed.features import best_placing
from indelible.mark.informed.geometry import geometry_of
from indelible.mark.informed.passages import HostStills, Passage, ReceivedStills, Still, passages_of
from indelible.mark.informed.placing import Placing, refined
from indelible.mark.informed.residual import residual_evidence
from indelible.mark.informed.scan import Scan
from indelible.mark.informed.timeline import Match, align
from indelible.mark.lineup import Lineup, LineupTally
from indelible.mark.sync.found import Found, Geometry
from indelible.mark.tally import Evidence, Tally

_ALIKE = 0.25  # correlation; with less the original is another video
_TOGETHER = 8  # passages from which the place is refined
_TOGETHER_BLURS = (4.0, 2.0, 1.0, 1.0, 0.5)
_APART_BLURS = (1.0, 0.5)
_STIFFNESS = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How a received video lies in its original, after a first look at both.

    Args:
        placing: where the original's picture lies in the received one.
        likeness: how well they then correlate, 0 to 1.
        matches: the received frames that are the original's.
        passages: what is to be read in a second look.
    """

    received: Scan
    original: Scan
    placing: Placing
    likeness: float
    matches: tuple[Match, ...]
    passages: tuple[Passage, ...]

    @property
    def share(self) -> float:
        """How much of the received video is the original's, 0 to 1."""
        return len(self.matches) / max(1, len(self.received.seconds))


def register(received: Scan, original: Scan) -> Alignment | None:
    """Find a received video in its original; None if it is not there."""
    best = best_placing(received, original)
    if best is None or best[1] < _ALIKE:
        return None
    placing, likeness = best
    matches = align(received, original, placing)
    if not matches:
        return None
    return Alignment(received, original, placing, likeness, tuple(matches), tuple(passages_of(matches, received, original)))


class SecondLook:
    """Takes the frames of both videos again, each once and in order, and reads what the received one has besides the original."""

    def __init__(self, alignment: Alignment) -> None:
        self._alignment = alignment
        self.original = HostStills(alignment.passages)
        self.received = ReceivedStills(alignment.passages, alignment.placing)

    def reading(self) -> Reading | None:
        """Return what the received video says; None if the frames that were looked for did not come."""
        together = zip(self._alignment.passages, self.original.means(), self.received.stills(), strict=True)
        found = [(passage, host, still) for passage, host, still in together if host is not None and still is not None]
        if not found:
            return None
        placing = _settled(self._alignment.placing, [(still, host) for _, host, still in found])
        alignment = self._alignment
        geometry = geometry_of(placing, alignment.matches, alignment.received, alignment.original)
        return Reading(geometry, tuple(ReadPassage(passage, _read(placing, still, host)) for passage, host, still in found))


def _settled(placing: Placing, pairs: Sequence[tuple[Still, Picture]]) -> Placing:
    """Return the placing that suits all passages best."""
    some = pairs[:: max(1, len(pairs) // _TOGETHER)]
    first = some[0][0]
    settled, _ = refined(first.placed(placing), [(still.picture, host) for still, host in some], blurs=_TOGETHER_BLURS)
    return first.unplaced(settled)


def _read(placing: Placing, still: Still, host: Picture) -> Evidence:
    own, _ = refined(still.placed(placing), [(still.picture, host)], blurs=_APART_BLURS, stiffness=_STIFFNESS)
    values = residual_evidence(own.on_grid(still.picture), host, own.coverage())
    return Evidence.of(values * np.float32(still.frames))


@dataclass(frozen=True, slots=True, eq=False)
class ReadPassage:
    """A passage and what it says."""

    passage: Passage
    evidence: Evidence


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a received video has besides its original, and where it lies in it. No key is in it."""

    geometry: Geometry
    passages: tuple[ReadPassage, ...]

    @property
    def spans(self) -> tuple[tuple[float, float, float], ...]:
        """The seconds of the received video in which each passage is shown, and the one of the original at which it begins."""
        return tuple((read.passage.start_seconds, read.passage.end_seconds, read.passage.step * STEP_SECONDS) for read in self.passages)

    def found(self, key: SecretKey, *, shares: int) -> Found:
        """Return what a key shows; ``shares`` says into how many equal shares the error is divided, one of which is this hypothesis's."""
        tally = Tally.start(key)
        for window, values, numbers in self._windows():
            parts = [(number, self.passages[number].evidence) for number in numbers]
            tally = tally.with_window(window, Evidence.of(values), parts)
        return Found.of(tally, self.geometry, 0.0, shares)

    def lineup(self, lineup: Lineup) -> LineupTally:
        """Return what known marks show."""
        tally = LineupTally.start(lineup)
        for window, values, _ in self._windows():
            tally = tally.with_window(window, values)
        return tally

    def _windows(self) -> Iterator[tuple[int, NDArray[np.float32], list[int]]]:
        """Yield each window, its evidence and its passages: one pattern, whatever order its passages come in."""
        by_window: dict[int, list[int]] = {}
        for number, read in enumerate(self.passages):
            by_window.setdefault(read.passage.window, []).append(number)
        for window, numbers in by_window.items():
            yield window, np.sum([self.passages[number].evidence.values for number in numbers], axis=0), numbers
