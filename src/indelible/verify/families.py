"""In how many ways a rendition differs from its source: residuals of blocks, colour, time, place, tone and detail.

Each statistic is 0 or small for honest work and grows with one kind of falsification. None of them has a threshold here: how large it
is for honest work on this very source at this very rate is found by doing that work (`indelible.verify.decision`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.verify.alignment import Alignment, align
from indelible.verify.descriptor import Look

__all__ = ["FAMILIES", "STATISTICS", "STATISTICS_VERSION", "Family", "Maps", "Measured", "measure"]

Family = Literal["spatial", "chroma", "temporal", "geometry", "tone", "quality"]

_WINDOW_SECONDS = 0.25
_LEVEL_BINS = 8
_LEAST_BIN = 0.03  # of all blocks
_FRAMES_FOR_ALL = 32  # pictures for what all pictures share: place, tone and colour

# What is let through at a block besides noise of compression: that grows where the source has edges and detail.
_TOLERANCE, _OF_GRADIENT, _OF_DETAIL = 1.5, 0.10, 0.15
_TEXTURE = 0.5  # codes of detail, below which there is none

_PASTED = 4.0  # codes of residual, from which on a block counts less in what is fitted to all of them
_FLAT = 0.05  # mean square of curvature, codes, below which there is nothing to be softer
_LIVELY = 0.15  # codes that blocks change by from picture to picture, below which nothing moves


@dataclass(frozen=True, slots=True)
class Statistic:
    """One number of a comparison.

    Args:
        family: of what differs.
        name: of it.
        unit: a difference of so much may be noise, however alike the honest work is that was seen.
    """

    family: Family
    name: str
    unit: float


STATISTICS = (
    Statistic("spatial", "block_all", 0.1),
    Statistic("spatial", "block_window", 0.2),
    Statistic("spatial", "block_frame", 0.5),
    Statistic("spatial", "detail_block", 0.1),
    Statistic("chroma", "chroma_all", 0.1),
    Statistic("chroma", "chroma_window", 0.2),
    Statistic("chroma", "chroma_map", 0.2),
    Statistic("temporal", "moves", 1.0),
    Statistic("temporal", "lag_frames", 1.0),
    Statistic("temporal", "drift_frames", 1.0),
    Statistic("temporal", "repeat_frames", 1.0),
    Statistic("temporal", "lost_frames", 1.0),
    Statistic("temporal", "worst_frame", 0.3),
    Statistic("temporal", "still_window", 0.1),
    Statistic("temporal", "jump_window", 0.1),
    Statistic("geometry", "displacement", 0.02),
    Statistic("tone", "luma_shift", 0.2),
    Statistic("tone", "level_shift", 0.2),
    Statistic("quality", "detail_loss", 0.05),
    Statistic("quality", "detail_gain", 0.05),
)
#: Of the definitions of `STATISTICS`: what was measured by others is not comparable.
STATISTICS_VERSION = 2
FAMILIES: tuple[Family, ...] = ("spatial", "chroma", "temporal", "geometry", "tone", "quality")


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Where the blocks of a rendition differ, window by window, in units of what is let through.

    Args:
        windows: first and last frame of each, intp, shape (w, 2).
        spatial: residual of luma, shape (w, rows, columns).
        chroma: larger of both residuals of chroma, shape (w, rows // 2, columns // 2).
        detail: logarithm of the ratio of detail without its median, shape (w, rows, columns).
    """

    windows: NDArray[np.intp]
    spatial: NDArray[np.float32]
    chroma: NDArray[np.float32]
    detail: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A rendition beside its source.

    Args:
        values: of `STATISTICS`, in their order, each at least 0.
        likeness: median correlation of the pictures of a pair, without their means; 1 for the same content, 0 for any other.
        alignment: of the two in time.
        maps: of the blocks.
        frame_residuals: root mean square of each pair's residual, codes, shape (n,).
    """

    values: NDArray[np.float64]
    likeness: float
    alignment: Alignment
    maps: Maps
    frame_residuals: NDArray[np.float64]


def measure(source: Look, rendition: Look) -> Measured:
    """Compare a rendition with its source; both must have blocks of the same shape (both wide, or both high)."""
    alignment = align(source, rendition)
    step = float(np.median(np.diff(source.times))) if len(source) > 1 else 1.0
    blocks = _Blocks(source, rendition, alignment)
    pairs = _pairs(source, rendition, alignment)
    length = float(rendition.times[-1]) if len(rendition) > 1 else 0.0
    # A lag of all pictures that the times themselves explain (a start that is not zero) is none: times count from the first picture.
    values = {
        **blocks.values(),
        "moves": float(alignment.moves),
        "lag_frames": abs(alignment.lag_seconds) / step,
        "drift_frames": abs(alignment.drift_ppm) * 1e-6 * length / step,
        "repeat_frames": alignment.longest_repeat_seconds / step,
        "lost_frames": alignment.lost_seconds / step,
        **_liveliness(source, rendition, alignment),
        "displacement": _displacement(pairs),
        **_tone(pairs),
        "chroma_map": _chroma_map(source, rendition, alignment),
    }
    return Measured(
        values=np.array([values[each.name] for each in STATISTICS]),
        likeness=_likeness(source, rendition, alignment),
        alignment=alignment,
        maps=blocks.maps(),
        frame_residuals=blocks.frame_residuals,
    )


class _Blocks:
    """One pass over all windows: what the families of blocks are made of."""

    def __init__(self, source: Look, rendition: Look, alignment: Alignment) -> None:
        self._windows: list[tuple[int, int]] = []
        self._spatial: list[NDArray[Any]] = []
        self._chroma: list[NDArray[Any]] = []
        self._detail: list[NDArray[Any]] = []
        self.frame_residuals = np.zeros(len(rendition))
        self._worst_block = self._worst_frame = 0.0
        self._changes: list[float] = []
        totals = [np.zeros(shape, np.float64) for shape in (source.luma.shape[1:], source.luma.shape[1:])]
        chroma_totals = [np.zeros(source.chroma.shape[1:], np.float64), np.zeros(source.chroma.shape[2:], np.float64)]
        for first, last in _windows_of(rendition):
            inside = slice(first, last)
            shown = alignment.frames[inside]
            before = source.luma_of(shown)
            residual = rendition.luma_of(inside) - before
            residual -= _softening(before.mean(axis=0), residual.mean(axis=0))
            residual -= np.median(residual[:, ::2, ::2], axis=(1, 2), keepdims=True)  # a quarter of the blocks says it as well
            detail, own_detail = source.detail_of(shown).mean(axis=0), rendition.detail_of(inside).mean(axis=0)
            allowed = _allowed(before.mean(axis=0), detail)
            mean = residual.mean(axis=0)
            totals[0] += mean
            totals[1] += allowed
            self._windows.append((first, last - 1))
            self._spatial.append(np.abs(_smooth(mean)) / allowed)
            self._worst_block = max(self._worst_block, *(float((np.abs(_smooth(each)) / allowed).max()) for each in residual))
            self.frame_residuals[inside] = np.sqrt((residual**2).mean(axis=(1, 2)))
            color_before = source.chroma_of(shown)
            color = (rendition.chroma_of(inside) - color_before).mean(axis=0)
            color_allowed = _allowed(np.abs(color_before).max(axis=1).mean(axis=0), np.zeros(color.shape[1:], np.float32))
            chroma_totals[0] += color
            chroma_totals[1] += color_allowed
            self._chroma.append((np.abs(np.stack([_smooth(plane) for plane in color])) / color_allowed).max(axis=0))
            ratio = np.log((own_detail + _TEXTURE) / (detail + _TEXTURE))
            change = float(np.median(ratio))
            self._changes.append(change)
            self._detail.append(np.abs(_smooth(ratio) - change))
        self._all = float((np.abs(_smooth(totals[0].astype(np.float32))) / totals[1]).max())
        smooth = np.stack([_smooth(plane.astype(np.float32)) for plane in chroma_totals[0]])
        self._chroma_all = float((np.abs(smooth) / chroma_totals[1]).max())

    def values(self) -> dict[str, float]:
        """Return the statistics of blocks."""
        middle, change = float(np.median(self.frame_residuals)), float(np.median(self._changes))
        return {
            "block_all": self._all,
            "block_window": max(float(each.max()) for each in self._spatial),
            "block_frame": self._worst_block,
            "detail_block": max(float(each.max()) for each in self._detail),
            "chroma_all": self._chroma_all,
            "chroma_window": max(float(each.max()) for each in self._chroma),
            "worst_frame": max(0.0, float(self.frame_residuals.max()) - middle),
            "detail_loss": max(0.0, -change),
            "detail_gain": max(0.0, change),
        }

    def maps(self) -> Maps:
        """Return where blocks differ."""
        stacked = (np.stack(self._spatial), np.stack(self._chroma), np.stack(self._detail))
        return Maps(np.array(self._windows, np.intp), *stacked)


def _windows_of(look: Look) -> Iterator[tuple[int, int]]:
    """Yield first frame and the one behind the last of windows that overlap by half."""
    step = float(np.median(np.diff(look.times))) if len(look) > 1 else 1.0
    length = min(len(look), max(2, round(_WINDOW_SECONDS / step)))
    starts = range(0, max(1, len(look) - length + 1), max(1, length // 2))
    yield from ((start, start + length) for start in starts)
    if starts[-1] + length < len(look):
        yield len(look) - length, len(look)


def _smooth(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return means over 3 x 3 blocks: a logo is larger than a block, the noise of compression is not."""
    return np.asarray(cv2.blur(np.ascontiguousarray(blocks, np.float32), (3, 3), borderType=cv2.BORDER_REPLICATE), np.float32)


def _softening(picture: NDArray[np.float32], residual: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what of a residual the whole picture's being softer or sharper explains: a multiple of the picture's own curvature.

    Detail is judged by itself; a block's mean should change only where something else is shown.
    """
    curvature = _smooth(picture) - picture
    weight = 1.0 / np.maximum(1.0, np.abs(residual) / _PASTED)
    share = float((weight * curvature * residual).sum() / ((weight * curvature**2).sum() + _FLAT * picture.size))
    return np.float32(share) * curvature


def _allowed(picture: NDArray[np.float32], detail: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what is let through at each block, codes."""
    across, down = _gradients(picture)
    allowed: NDArray[np.float32] = _TOLERANCE + _smooth(_OF_GRADIENT * np.hypot(across, down) + _OF_DETAIL * detail)
    return allowed


def _gradients(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return half the difference of both neighbours, across and down."""
    across, down = (
        cv2.Sobel(np.ascontiguousarray(picture, np.float32), cv2.CV_32F, dx, 1 - dx, ksize=1, scale=0.5, borderType=cv2.BORDER_REPLICATE)
        for dx in (1, 0)
    )
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _spread(look: Look) -> NDArray[np.intp]:
    """Return the numbers of a few pictures, evenly over the video."""
    numbers: NDArray[np.intp] = np.unique(np.linspace(0, len(look) - 1, min(len(look), _FRAMES_FOR_ALL)).round().astype(np.intp))
    return numbers


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """A few pairs of pictures, and how the source's change across and down; shape (k, rows, columns) each."""

    before: NDArray[np.float32]
    after: NDArray[np.float32]
    across: NDArray[np.float32]
    down: NDArray[np.float32]


def _pairs(source: Look, rendition: Look, alignment: Alignment) -> _Pairs:
    chosen = _spread(rendition)
    before = source.luma_of(alignment.frames[chosen])
    across, down = (np.stack(each) for each in zip(*(_gradients(_smooth(picture)) for picture in before), strict=True))
    return _Pairs(before, rendition.luma_of(chosen), across, down)


def _displacement(pairs: _Pairs) -> float:
    """Return by how many blocks a corner of the picture was moved at most, by an affine motion that all pictures share.

    One step of Lucas and Kanade (1981): the residual is the source's gradient times the motion, solved by least squares.
    """
    rows, columns = pairs.before.shape[1:]
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    design, right = np.zeros((7, 7)), np.zeros(7)
    for before, after, across, down in zip(pairs.before, pairs.after, pairs.across, pairs.down, strict=True):
        residual = after - before
        terms = np.stack([across, across * x, across * y, down, down * x, down * y, np.ones_like(before)]).reshape(7, -1)
        # Huber's weights: what was pasted must not look like motion.
        weight = 1.0 / np.maximum(1.0, np.abs(_smooth(residual)) / _PASTED).ravel()
        design += (terms * weight) @ terms.T
        right += (terms * weight) @ -residual.ravel()
    motion = np.linalg.solve(design + np.diag([1e-3 * (design.trace() + 1.0)] * 7) / 7, right)
    corners = [
        np.hypot(motion[0] + motion[1] * across + motion[2] * down, motion[3] + motion[4] * across + motion[5] * down)
        for across in (-1.0, 1.0)
        for down in (-1.0, 1.0)
    ]
    return float(max(corners))


def _tone(pairs: _Pairs) -> dict[str, float]:
    """Return the median change of luma of all blocks, and the largest among those of one level of the source, codes: the tone curve.

    Of each level the half of the blocks counts that has the least structure around it, where softness changes nothing.
    """
    before, after = pairs.before.ravel(), pairs.after.ravel()
    around = np.ones((5, 5), np.uint8)
    rough = np.stack([cv2.dilate(each, around) for each in np.hypot(pairs.across, pairs.down)]).ravel()
    bins = np.clip((before / (256.0 / _LEVEL_BINS)).astype(np.intp), 0, _LEVEL_BINS - 1)
    shifts = [0.0]
    for level in range(_LEVEL_BINS):
        inside = bins == level
        if inside.mean() >= _LEAST_BIN:
            smooth = inside & (rough <= np.median(rough[inside]))
            shifts.append(abs(float(np.median(after[smooth] - before[smooth]))))
    return {"luma_shift": abs(float(np.median(after - before))), "level_shift": max(shifts)}


def _liveliness(source: Look, rendition: Look, alignment: Alignment) -> dict[str, float]:
    """Return by how much pictures change less, and more, than those that a clock expects: logarithms, of the window where most."""
    if len(rendition) < 2:
        return {"still_window": 0.0, "jump_window": 0.0}
    lag = int(np.median(alignment.frames - alignment.expected))
    due = np.clip(alignment.expected + lag, 0, len(source) - 1)
    own, expected = rendition.luma_of(slice(None)), source.luma_of(due)
    steps = np.stack([np.abs(np.diff(each, axis=0)).mean(axis=(1, 2)) for each in (own, expected)])
    ratios = [
        float(np.log((change + _LIVELY) / (wanted + _LIVELY)))
        for change, wanted in (steps[:, first : max(first + 1, last - 1)].mean(axis=1) for first, last in _windows_of(rendition))
    ]
    return {"still_window": max(0.0, -min(ratios)), "jump_window": max(0.0, max(ratios))}


def _chroma_map(source: Look, rendition: Look, alignment: Alignment) -> float:
    """Return how far the best linear map from the source's colours to the rendition's moves a colour, root mean square, codes."""
    chosen = _spread(rendition)
    before = np.moveaxis(source.chroma_of(alignment.frames[chosen]), 1, 0).reshape(2, -1).astype(np.float64)
    after = np.moveaxis(rendition.chroma_of(chosen), 1, 0).reshape(2, -1).astype(np.float64)
    terms = np.vstack([before, np.ones(before.shape[1])])
    gram = terms @ terms.T
    fitted = np.linalg.solve(gram + 1e-9 * np.eye(3) * (1.0 + gram.trace()), terms @ after.T).T @ terms
    return float(np.sqrt(((fitted - before) ** 2).sum(axis=0).mean()))


def _likeness(source: Look, rendition: Look, alignment: Alignment) -> float:
    before, after = source.luma_of(alignment.frames), rendition.luma_of(slice(None))
    before = before - before.mean(axis=(1, 2), keepdims=True)
    after = after - after.mean(axis=(1, 2), keepdims=True)
    scale = np.sqrt((before**2).sum(axis=(1, 2)) * (after**2).sum(axis=(1, 2)))
    # Pictures without any content are like each other, and not like anything else.
    return float(np.median((before * after).sum(axis=(1, 2)) / np.maximum(scale, before[0].size)))
