"""Mean pictures of stretches of a received video, and of just those frames of the original that they were made of."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.frames import Frame
from indelible.mark.clock import step_of, window_of
from indelible.mark.grid import Picture, averaged, shrunk
from indelible.mark.informed.placing import Placing
from indelible.mark.informed.scan import Scan
from indelible.mark.informed.timeline import Match
from indelible.mark.sync.footage import Box

KEPT = 96  # passages; of more, as many evenly spread ones are read, so that memory is bounded
STILL_SAMPLES = 640 * 640  # of a received mean picture, of the part that shows the original


@dataclass(frozen=True, slots=True)
class Passage:
    """Frames of the received video, one after the other, that all come from one step of the original.

    Args:
        step: of the original.
        matches: what the frames were made of, at least one.
        start_seconds: when the first is shown.
        end_seconds: when the one after the last is shown.
    """

    step: int
    matches: tuple[Match, ...]
    start_seconds: float
    end_seconds: float

    @property
    def window(self) -> int:
        """The window whose pattern the original has there."""
        return window_of(self.step)


def passages_of(matches: Sequence[Match], received: Scan, original: Scan) -> list[Passage]:
    """Group matched frames; at most `KEPT`, evenly spread."""
    last = len(original.seconds) - 1
    interval = float(np.median(np.diff(received.seconds))) if len(received.seconds) > 1 else 0.0

    def place(match: Match) -> tuple[int, int]:
        return match.run, step_of(float(original.seconds[min(last, match.first + round(match.share))]))

    found = []
    for (_, step), group in itertools.groupby(matches, key=place):
        frames = tuple(group)
        start, end = (float(received.seconds[frames[at].received]) for at in (0, -1))
        found.append(Passage(step, frames, start, end + interval))
    if len(found) <= KEPT:
        return found
    return [found[place] for place in np.linspace(0, len(found) - 1, KEPT).round().astype(int)]


class HostStills:
    """Takes the original's frames once, in order, and keeps the mean picture of each passage on the grid: 256 KB each."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._wanted: dict[int, list[tuple[int, float]]] = {}
        for number, passage in enumerate(passages):
            for match in passage.matches:
                for index, share in ((match.first, 1.0 - match.share), (match.first + 1, match.share)):
                    if share > 0.0:
                        self._wanted.setdefault(index, []).append((number, share))
        self._last = max(self._wanted, default=-1)
        self._totals: list[Picture | None] = [None] * len(passages)
        self._weights = [0.0] * len(passages)
        self._index = 0

    def add(self, frame: Frame) -> bool:
        """Take the next frame; returns whether those that follow are not needed."""
        wanted = self._wanted.get(self._index, ())
        self._index += 1
        done = self._index > self._last
        if not wanted:
            return done
        cells = averaged(frame.y) * np.float32(2.0 ** (8 - frame.bit_depth))
        for number, share in wanted:
            total = self._totals[number]
            self._totals[number] = cells * np.float32(share) if total is None else total + cells * np.float32(share)
            self._weights[number] += share
        return done

    def means(self) -> list[Picture | None]:
        """Return a picture for each passage, float32, shape (256, 256), in luma levels of 8 bit; None where its frames did not come."""
        return [None if total is None else total / np.float32(weight) for total, weight in zip(self._totals, self._weights, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A mean picture, float32, in luma levels of 8 bit, of the part of the received picture that shows the original.

    Args:
        picture: what it shows.
        box: which part that is.
        frames: of how many it is the mean.
    """

    picture: Picture
    box: Box
    frames: int

    def placed(self, placing: Placing) -> Placing:
        """Return where the original lies in this part, if it lies so in the whole picture."""
        size = np.array([self.box.right - self.box.left, self.box.bottom - self.box.top])
        within = np.diag(1.0 / size) @ placing.matrix
        within[:, 2] -= np.array([self.box.left, self.box.top]) / size
        return Placing(within)

    def unplaced(self, placing: Placing) -> Placing:
        """Undo `placed`."""
        size = np.array([self.box.right - self.box.left, self.box.bottom - self.box.top])
        whole = np.diag(size) @ placing.matrix
        whole[:, 2] += np.array([self.box.left, self.box.top])
        return Placing(whole)


class ReceivedStills:
    """Takes the received frames once, in order, and keeps the mean picture of each passage: at most 1.6 MB each."""

    def __init__(self, passages: Sequence[Passage], placing: Placing) -> None:
        self._number = {match.received: number for number, passage in enumerate(passages) for match in passage.matches}
        self._placing = placing
        self._stills: list[Still | None] = [None] * len(passages)
        self._total: NDArray[np.float32] | None = None
        self._frames = 0
        self._scale = 1.0
        self._open: int | None = None
        self._index = 0

    def add(self, frame: Frame) -> None:
        """Take the next frame."""
        number = self._number.get(self._index)
        self._index += 1
        if number is None:
            return
        if number != self._open:
            self._close()
            self._open = number
        if self._total is None:
            self._total, self._frames = np.zeros(frame.y.shape, np.float32), 0
            self._scale = 2.0 ** (8 - frame.bit_depth)
        cv2.accumulate(frame.y, self._total)
        self._frames += 1

    def stills(self) -> list[Still | None]:
        """Return a still for each passage, None where its frames did not come."""
        self._close()
        return list(self._stills)

    def _close(self) -> None:
        if self._open is None or self._total is None:
            return
        mean = self._total * np.float32(self._scale / self._frames)
        height, width = mean.shape
        corners = self._placing.matrix @ np.array([[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0], [1.0] * 4])
        size = np.array([width, height])
        # Room around it for the placing to be refined.
        low = np.clip(np.floor(corners.min(axis=1) * size - 0.02 * size), 0, size - 2).astype(int)
        high = np.clip(np.ceil(corners.max(axis=1) * size + 0.02 * size), low + 2, size).astype(int)
        part = mean[low[1] : high[1], low[0] : high[0]]
        box = Box(*(low / size).tolist(), *(high / size).tolist())
        self._stills[self._open] = Still(shrunk(part, STILL_SAMPLES), box, self._frames)
        self._total, self._open = None, None
