"""Candidates for where an original picture lies in a received one: from what stands out in both, and the plain ways to turn a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.informed.placing import Placing, dihedral
from indelible.mark.informed.scan import KeyPicture, Scan

_FEATURES = 500  # of a picture
_CONTRAST = 0.015  # below it nothing stands out
_RATIO = 0.8  # of the nearest to the second nearest (Lowe 2004)
_NEAR = 2.5  # samples
_AGREEING = 8  # features
_MANY = 25  # features that agree: no need to look for it mirrored
_LOOKED_AT = 6  # received pictures
_MATCHED = 48  # of the original's pictures
_SURE_AS_IS = 0.98  # correlation, where nothing else need be tried
_SURE = 0.9
_COMPARED = 64  # samples a side
_SHOWN = 0.12  # of the original, at least
_EXTENT = (0.15, 6.0)  # how large the original may be in the received picture, by its sides
_BETTER = 0.02  # correlation


@dataclass(frozen=True, slots=True, eq=False)
class _Features:
    """Places in shares of the picture's sides, shape (features, 2), and unit descriptors, shape (features, 128)."""

    places: NDArray[np.float32]
    descriptors: NDArray[np.float32]
    size: tuple[int, int]

    @classmethod
    def of(cls, picture: NDArray[np.uint8]) -> _Features:
        height, width = picture.shape
        detector = cv2.SIFT_create(nfeatures=_FEATURES, contrastThreshold=_CONTRAST)  # type: ignore[attr-defined]
        points, descriptors = detector.detectAndCompute(picture, None)
        if not points:
            return cls(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32), (width, height))
        roots = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))  # Arandjelovic and Zisserman 2012
        places = (np.array([point.pt for point in points], np.float32) + 0.5) / np.array([width, height], np.float32)
        return cls(places, roots.astype(np.float32), (width, height))


def best_placing(received: Scan, original: Scan) -> tuple[Placing, float] | None:
    """Return the placing that makes the pictures most alike, and the correlation that they then have; None without pictures."""
    looked_at = _evenly(received.keys, _LOOKED_AT)
    if not looked_at or not original.keys:
        return None
    targets = _Targets(original)
    best, most = Placing(np.eye(2, 3)), 0.0
    for placing in dihedral():
        score = targets.likeness(placing, looked_at)
        if score > most + _BETTER:  # among alike ones the plainest
            best, most = placing, score
    if most >= _SURE_AS_IS:
        return best, most
    for placing in _by_features(looked_at, _evenly(original.keys, _MATCHED)):
        score = targets.likeness(placing, looked_at)
        if score > most:
            best, most = placing, score
        if most >= _SURE:
            break
    return best, most


class _Targets:
    """The original's pictures, ready to be compared with."""

    def __init__(self, original: Scan) -> None:
        pictures = [_even(cv2.resize(key.picture, (_COMPARED, _COMPARED), interpolation=cv2.INTER_AREA)) for key in original.keys]
        self._pictures = np.stack(pictures).reshape(len(pictures), -1)
        self._squares = self._pictures**2

    def likeness(self, placing: Placing, keys: Sequence[KeyPicture]) -> float:
        """Return the mean correlation with the best of the original's pictures, over the better half of the received ones."""
        shown = (placing.coverage(_COMPARED) > 0.99).astype(np.float32)
        if shown.mean() < _SHOWN:
            return 0.0
        mask = shown.ravel()
        best = []
        for key in keys:
            laid = placing.laid(key.picture.astype(np.float32), _COMPARED * 2)
            ours = _even(cv2.resize(laid, (_COMPARED, _COMPARED), interpolation=cv2.INTER_AREA), shown).ravel() * mask
            norms = np.sqrt(np.maximum(self._squares @ mask, 1e-6) * max(float(ours @ ours), 1e-6))
            best.append(float((self._pictures @ ours / norms).max()))
        return float(np.mean(sorted(best)[len(best) // 2 :]))


def _even(picture: NDArray[np.uint8] | NDArray[np.float32], shown: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Take away the slow part, that of what is shown only."""
    values = picture.astype(np.float32)
    if shown is None:
        return values - cv2.GaussianBlur(values, (0, 0), 5.0)
    weight = cv2.GaussianBlur(shown, (0, 0), 5.0)
    return np.asarray(values - cv2.GaussianBlur(values * shown, (0, 0), 5.0) / np.maximum(weight, 1e-3), np.float32)


def _by_features(received: Sequence[KeyPicture], original: Sequence[KeyPicture]) -> Iterator[Placing]:
    theirs = [_Features.of(key.picture) for key in original]
    for key in received:
        found: tuple[int, Placing] | None = None
        for mirrored in (False, True):
            ours = _Features.of(np.ascontiguousarray(key.picture[:, ::-1]) if mirrored else key.picture)
            matches = [(*_matched(ours, features), features) for features in theirs]
            for mine, other, features in sorted(matches, key=lambda match: -len(match[0]))[:2]:
                agreed = _agreed(ours.places[mine], features.places[other], ours.size)
                if agreed is not None and (found is None or agreed[0] > found[0]):
                    placing = (
                        Placing(np.diag([-1.0, 1.0]) @ agreed[1] + np.array([[0, 0, 1.0], [0, 0, 0]])) if mirrored else Placing(agreed[1])
                    )
                    found = agreed[0], placing
            if found is not None and found[0] >= _MANY:
                break
        if found is not None:
            yield found[1]


def _matched(ours: _Features, theirs: _Features) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    none = np.zeros(0, np.intp)
    if len(theirs.places) < 2:
        return none, none
    alike = ours.descriptors @ theirs.descriptors.T
    nearest = np.argmax(alike, axis=1)
    rows = np.arange(len(alike))
    first = alike[rows, nearest].copy()
    alike[rows, nearest] = -1.0
    second = alike.max(axis=1)
    good = (1.0 - first) < _RATIO**2 * (1.0 - second)  # of unit vectors 1 - cosine is half the squared distance
    return np.flatnonzero(good), nearest[good]


def _agreed(ours: NDArray[np.float32], theirs: NDArray[np.float32], size: tuple[int, int]) -> tuple[int, NDArray[np.float64]] | None:
    """Return the affine map from the original's places to the received ones that most matches agree with, and how many; None if too few."""
    if len(ours) < _AGREEING:
        return None
    scale = np.array(size, np.float32)
    matrix, agree = cv2.estimateAffine2D(theirs * scale, ours * scale, method=cv2.RANSAC, ransacReprojThreshold=_NEAR, maxIters=3000)
    if matrix is None or int(agree.sum()) < _AGREEING:
        return None
    found = np.column_stack([np.diag(1 / scale) @ matrix[:, :2] @ np.diag(scale), matrix[:, 2] / scale]).astype(np.float64)
    extents = np.linalg.svd(found[:, :2], compute_uv=False)
    return (int(agree.sum()), found) if _EXTENT[0] <= extents[-1] and extents[0] <= _EXTENT[1] else None


def _evenly(keys: Sequence[KeyPicture], count: int) -> list[KeyPicture]:
    places = np.unique(np.linspace(0, len(keys) - 1, min(count, len(keys))).round().astype(int)) if keys else []
    return [keys[place] for place in places]
