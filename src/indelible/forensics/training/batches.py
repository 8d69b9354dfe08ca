"""Crops for training, drawn from the cache: the same crop of a real segment and its manipulated twin, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.forensics.training.cache import MASK_CELL, Records

__all__ = ["Batch", "draw_batch", "draw_views", "easy"]

_WITH_MASK = 0.85  # of crops show a part of the manipulation
_CELL = 8
_EASY_CRF = 26
_LEAST_VIEW = 0.7  # of the side of a picture


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Crops; real ones come first, then their twins in the same order.

    Args:
        planes: float32, shape (2 pairs, 5, crop, crop), 0 to 1.
        masks: share of each cell that is manipulated, float32, shape (2 pairs, crop / 8, crop / 8).
        crf: of the final encode, divided by 40; NaN where it is not one of x264 or x265.
    """

    planes: NDArray[np.float32]
    masks: NDArray[np.float32]
    crf: NDArray[np.float32]

    @property
    def fake(self) -> NDArray[np.float32]:
        """1 for crops that show a manipulation, else 0; NaN for twins whose crop shows next to nothing of it."""
        shown = self.masks.mean(axis=(1, 2))
        truth = np.where(shown > 0.02, np.float32(1.0), np.float32(np.nan))
        truth[: len(truth) // 2] = 0.0
        return truth


def easy(about: dict[str, object]) -> bool:
    """Return whether a record is one to begin with: encoded well, or not at all."""
    crf = about["crf"]
    return about["final"] == "none" or (isinstance(crf, int | float) and crf <= _EASY_CRF)


def draw_batch(pool: Sequence[tuple[Records, int]], *, pairs: int, crop: int, rng: np.random.Generator) -> Batch:
    """Return a batch of random crops.

    Args:
        pool: records to draw from: whose, and which.
        pairs: how many.
        crop: pixels of a side, a multiple of 8.
        rng: source of all that is random.
    """
    planes, masks, crf = [], [], []
    for _ in range(pairs):
        records, number = pool[int(rng.integers(len(pool)))]
        instant = int(rng.integers(records.planes.shape[2]))
        mask = records.masks[number, instant]
        y, x = _corner(mask, crop, rng)
        both = records.planes[number, :, instant, :, y : y + crop, x : x + crop]
        cells = slice(y // MASK_CELL, (y + crop) // MASK_CELL), slice(x // MASK_CELL, (x + crop) // MASK_CELL)
        share = cv2.resize(mask[cells].astype(np.float32) / 255.0, (crop // _CELL, crop // _CELL), interpolation=cv2.INTER_AREA)
        if rng.random() < 0.5:
            both, share = both[..., ::-1], share[:, ::-1]
        if rng.random() < 0.5:
            both = both[:, [0, 1, 2, 4, 3]]  # backwards in time
        planes.append(both)
        masks.append(share)
        crf.append(records.about[number]["crf"])
    reals_then_fakes = np.stack(planes, axis=1).reshape(2 * pairs, 5, crop, crop)
    known = np.array([np.nan if each is None else each / 40.0 for each in crf], np.float32)
    return Batch(
        reals_then_fakes.astype(np.float32) / np.float32(255.0),
        np.concatenate([np.zeros_like(masks), masks]).astype(np.float32),
        np.tile(known, 2),
    )


def _corner(mask: NDArray[np.uint8], crop: int, rng: np.random.Generator) -> tuple[int, int]:
    side = mask.shape[0] * MASK_CELL
    free = (side - crop) // _CELL
    rows, columns = np.nonzero(mask > 127)
    if not rows.size or rng.random() > _WITH_MASK:
        y, x = (int(each) for each in rng.integers(free + 1, size=2))
        return y * _CELL, x * _CELL
    chosen = int(rng.integers(rows.size))
    corner = [int(np.clip(place * MASK_CELL - rng.integers(crop), 0, side - crop)) // _CELL for place in (rows[chosen], columns[chosen])]
    return corner[0] * _CELL, corner[1] * _CELL


def draw_views(pool: Sequence[tuple[Records, int]], *, count: int, side: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return two views of each of ``count`` segments of different clips where there are as many, for the embedding.

    A view is a random part of the picture, at least 0.7 of its side, of the real segment or its twin, in another light, scaled to
    ``side``; Y, U and V, float32, shape (2, count, 3, side, side), 0 to 1.
    """
    by_clip: dict[str, list[tuple[Records, int]]] = {}
    for records, number in pool:
        by_clip.setdefault(records.clip, []).append((records, number))
    names = list(by_clip)
    order = [names[place % len(names)] for place in rng.permutation(max(count, len(names)))[:count]]
    views = np.empty((2, count, 3, side, side), np.float32)
    for place, name in enumerate(order):
        records, number = by_clip[name][int(rng.integers(len(by_clip[name])))]
        for which in range(2):
            planes = records.planes[number, int(rng.integers(2)), int(rng.integers(records.planes.shape[2])), :3]
            length = round(planes.shape[1] * rng.uniform(_LEAST_VIEW, 1.0))
            y, x = (int(each) for each in rng.integers(planes.shape[1] - length + 1, size=2))
            part = planes[:, y : y + length, x : x + length].transpose(1, 2, 0)
            view = cv2.resize(np.ascontiguousarray(part), (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
            view[..., 0] = view[..., 0] * rng.uniform(0.85, 1.15) + rng.uniform(-0.06, 0.06)
            views[which, place] = np.clip(view.transpose(2, 0, 1), 0.0, 1.0)
    return views
