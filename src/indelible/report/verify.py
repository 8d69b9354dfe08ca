"""The page of ``indelible verify --report``: verdict, families, aligned timeline, and the worst frames side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.report.charts import Cell, strip_chart
from indelible.report.evidence import p_plain, p_text
from indelible.report.heat import HeatMoment, heat_pictures
from indelible.report.markup import Markup, element
from indelible.report.page import facts, paragraph, section, table, verdict, write_page
from indelible.report.pictures import data_uri
from indelible.verify.alignment import Alignment
from indelible.verify.checks import Check
from indelible.verify.decision import Decision
from indelible.verify.localise import Heat, Region

__all__ = ["ComparedFrame", "Pictures", "Verified", "differences", "write_verify_report"]

_GAIN = 4
_WIDTH = 480
_FULL_RESIDUAL = 8.0  # codes, at which a cell of the timeline is full
_BOX_COLOR = (40, 40, 230)


@dataclass(frozen=True, slots=True, eq=False)
class ComparedFrame:
    """A picture of a rendition and what its source shows there, both as displayed, BGR, uint8, of any size; seconds from the first."""

    source: NDArray[np.uint8]
    rendition: NDArray[np.uint8]
    seconds: float
    source_seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """What is shown of a comparison: its worst frames, and moments of its heat map."""

    worst: Sequence[ComparedFrame]
    heat: Sequence[HeatMoment] = ()


class Verified(Protocol):
    """What the page needs of a result, such as `indelible.workflows.verify.Verification`."""

    @property
    def source(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def decision(self) -> Decision: ...
    @property
    def alpha(self) -> float: ...
    @property
    def alignment(self) -> Alignment: ...
    @property
    def regions(self) -> tuple[Region, ...]: ...
    @property
    def heat(self) -> Heat | None: ...
    @property
    def checks(self) -> tuple[Check, ...]: ...
    @property
    def seed(self) -> int: ...
    @property
    def frame_residuals(self) -> tuple[tuple[float, float], ...]: ...
    @property
    def duration_seconds(self) -> float: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...


def write_verify_report(path: str | os.PathLike[str], results: Sequence[tuple[Verified, Pictures]]) -> None:
    """Write the page, a section for each rendition with its pictures.

    Raises:
        OutputError: if it cannot be written.
    """
    accepted = sum(result.decision.verdict == "AUTHENTIC" for result, _ in results)
    parts = [element("h1", f"{accepted} of {len(results)} renditions are authentic"), *(_section(*each) for each in results)]
    write_page(path, title="Indelible: verification", parts=parts)


def _section(result: Verified, pictures: Pictures) -> Markup:
    found, time = result.decision, result.alignment
    chance = element("span", "p = ", p_text(found.log10_p), f", {found.reason}")
    known = facts(
        source=result.source,
        honest_encodes=f"{found.calibration_size} (seed {result.seed})",
        threshold=f"p at most {result.alpha:g}",
        late_by=f"{time.lag_seconds:.3f} s",
        jumps=str(time.moves),
        lost=f"{time.lost_seconds:.3f} s",
    )
    return section(
        result.file,
        verdict(found.verdict, chance, good=found.verdict == "AUTHENTIC"),
        known,
        *(paragraph(f"{check.name}: expected {check.expected}, got {check.got}") for check in result.checks if check.passed is False),
        *differences(result, pictures, names=("source", "rendition")),
        *(paragraph(f"Warning: {sentence}") for sentence in result.warnings),
    )


def differences(result: Verified, pictures: Pictures, *, names: tuple[str, str]) -> tuple[Markup, ...]:
    """Return where and how two videos differ: timeline, heat map, worst frames, and a table of the families.

    Args:
        result: of the comparison.
        pictures: of it.
        names: of the first and the second video in captions.
    """
    heat = heat_pictures(result.heat, pictures.heat) if result.heat is not None else ()
    return (_timeline(result), *heat, *(_row(frame, result.regions, names) for frame in pictures.worst), _families(result.decision))


def _families(found: Decision) -> Markup:
    rows = [[name, p_text(found.families[name]), f"{found.scores[name]:.1f}"] for name in found.families]
    return table(["difference", "p by itself", "score"], rows)


def _timeline(result: Verified) -> Markup:
    """Return the residual of each picture, where it is not the picture that is due, and the regions of each family."""
    times = [seconds for seconds, _ in result.frame_residuals]
    ends = [*times[1:], max(result.duration_seconds, times[-1])]
    residual = [
        Cell(start, end, min(1.0, value / _FULL_RESIDUAL), f"{start:.2f} s: residual {value:.1f} codes")
        for (start, value), end in zip(result.frame_residuals, ends, strict=True)
    ]
    offsets = result.alignment.frames - result.alignment.expected
    usual = int(np.median(offsets))
    other = [
        Cell(start, end, 1.0, f"{start:.2f} s: {offset - usual:+d} pictures")
        for start, end, offset in zip(times, ends, offsets.tolist(), strict=True)
        if offset != usual
    ]
    strips = [("residual", residual), ("not the picture due", other)]
    for family in dict.fromkeys(region.family for region in result.regions):
        cells = [
            Cell(region.start_seconds, region.end_seconds, 1.0, f"p = {p_plain(region.log10_p)}")
            for region in result.regions
            if region.family == family
        ]
        strips.append((f"differs: {family}", cells))
    return strip_chart(strips, seconds=max(result.duration_seconds, times[-1]), title="Differences along the rendition")


def _row(frame: ComparedFrame, regions: Sequence[Region], names: tuple[str, str]) -> Markup:
    """Return the first, the second with boxes, and the difference of their luma around mid-grey."""
    height = max(2, round(_WIDTH * frame.source.shape[0] / frame.source.shape[1]))
    before, after = (_shrunk(picture, height) for picture in (frame.source, frame.rendition))
    light = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32) for picture in (before, after)]
    difference = np.clip(np.rint(_GAIN * (light[1] - light[0]) + 128.0), 0, 255).astype(np.uint8)
    for region in regions:
        if region.start_seconds <= frame.seconds <= region.end_seconds:
            corner = (round(region.x * _WIDTH), round(region.y * height))
            opposite = (round((region.x + region.w) * _WIDTH) - 1, round((region.y + region.h) * height) - 1)
            cv2.rectangle(after, corner, opposite, _BOX_COLOR, 2)
    pictures = {
        f"{names[0]}, {frame.source_seconds:.2f} s": before,
        f"{names[1]}, {frame.seconds:.2f} s": after,
        f"difference x{_GAIN}": difference,
    }
    figures = (
        element("figure", element("img", src=data_uri(picture), alt=name), element("figcaption", name))
        for name, picture in pictures.items()
    )
    return element("div", *figures, class_="three")


def _shrunk(picture: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    larger = picture.shape[1] > _WIDTH
    interpolation = cv2.INTER_AREA if larger else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (_WIDTH, height), interpolation=interpolation), np.uint8)
