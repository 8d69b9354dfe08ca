"""The page of ``indelible inspect --report``: verdict, course over time, and heat maps over the pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from indelible.forensics.inspection import Looked
from indelible.forensics.stack import clip_of
from indelible.report.charts import Cell, strip_chart
from indelible.report.markup import Markup, element
from indelible.report.page import facts, footer, paragraph, section, verdict, write_page
from indelible.report.pictures import data_uri, to_bgr

__all__ = ["Inspected", "heat_picture", "write_inspect_report"]

_WIDTH = 480
_SHOWN = 0.6  # of a picture's light beneath the heat


class Inspected(Protocol):
    """What the page needs of a result, such as `indelible.workflows.inspect.Inspection`."""

    @property
    def file(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def probability(self) -> float: ...
    @property
    def threshold(self) -> float: ...
    @property
    def false_alarms(self) -> float: ...
    @property
    def unseen_false_alarms(self) -> float: ...
    @property
    def reliability(self) -> float: ...
    @property
    def looked(self) -> Looked: ...
    @property
    def network(self) -> dict[str, str]: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...


def write_inspect_report(path: str | os.PathLike[str], results: Sequence[Inspected]) -> None:
    """Write the page, a section for each file.

    Raises:
        OutputError: if it cannot be written.
    """
    manipulated = sum(result.verdict == "MANIPULATED" for result in results)
    parts = [element("h1", f"{manipulated} of {len(results)} files look manipulated"), *map(_section, results)]
    parts.append(
        footer(
            "The heat is what the network says of cells of 8 x 8 pixels, 0 (dark) to 1 (bright), in pictures scaled to at most 384 lines. "
            "A probability takes real and manipulated windows for equally frequent."
        )
    )
    write_page(path, title="Indelible: inspection", parts=parts)


def heat_picture(picture: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a picture in grey with heat over it, BGR.

    Args:
        picture: BGR, uint8, shape (height, width, 3).
        heat: logits of cells, of any size.
    """
    height, width = picture.shape[:2]
    share = cv2.resize(expit(heat).astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    colours = cv2.applyColorMap(np.rint(255.0 * np.clip(share, 0.0, 1.0)).astype(np.uint8), cv2.COLORMAP_INFERNO)
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.addWeighted(grey, _SHOWN, colours, 1.0, 0.0), np.uint8)


def _section(result: Inspected) -> Markup:
    looked = result.looked
    said = element("span", f"probability {result.probability:.2f}; more than {result.threshold:.2f} counts as manipulated")
    known = facts(
        reliability=f"{result.reliability:.0%} of manipulations were found at this quality",
        false_alarms=f"{result.false_alarms:.0%} of real clips where the threshold was set, {result.unseen_false_alarms:.0%} of others",
        estimated_CRF=f"{looked.crf:.0f}",
        network=f"{result.network['name']} ({result.network['sha256'][:12]})",
    )
    order = np.argsort(-looked.scores.reshape(len(looked.seconds), -1).max(axis=1))[:3]
    return section(
        result.file,
        verdict(result.verdict, said, good=result.verdict == "NO TRACE"),
        known,
        _course(looked),
        *(_row(looked, int(place)) for place in sorted(order.tolist())),
        *(paragraph(f"Warning: {sentence}") for sentence in result.warnings),
    )


def _course(looked: Looked) -> Markup:
    scores = expit(looked.scores.reshape(len(looked.seconds), -1).max(axis=1))
    ends = [*looked.seconds[1:], looked.seconds[-1] + (looked.seconds[-1] - looked.seconds[0]) / max(1, len(looked.seconds) - 1)]
    cells = [
        Cell(start, end, float(score), f"{start:.2f} s: probability {score:.2f}")
        for start, end, score in zip(looked.seconds, ends, scores, strict=True)
    ]
    return strip_chart([("most suspect place", cells)], seconds=max(ends[-1], 0.1), title="Probability along the clip")


def _row(looked: Looked, place: int) -> Markup:
    frame = clip_of(looked.pictures[place : place + 1], frame_rate=Fraction(25)).frames[0]
    picture = to_bgr(frame)
    height = max(2, round(_WIDTH * picture.shape[0] / picture.shape[1]))
    size = (_WIDTH, height)
    pictures = {
        f"picture, {looked.seconds[place]:.2f} s": cv2.resize(picture, size, interpolation=cv2.INTER_AREA),
        "heat": cv2.resize(heat_picture(picture, looked.heat[place]), size, interpolation=cv2.INTER_AREA),
    }
    figures = (
        element("figure", element("img", src=data_uri(np.asarray(each, np.uint8)), alt=name), element("figcaption", name))
        for name, each in pictures.items()
    )
    return element("div", *figures, class_="two")
