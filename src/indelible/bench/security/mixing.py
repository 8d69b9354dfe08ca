"""Collusion: several recipients mix their copies of one video, so that none of them is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from indelible.bench.security.pattern import with_levels
from indelible.bench.security.scene import REGISTERED, Scene, psnr_y_db, subkeys
from indelible.frames import Frame, Plane
from indelible.runs.cache import Record

COPIES = (2, 4, 8)
BLOCK = 32  # pixels: a mosaic of pieces much smaller than a picture, much larger than a codec's blocks

Mix = Callable[[Sequence[Plane], np.random.Generator], NDArray[np.float32]]


def collusion(scene: Scene) -> Iterator[Record]:
    """Yield whom the owner names after each way of mixing, and the codec."""
    places = scene.places[: max(COPIES)]
    copies = [scene.marked(subkeys(scene.settings)[place]) for place in places]
    for count in COPIES:
        for how, mix in MIXES.items():
            mixed = mix_copies(copies[:count], mix, rng=scene.rng(f"mix/{how}/{count}"))
            look = scene.look(scene.coded(mixed), REGISTERED)
            guilty = set(look.named) & set(places[:count])
            yield {
                "attack": "collude",
                "marks": REGISTERED,
                "how": f"{count} copies, {how}",
                "found": bool(guilty),
                "named": len(guilty),
                "innocent": len(set(look.named) - guilty),
                "z": round(look.best[1], 2),
                "psnr_y_db": psnr_y_db(copies[0], mixed),
            }


def mix_copies(copies: Sequence[Sequence[Frame]], mix: Mix, *, rng: np.random.Generator) -> tuple[Frame, ...]:
    """Return one video made of several copies of it."""
    return tuple(with_levels(frames[0], mix([frame.y for frame in frames], rng)) for frames in zip(*copies, strict=True))


def _average(lumas: Sequence[Plane], rng: np.random.Generator) -> NDArray[np.float32]:
    # Dithered, so that the rounding of a mean does not lean to one side.
    return np.asarray(np.mean(lumas, axis=0) + rng.uniform(-0.5, 0.5, lumas[0].shape), np.float32)


def _median(lumas: Sequence[Plane], rng: np.random.Generator) -> NDArray[np.float32]:
    return np.asarray(np.median(lumas, axis=0) + rng.uniform(-0.01, 0.01, lumas[0].shape), np.float32)


def _frames(lumas: Sequence[Plane], rng: np.random.Generator) -> NDArray[np.float32]:
    return lumas[int(rng.integers(len(lumas)))].astype(np.float32)


def _blocks(lumas: Sequence[Plane], rng: np.random.Generator) -> NDArray[np.float32]:
    height, width = lumas[0].shape
    choice = rng.integers(len(lumas), size=(-(-height // BLOCK), -(-width // BLOCK)))
    whose = np.kron(choice, np.ones((BLOCK, BLOCK), np.int64))[:height, :width]
    return np.asarray(np.take_along_axis(np.stack(lumas), whose[None], axis=0)[0], np.float32)


MIXES: dict[str, Mix] = {"average": _average, "median": _median, "a block of any": _blocks, "a frame of any": _frames}
