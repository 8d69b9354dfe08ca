"""Where an attack changed the pictures, known because there was no encoder yet, and how well what was said of it fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.channel.effect import VISIBLE_LEVELS
from indelible.verify.descriptor import Look
from indelible.verify.localise import Region


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What was changed by `VISIBLE_LEVELS` or more.

    Args:
        frames: bool, shape (n,).
        blocks: bool, shape (rows, columns), in any frame.
    """

    frames: NDArray[np.bool_]
    blocks: NDArray[np.bool_]


def truth_of(source: Look, changed: Look) -> Truth | None:
    """Return where two videos of the same pictures differ; None where nothing does, or their times are not the same."""
    if len(source) != len(changed):
        return None
    luma = np.abs(source.luma_of(slice(None)) - changed.luma_of(slice(None)))
    chroma = np.abs(source.chroma_of(slice(None)) - changed.chroma_of(slice(None))).max(axis=1)
    different = (luma >= VISIBLE_LEVELS) | (chroma >= VISIBLE_LEVELS).repeat(2, axis=1).repeat(2, axis=2)
    return Truth(different.any(axis=(1, 2)), different.any(axis=0)) if different.any() else None


def agreement(truth: Truth, found: Sequence[Region], times: NDArray[np.float64]) -> tuple[float, float]:
    """Return (IoU of frames, F1 of blocks) of the union of regions with the truth; 0 where nothing was found."""
    frames, blocks = np.zeros_like(truth.frames), np.zeros_like(truth.blocks)
    rows, columns = truth.blocks.shape[0], truth.blocks.shape[1]
    for region in found:
        frames |= (times >= region.start_seconds - 1e-6) & (times < region.end_seconds - 1e-6)
        down = slice(round(region.y * rows), round((region.y + region.h) * rows))
        blocks[down, round(region.x * columns) : round((region.x + region.w) * columns)] = True
    union = int((frames | truth.frames).sum())
    both = int((blocks & truth.blocks).sum())
    return int((frames & truth.frames).sum()) / union, 2.0 * both / int(blocks.sum() + truth.blocks.sum())
