"""Removal without any knowledge of the key: noise, denoising, smoothing by few components, and turning round what the detector reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.bench.security.pattern import read_signs, with_levels, write_signs
from indelible.bench.security.scene import REGISTERED, Scene, psnr_y_db
from indelible.frames import Frame, Plane
from indelible.mark.clock import steps
from indelible.runs.cache import Record

TILE = 8

Removal = Callable[[Sequence[Frame], np.random.Generator], tuple[Frame, ...]]


def plain(scene: Scene, marks: Sequence[str]) -> Iterator[Record]:
    """Yield whether the mark is found with no attack but the codec: what every attack is compared with."""
    for each in marks:
        marked = scene.marked(scene.key(each))
        found, z = scene.finds(marked, each)
        flagged = {"flagged": scene.flags(scene.coded(marked))} if each == REGISTERED else {}
        yield {"attack": "none", "marks": each, "how": "none", "found": found, "z": round(z, 2), "psnr_y_db": None} | flagged


def removing(scene: Scene) -> Iterator[Record]:
    """Yield whether the mark is found after each attempt to remove it, and the codec."""
    marked = scene.marked(scene.key(REGISTERED))
    for how, remove in REMOVALS.items():
        attacked = remove(marked, scene.rng(how))
        found, z = scene.finds(attacked, REGISTERED)
        row = {"attack": "remove", "marks": REGISTERED, "how": how}
        yield row | {"found": found, "z": round(z, 2), "psnr_y_db": psnr_y_db(marked, attacked)}


def _noise(frames: Sequence[Frame], rng: np.random.Generator) -> tuple[Frame, ...]:
    return tuple(with_levels(frame, np.add(frame.y, rng.integers(-1, 2, frame.y.shape), dtype=np.float32)) for frame in frames)


def _denoised(frames: Sequence[Frame], *, level: float) -> tuple[Frame, ...]:
    def one(frame: Frame) -> Frame:
        eight_bit = (frame.y >> (frame.bit_depth - 8)).astype(np.uint8)
        denoised: NDArray[np.float32] = np.asarray(cv2.fastNlMeansDenoising(eight_bit, None, level, 5, 11), np.float32)
        return with_levels(frame, denoised * np.float32(2.0 ** (frame.bit_depth - 8)))

    return tuple(map(one, frames))


def smoothed(frames: Sequence[Frame], *, components: int) -> tuple[Frame, ...]:
    """Return frames rebuilt from the first principal components of their own 8 x 8 tiles: the best linear autoencoder of that width.

    Two such pictures with tiles half a tile apart are averaged, so that no edges of tiles show.
    """
    first = frames[0]
    tiles = np.concatenate([_tiles(_padded(frame.y, 0))[0] for frame in frames[:: max(1, len(frames) // 8)]])
    mean = tiles.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov(tiles - mean, rowvar=False))  # ascending
    basis = vectors[:, -components:].astype(np.float32)

    def rebuilt(luma: Plane, offset: int) -> NDArray[np.float32]:
        flat, shape = _tiles(_padded(luma, offset))
        kept = mean + (flat - mean) @ basis @ basis.T
        rows, columns = shape
        picture = kept.reshape(rows, columns, TILE, TILE).swapaxes(1, 2).reshape(rows * TILE, columns * TILE)
        return np.asarray(picture[offset : offset + first.height, offset : offset + first.width], np.float32)

    return tuple(with_levels(frame, (rebuilt(frame.y, 0) + rebuilt(frame.y, TILE // 2)) / 2) for frame in frames)


def _padded(luma: Plane, offset: int) -> NDArray[np.float32]:
    height, width = luma.shape
    after = (-(height + offset) % TILE, -(width + offset) % TILE)
    return np.pad(luma, ((offset, after[0]), (offset, after[1])), mode="edge").astype(np.float32)


def _tiles(luma: NDArray[np.float32]) -> tuple[NDArray[np.float32], tuple[int, int]]:
    rows, columns = luma.shape[0] // TILE, luma.shape[1] // TILE
    return luma.reshape(rows, TILE, columns, TILE).swapaxes(1, 2).reshape(-1, TILE * TILE), (rows, columns)


def turned_round(frames: Sequence[Frame], *, times: float) -> tuple[Frame, ...]:
    """Take away, second by second, the signs that the detector reads in the footage itself: its best guess of the mark without a key."""
    return tuple(attacked for _, held in steps(frames) for attacked in write_signs(held, np.sign(read_signs(held)), times=-times))


REMOVALS: dict[str, Removal] = {
    "noise of +-1 level": _noise,
    "non-local means, h = 4": lambda frames, rng: _denoised(frames, level=4.0),
    "non-local means, h = 10": lambda frames, rng: _denoised(frames, level=10.0),
    "16 of 64 components": lambda frames, rng: smoothed(frames, components=16),
    "6 of 64 components": lambda frames, rng: smoothed(frames, components=6),
    "its own signs taken away, x1": lambda frames, rng: turned_round(frames, times=1.0),
    "its own signs taken away, x1.5": lambda frames, rng: turned_round(frames, times=1.5),
    "its own signs taken away, x2": lambda frames, rng: turned_round(frames, times=2.0),
}
