"""Marking footage for training sets: a file, or all videos of a folder, with a manifest that commits to the key beforehand."""

from __future__ import annotations

import datetime
import json
import math
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from indelible.audit.bands import PROTOCOL, commitment
from indelible.audit.embed import DEFAULT_QUALITY_DB, TrainingEmbedder, TrainingReport
from indelible.drafts import write_whole
from indelible.errors import InputError, OutputError
from indelible.keys import SecretKey
from indelible.video import EncoderSettings, Limits, Source, copy_settings, open_video, write_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.source import is_pipe
from indelible.workflows.carrying import left_behind, opens_twice
from indelible.workflows.certificate import sha256_of
from indelible.workflows.document import Document, document, label
from indelible.workflows.files import video_files
from indelible.workflows.mark import DEFAULT_ENCODER
from indelible.workflows.page import check_free
from indelible.workflows.progress import Progress, followed

__all__ = [
    "DEFAULT_TEST_ALPHA",
    "TrainingMark",
    "TrainingMarkResult",
    "manifest_place",
    "mark_training_file",
    "mark_training_set",
    "write_manifest",
]

DEFAULT_TEST_ALPHA = 1e-3
"""Level that the commitment names: what a later test must reach to count as evidence."""


@dataclass(frozen=True, slots=True)
class TrainingMark:
    """How footage is marked.

    Args:
        key: whose coins turn the bands.
        quality_db: PSNR of luma that no frame goes below.
        settings: the encoder; None follows the source.
    """

    key: SecretKey
    quality_db: float = DEFAULT_QUALITY_DB
    settings: EncoderSettings | None = DEFAULT_ENCODER


@dataclass(frozen=True, slots=True)
class TrainingMarkResult:
    """What was marked.

    Args:
        source: what was read.
        output: where the marked video is.
        sha256: of the output; None of a pipe.
        key_id: fingerprint of the key.
        embedding: frames and distortion, before encoding.
        video_bytes: of the pictures, encoded.
        warnings: what could not be carried over, a sentence each.
    """

    source: str
    output: str
    sha256: str | None
    key_id: str
    embedding: TrainingReport
    video_bytes: int
    warnings: tuple[str, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether any picture carries the mark: flat ones have nothing to change."""
        return math.isfinite(self.embedding.psnr_y_db)

    def to_json(self) -> Document:
        """Return the document ``indelible.audit-mark/1``."""
        return document(
            "audit-mark",
            output=self.output,
            source=self.source,
            sha256=self.sha256,
            protocol=PROTOCOL,
            key_id=self.key_id,
            psnr_y_db=self.embedding.psnr_y_db,
            psnr_chroma_db=self.embedding.psnr_chroma_db,
            frames=self.embedding.frames,
            duration_seconds=self.embedding.duration_seconds,
        )


def mark_training_file(
    source: Source,
    target: Source,
    mark: TrainingMark,
    *,
    container: str | None = None,
    overwrite: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> TrainingMarkResult:
    """Put the training mark into a video; sound, subtitles, chapters, tags and times are carried over as `mark_file` does.

    Raises:
        OutputError: if the target exists, is the source, or cannot be created.
        InputError: if the settings do not fit the video or the container.
        MediaError: if reading, encoding or writing fails.
    """
    embedder = TrainingEmbedder(mark.key, quality_db=mark.quality_db)
    again = source if opens_twice(source) else None
    with open_video(source, limits=limits) as reader:
        settings = mark.settings or copy_settings(reader.info)
        written = write_video(
            target,
            embedder.embed(followed(reader, progress)),
            settings,
            info=reader.info,
            copy_from=again,
            presentation=reader.presentation,
            container=container,
            overwrite=overwrite,
        )
        warnings = (*reader.warnings, *written.warnings, *left_behind(reader, again, settings))
    there = isinstance(target, str | os.PathLike) and not is_pipe(target)
    return TrainingMarkResult(
        source=label(source),
        output=label(target),
        sha256=sha256_of(label(target)) if there else None,
        key_id=mark.key.key_id,
        embedding=embedder.report,
        video_bytes=written.video_bytes,
        warnings=warnings,
    )


def mark_training_set(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    mark: TrainingMark,
    *,
    overwrite: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Iterator[TrainingMarkResult]:
    """Mark a video, or every video below a folder into another folder under the same names; yield each as it is finished.

    Raises:
        OutputError: if an output exists, or the target lies inside the source.
        InputError: if the folder holds no video.
        MediaError: if one cannot be read.
    """
    root, into = Path(source), Path(target)
    if is_pipe(source) or not root.is_dir() or into.suffix:  # a folder of segments is one video, if it is to be
        yield mark_training_file(source, target, mark, overwrite=overwrite, limits=limits, progress=progress)
        return
    if into.resolve().is_relative_to(root.resolve()):
        raise OutputError(f"{into} lies inside {root}, and would be marked again the next time; choose a folder beside it")
    pairs = [(file, into / Path(file).relative_to(root)) for file in video_files([os.fspath(root)])]
    for _, place in pairs:  # all of them, before hours of work
        if place.exists() and not overwrite:
            raise OutputError(f"{place} exists; choose another folder, or allow files to be replaced (overwrite=True, --force)")
    for file, place in pairs:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield mark_training_file(file, place, mark, overwrite=overwrite, limits=limits, progress=progress)


def manifest_place(target: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return where the manifest of a marked file or folder goes: film.mp4 has film.audit.json, a folder holds audit.json.

    Raises:
        OutputError: if it exists and may not be replaced.
    """
    output = Path(target)
    place = output / "audit.json" if output.suffix == "" else output.with_suffix(".audit.json")
    if place.parent.is_dir():
        check_free(place, overwrite=overwrite)
    return place


def write_manifest(place: Path, results: list[TrainingMarkResult], mark: TrainingMark, *, alpha: float = DEFAULT_TEST_ALPHA) -> Document:
    """Write, and return, the document ``indelible.audit-manifest/1``: what was marked how, and the commitment to publish beforehand.

    Raises:
        InputError: if alpha is not between 0 and 1.
        OutputError: if it cannot be written.
    """
    if not 0.0 < alpha < 1.0:
        raise InputError(f"alpha is {alpha:g}; it must lie between 0 and 1")
    manifest = document(
        "audit-manifest",
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        protocol=PROTOCOL,
        key_id=mark.key.key_id,
        alpha=alpha,
        commitment=commitment(mark.key, alpha=alpha),
        quality_db=mark.quality_db,
        encoder=None if mark.settings is None else asdict(mark.settings),
        files=[{"output": result.output, "sha256": result.sha256, "psnr_y_db": _finite(result.embedding.psnr_y_db)} for result in results],
    )
    write_whole(place, json.dumps(manifest, allow_nan=False, indent=2) + "\n")
    return manifest


def _finite(db: float) -> float | None:
    return round(db, 2) if math.isfinite(db) else None
