"""A clip looked at by the network: windows of the picture at a few instants, one score for each place, and what that is worth.

Windows are squares of 192 pixels, as in training, laid over pictures of at most 384 lines. The score of a place is the mean over the
instants; that of the clip is the highest of its places. Its threshold is the one that real clips, looked at in just this way, seldom pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel.planes import Layout, convert
from indelible.errors import InputError
from indelible.forensics.model import Model, window_features
from indelible.forensics.stack import Stack, stack_of, triplet
from indelible.frames import Frame

__all__ = ["INSTANTS", "WINDOW", "Instant", "Looked", "Verdict", "even_picture", "instants_of", "look", "reliability_at", "verdict_of"]

#: Pixels of a side of a window, and instants that are looked at.
WINDOW, INSTANTS = 192, 6
_LINES = 384
_CELL = 8

Verdict = Literal["MANIPULATED", "NO TRACE", "CANNOT TELL"]


@dataclass(frozen=True, slots=True, eq=False)
class Instant:
    """Three pictures in a row as one stack, uint8, shape (3, height, width, 3), and the second of the middle one from the first."""

    stack: Stack
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What the network saw of a clip.

    Args:
        score: logit of the most suspect place.
        scores: of every place at every instant, shape (instants, rows, columns of windows).
        heat: logits of cells, mean where windows overlap, float32, shape (instants, height / 8, width / 8).
        seconds: of the instants.
        crf: estimated CRF of the last encode on x264's scale.
        pictures: the middle pictures as looked at, uint8, shape (instants, height, width, 3), Y, U, V.
    """

    score: float
    scores: NDArray[np.float64]
    heat: NDArray[np.float32]
    seconds: tuple[float, ...]
    crf: float
    pictures: Stack


def instants_of(frames: Iterable[Frame], *, count: int, wanted: int = INSTANTS) -> list[Instant]:
    """Return instants spread evenly over a clip; pictures are scaled to at most 384 lines, and both sides cut to multiples of 8.

    Args:
        frames: of one size.
        count: how many there are, about; what lies beyond is not looked at.
        wanted: instants; fewer if the clip is short.

    Raises:
        InputError: if there are fewer than 3 pictures, or they are smaller than a window.
    """
    middles = {int(place) for place in np.linspace(1, max(1, count - 2), wanted).round()}
    found: list[Instant] = []
    recent: list[Frame] = []
    start: float | None = None
    for index, frame in enumerate(frames):
        start = (frame.pts_seconds or 0.0) if start is None else start
        recent = [*recent[-2:], frame]
        if index - 1 in middles and len(recent) == 3:
            stack = np.stack([_scaled(stack_of([even_picture(each)])[0]) for each in recent])
            found.append(Instant(stack, (recent[1].pts_seconds or 0.0) - start))
            if len(found) == len(middles):
                break
    if not found:
        raise InputError("a clip needs at least 3 pictures to be looked at")
    if min(found[0].stack.shape[1:3]) < WINDOW:
        height, width = found[0].stack.shape[1:3]
        raise InputError(f"pictures of {width}x{height} are too small; at least {WINDOW} pixels of each side are needed")
    return found


def look(model: Model, instants: Iterable[Instant]) -> Looked:
    """Look at a clip.

    Args:
        model: with a calibration in its card.
        instants: of `instants_of`.
    """
    calibration = model.calibration
    scores, heat, crf, pictures, seconds = [], [], [], [], []
    for instant in instants:
        height, width = instant.stack.shape[1:3]
        tops, lefts = _places(height), _places(width)
        planes = triplet(*instant.stack)
        windows = np.stack([planes[:, y : y + WINDOW, x : x + WINDOW] for y in tops for x in lefts])
        seen = model.see(windows)
        logits = calibration.logits(window_features(seen.cells, seen.pictures))
        scores.append(logits.reshape(len(tops), len(lefts)))
        heat.append(_joined(seen.cells, tops, lefts, height, width))
        crf.append(float(seen.crf.mean()))
        pictures.append(instant.stack[1])
        seconds.append(instant.seconds)
    everything = np.stack(scores)
    return Looked(
        score=float(everything.mean(axis=0).max()),
        scores=everything,
        heat=np.stack(heat),
        seconds=tuple(seconds),
        crf=float(np.mean(crf)),
        pictures=np.stack(pictures),
    )


def reliability_at(card: dict[str, Any], crf: float) -> float:
    """Return the share of manipulated segments that were found, at the threshold, where the last encode was about like this one."""
    rows = [row for row in card["reliability"] if row["crf_from"] <= crf < row["crf_until"]]
    return float(rows[0]["found"]) if rows else 0.0


def verdict_of(card: dict[str, Any], looked: Looked) -> Verdict:
    """Return what can be said: manipulated above the threshold; no trace only where at least half of all manipulations would be found."""
    if looked.score > card["threshold"]["logit"]:
        return "MANIPULATED"
    return "NO TRACE" if reliability_at(card, looked.crf) >= 0.5 else "CANNOT TELL"


def even_picture(frame: Frame) -> Frame:
    """Return a picture in 8-bit 4:2:0 without an odd last row or column."""
    same = convert(frame, Layout("420", 8))
    height, width = frame.height // 2 * 2, frame.width // 2 * 2
    if (height, width) == (frame.height, frame.width):
        return same
    chroma = tuple(plane[: height // 2, : width // 2] for plane in same.chroma)
    return Frame(y=same.y[:height, :width], chroma=chroma, pixel_format=same.pixel_format, pts=frame.pts, time_base=frame.time_base)


def _scaled(picture: Stack) -> Stack:
    height, width = picture.shape[:2]
    factor = _LINES / min(height, width)
    if factor >= 1.0:  # cut rather than scaled by a little, which would leave a trace of its own
        return picture[: height // _CELL * _CELL, : width // _CELL * _CELL]
    size = (round(width * factor) // _CELL * _CELL, round(height * factor) // _CELL * _CELL)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _places(length: int) -> list[int]:
    """Return where windows begin along a side: from end to end, overlapping where they must."""
    count = -(-length // WINDOW)
    return [int(place) // _CELL * _CELL for place in np.linspace(0, length - WINDOW, count)]


def _joined(cells: NDArray[np.float32], tops: list[int], lefts: list[int], height: int, width: int) -> NDArray[np.float32]:
    total, count = (np.zeros((height // _CELL, width // _CELL), np.float32) for _ in range(2))
    side = WINDOW // _CELL
    for each, (y, x) in zip(cells, _corners(tops, lefts), strict=True):
        place = np.s_[y // _CELL : y // _CELL + side, x // _CELL : x // _CELL + side]
        total[place] += each
        count[place] += 1.0
    return np.asarray(total / np.maximum(count, 1.0), np.float32)


def _corners(tops: list[int], lefts: list[int]) -> Iterator[tuple[int, int]]:
    return ((y, x) for y in tops for x in lefts)
