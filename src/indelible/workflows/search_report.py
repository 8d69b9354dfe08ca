"""The report of searches: looks again at the files for pictures of what was found."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from indelible.errors import IndelibleError
from indelible.fingerprint.match import Match, Pair
from indelible.frames import Frame
from indelible.report.pictures import to_bgr
from indelible.report.search import BGR, MomentPictures, ShownMatch, ShownSearch, write_search_report
from indelible.video import open_video
from indelible.workflows.page import check_page
from indelible.workflows.search import SearchResult

__all__ = ["write_report"]

MOST_MATCHES = 12  # of a file that have pictures, the surest
_MOMENTS = 3  # of each match
_WIDTH = 460  # pixels of a picture on the page


def write_report(
    path: str | os.PathLike[str], results: Sequence[SearchResult], *, most_false_matches: float, overwrite: bool = False
) -> None:
    """Write a page of HTML with the verdict on each file, where it was seen, and pictures of both side by side.

    Pictures are of the files themselves: of a pipe, and of stored videos whose id is not the path of a file, there are none. Files are
    decoded once more, up to the last picture that is shown of them.

    Args:
        path: of the page.
        results: of `search_file`.
        most_false_matches: that was asked for.
        overwrite: whether a page may be replaced.

    Raises:
        OutputError: if the page exists or cannot be written.
    """
    check_page(path, overwrite=overwrite)
    write_search_report(path, [_shown(result, most_false_matches) for result in results])


def _shown(result: SearchResult, most_false_matches: float) -> ShownSearch:
    wanted: dict[str, set[float]] = defaultdict(set)
    for found in result.matches[:MOST_MATCHES]:
        for pair in _chosen(found.match):
            here, there = _middles(found.match, pair)
            wanted[result.file].add(here)
            wanted[found.id].add(there)
    pictures = {file: _pictures(file, times) for file, times in wanted.items()}
    shown = []
    for place, found in enumerate(result.matches):
        times = [_middles(found.match, pair) for pair in _chosen(found.match)] if place < MOST_MATCHES else []
        moments = [MomentPictures(here, there, pictures[result.file].get(here), pictures[found.id].get(there)) for here, there in times]
        shown.append(ShownMatch(found.id, found.duration_seconds, found.match, tuple(moments)))
    return ShownSearch(result.file, result.duration_seconds, result.videos, result.codes, most_false_matches, tuple(shown))


def _chosen(match: Match) -> list[Pair]:
    """Return some pairs of moments from the whole length of a match."""
    places = np.unique(np.linspace(0, len(match.pairs) - 1, _MOMENTS + 2)[1:-1].round().astype(int))
    return [match.pairs[int(place)] for place in places]


def _middles(match: Match, pair: Pair) -> tuple[float, float]:
    """Return when the middles of two moments are, as far as both are within what was found."""
    here = min(pair.query_seconds + match.moment_seconds / 2.0, match.query_range_seconds[1])
    return here, match.reference_range_seconds[0] + match.speed * (here - match.query_range_seconds[0])


def _pictures(file: str, times: Iterable[float]) -> dict[float, BGR]:
    """Return the pictures that a file shows at some times, as far as there are any."""
    found: dict[float, BGR] = {}
    if not os.path.isfile(file):
        return found
    due = sorted(times)
    try:
        with open_video(file) as reader:
            turns = round(reader.info.rotation_deg / 90) % 4
            origin: float | None = None
            last: Frame | None = None
            for frame in reader:
                now = frame.pts_seconds or 0.0
                origin = now if origin is None else origin
                while due and now - origin > due[0] and last is not None:
                    found[due.pop(0)] = _small(last, turns)
                if not due:
                    break
                last = frame
            if last is not None:
                found |= {at: _small(last, turns) for at in due}
    except IndelibleError:
        return found  # it could be read when it was stored; the page says that there is no picture
    return found


def _small(frame: Frame, quarter_turns: int) -> BGR:
    picture = np.rot90(to_bgr(frame), quarter_turns)
    height = max(1, round(picture.shape[0] * _WIDTH / picture.shape[1]))
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), (_WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8)
