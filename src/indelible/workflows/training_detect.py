"""Looking for the training mark: in a video, and in a folder of clips or pictures that a model made."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from indelible.audit.detect import LookingGlass, TrainingDetection, sampled
from indelible.audit.spectrum import Spectrum
from indelible.errors import InputError, MediaError
from indelible.frames import Plane
from indelible.keys import SecretKey
from indelible.stats.tails import log10_union
from indelible.video import Limits, Source, open_video
from indelible.video.containers import VIDEO_SUFFIXES
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.document import Document, document, label
from indelible.workflows.progress import Progress, followed

__all__ = ["PICTURE_SUFFIXES", "TrainingDetectResult", "detect_training_file", "material_files", "spectrum_of"]

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})


@dataclass(frozen=True, slots=True)
class TrainingDetectResult:
    """What one key found in one file.

    Args:
        file: where it was looked for.
        detection: the evidence, all keys counted.
        alpha: largest p-value that counts as marked.
        pictures: that were looked at.
        warnings: what was wrong with the file, a sentence each.
    """

    file: str
    detection: TrainingDetection
    alpha: float
    pictures: int
    warnings: tuple[str, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether the file carries the training mark of the key."""
        return self.detection.log10_p <= math.log10(self.alpha)

    def to_json(self) -> Document:
        """Return the document ``indelible.audit-detection/1``."""
        found = self.detection
        return document(
            "audit-detection",
            file=self.file,
            key_id=found.key_id,
            marked=self.marked,
            log10_p=found.log10_p,
            p_value=math.pow(10.0, found.log10_p),
            log10_floor=found.log10_floor,
            searched=found.searched,
            scale=found.scale,
            mirrored=found.mirrored,
            coins=found.coins,
            coins_right=found.right,
            pictures=self.pictures,
        )


def detect_training_file(
    source: Source,
    keys: Sequence[SecretKey],
    *,
    alpha: float = 1e-6,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> tuple[TrainingDetectResult, ...]:
    """Look for the training marks of some keys in a video; one result for each key, all of them counted in each p-value.

    Raises:
        InputError: if there is no key, or alpha is not between 0 and 1.
        MediaError: if the file cannot be read.
    """
    if not keys or not 0.0 < alpha < 1.0:
        raise InputError(f"{len(keys)} keys and alpha {alpha:g}; at least one key, and an alpha between 0 and 1, are needed")
    spectrum = Spectrum()
    with open_video(source, limits=limits) as reader:
        for frame in sampled(followed(reader, progress)):
            spectrum.add((frame.y, *frame.chroma), bit_depth=frame.bit_depth)
        warnings = tuple(reader.warnings)
    glass = LookingGlass(spectrum)
    return tuple(
        TrainingDetectResult(label(source), _counted(glass.look(key), len(keys)), alpha, spectrum.pictures, warnings) for key in keys
    )


def material_files(folder: str | os.PathLike[str]) -> list[Path]:
    """Return the videos and pictures below a folder, in order of their names; a file is itself.

    Raises:
        InputError: if there are none.
    """
    place = Path(folder)
    known = VIDEO_SUFFIXES | PICTURE_SUFFIXES
    files = [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.suffix.lower() in known and file.is_file())
    if not files:
        raise InputError(f"{place} holds neither videos nor pictures; give a folder of what the model made")
    return files


def spectrum_of(files: Sequence[Path], *, lines: float | None = None, limits: Limits = DEFAULT_LIMITS) -> Spectrum:
    """Return what the bands of videos and pictures say, all together.

    Raises:
        MediaError: if one cannot be read.
    """
    spectrum = Spectrum(lines=lines)
    for file in files:
        if file.suffix.lower() in PICTURE_SUFFIXES:
            spectrum.add(tuple(_picture_planes(file, limits)))
            continue
        with open_video(file, limits=limits) as reader:
            for frame in sampled(reader):
                spectrum.add((frame.y, *frame.chroma), bit_depth=frame.bit_depth)
    return spectrum


def _picture_planes(file: Path, limits: Limits) -> Iterator[Plane]:
    try:
        raw = np.frombuffer(file.read_bytes(), np.uint8)
    except OSError as error:
        raise MediaError(f"cannot read {file}: {error.strerror or error}") from error
    picture = cv2.imdecode(raw, cv2.IMREAD_COLOR) if raw.size else None
    if picture is None:
        raise MediaError(f"{file} is not a picture that can be read; give PNG, JPEG, WebP, BMP or TIFF")
    limits.check_size(os.fspath(file), picture.shape[1], picture.shape[0])
    luma, red, blue = cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2YCrCb))
    yield from (np.asarray(plane, np.uint8) for plane in (luma, blue, red))


def _counted(found: TrainingDetection, keys: int) -> TrainingDetection:
    if keys == 1:
        return found
    return replace(
        found,
        log10_p=log10_union(found.log10_p, keys),
        log10_floor=log10_union(found.log10_floor, keys),
        searched=found.searched * keys,
    )
