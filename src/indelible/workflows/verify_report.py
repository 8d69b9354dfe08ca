"""The pages of verifications and of a consensus: what they show of the videos is read again."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indelible.report.consensus import write_consensus_report
from indelible.report.heat import HeatMoment, moments
from indelible.report.pictures import to_bgr
from indelible.report.verify import ComparedFrame, Pictures, Verified, write_verify_report
from indelible.video import Limits, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.consensus import Consensus
from indelible.workflows.page import check_page
from indelible.workflows.verify import Verification

__all__ = ["pictures_of", "write_consensus", "write_report"]

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
    write_verify_report(path, [(result, pictures_of(result, limits)) for result in results])


def write_consensus(path: str | os.PathLike[str], result: Consensus, *, overwrite: bool = False, limits: Limits = DEFAULT_LIMITS) -> None:
    """Write a page of HTML with the answer, all pairs, and where each outlier differs.

    Raises:
        OutputError: if the page exists or cannot be written.
        MediaError: if a file cannot be read again.
    """
    check_page(path, overwrite=overwrite)
    shown = {each.file: pictures_of(each.pair, limits) for each in result.outliers if each.pair is not None}
    write_consensus_report(path, result, shown)


def pictures_of(result: Verified, limits: Limits) -> Pictures:
    """Return the pictures with the largest residuals, some time apart, in the order of time, and those of the heat map, read again."""
    chosen: list[int] = []
    times = [seconds for seconds, _ in result.frame_residuals]
    for index in sorted(range(len(times)), key=lambda place: -result.frame_residuals[place][1]):
        if len(chosen) < _FRAMES and all(abs(times[index] - times[other]) >= _APART_SECONDS for other in chosen):
            chosen.append(index)
    chosen.sort()
    shown = [int(result.alignment.frames[index]) for index in chosen]
    stretches = () if result.heat is None else moments(result.heat)
    hot = [int(np.argmin(np.abs(np.array(times) - middle))) for _, _, middle in stretches]
    before, after = _pictures(result.source, set(shown), limits), _pictures(result.file, {*chosen, *hot}, limits)
    return Pictures(
        worst=[
            ComparedFrame(before[there][1], after[index][1], after[index][0], before[there][0])
            for index, there in zip(chosen, shown, strict=True)
        ],
        heat=[HeatMoment(start, end, after[index][1]) for (start, end, _), index in zip(stretches, hot, strict=True)],
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
