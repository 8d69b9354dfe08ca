"""The page of a verification: the worst frames of each rendition are read again, to be shown beside the source's."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indelible.report.pictures import to_bgr
from indelible.report.verify import ComparedFrame, write_verify_report
from indelible.video import Limits, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.page import check_page
from indelible.workflows.verify import Verification

__all__ = ["worst_frames", "write_report"]

_FRAMES = 3
_APART_SECONDS = 0.5


def write_report(
    path: str | os.PathLike[str], results: Sequence[Verification], *, overwrite: bool = False, limits: Limits = DEFAULT_LIMITS
) -> None:
    """Write a page of HTML with verdict, timeline and the worst frames of each rendition.

    Raises:
        OutputError: if the page exists or cannot be written.
        MediaError: if a file cannot be read again.
    """
    check_page(path, overwrite=overwrite)
    write_verify_report(path, [(result, worst_frames(result, limits)) for result in results])


def worst_frames(result: Verification, limits: Limits) -> tuple[ComparedFrame, ...]:
    """Return the pictures with the largest residuals, some time apart, in the order of time; both files are read again for them."""
    chosen: list[int] = []
    times = [seconds for seconds, _ in result.frame_residuals]
    for index in sorted(range(len(times)), key=lambda place: -result.frame_residuals[place][1]):
        if len(chosen) < _FRAMES and all(abs(times[index] - times[other]) >= _APART_SECONDS for other in chosen):
            chosen.append(index)
    chosen.sort()
    shown = [int(result.alignment.frames[index]) for index in chosen]
    before, after = _pictures(result.source, set(shown), limits), _pictures(result.file, set(chosen), limits)
    return tuple(
        ComparedFrame(before[there][1], after[index][1], after[index][0], before[there][0])
        for index, there in zip(chosen, shown, strict=True)
    )


def _pictures(path: str, wanted: set[int], limits: Limits) -> dict[int, tuple[float, NDArray[np.uint8]]]:
    """Return some pictures of a video as displayed, by their numbers, each with its second from the first."""
    found: dict[int, tuple[float, NDArray[np.uint8]]] = {}
    with open_video(path, limits=limits) as reader:
        turns = round(reader.info.rotation_deg / 90) % 4
        start: float | None = None
        for index, frame in enumerate(reader):
            start = frame.pts_seconds or 0.0 if start is None else start
            if index in wanted:
                found[index] = ((frame.pts_seconds or 0.0) - start, np.ascontiguousarray(np.rot90(to_bgr(frame), turns)))
            if index >= max(wanted):
                break
    return found
