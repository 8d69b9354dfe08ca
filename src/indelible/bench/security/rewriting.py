"""Marks over marks, and marks carried elsewhere: overwriting with other keys, and copying without any."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from indelible.bench.security.pattern import read_signs, with_levels, write_signs
from indelible.bench.security.scene import ONE_KEY, REGISTERED, Scene, psnr_y_db, stranger
from indelible.frames import Frame
from indelible.mark import Embedder
from indelible.runs.cache import Record

OVERWRITES = (1, 5)


def overwriting(scene: Scene) -> Iterator[Record]:
    """Yield whether the first mark is still found after others with keys of their own have marked the clip, one after the other."""
    for marks in (REGISTERED, ONE_KEY):
        marked = frames = scene.marked(scene.key(marks))
        for count in range(1, max(OVERWRITES) + 1):
            frames = tuple(Embedder(stranger(scene.settings, f"other/{count}")).embed(frames))
            if count in OVERWRITES:
                found, z = scene.finds(frames, marks)
                row = {"attack": "overwrite", "marks": marks, "how": f"{count} other keys" if count > 1 else "1 other key"}
                yield row | {"found": found, "z": round(z, 2), "psnr_y_db": psnr_y_db(marked, frames)}


def copying(scene: Scene, other: Scene) -> Iterator[Record]:
    """Yield whether the mark of one clip, copied into another that is not marked, is found there, and said to be copied."""
    marked, clean = scene.marked(scene.key(REGISTERED)), other.clip.frames
    for how, forged in (
        ("residual of a median filter", _with_residual(clean, marked)),
        ("signs as the detector reads them", write_signs(clean, np.sign(read_signs(marked)), times=1.0)),
    ):
        coded = other.coded(forged)
        look = other.look(coded, REGISTERED)
        yield {
            "attack": "copy",
            "marks": REGISTERED,
            "how": how,
            "found": look.own or bool(look.named),
            "named": len(look.named),
            "flagged": scene.flags(coded),
            "z": round(look.best[1], 2),
            "psnr_y_db": psnr_y_db(clean, forged),
        }


def _with_residual(clean: tuple[Frame, ...], marked: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Add what a median filter takes out of marked footage to other footage, which needs no knowledge of how a mark is made."""
    residual = np.mean([frame.y - cv2.medianBlur(frame.y, 5).astype(np.float32) for frame in marked], axis=0)
    fitted = cv2.resize(residual.astype(np.float32), (clean[0].width, clean[0].height), interpolation=cv2.INTER_AREA)
    scale = np.float32(2.0 ** (clean[0].bit_depth - marked[0].bit_depth))
    return tuple(with_levels(frame, frame.y + scale * fitted) for frame in clean)
