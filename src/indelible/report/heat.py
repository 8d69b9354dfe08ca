"""The heat map of a comparison as pictures: how far each block lies beyond honest work, over the picture, moment by moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.report.markup import Markup, element
from indelible.report.page import paragraph
from indelible.report.pictures import data_uri
from indelible.verify.localise import Heat

__all__ = ["HeatMoment", "heat_pictures", "moments"]

_WIDTH = 320
_MOST = 6

# From half of what honest work reaches anywhere to eight times as much; pale to dark, so that it can be read without colours.
_OCTAVES = (-1.0, 3.0)
_COLOURS = np.array([(138, 224, 255), (40, 140, 242), (31, 18, 193), (54, 0, 90)], np.float32)  # BGR
_STRONGEST = 0.85  # of the picture that is covered
_LABELS = ("half", "honest at most", "2x", "4x", "8x")


@dataclass(frozen=True, slots=True, eq=False)
class HeatMoment:
    """A stretch of the heat map, seconds, and the picture of the rendition at its hottest, as displayed, BGR, uint8, of any size."""

    start_seconds: float
    end_seconds: float
    picture: NDArray[np.uint8]


def moments(heat: Heat) -> tuple[tuple[float, float, float], ...]:
    """Return the stretches to be shown, at most six of about the same length: start, end, and the middle of the hottest window in each."""
    found = []
    for windows in np.array_split(np.arange(len(heat.starts)), min(_MOST, len(heat.starts))):
        hottest = windows[int(heat.excess[windows].max(axis=(1, 2)).argmax())]
        middle = float(heat.starts[hottest] + heat.ends[hottest]) / 2.0
        found.append((float(heat.starts[windows[0]]), float(heat.ends[windows[-1]]), middle))
    return tuple(found)


def heat_pictures(heat: Heat, shown: Sequence[HeatMoment]) -> tuple[Markup, ...]:
    """Return a row of pictures, the largest excess of each block in each stretch laid over the picture, with a scale.

    Args:
        heat: of the comparison.
        shown: pictures of its `moments`.
    """
    if not shown:
        return ()
    figures = []
    for moment in shown:
        inside = (heat.starts < moment.end_seconds) & (heat.ends > moment.start_seconds)
        excess = heat.excess[inside].max(axis=0)
        name = f"{moment.start_seconds:.2f} to {moment.end_seconds:.2f} s: up to {excess.max():.2g} times honest work"
        picture = data_uri(_laid_over(moment.picture, excess))
        figures.append(element("figure", element("img", src=picture, alt=name), element("figcaption", name)))
    words = "Each block's difference, in units of the largest that honest work shows anywhere: "
    return (paragraph(words, _scale(), soft=True), element("div", *figures, class_="three"))


def _laid_over(picture: NDArray[np.uint8], excess: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a grey picture with the colours of the excess where it is above half."""
    height = max(2, round(_WIDTH * picture.shape[0] / picture.shape[1]))
    small = cv2.resize(picture, (_WIDTH, height), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR).astype(np.float32)
    share = _share(np.asarray(cv2.resize(excess, (_WIDTH, height), interpolation=cv2.INTER_NEAREST), np.float32))
    cover = (_STRONGEST * np.sqrt(share))[..., None]
    mixed = (1.0 - cover) * (96.0 + 0.6 * grey) + cover * _coloured(share)
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def _share(excess: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return where an excess lies on the scale, 0 to 1."""
    octaves = np.log2(np.maximum(excess, np.float32(1e-6)))
    return np.asarray(np.clip((octaves - _OCTAVES[0]) / (_OCTAVES[1] - _OCTAVES[0]), 0.0, 1.0), np.float32)


def _coloured(share: NDArray[np.float32]) -> NDArray[np.float32]:
    stops = np.linspace(0.0, 1.0, len(_COLOURS))
    return np.stack([np.interp(share, stops, _COLOURS[:, channel]) for channel in range(3)], axis=-1).astype(np.float32)


def _scale() -> Markup:
    """Return the colours with what they mean."""
    steps = []
    for place, label in enumerate(_LABELS):
        share = np.float32(place / (len(_LABELS) - 1))
        blue, green, red = _coloured(np.array([share], np.float32))[0]
        swatch = f"background:rgb({red:.0f},{green:.0f},{blue:.0f});display:inline-block;width:1.1em;height:0.9em;margin:0 0.3em 0 0.8em"
        steps += [element("span", element("span", style=swatch), label, style="white-space:nowrap"), " "]
    return element("span", *steps)
