"""Which part of an original a clip shows: found by fingerprint, made exact picture by picture, and cut out without loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from indelible.channel import Channel, run_channel_file
from indelible.channel.timing import Trim
from indelible.fingerprint.match import MemorySource, search
from indelible.frames import Frame
from indelible.verify.alignment import align
from indelible.verify.descriptor import Look, look_at, shown_aspect
from indelible.video import Limits, open_video
from indelible.workflows.fingerprint import fingerprint_file, query_file

__all__ = ["Excerpt", "cut_out", "find_excerpt"]

_ROOM_SECONDS = 0.9  # around what the fingerprint says; the alignment looks for a lag of up to one second
_WHOLE_SECONDS = 0.1
_COMPARED, _BESIDE = 48, 3  # pictures, at lags of so many more or less


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of an original.

    Args:
        start_seconds: of the first picture that is shown, from the original's first.
        end_seconds: of the picture after the last.
        picture_seconds: from one picture of the original to the next.
        whole: whether it is all of the original.
        log10_expected_false_matches: of the fingerprint's match.
    """

    start_seconds: float
    end_seconds: float
    picture_seconds: float
    whole: bool
    log10_expected_false_matches: float


def find_excerpt(original: str, clip: str, *, limits: Limits) -> Excerpt | None:
    """Return which part of an original a clip shows, None if its fingerprint is found nowhere in it or at another speed only.

    Raises:
        MediaError: if a file cannot be read.
    """
    known = fingerprint_file(original, limits=limits).fingerprint
    found = [match for match in search(query_file(clip, limits=limits), MemorySource([known])) if match.speed == 1.0]
    if not found:
        return None
    surest = found[0]
    start = surest.reference_range_seconds[0] - surest.query_range_seconds[0]
    with open_video(original, limits=limits) as reader:
        wide = shown_aspect(reader.info) >= 1.0
    with open_video(clip, limits=limits) as reader:
        shown = look_at(reader, reader.info, wide=wide)
    end = start + float(shown.times[-1])
    begins: list[float] = []
    with open_video(original, limits=limits) as reader:
        there = look_at(_between(reader, start - _ROOM_SECONDS, end + _ROOM_SECONDS, begins), reader.info, wide=wide)
    pictures = _pictures(there, shown)
    step = float((there.times[-1] - there.times[0]) / max(1, len(there) - 1))
    begin, stop = (begins[0] + float(there.times[int(pictures[place])]) for place in (0, -1))
    duration = known.duration_seconds
    whole = begin < _WHOLE_SECONDS and duration - stop - step < _WHOLE_SECONDS
    return Excerpt(begin, stop + step, step, whole, surest.log10_expected_false_matches)


def _pictures(there: Look, shown: Look) -> NDArray[np.intp]:
    """Return which picture of an original each of a clip shows, all at one lag: the usual one or, by finer looks, one beside it."""
    found = align(there, shown)
    usual = int(np.median(found.frames - found.expected))
    some = np.unique(np.linspace(0, len(shown) - 1, min(len(shown), _COMPARED)).round().astype(np.intp))
    light = shown.luma_of(some)

    def apart(lag: int) -> float:
        difference = there.luma_of(np.clip(found.expected[some] + lag, 0, len(there) - 1)) - light
        return float(np.abs(difference - difference.mean(axis=(1, 2), keepdims=True)).mean())

    lag = min(range(usual - _BESIDE, usual + _BESIDE + 1), key=apart)
    return np.clip(found.expected + lag, 0, len(there) - 1)


@contextmanager
def cut_out(original: str, excerpt: Excerpt, *, limits: Limits) -> Iterator[str]:
    """Give the path of a file with just an excerpt, without loss, for as long as the block runs; of all of it, the original's own."""
    if excerpt.whole:
        yield original
        return
    with TemporaryDirectory(prefix="indelible-excerpt-") as folder:
        file = Path(folder) / "excerpt.mkv"
        half = excerpt.picture_seconds / 2  # between two pictures no rounding of times matters
        trim = Trim(round(max(0.0, excerpt.start_seconds - half), 6), round(excerpt.end_seconds - half, 6))
        run_channel_file(original, str(file), Channel((trim,)), limits=limits)
        yield str(file)


def _between(frames: Iterable[Frame], start: float, end: float, begins: list[float]) -> Iterator[Frame]:
    """Yield the pictures between two seconds from the first; ``begins`` gets the second of the first that is yielded."""
    first: float | None = None
    for frame in frames:
        seconds = frame.pts_seconds or 0.0
        first = seconds if first is None else first
        if seconds - first > end:
            return
        if seconds - first >= start:
            if not begins:
                begins.append(seconds - first)
            yield frame
