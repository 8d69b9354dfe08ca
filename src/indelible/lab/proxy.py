"""Method 3: formulas that resemble H.264 and have a derivative, so that a mark can be trained through them.

A picture is cut into blocks, each is transformed by the orthonormal DCT X = B x B', quantised with a step q for each frequency, and
transformed back. Rounding has no derivative worth the name; three ways around that, with u = |X| / q:

- ``tanh``: tanh(X / (q temp)) q, as the research wrote it first. It is no rounding: nothing comes out larger than one step, the mean
  brightness of a block included.
- ``sigmoid``: q (floor(v) + 1 / (1 + exp(-(v - floor(v) - 1/2) / temp))) with the sign of X, v = u + offset - 1/2, not under 0. Rounding as
  temp goes to 0.
- ``straight-through``: q floor(u + offset) with the sign of X, exactly; its derivative is taken to be 1 (Bengio, Leonard and Courville,
  arXiv:1308.3432).

Steps:

- ``h264``: q = 2^((QP - 4) / 6) at every frequency (ITU-T H.264, 8.5, flat matrices, the transforms scaled to be orthonormal), 16 at QP 28.
- ``published``: those of the research, the luminance table of JPEG (ITU-T T.81, table K.1) times 1 / CRF under CRF 25 and
  (200 - 2 CRF) / 50 from there on, at least 1. It jumps from 1 to three times the table at CRF 25, and falls beyond, as CRF rises: the
  second formula is the one for JPEG's quality, of which more is better. At CRF 28 it is 31.7 at [0,1] and 46 for the mean.

With prediction a block is coded as what differs from the same block of the previous decoded frame, where that is less than its own AC. No
motion, no choice by rate, no deblocking, one type of frame: what that makes out is measured by `indelible.lab.mismatch`.

The functions take numpy arrays or torch tensors and give back the same kind: one formula, with derivatives where they are wanted. torch is
not imported here.

Known results: 49.2 dB where the real codec has 38.9; a mark of 3.3 at [0,1] zeroed by a step of 31.7.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError

Steps = Literal["h264", "published"]
Rounding = Literal["straight-through", "sigmoid", "tanh"]

#: numpy arrays or torch tensors of 32-bit floats.
Array = Any

_JPEG_LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
_JPEG_BLOCK = 8
_USUAL_MOTION, _LEAST_MOTION = 4.0, 0.125  # levels from frame to frame
# QP of chroma for QP of luma from 29 on (ITU-T H.264, table 8-15); the same below.
_CHROMA_QP = (29, 29, 30, 31, 32, 32, 33, 34, 34, 35, 35, 36, 36, 37, 37, 37, 38, 38, 38, 39, 39, 39, 39)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A stand-in for H.264.

    Args:
        crf: quality of x264, 0 to 51.
        steps: where the steps of quantisation come from.
        rounding: how what is not whole becomes whole.
        temperature: of soft rounding, over 0; harder as it gets smaller.
        block: side of a block, 4 or 8; 8 for the published steps.
        qp_offset: what is added to CRF to get QP; only for the steps of H.264.
        tilt: natural logarithm of how much larger the step is at the highest frequency than at the lowest; only for the steps of H.264.
        motion: by how much QP rises with each doubling of the mean absolute difference between neighbouring frames, from that of 4 levels:
            at one CRF, encoders spend less on each block where much moves, and more where others are predicted from it.
        offset: what is added to u before it is cut off, over 0 to 1/2: less than 1/2 is a dead zone, as encoders have (1/3 within a
            picture, 1/6 between pictures, in the reference encoder).
        predicted: whether blocks are predicted from the previous frame.

    Raises:
        InputError: if a value is out of range.
    """

    crf: float = 28.0
    steps: Steps = "h264"
    rounding: Rounding = "straight-through"
    temperature: float = 0.1
    block: int = 8
    qp_offset: float = 0.0
    tilt: float = 0.0
    motion: float = 0.0
    offset: float = 0.5
    predicted: bool = False

    def __post_init__(self) -> None:
        if not (0 <= self.crf <= 51 and self.temperature > 0.0 and 0.0 < self.offset <= 0.5):
            raise InputError(
                f"a proxy of CRF {self.crf:g}, temperature {self.temperature:g}, offset {self.offset:g}: 0 to 51, over 0, and over 0 to 0.5"
            )
        if self.steps not in get_args(Steps) or self.rounding not in get_args(Rounding):
            raise InputError(f"steps {self.steps!r} and rounding {self.rounding!r}: known are {get_args(Steps)} and {get_args(Rounding)}")
        if self.block not in ((4, 8) if self.steps == "h264" else (_JPEG_BLOCK,)):
            raise InputError(
                f"blocks of {self.block} pixels; {self.steps} steps are for {'4 or 8' if self.steps == 'h264' else _JPEG_BLOCK}"
            )

    def luma(self, pictures: Array) -> Array:
        """Return decoded pictures, not rounded to codes.

        Args:
            pictures: 8-bit levels in the order of presentation, shape (frames, height, width), whole blocks in each direction.

        Raises:
            InputError: if the size is not one of whole blocks.
        """
        return self._decoded(pictures, quantisation_steps(self), pictures)

    def chroma(self, pictures: Array, luma: Array) -> Array:
        """Return a decoded chroma plane of 4:2:0, not rounded; quantised at QP of chroma, of which there is none for the published steps.

        Args:
            pictures: as for luma; a plane of the size of luma is subsampled first (`subsampled`).
            luma: of the same frames, which says how much moves.
        """
        if pictures.shape == luma.shape:
            pictures = subsampled(pictures)
        return self._decoded(pictures, quantisation_steps(self, chroma=True), luma)

    def quantised(self, coefficients: Array, steps: Array) -> Array:
        """Return coefficients after quantisation with these steps, which must broadcast with them."""
        arrays = namespace(coefficients)
        scaled = coefficients / steps
        if self.rounding == "tanh":
            return arrays.tanh(scaled / self.temperature) * steps
        sign, size = arrays.sign(scaled), arrays.abs(scaled)
        if self.rounding == "sigmoid":
            moved = arrays.clip(size + (self.offset - 0.5), 0.0, None)
            whole = arrays.floor(moved)
            # 1 / (1 + exp(-x)) is (1 + tanh(x / 2)) / 2, which does not overflow.
            return sign * (whole + 0.5 + 0.5 * arrays.tanh((moved - whole - 0.5) / (2.0 * self.temperature))) * steps
        hard = sign * arrays.floor(size + self.offset) * steps
        return coefficients + _constant(hard - coefficients)

    def _decoded(self, pictures: Array, steps: NDArray[np.float32], luma: Array) -> Array:
        arrays = namespace(pictures)
        coefficients = forward(pictures, self.block)
        q = arrays.asarray(steps * np.float32(self._coarser(luma)))
        if not self.predicted:
            return backward(self.quantised(coefficients, q), self.block)
        decoded = [self.quantised(coefficients[0], q)]
        for frame in coefficients[1:]:
            rest = frame - decoded[-1]
            own = (frame**2).sum((-2, -1)) - frame[..., 0, 0] ** 2
            inter = _constant(((rest**2).sum((-2, -1)) < own)[..., None, None])
            base = arrays.where(inter, decoded[-1], arrays.zeros_like(frame))
            decoded.append(base + self.quantised(frame - base, q))
        return backward(arrays.stack(decoded), self.block)

    def _coarser(self, luma: Array) -> float:
        """Return by what factor steps are larger for how much moves."""
        if self.motion == 0.0 or len(luma) < 2:
            return 1.0
        moved = float(_constant(abs(luma[1:] - luma[:-1]).mean()))
        return float((max(moved, _LEAST_MOTION) / _USUAL_MOTION) ** (self.motion / 6.0))


def quantisation_steps(proxy: Proxy, *, chroma: bool = False) -> NDArray[np.float32]:
    """Return the step of each frequency of a block, shape (block, block)."""
    if proxy.steps == "published":
        scale = 50.0 / max(1.0, proxy.crf) if proxy.crf < 25 else 200.0 - 2.0 * proxy.crf
        return np.asarray(np.maximum(_JPEG_LUMINANCE * scale / 50.0, 1.0), np.float32)
    qp = proxy.crf + proxy.qp_offset
    if chroma and qp > 29:
        qp = float(np.interp(qp, np.arange(29, 52), _CHROMA_QP))
    height, width = np.mgrid[: proxy.block, : proxy.block] / (proxy.block - 1)
    return np.asarray(2.0 ** ((qp - 4.0) / 6.0) * np.exp(proxy.tilt * (height + width) / 2.0), np.float32)


def forward(pictures: Array, block: int) -> Array:
    """Return the DCT of all blocks, shape (frames, rows, columns, block, block), of pictures of shape (frames, height, width).

    Raises:
        InputError: if the size is not one of whole blocks.
    """
    frames, height, width = pictures.shape
    if height % block or width % block or not (height and width):
        raise InputError(f"pictures of {width}x{height} do not consist of whole blocks of {block}; cut them (whole_blocks)")
    arrays = namespace(pictures)
    basis = arrays.asarray(dct_basis(block))
    # First down all columns of a row of blocks, then along: few products of large matrices instead of many of small ones.
    down = basis @ pictures.reshape(frames, height // block, block, width)
    both = down.reshape(frames, height // block, block, width // block, block) @ arrays.swapaxes(basis, 0, 1)
    return arrays.swapaxes(both, 2, 3)


def backward(coefficients: Array, block: int) -> Array:
    """Return the pictures of what `forward` gives."""
    arrays = namespace(coefficients)
    frames, rows, columns = coefficients.shape[:3]
    basis = arrays.asarray(dct_basis(block))
    along = (arrays.swapaxes(coefficients, 2, 3) @ basis).reshape(frames, rows, block, columns * block)
    return (arrays.swapaxes(basis, 0, 1) @ along).reshape(frames, rows * block, columns * block)


def subsampled(plane: Array) -> Array:
    """Return a chroma plane of 4:4:4, shape (frames, height, width) of even size, as one of 4:2:0: means of 2 by 2."""
    frames, height, width = plane.shape
    return plane.reshape(frames, height // 2, 2, width // 2, 2).mean((2, 4))


def whole_blocks(pictures: Array, block: int = 8) -> Array:
    """Return pictures, shape (frames, height, width), without the last rows and columns that fill no block."""
    _, height, width = pictures.shape
    return pictures[:, : height // block * block, : width // block * block]


@lru_cache(maxsize=4)
def dct_basis(size: int) -> NDArray[np.float32]:
    """Return the orthonormal DCT-II, shape (size, size), a frequency in each row; not to be written to."""
    frequency, place = np.arange(size)[:, None], np.arange(size)[None, :]
    rows = math.sqrt(2.0 / size) * np.cos(np.pi * (2 * place + 1) * frequency / (2 * size))
    rows[0] /= math.sqrt(2.0)
    return np.asarray(rows, np.float32)


def namespace(array: Array) -> Any:
    """Return the library that an array is of: numpy or torch, whose functions have the same names here."""
    return np if isinstance(array, np.ndarray) else sys.modules["torch"]


def _constant(array: Array) -> Array:
    """Return an array that no derivative goes through."""
    return array.detach() if hasattr(array, "detach") else array
