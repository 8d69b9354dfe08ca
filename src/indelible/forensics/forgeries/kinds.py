"""What can be done to a part of a clip: each kind makes other content for all of it, and a soft mask says where that is shown.

`KINDS` are for training, `UNSEEN` are left out of it, to see what a network makes of what it was not trained on. After Shiohara and
Yamasaki (self-blended images, arXiv:2204.08376) for the first; the rest is what editing does: other footage, other times, holes filled in,
detail made anew, resampling, cloning and retouching.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.forensics.stack import Stack

__all__ = ["KINDS", "UNSEEN", "Kind", "forge"]

Kind = Literal["self_blend", "splice", "time_splice", "freeze", "inpaint", "reconstruct", "resample", "copy_move", "retouch"]
UNSEEN: tuple[Kind, ...] = ("copy_move", "retouch")
KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind not in UNSEEN)

_PATCH = 8
_INTERPOLATIONS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_LANCZOS4)
Mask = NDArray[np.float32]
_Maker = Callable[[Stack, Stack, Mask, np.random.Generator], Stack]


def forge(kind: Kind, host: Stack, mask: Mask, *, donor: Stack, rng: np.random.Generator) -> Stack:
    """Return a clip that is manipulated where a mask says so.

    Args:
        kind: what is done.
        host: uint8, shape (n, height, width, 3).
        mask: how much of each pixel is manipulated, float32, shape (n, height, width), 0 to 1.
        donor: other footage of the shape of ``host``, with another history; used by ``splice`` alone.
        rng: source of all that is random.

    Raises:
        InputError: if the kind is unknown or the shapes differ.
    """
    if kind not in _MAKERS:
        raise InputError(f"kind of manipulation is {kind!r}; known are {', '.join(_MAKERS)}")
    if donor.shape != host.shape or mask.shape != host.shape[:3]:
        raise InputError(f"host, donor and mask have shapes {host.shape}, {donor.shape} and {mask.shape}; they must agree")
    content = _MAKERS[kind](host, donor, mask, rng).astype(np.float32)
    share = mask[..., None]
    return np.clip(np.rint(host + share * (content - host)), 0, 255).astype(np.uint8)


def _self_blend(host: Stack, donor: Stack, mask: Mask, rng: np.random.Generator) -> Stack:
    """The same footage a little moved, scaled, and in another tone, softer or sharper, blended in part or whole."""
    height, width = host.shape[1:3]
    scale, ratio = rng.uniform(0.94, 1.06), rng.choice([0.5, 0.75, 1.0, 1.0])
    shift = rng.uniform(-0.03, 0.03, size=2) * (width, height)
    centre = np.array([width, height]) / 2
    matrix = np.array([[scale, 0, centre[0] * (1 - scale) + shift[0]], [0, scale, centre[1] * (1 - scale) + shift[1]]])
    gain, offset = rng.uniform(0.88, 1.12), rng.uniform(-8, 8)
    tint = rng.uniform(-6, 6, size=2)
    filtered = rng.choice(["none", "soften", "sharpen"])
    sigma = rng.uniform(0.6, 1.6)
    content = np.empty(host.shape, np.float32)
    for picture, source in zip(content, host, strict=True):
        moved = cv2.warpAffine(source, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT).astype(np.float32)
        if filtered != "none":
            blurred = np.asarray(cv2.GaussianBlur(moved, (0, 0), sigma), np.float32)
            moved = blurred if filtered == "soften" else moved + 0.6 * (moved - blurred)
        moved[..., 0] = (moved[..., 0] - 126) * gain + 126 + offset
        moved[..., 1:] += tint
        picture[:] = ratio * moved + (1 - ratio) * source
    return _codes(content)


def _splice(host: Stack, donor: Stack, mask: Mask, rng: np.random.Generator) -> Stack:
    """Other footage, half of the time with its light and colour brought close to those of the place where it goes."""
    if rng.random() < 0.5:
        return donor
    content = donor.astype(np.float32)
    weight = mask.mean(axis=0)[..., None] + 1e-6
    theirs, ours = ((weight * stack.mean(axis=0)).sum(axis=(0, 1)) / weight.sum(axis=(0, 1)) for stack in (donor, host))
    return _codes(content + 0.8 * (ours - theirs))


def _time_splice(host: Stack, donor: Stack, mask: Mask, rng: np.random.Generator) -> Stack:
    """The same place at other times: some pictures later, backwards, or each picture at a time of its own."""
    count = len(host)
    way = rng.choice(["later", "backwards", "jitter"])
    if way == "backwards":
        return host[::-1]
    offset = rng.integers(2, max(3, count // 2))
    shift = rng.integers(-offset, offset + 1, size=count) if way == "jitter" else offset
    period = max(1, 2 * (count - 1))
    places = (np.arange(count) + shift) % period  # to and fro at the ends
    return host[np.where(places < count, places, period - places)]


def _freeze(host: Stack, donor: Stack, mask: Mask, rng: np.random.Generator) -> Stack:
    """One picture of the same place, throughout."""
    return np.repeat(host[int(rng.integers(len(host)))][None], len(host), axis=0)


def _inpaint(host: Stack, donor: Stack, mask: Mask, rng: np.random.Generator) -> Stack:
    """A hole filled from around it, by one of OpenCV's two ways, picture by picture or once for all of them."""
    method = cv2.INPAINT_TELEA if rng.random() < 0.5 else cv2.INPAINT_NS
    once = rng.random() < 0.5
    if once:
        hole = (mask.max(axis=0) > 0.05).astype(np.uint8)
        return np.repeat(cv2.inpaint(host[len(host) // 2], hole, 3, method)[None], len(host), axis=0)
    pictures = (cv2.inpaint(picture, (share > 0.05).astype(np.uint8), 3, method) for picture, share in zip(host, mask, strict=True))
    return np.stack(list(pictures))


def _reconstruct(host: Stack, donor: Stack, mask: Mask, rng: np.random.Generator) -> Stack:
    """Detail made anew by a linear autoencoder: principal components of the clip's own 8 x 8 patches, few of which are kept.

    The grid of patches lies anywhere, and two of them are averaged, so that the trace is the lost detail rather than edges of blocks.
    """
    kept = int(rng.integers(4, 17))
    offsets = rng.integers(0, _PATCH, size=(2, 2))
    content = np.zeros(host.shape, np.float32)
    for place in range(3):
        plane = host[..., place].astype(np.float32)
        basis = _components(plane[:: max(1, len(plane) // 2)], kept)
        for down, across in offsets:
            moved = np.roll(plane, (down, across), axis=(1, 2))
            content[..., place] += 0.5 * np.roll(_through(moved, basis), (-down, -across), axis=(1, 2))
    return _codes(content)


def _components(pictures: NDArray[np.float32], kept: int) -> NDArray[np.float32]:
    patches = _patches(pictures).reshape(-1, _PATCH * _PATCH)
    _, vectors = np.linalg.eigh(patches.T @ patches)
    return np.asarray(vectors[:, -kept:], np.float32)


def _patches(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return whole patches, shape (n, rows, columns, 64)."""
    count, height, width = pictures.shape
    rows, columns = height // _PATCH, width // _PATCH
    cut = pictures[:, : rows * _PATCH, : columns * _PATCH].reshape(count, rows, _PATCH, columns, _PATCH)
    return cut.transpose(0, 1, 3, 2, 4).reshape(count, rows, columns, _PATCH * _PATCH)


def _through(pictures: NDArray[np.float32], basis: NDArray[np.float32]) -> NDArray[np.float32]:
    patches = _patches(pictures)
    count, rows, columns = patches.shape[:3]
    made = ((patches @ basis) @ basis.T).reshape(count, rows, columns, _PATCH, _PATCH).transpose(0, 1, 3, 2, 4)
    whole = pictures.copy()
    whole[:, : rows * _PATCH, : columns * _PATCH] = made.reshape(count, rows * _PATCH, columns * _PATCH)
    return whole


def _resample(host: Stack, donor: Stack, mask: Mask, rng: np.random.Generator) -> Stack:
    """Scaled down and up again, or up and down, by kernels drawn at random."""
    height, width = host.shape[1:3]
    factor = rng.uniform(0.4, 0.85) if rng.random() < 0.8 else rng.uniform(1.2, 2.0)
    there, back = (int(_INTERPOLATIONS[place]) for place in rng.integers(len(_INTERPOLATIONS), size=2))
    size = (round(width * factor), round(height * factor))
    pictures = (cv2.resize(cv2.resize(picture, size, interpolation=there), (width, height), interpolation=back) for picture in host)
    return np.stack(list(pictures))


def _copy_move(host: Stack, donor: Stack, mask: Mask, rng: np.random.Generator) -> Stack:
    """Another place of the same pictures, at least a quarter of the picture away."""
    height, width = host.shape[1:3]
    angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.45)
    return np.roll(host, (round(height * length * np.sin(angle)), round(width * length * np.cos(angle))), axis=(1, 2))


def _retouch(host: Stack, donor: Stack, mask: Mask, rng: np.random.Generator) -> Stack:
    """Smoothed by a bilateral filter, and half of the time with fine grain put back."""
    sigma, grain = rng.uniform(12, 40), rng.uniform(0.5, 2.0) if rng.random() < 0.5 else 0.0
    smooth = np.stack([cv2.bilateralFilter(picture, 7, sigma, 4.0) for picture in host])
    if not grain:
        return smooth
    content = smooth.astype(np.float32)
    content[..., 0] += grain * rng.standard_normal(content.shape[:3], np.float32)
    return _codes(content)


def _codes(content: NDArray[np.float32]) -> Stack:
    return np.clip(np.rint(content), 0, 255).astype(np.uint8)


_MAKERS: Mapping[str, _Maker] = MappingProxyType(
    {
        "self_blend": _self_blend,
        "splice": _splice,
        "time_splice": _time_splice,
        "freeze": _freeze,
        "inpaint": _inpaint,
        "reconstruct": _reconstruct,
        "resample": _resample,
        "copy_move": _copy_move,
        "retouch": _retouch,
    }
)
