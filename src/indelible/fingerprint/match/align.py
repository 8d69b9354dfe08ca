"""Which moments of a query are which of a video: a vote on where and how fast, then a path along it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPEEDS = (1.0, 0.8, 0.9, 1.1, 1.25)  # of the query: its seconds last so many of the video's
BIN_SECONDS = 1.0
DRIFT_ROWS = (-1, 0, 1)  # by which a path may leave its line: speeds lie between those that are tried
_DRIFT_COST = 2.0  # standard deviations, from one moment to the next
_OTHER_SPEED = 1.1  # by which another speed must have more votes: in videos that change slowly, each speed has nearly as many
_ONE_TIME_SECONDS = 0.3
_CLEARLY = 0.1  # standard deviations
_AGREE_SECONDS = 0.8
_UNLIKE = 2.5  # standard deviations; a moment that is less near counts against a path


@dataclass(frozen=True, slots=True)
class Line:
    """A guess of time: the query's second t is the video's second ``speed * t + offset_seconds``."""

    speed: float
    offset_seconds: float

    def at(self, query_seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the times in the video of times in the query."""
        return self.speed * query_seconds + self.offset_seconds


def voted_lines(
    query_seconds: NDArray[np.float64], video_seconds: NDArray[np.float64], votes: NDArray[np.float64], *, most: int
) -> list[Line]:
    """Return the lines that most hits lie on, the best first; lines that share their hits count once.

    Args:
        query_seconds: of each hit, shape (n,).
        video_seconds: and where it lies in the video.
        votes: positive weight of each.
        most: lines to return.
    """
    left = np.ones(len(votes), bool)
    lines: list[Line] = []
    while left.any() and len(lines) < most:
        best, line = -1.0, Line(1.0, 0.0)
        for speed in SPEEDS:
            offsets = video_seconds - speed * query_seconds
            for shift in (0.0, BIN_SECONDS / 2):
                bins = np.floor((offsets - shift) / BIN_SECONDS).astype(np.int64)
                for chosen in np.unique(bins[left]):
                    inside = left & (bins == chosen)
                    # One vote for each moment of the query, so that a picture that stands still does not outvote all others.
                    total = _best_of_each(query_seconds[inside], votes[inside])
                    if total > best * (1.0 if speed == line.speed else _OTHER_SPEED):
                        best, line = total, Line(speed, float(np.average(offsets[inside], weights=votes[inside])))
        lines.append(line)
        left &= np.abs(video_seconds - line.at(query_seconds)) > 2 * BIN_SECONDS
    return lines


def nearest(seconds: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the places of the increasing times that are nearest to wanted ones."""
    after = np.searchsorted(seconds, wanted).clip(0, len(seconds) - 1)
    before = (after - 1).clip(0)
    return np.where(np.abs(seconds[before] - wanted) <= np.abs(seconds[after] - wanted), before, after)


def best_path(
    scores: NDArray[np.float64], usable: NDArray[np.bool_], *, nothing_cost: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the stretch of a query that is most like a video, by dynamic programming over the band around a line.

    Args:
        scores: shape (moments of the query, `DRIFT_ROWS`): standard deviations nearer than unrelated moments.
        usable: same shape: whether the video has such a moment, and both have something to show.
        nothing_cost: of a moment that nothing is known of, in standard deviations.

    Returns:
        moments of the query, increasing, and the place of each in the band, both of shape (k,); empty if nothing is alike.
    """
    moments, states = scores.shape
    gains = np.where(usable, scores - _UNLIKE, -nothing_cost)
    drift = _DRIFT_COST * np.abs(np.arange(states)[:, None] - np.arange(states)[None, :])
    best = gains.copy()
    came_from = np.full((moments, states), -1)
    for moment in range(1, moments):
        reached = best[moment - 1][None, :] - drift
        before = reached.argmax(axis=1)
        value = reached[np.arange(states), before]
        best[moment] += np.maximum(0.0, value)
        came_from[moment] = np.where(value > 0.0, before, -1)
    at, place = (int(index) for index in np.unravel_index(int(best.argmax()), best.shape))
    path = []
    while place >= 0 and best[at, place] > 0.0:
        if usable[at, place]:
            path.append((at, place))
        at, place = at - 1, int(came_from[at, place])
    pairs = np.array(path[::-1], np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def of_one_time(off_seconds: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the pairs of a path by which is judged whether the same moves in both videos.

    What moves is told only by moments of nearly the same time. Votes say only roughly which that is where little moves, so those pairs are
    taken that are off the line by one time, the one at which pairs are most alike; and only of the clearer half of the path: a cut within a
    moment is a greater change than anything that moves.

    Args:
        off_seconds: by which each pair is off the line, shape (k,), k at least 1.
        scores: likeness of each pair.
    """
    clear = scores >= np.median(scores)
    chosen, best = clear, -math.inf
    for off in sorted(np.unique(off_seconds[clear].round(1)), key=abs):
        pairs = clear & (np.abs(off_seconds - off) <= _ONE_TIME_SECONDS)
        if pairs.any() and (likeness := float(scores[pairs].mean())) > best + _CLEARLY:
            chosen, best = pairs, likeness
    return chosen


def stretch(
    starts: NDArray[np.float64],
    contrast: NDArray[np.float64],
    likeness: NDArray[np.float64],
    moments: NDArray[np.int64],
    scores: NDArray[np.float64],
    *,
    duration_seconds: float,
    moment_seconds: float,
) -> tuple[float, float]:
    """Return from where to where in the query a path lasts, in seconds.

    A moment that is foreign in part is the less alike the more of it is, and the more contrast that has. What begins with the first moment
    of the query begins with the query, and likewise at its end.

    Args:
        starts: of all moments of the query.
        contrast: of all moments, as `indelible.fingerprint.transform.contrasts` says it.
        likeness: of all moments, to the video along the path's line; minus infinity where it has none.
        moments: of the path.
        scores: their likeness, on the path.
        duration_seconds: of the query.
        moment_seconds: how long each moment lasts.
    """
    level = max(float(np.median(scores)), _UNLIKE)
    inner = moments[scores >= level / 2.0]
    first, last = int(inner[0]), int(inner[-1])
    own = float(np.median(contrast[moments]))
    begin, end = 0.0, duration_seconds
    if first > 0:
        foreign = contrast[np.searchsorted(starts, starts[first] - moment_seconds)]
        begin = _border(starts, likeness / level, (first, first - 1), float(foreign) / own, moment_seconds)
    if last < len(starts) - 1:
        foreign = contrast[min(int(np.searchsorted(starts, starts[last] + moment_seconds)), len(starts) - 1)]
        end = _border(starts, likeness / level, (last, last + 1), float(foreign) / own, moment_seconds)
    return max(0.0, begin), min(duration_seconds, max(begin, end))


def _border(
    starts: NDArray[np.float64], likeness: NDArray[np.float64], between: tuple[int, int], foreign_contrast: float, moment_seconds: float
) -> float:
    """Return where a stretch begins or ends, by the last moment inside and the first one outside.

    Args:
        starts: of all moments.
        likeness: of all moments, 1 for what is wholly inside.
        between: the moment inside, and the one outside: before it where the stretch begins, after it where it ends.
        foreign_contrast: of what lies outside, as a multiple of that inside.
        moment_seconds: how long each moment lasts.
    """
    inside, outside = between
    begins = outside < inside
    if not np.isfinite(likeness[outside]):  # the video has nothing there: it begins, or ends, with the moment inside
        return float(starts[inside]) + (0.0 if begins else moment_seconds)
    shares = [_share_inside(float(likeness[moment]), foreign_contrast) for moment in between]
    before = [1.0 - share for share in shares] if begins else shares
    by_inside, by_outside = (float(starts[moment]) + moment_seconds * share for moment, share in zip(between, before, strict=True))
    # Where they do not agree there is no mixture: bars come or go there, and only what is wholly inside is alike.
    return (by_inside + by_outside) / 2.0 if abs(by_inside - by_outside) <= _AGREE_SECONDS else by_inside


def _share_inside(likeness: float, foreign_contrast: float) -> float:
    """Return how much of a moment lies inside a stretch, 0 to 1, if the rest of it is foreign.

    The signs of a mixture differ by its angle to what is inside, as a share of a right angle, and its parts add up at right angles.
    """
    angle = math.pi / 2.0 * (1.0 - min(1.0, max(0.0, likeness)))
    return math.cos(angle) / (math.cos(angle) + math.sin(angle) / foreign_contrast)


def _best_of_each(moments: NDArray[np.float64], votes: NDArray[np.float64]) -> float:
    order = np.argsort(votes)
    return float(sum(dict(zip(moments[order].tolist(), votes[order].tolist(), strict=True)).values()))
