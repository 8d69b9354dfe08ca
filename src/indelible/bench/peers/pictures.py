"""Frames as the pictures that image watermarks work on, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.frames import Frame, Plane
from indelible.report.pictures import luma_weights, to_bgr

Pictures = NDArray[np.uint8]
"""BGR, shape (frames, height, width, 3)."""


def pictures_of(frames: Sequence[Frame], *, size: tuple[int, int] | None = None) -> Pictures:
    """Return frames as pictures, enlarged or reduced to ``size`` (width, height) if that is given."""
    pictures = [to_bgr(frame) for frame in frames]
    if size is not None and (frames[0].width, frames[0].height) != size:
        pictures = [np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8) for picture in pictures]
    return np.stack(pictures)


def frames_of(pictures: Pictures, like: Sequence[Frame]) -> tuple[Frame, ...]:
    """Return pictures as frames with the times, colour tags and 8-bit 4:2:0 format of others.

    Raises:
        InputError: if those are not 8-bit 4:2:0 of the same number and size.
    """
    if len(pictures) != len(like) or any(frame.y.shape != pictures.shape[1:3] or frame.pixel_format != "yuv420p" for frame in like):
        raise InputError(
            f"pictures of shape {pictures.shape} cannot take the place of {len(like)} frames like {like[0]!r}; yuv420p is needed"
        )
    return tuple(_frame(picture, frame) for picture, frame in zip(pictures, like, strict=True))


def psnr_db(changed: Iterable[Plane], original: Iterable[Plane]) -> float:
    """Return the PSNR of 8-bit pictures, their squared error pooled; infinite if they are equal."""
    squares, samples = 0.0, 0
    for one, other in zip(changed, original, strict=True):
        squares += cv2.norm(one, other, cv2.NORM_L2SQR)
        samples += one.size
    return 10.0 * math.log10(255.0**2 * samples / squares) if squares else math.inf


def _frame(picture: NDArray[np.uint8], like: Frame) -> Frame:
    kr, kb = luma_weights(like)
    blue, green, red = (picture[..., channel].astype(np.float32) for channel in range(3))
    luma = kr * red + (1.0 - kr - kb) * green + kb * blue
    luma_scale, chroma_scale = (1.0, 1.0) if like.color.full_range else (219.0 / 255.0, 224.0 / 255.0)
    y = luma * luma_scale + (0.0 if like.color.full_range else 16.0)
    rows, columns = like.chroma[0].shape
    u, v = (
        cv2.resize((primary - luma) * np.float32(chroma_scale / (2.0 * (1.0 - weight))), (columns, rows), interpolation=cv2.INTER_AREA)
        + 128.0
        for primary, weight in ((blue, kb), (red, kr))
    )
    planes = [np.clip(np.rint(plane), 0, 255).astype(np.uint8) for plane in (y, u, v)]
    return replace(like, y=planes[0], chroma=(planes[1], planes[2]))
