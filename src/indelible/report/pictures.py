"""Frames as pictures inside a page: original, marked and their difference side by side."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.frames import Frame
from indelible.report.markup import Markup, element

GAIN = 20
_PNG_PIXELS = 400_000  # larger pictures become JPEG, or a page would weigh tens of megabytes

# Weights of red and blue in luma, by the matrix code of ITU-T H.273; what is not here is taken for BT.709 or, in small pictures, BT.601.
_KR_KB = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}
_HD_LINES = 576


@dataclass(frozen=True, slots=True, eq=False)
class PicturePair:
    """A frame before and after marking, of one size and bit depth, and the second of the video that it shows."""

    original: Frame
    marked: Frame
    seconds: float

    def __post_init__(self) -> None:
        if (self.original.y.shape, self.original.bit_depth) != (self.marked.y.shape, self.marked.bit_depth):
            raise InputError(f"{self.original!r} and {self.marked!r} cannot be compared; size and bit depth must agree")


def side_by_side(pair: PicturePair) -> Markup:
    """Return a row of three pictures: original, marked, and the difference of their luma, `GAIN` times, around mid-grey."""
    difference = GAIN * (_luma_8bit(pair.marked) - _luma_8bit(pair.original)) + 128.0
    pictures = {
        "original": to_bgr(pair.original),
        "marked": to_bgr(pair.marked),
        f"difference x{GAIN}": _as_bytes(difference),
    }
    figures = (
        element("figure", element("img", src=data_uri(picture), alt=f"{name}, at {pair.seconds:.1f} s"), element("figcaption", name))
        for name, picture in pictures.items()
    )
    return element("div", *figures, class_="three")


def luma_weights(frame: Frame) -> tuple[float, float]:
    """Return the weights of red and blue in the luma of a frame, by its colour tags or, without any, by its size."""
    return _KR_KB.get(frame.color.matrix, _KR_KB[1] if frame.height > _HD_LINES else _KR_KB[6])


def to_bgr(frame: Frame) -> NDArray[np.uint8]:
    """Return a frame as OpenCV's BGR, uint8, shape (height, width, 3), converted as its colour tags say."""
    kr, kb = luma_weights(frame)
    luma = _luma_8bit(frame)
    if not frame.color.full_range:
        luma = (luma - 16.0) * (255.0 / 219.0)
    if len(frame.chroma) < 2:
        return np.repeat(_as_bytes(luma)[..., None], 3, axis=2)
    scale = (1.0 if frame.color.full_range else 255.0 / 224.0) * 2.0 ** (8 - frame.bit_depth)
    middle = float(1 << (frame.bit_depth - 1))
    size = (frame.width, frame.height)
    u, v = (cv2.resize((plane - middle).astype(np.float32) * scale, size, interpolation=cv2.INTER_LINEAR) for plane in frame.chroma[:2])
    red = luma + 2.0 * (1.0 - kr) * v
    blue = luma + 2.0 * (1.0 - kb) * u
    green = (luma - kr * red - kb * blue) / (1.0 - kr - kb)
    return _as_bytes(np.dstack([blue, green, red]))


def data_uri(picture: NDArray[np.uint8]) -> str:
    """Return a picture (grey or BGR) as a ``data:`` address: PNG, or JPEG of high quality if it is large.

    Raises:
        InputError: if it cannot be encoded.
    """
    small = picture.shape[0] * picture.shape[1] <= _PNG_PIXELS
    suffix, options, kind = (".png", [], "png") if small else (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 93], "jpeg")
    done, encoded = cv2.imencode(suffix, picture, options)
    if not done:
        raise InputError(f"a picture of shape {picture.shape} cannot be encoded as {kind}")
    return f"data:image/{kind};base64,{base64.b64encode(encoded.tobytes()).decode('ascii')}"


def _luma_8bit(frame: Frame) -> NDArray[np.float32]:
    return np.asarray(frame.y, np.float32) * np.float32(2.0 ** (8 - frame.bit_depth))


def _as_bytes(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    whole: NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return whole
