"""What others compare a rendition with its source by: one score for a pair of videos, the larger the less alike.

Pairs of pictures are those of one time, as all of these do: none of them looks for an offset.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.bench.verify.signature import signatures
from indelible.channel import Clip
from indelible.errors import missing_extra
from indelible.report.pictures import to_bgr

SAMPLES = 30  # as many as the one-class SVM was trained with
_FEWER = 10  # of these are enough for what is a mean over pictures
_SIZE = (480, 270)
_FUZZY_SIZE, _FUZZY_TOLERANCE = (128, 72), 10
_BLUR_SIGMA = 4.0
_HASHED_SIDE, _HASH_SIDE = 32, 8

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

#: Names of the scores that need no training.
SIMPLE = ("scaled pixels", "middle-frame pHash", "mean SSIM", "mean PSNR", "MPEG-7 signature")


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """Pictures of a source at random times, prepared for comparison with many renditions.

    Args:
        times: seconds from the first picture, ascending, shape (n,).
        middle: of the whole video, seconds.
        pictures: BGR at 480 x 270.
        values: the largest of B, G and R of each pixel (V of HSV), float32.
        hash_of_middle: bool, shape (64,).
        fewer: places of those pictures that are compared where a mean over all is meant, shape (m,).
        signatures: of these, shape (m, 380).
    """

    times: NDArray[np.float64]
    middle: float
    pictures: tuple[Picture, ...]
    values: tuple[Plane, ...]
    hash_of_middle: NDArray[np.bool_]
    fewer: NDArray[np.intp]
    signatures: NDArray[np.int64]


def sampled(clip: Clip, *, rng: np.random.Generator) -> Sampled:
    """Draw pictures of a source, without replacement where there are enough."""
    times = _times(clip)
    chosen = np.sort(rng.permutation(len(times))[:SAMPLES])
    pictures = tuple(_shrunk(clip, index) for index in chosen)
    middle = float(times[len(times) // 2])
    fewer = np.unique(np.linspace(0, len(chosen) - 1, min(_FEWER, len(chosen))).round().astype(np.intp))
    return Sampled(
        times=times[chosen],
        middle=middle,
        pictures=pictures,
        values=tuple(map(_value, pictures)),
        hash_of_middle=_phash(_shrunk(clip, len(times) // 2)),
        fewer=fewer,
        signatures=signatures([pictures[index] for index in fewer]),
    )


def pictures_at(source: Sampled, rendition: Clip) -> list[Picture]:
    """Return the pictures of a rendition at the times of the source's, as these are kept."""
    times = _times(rendition)
    return [_shrunk(rendition, _nearest(times, each)) for each in source.times]


def simple_scores(source: Sampled, rendition: Clip, own: Sequence[Picture]) -> dict[str, float]:
    """Return the scores of `SIMPLE`.

    Scaled pixels: the share of pixels of which a colour differs by the tolerance or more, at 128 x 72. The hash
    is of 64 bits and the score the bits that differ. SSIM (Wang and others, 2004) and PSNR are of luma. The signature is MPEG-7's, and the
    score the mean of the sum of differences of its signs.

    Args:
        source: see `sampled`.
        rendition: decoded.
        own: its pictures, see `pictures_at`.
    """
    fuzzy, alike, error = [], [], []
    for before, after in ((source.pictures[index], own[index]) for index in source.fewer):
        fuzzy.append(_unlike_share(before, after))
        luma, own_luma = (cv2.cvtColor(each, cv2.COLOR_BGR2GRAY).astype(np.float32) for each in (before, after))
        alike.append(_ssim(luma, own_luma))
        error.append(float(((luma - own_luma) ** 2).mean()))
    middle = _phash(_shrunk(rendition, _nearest(_times(rendition), source.middle)))
    signed = signatures([own[index] for index in source.fewer])
    return {
        "scaled pixels": float(np.mean(fuzzy)),
        "middle-frame pHash": float((middle != source.hash_of_middle).sum()),
        "mean SSIM": 1.0 - float(np.mean(alike)),
        "mean PSNR": 10.0 * math.log10(max(float(np.mean(error)), 1e-3)),
        "MPEG-7 signature": float(np.abs(signed - source.signatures).sum(axis=1).mean()),
    }


def published_features(source: Sampled, own: Sequence[Picture], *, area: int, size_bytes: int) -> tuple[float, ...]:
    """Return the five numbers that a one-class SVM for this task was published with (livepeer/verification-classifier, 2020).

    Bytes for each pixel of a picture's area; and means over the sampled pictures, times that area, of the largest difference of the
    cosine transforms, and of the squared difference, the sum of differences and the number of those above the spread of what moves,
    all three after a Gaussian blur; of the value of HSV at 480 x 270.

    Args:
        source: see `sampled`.
        own: pictures of the rendition, see `pictures_at`.
        area: pixels of a picture of the rendition.
        size_bytes: of the rendition's pictures, encoded.
    """
    rows = []
    values = [_value(picture) for picture in own]
    for index, (before, after) in enumerate(zip(source.values, values, strict=True)):
        following = source.values[min(index + 1, len(values) - 1)]
        blurred = np.abs(cv2.GaussianBlur(before - after, (0, 0), _BLUR_SIGMA))
        frequencies = float(cv2.dct(before - after).max())  # of the difference, because the transform is linear
        rows.append((frequencies, float((blurred**2).mean()), float(blurred.sum()), float((blurred > (following - after).std()).sum())))
    means = np.mean(rows, axis=0) * area
    return (size_bytes / area, *(float(each) for each in means))


def one_class_scorer(features: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return a score by a one-class SVM fitted to features of honest renditions, shape (n, 5), as published (RBF, gamma 0.3, nu 0.01).

    Raises:
        MissingExtraError: if scikit-learn is not installed.
    """
    try:
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import OneClassSVM
    except ImportError as error:
        raise missing_extra("scikit-learn", extra="bench") from error
    scaler = StandardScaler().fit(features)
    model: Any = OneClassSVM(kernel="rbf", gamma=0.3, nu=0.01)
    model.random_state = 0  # no option of the class; without it, the global generator is moved
    model.fit(scaler.transform(features))

    def score(others: NDArray[np.float64]) -> NDArray[np.float64]:
        scores: NDArray[np.float64] = -model.decision_function(scaler.transform(others))
        return scores

    return score


def _times(clip: Clip) -> NDArray[np.float64]:
    times = np.array([frame.pts_seconds or 0.0 for frame in clip.frames])
    from_first: NDArray[np.float64] = times - times[0]
    return from_first


def _nearest(times: NDArray[np.float64], wanted: float) -> int:
    return int(np.abs(times - wanted).argmin())


def _shrunk(clip: Clip, index: int) -> Picture:
    return np.asarray(cv2.resize(to_bgr(clip.frames[index]), _SIZE, interpolation=cv2.INTER_LINEAR), np.uint8)


def _value(picture: Picture) -> Plane:
    blue, green, red = cv2.split(picture)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.float32)


def _unlike_share(before: Picture, after: Picture) -> float:
    small = [cv2.resize(each, _FUZZY_SIZE, interpolation=cv2.INTER_AREA).astype(np.int16) for each in (before, after)]
    return float((np.abs(small[0] - small[1]) >= _FUZZY_TOLERANCE).any(axis=2).mean())


def _ssim(x: Plane, y: Plane) -> float:
    def mean(plane: Plane) -> Plane:
        return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5), np.float32)

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    similar = (2 * mx * my + c1) * (2 * both + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return float(similar.mean())


def _phash(picture: Picture) -> NDArray[np.bool_]:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_HASHED_SIDE, _HASHED_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:_HASH_SIDE, :_HASH_SIDE].ravel()
    return np.asarray(low > np.median(low), np.bool_)
