"""The page of ``indelible mark --report``: what was embedded and how the pictures look."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Protocol

from indelible.mark import EmbedReport, Payload
from indelible.report.evidence import payload_text
from indelible.report.markup import Markup, element
from indelible.report.page import facts, paragraph, section, verdict, write_page
from indelible.report.pictures import GAIN, PicturePair, side_by_side


class Marked(Protocol):
    """What the page needs of a result of marking, such as `indelible.workflows.mark.MarkResult`."""

    @property
    def output(self) -> str: ...
    @property
    def key_id(self) -> str: ...
    @property
    def payload(self) -> Payload: ...
    @property
    def embedding(self) -> EmbedReport: ...
    @property
    def marked(self) -> bool: ...
    @property
    def xpsnr_db(self) -> float | None: ...
    @property
    def bitrate_change(self) -> float | None: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...


def write_mark_report(path: str | os.PathLike[str], result: Marked, pictures: Sequence[PicturePair] = ()) -> None:
    """Write the page; ``pictures`` are shown beside each other with their difference.

    Raises:
        OutputError: if it cannot be written.
    """
    embedding = result.embedding
    parts = [
        element("h1", result.output),
        verdict("Marked", good=True) if result.marked else verdict("Nothing could be hidden in these pictures", good=False),
        facts(
            payload=f"{payload_text(result.payload)}, {result.payload.bits} bits",
            key=result.key_id,
            change_of_the_picture=f"{_db(embedding.psnr_y_db)} Y-PSNR, {_db(embedding.psnr_rgb_db)} RGB-PSNR",
            footage=f"{embedding.duration_seconds:.1f} s, {embedding.frames} frames",
            too_flat_to_mark=f"{embedding.unmarked_seconds:.1f} s",
            **_measured(result),
        ),
        *(paragraph(f"Warning: {sentence}") for sentence in result.warnings),
    ]
    if pictures:
        remark = f"Only luma changes. The difference is shown {GAIN} times as strong, around grey."
        parts.append(section("Before and after", paragraph(remark, soft=True), *map(side_by_side, pictures)))
    write_page(path, title=f"Indelible: {result.output}", parts=[Markup(part) for part in parts])


def _measured(result: Marked) -> dict[str, str]:
    """Return the facts that take a second look at the video, as far as it was taken."""
    measured = {}
    if result.xpsnr_db is not None:
        measured["as_the_eye_weighs_it"] = f"{_db(result.xpsnr_db)} XPSNR"
    if result.bitrate_change is not None:
        measured["bitrate"] = f"{100 * result.bitrate_change:+.1f} % against the same encode without a mark"
    return measured


def _db(value: float) -> str:
    return f"{value:.1f} dB" if math.isfinite(value) else "infinite"
