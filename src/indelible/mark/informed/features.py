"""Candidates for where an original picture lies in a received one: from what stands out in both, and the plain ways to turn a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.informed.placing import Placing, dihedral, refined
from indelible.mark.informed.scan import KeyPicture, Scan

_FEATURES = 500  # of a picture
_RAISED = 4.0  # contrast, at most
_CONTRAST = 0.015  # below it nothing stands out
_RATIO = 0.8  # of the nearest to the second nearest (Lowe 2004)
_NEAR = 2.5  # samples
_AGREEING = 8  # features
_MANY = 25  # features that agree: no need to look for it mirrored
_LOOKED_AT = 6  # received pictures
_MATCHED = 24  # of the original's pictures
_SURE = 0.97  # correlation, with which nothing else need be tried
_GOOD = 0.93  # the same, of the better half: foreign footage may be in between
_SLOW = 5.0  # of those samples; what is slower says little
_ROUNDS = 2
_POLISHED = 128  # samples a side
_POLISH_BLURS = (4.0, 2.0, 2.0, 1.0, 1.0)
_PART = 16  # samples a side
_STRAYING = 0.3  # of the parts
_MIRROR = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
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
    def of(cls, picture: NDArray[np.uint8], *, evened: bool = False) -> _Features:
        """Find features; ``evened`` raises contrast where there is little, which shows more of them, and more false ones."""
        picture = np.ascontiguousarray(picture)
        if evened:
            picture = np.asarray(cv2.createCLAHE(_RAISED, (8, 8)).apply(picture), np.uint8)
        height, width = picture.shape
        detector = cv2.SIFT_create(nfeatures=_FEATURES, contrastThreshold=_CONTRAST)  # type: ignore[attr-defined]
        points, descriptors = detector.detectAndCompute(picture, None)
        if not points:
            return cls(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32), (width, height))
        roots = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))  # Arandjelovic and Zisserman 2012
        places = (np.array([point.pt for point in points], np.float32) + 0.5) / np.array([width, height], np.float32)
        return cls(np.asarray(places, np.float32), np.asarray(roots, np.float32), (width, height))


def best_placing(received: Scan, original: Scan) -> tuple[Placing, float] | None:
    """Return the placing that makes the pictures most alike, and the correlation that they then have; None without pictures."""
    looked_at = _evenly(received.keys, _LOOKED_AT)
    if not looked_at or not original.keys:
        return None
    targets = _Targets(original)
    best, most, alike = Placing(np.eye(2, 3)), 0.0, 0.0

    def polished(placing: Placing, score: float, likeness: float) -> tuple[Placing, float]:
        """Return a placing or, if it is better, one that was adjusted to all of the pictures at once."""
        for _ in range(_ROUNDS):
            nearest = [targets.nearest(placing, key) for key in looked_at]
            typical = float(np.median([alike for _, alike in nearest]))
            pairs = [
                (key.picture.astype(np.float32), targets.picture(place))
                for key, (place, alike) in zip(looked_at, nearest, strict=True)
                if alike >= typical
            ]
            tried, _ = refined(placing, pairs, blurs=_POLISH_BLURS, side=_POLISHED)
            again = targets.likeness(tried, looked_at)
            if again[0] <= score:
                break
            placing, (score, likeness) = tried, again
        return placing, likeness

    # The plainest first: the same place, the same time, any time. What comes later must be clearly better.
    for placings in (
        dihedral(),
        _at_the_same_time(looked_at, received, original, targets),
        _by_features(looked_at, targets, evened=False),
        _by_features(looked_at, targets, evened=True),
    ):
        before = most
        for placing in placings:
            score, likeness = targets.likeness(placing, looked_at)
            if score > max(most, before + _BETTER):
                best, most, alike = placing, score, likeness
            if most >= _SURE:
                break
        if alike >= _GOOD:
            break
    return polished(best, most, alike)


class _Targets:
    """The original's pictures, ready to be compared with."""

    def __init__(self, original: Scan) -> None:
        self._keys = original.keys
        pictures = [_even(_resized(key.picture, _COMPARED)) for key in original.keys]
        self._pictures = np.stack(pictures).reshape(len(pictures), -1)
        self._squares = self._pictures**2
        self._features: dict[tuple[int, bool], _Features] = {}

    def some(self, *, evened: bool) -> Iterator[_Features]:
        """Yield the features of some pictures, evenly spread."""
        for place in np.unique(np.linspace(0, len(self._keys) - 1, _MATCHED).round().astype(int)):
            yield self.features(int(place), evened=evened)

    def features(self, place: int, *, evened: bool = False) -> _Features:
        """Return the features of a picture, which are found only once."""
        if (place, evened) not in self._features:
            self._features[place, evened] = _Features.of(self._keys[place].picture, evened=evened)
        return self._features[place, evened]

    def picture(self, place: int) -> NDArray[np.float32]:
        """Return a picture for `refined`, shape (128, 128)."""
        return _resized(self._keys[place].picture, _POLISHED)

    def likeness(self, placing: Placing, keys: Sequence[KeyPicture]) -> tuple[float, float]:
        """Return how like the best of the original's pictures the received ones are, 0 to 1: the mean of all, and of the better half."""
        best = sorted(self.nearest(placing, key)[1] for key in keys)
        return float(np.mean(best)), float(np.mean(best[len(best) // 2 :]))

    def nearest(self, placing: Placing, key: KeyPicture) -> tuple[int, float]:
        """Return the place of the picture that is most like a received one, and how like: the correlation of most of its parts.

        Parts that differ much (a caption, a logo) do not count.
        """
        shown = (placing.coverage(_COMPARED) > 0.99).astype(np.float32)
        if shown.mean() < _SHOWN:
            return 0, 0.0
        laid = placing.laid(key.picture.astype(np.float32), _COMPARED * 2)
        ours = _even(_resized(laid, _COMPARED), shown).ravel() * shown.ravel()
        norms = np.sqrt(np.maximum(self._squares @ shown.ravel(), 1e-6) * max(float(ours @ ours), 1e-6))
        place = int(np.argmax(self._pictures @ ours / norms))
        theirs = self._pictures[place] * shown.ravel()
        both, mine, other = (_by_part(values) for values in (ours * theirs, ours * ours, theirs * theirs))
        alike = both / np.sqrt(np.maximum(mine * other, 1e-6))
        counted = other >= 0.1 * np.median(other[other > 0.0]) if (other > 0.0).any() else other > 0.0
        ranked = np.sort(alike[counted])
        return place, float(max(0.0, ranked[int(_STRAYING * ranked.size) :].mean())) if ranked.size else 0.0


def _resized(picture: NDArray[np.uint8] | NDArray[np.float32], side: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def _by_part(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sums over the parts of a picture."""
    parts = _COMPARED // _PART
    return np.asarray(values.reshape(parts, _PART, parts, _PART).sum(axis=(1, 3)).ravel(), np.float32)


def _even(picture: NDArray[np.float32], shown: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Take away the slow part, that of what is shown only."""
    if shown is None:
        return np.asarray(picture - cv2.GaussianBlur(picture, (0, 0), _SLOW), np.float32)
    weight = cv2.GaussianBlur(shown, (0, 0), _SLOW)
    return np.asarray(picture - cv2.GaussianBlur(picture * shown, (0, 0), _SLOW) / np.maximum(weight, 1e-3), np.float32)


def _at_the_same_time(keys: Sequence[KeyPicture], received: Scan, original: Scan, targets: _Targets) -> Iterator[Placing]:
    """Yield placings for a video whose time was not changed: moving along with a pan or a scroll looks just like another time."""
    seconds = original.seconds[[key.index for key in original.keys]]
    for key in keys:
        place = int(np.argmin(np.abs(seconds - received.seconds[key.index])))
        for mirrored in (False, True):
            ours = _Features.of(key.picture[:, ::-1] if mirrored else key.picture)
            suggested = _suggestions(ours, [targets.features(place)], mirrored)
            if suggested:
                yield suggested[0][1]
                break


def _by_features(received: Sequence[KeyPicture], targets: _Targets, *, evened: bool) -> Iterator[Placing]:
    """Yield what each received picture suggests: first with some of the original's pictures, then with that of just the same moment."""
    for key in received:
        found: tuple[int, Placing] | None = None
        for mirrored in (False, True):
            ours = _Features.of(key.picture[:, ::-1] if mirrored else key.picture, evened=evened)
            found = max([found, *_suggestions(ours, targets.some(evened=evened), mirrored)], key=lambda each: each[0] if each else 0)
            if found is not None and found[0] >= _MANY:
                break
        if found is None:
            continue
        mirrored = bool(np.linalg.det(found[1].matrix[:, :2]) < 0.0)
        ours = _Features.of(key.picture[:, ::-1] if mirrored else key.picture, evened=evened)
        for _ in range(_ROUNDS):
            place, _ = targets.nearest(found[1], key)
            again = _suggestions(ours, [targets.features(place, evened=evened)], mirrored)
            if not again:
                break
            found = again[0]
        yield found[1]


def _suggestions(ours: _Features, theirs: Iterable[_Features], mirrored: bool) -> list[tuple[int, Placing]]:
    """Return placings that many features agree with, with their number, from the two pictures that have most in common."""
    if len(ours.places) < _AGREEING:
        return []
    matches = [(*_matched(ours, features), features) for features in theirs]
    suggested = []
    for mine, other, features in sorted(matches, key=lambda match: -len(match[0]))[:2]:
        agreed = _agreed(ours.places[mine], features.places[other], ours.size)
        if agreed is not None:
            number, matrix = agreed
            suggested.append((number, Placing(_MIRROR[:, :2] @ matrix + np.pad(_MIRROR[:, 2:], ((0, 0), (2, 0))) if mirrored else matrix)))
    return suggested


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
    places = np.linspace(0, max(0, len(keys) - 1), min(count, len(keys))).round().astype(int).tolist()
    return [keys[place] for place in dict.fromkeys(places)]
