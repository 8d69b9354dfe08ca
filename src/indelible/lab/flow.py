"""Method 1: a signature in the motion. A smooth field of displacements waxes and wanes in time, and is looked for in optical flow.

With d the field of the signature (a grid of 4 x 4 vectors, interpolated, root mean square length 1) and w the course of
`indelible.lab.template`, the content of frame t is displaced by

    D(t, x) = epsilon * sum of w(1) ... w(t) * d(x)  pixels,

so that the flow from each frame to the next has epsilon * w(t) * d(x) more than the scene's. Three ways to make such frames:

- ``flow``: as the research meant it. Frame t is made from frame t - 1, warped by the Farneback flow between them plus the displacement, and
  one part in twenty of the true frame.
- ``flow-published``: as the research did it. OpenCV's `remap` asks where each pixel of the result comes from, so warping frame t - 1
  needs the flow from t back to t - 1; what was used is the flow from t - 1 to t. Everything that moves is moved the wrong way, by twice
  the motion. That, and not the mark, is where its 21.8 dB come from. (The published mark itself, noise scaled to length epsilon = 0.02
  over all pixels together, moved nothing by more than a ten-thousandth of a pixel; what is marked here is the field above.)
- ``flow-direct``: frame t itself, warped by the displacement alone: nothing of the picture is estimated, so only the mark is to be paid
  for.

The detector estimates the flow of the received frames (Farneback, "Two-frame motion estimation based on polynomial expansion", SCIA
2003), takes its mean in each of the 4 x 4 cells, and correlates its course with the template; the null is that of the direction of d, 32
dimensions. Known: PSNR 21.8 dB, correlation 0.36, p = 0.70.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.frames import Frame, Plane
from indelible.lab.method import MATCHED, Score
from indelible.lab.signature import Signature, software_versions
from indelible.lab.template import course, template_score

CELLS = 4
VALUES = 2 * CELLS * CELLS
EPSILON = 0.1
LARGEST_EPSILON = 5.0
BLEND = 0.95  # of what was synthesised
ANALYSED_WIDTH = 320  # of the received pictures' luma
FEWEST_FRAMES = 8
_FARNEBACK = {"pyr_scale": 0.5, "levels": 3, "winsize": 15, "iterations": 3, "poly_n": 5, "poly_sigma": 1.2, "flags": 0}

Synthesis = Literal["flow", "flow-published", "flow-direct"]
Field = NDArray[np.float32]  # of vectors (x, y), pixels, shape (height, width, 2)


@dataclass(frozen=True, slots=True)
class FlowMark:
    """The method, in one of three ways to make frames; it has no state."""

    name: Synthesis = "flow"
    detectors: ClassVar[tuple[str, ...]] = (MATCHED,)

    def draw(self, rng: np.random.Generator) -> Signature:
        """Return a signature of random direction, a tenth of a pixel a frame at most in the mean, in a random phase."""
        values = rng.standard_normal(VALUES)
        unit = values * math.sqrt(CELLS * CELLS) / np.linalg.norm(values)  # root mean square length of a vector 1
        return Signature(self.name, tuple(map(float, unit)), EPSILON, float(rng.random()), versions=software_versions())

    def mark(self, frames: Iterable[Frame], signature: Signature) -> Iterator[Frame]:
        vectors = self._vectors(signature)
        before: Frame | None = None
        reached = 0.0
        for index, frame in enumerate(frames):
            reached += signature.epsilon * float(course(1, signature.phase, first=index)[0]) if index else 0.0
            moved = _enlarged(vectors, frame) * np.float32(reached)
            if self.name == "flow-direct":
                yield _from_places(frame, -moved)
            elif before is None:
                yield frame
            else:
                now, then = _eight_bit(frame), _eight_bit(before)
                came = _flow(now, then) if self.name == "flow" else _flow(then, now)
                yield _blended(_from_places(before, came - moved), frame)
            before = frame

    def read(self, frames: Iterable[Frame]) -> NDArray[np.float64]:
        """Return the mean flow of each cell from each frame to the next, in pixels of the analysed picture, shape (frames - 1, 32)."""
        courses = []
        before: Plane | None = None
        for frame in frames:
            luma = _shrunk(frame)
            if before is not None:
                if luma.shape != before.shape:
                    raise InputError("the frames differ in size; all of a video must have the same")
                courses.append(cv2.resize(_flow(before, luma), (CELLS, CELLS), interpolation=cv2.INTER_AREA).ravel())
            before = luma
        if len(courses) < FEWEST_FRAMES - 1:
            raise InputError(f"{len(courses) + 1} frames; {self.name} needs {FEWEST_FRAMES} or more to see anything wax and wane")
        return np.array(courses, np.float64)

    def scores(self, evidence: NDArray[np.float64], signature: Signature) -> Mapping[str, Score]:
        return {MATCHED: template_score(evidence, self._vectors(signature).ravel().astype(np.float64), signature, first=1)}

    def _vectors(self, signature: Signature) -> Field:
        if signature.method != self.name or len(signature.values) != VALUES or not any(signature.values):
            raise InputError(
                f"this signature is of {signature.method} and has {len(signature.values)} values; {self.name} wants its own, of {VALUES}"
            )
        if signature.epsilon > LARGEST_EPSILON:
            raise InputError(f"epsilon is {signature.epsilon} pixels; at most {LARGEST_EPSILON:g} are allowed")
        return np.array(signature.values, np.float32).reshape(CELLS, CELLS, 2)


def _enlarged(vectors: Field, frame: Frame) -> Field:
    return np.asarray(cv2.resize(vectors, (frame.width, frame.height), interpolation=cv2.INTER_LINEAR), np.float32)


def _flow(first: Plane, second: Plane) -> Field:
    """Return where each pixel of the first picture has gone in the second."""
    return np.asarray(cv2.calcOpticalFlowFarneback(first, second, None, **_FARNEBACK), np.float32)  # type: ignore[call-overload]


def _from_places(frame: Frame, offsets: Field) -> Frame:
    """Return the frame each of whose pixels shows what the given one shows at its place plus an offset; all planes."""
    return replace(frame, y=_warped(frame.y, offsets), chroma=tuple(_warped(plane, offsets) for plane in frame.chroma))


def _warped(plane: Plane, offsets: Field) -> Plane:
    height, width = plane.shape
    across, down = width / offsets.shape[1], height / offsets.shape[0]
    own = offsets if (across, down) == (1.0, 1.0) else cv2.resize(offsets, (width, height), interpolation=cv2.INTER_LINEAR)
    columns = np.arange(width, dtype=np.float32)[None, :] + own[..., 0] * np.float32(across)
    rows = np.arange(height, dtype=np.float32)[:, None] + own[..., 1] * np.float32(down)
    return cast("Plane", cv2.remap(plane, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _blended(made: Frame, true: Frame) -> Frame:
    planes = [
        cast("Plane", cv2.addWeighted(one, BLEND, other, 1.0 - BLEND, 0.0))
        for one, other in zip((made.y, *made.chroma), (true.y, *true.chroma), strict=True)
    ]
    return replace(true, y=planes[0], chroma=tuple(planes[1:]))


def _eight_bit(frame: Frame) -> Plane:
    return frame.y if frame.bit_depth == 8 else (frame.y >> (frame.bit_depth - 8)).astype(np.uint8)


def _shrunk(frame: Frame) -> Plane:
    luma = _eight_bit(frame)
    height, width = luma.shape
    if width <= ANALYSED_WIDTH:
        return luma
    size = ANALYSED_WIDTH, max(1, round(height * ANALYSED_WIDTH / width))
    return cast("Plane", cv2.resize(luma, size, interpolation=cv2.INTER_AREA))
