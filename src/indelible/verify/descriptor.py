"""Every frame of a video, small: means of luma and chroma over blocks and the detail within each, at 96 x 54 for all sizes.

A picture is looked at as it is displayed: turned as its file says, in the nominal range of its own tags. Means over blocks hardly change
when an honest worker compresses or resizes, and change where somebody pastes, erases, shifts or grades.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel.planes import luma_levels
from indelible.errors import InputError
from indelible.frames import Frame, VideoInfo

__all__ = ["COLUMNS", "ROWS", "Look", "look_at", "shown_aspect"]

#: Blocks across and down of the longer and the shorter side; portrait videos have them exchanged.
COLUMNS, ROWS = 96, 54
_FINE = 4  # pixels of a block's side, of which the detail is taken
_SCALE = 64.0  # codes are kept in steps of 1/64: the sum of many frames is what counts


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is kept of a video, in codes of 8 bit of the nominal range times 64.

    Args:
        times: seconds of each frame from the first, shape (n,), increasing.
        luma: mean of each block, int16, shape (n, rows, columns).
        chroma: means of U and V from neutral, int16, shape (n, 2, rows // 2, columns // 2); zero for grey.
        detail: mean absolute difference of neighbouring pixels at 384 x 216 within each block, float16, shape as ``luma``.
        aspect: displayed width to height.
    """

    times: NDArray[np.float64]
    luma: NDArray[np.int16]
    chroma: NDArray[np.int16]
    detail: NDArray[np.float16]
    aspect: float

    def __len__(self) -> int:
        return int(self.times.size)

    def luma_of(self, frames: NDArray[np.intp] | slice) -> NDArray[np.float32]:
        """Return block means of luma in codes, float32."""
        return self.luma[frames].astype(np.float32) / np.float32(_SCALE)

    def chroma_of(self, frames: NDArray[np.intp] | slice) -> NDArray[np.float32]:
        """Return block means of U and V in codes from neutral, float32."""
        return self.chroma[frames].astype(np.float32) / np.float32(_SCALE)

    def detail_of(self, frames: NDArray[np.intp] | slice) -> NDArray[np.float32]:
        """Return the detail of blocks in codes, float32."""
        return self.detail[frames].astype(np.float32)


def look_at(frames: Iterable[Frame], info: VideoInfo, *, wide: bool) -> Look:
    """Look at every frame of a video.

    Args:
        frames: in order of presentation, of one size.
        info: of them; rotation and the shape of samples count.
        wide: whether there are more blocks across than down; for both sides of a comparison as the source is shown.

    Raises:
        InputError: if there is no frame.
    """
    turns = round(info.rotation_deg / 90) % 4
    aspect = shown_aspect(info)
    columns, rows = (COLUMNS, ROWS) if wide else (ROWS, COLUMNS)
    times, luma, chroma, detail = [], [], [], []
    for index, frame in enumerate(frames):
        if frame.pts_seconds is not None:
            times.append(frame.pts_seconds)
        else:
            times.append(index / float(info.frame_rate or 25))
        y, uv, fine = _described(frame, columns, rows, turns)
        luma.append(y)
        chroma.append(uv)
        detail.append(fine)
    if not times:
        raise InputError("a video without a picture cannot be compared")
    seconds = np.array(times)
    return Look(seconds - seconds[0], np.stack(luma), np.stack(chroma), np.stack(detail), aspect)


def shown_aspect(info: VideoInfo) -> float:
    """Return width to height of a video as it is displayed."""
    aspect = float(info.width * info.sample_aspect_ratio / info.height)
    return 1.0 / aspect if round(info.rotation_deg / 90) % 2 else aspect


def _described(frame: Frame, columns: int, rows: int, turns: int) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.float16]]:
    black, white = luma_levels(frame)
    gain = np.float32(255.0 / (white - black))
    size = (columns * _FINE, rows * _FINE)
    fine = _resized(frame.y, size, turns).astype(np.float32)
    y = (_block_means(fine) - np.float32(black)) * gain
    uv = np.zeros((2, rows // 2, columns // 2), np.float32)
    neutral = float(1 << (frame.bit_depth - 1))
    scale = np.float32((255.0 if frame.color.full_range else 255.0 / 224.0 * 255.0) / ((1 << frame.bit_depth) - 1))
    for plane, out in zip(frame.chroma[:2], uv, strict=False):
        out[:] = (_resized(plane, (columns // 2, rows // 2), turns).astype(np.float32) - np.float32(neutral)) * scale
    steps = np.zeros_like(fine)
    steps[:, :-1] = cv2.absdiff(fine[:, 1:], fine[:, :-1])
    steps[:-1] += cv2.absdiff(fine[1:], fine[:-1])
    return _codes(y), _codes(uv), (_block_means(steps) * gain).astype(np.float16)


def _resized(plane: NDArray[np.generic], size: tuple[int, int], turns: int) -> NDArray[np.generic]:
    """Return a plane turned as displayed and brought to a size; area averages where it shrinks."""
    upright = np.ascontiguousarray(plane if not turns else np.rot90(plane, turns))
    larger = upright.shape[1] >= size[0] and upright.shape[0] >= size[1]
    resized: NDArray[np.generic] = cv2.resize(upright, size, interpolation=cv2.INTER_AREA if larger else cv2.INTER_LINEAR)
    return resized


def _block_means(fine: NDArray[np.float32]) -> NDArray[np.float32]:
    size = (fine.shape[1] // _FINE, fine.shape[0] // _FINE)
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.float32)  # whole factors: means, nothing else


def _codes(values: NDArray[np.float32]) -> NDArray[np.int16]:
    codes: NDArray[np.int16] = np.rint(values * np.float32(_SCALE)).astype(np.int16)
    return codes
