"""The page of ``indelible detect --report``: verdict, evidence and timeline for each file and key."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Protocol

from indelible.mark import Detection
from indelible.report.charts import strip_chart
from indelible.report.evidence import p_text, payload_text, timeline
from indelible.report.markup import Markup, element
from indelible.report.page import facts, paragraph, section, verdict, write_page


class Detected(Protocol):
    """What the page needs of a result of detection, such as `indelible.workflows.detect.DetectResult`."""

    @property
    def file(self) -> str: ...
    @property
    def detection(self) -> Detection: ...
    @property
    def alpha(self) -> float: ...
    @property
    def recipients(self) -> tuple[str, ...]: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...


def write_detect_report(path: str | os.PathLike[str], results: Sequence[Detected]) -> None:
    """Write the page, a section for each result.

    Raises:
        OutputError: if it cannot be written.
    """
    found = sum(result.detection.marked for result in results)
    parts = [element("h1", f"{found} of {len(results)} marks found"), *map(_section, results)]
    write_page(path, title="Indelible: detection", parts=parts)


def _section(result: Detected) -> Markup:
    found = result.detection
    chance = element("span", "p = ", p_text(found.log10_p))
    known = (verdict("Marked", chance, good=True) if found.marked else verdict("No mark of this key found", chance, good=False),)
    explained = facts(
        key=found.key_id,
        **({"recipient": ", ".join(result.recipients)} if result.recipients else {}),
        payload=payload_text(found.payload) if found.marked else "none",
        threshold=f"p at most {result.alpha:g}",
        hypotheses_counted=str(found.searched),
        footage=f"{found.duration_seconds:.1f} s, {found.frames_used} frames",
    )
    strips = [("evidence by itself", timeline(found, log10_alpha=math.log10(result.alpha)))]
    chart = strip_chart(strips, seconds=found.duration_seconds, title="Evidence of the mark along the video")
    return section(result.file, *known, explained, chart, *(paragraph(f"Warning: {sentence}") for sentence in result.warnings))
