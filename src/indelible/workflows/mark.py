"""Marking a video file: one decode, one encode, everything that is not pictures carried over."""

from __future__ import annotations

import io
import math
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from indelible.keys import SecretKey
from indelible.mark import Embedder, EmbedReport, Payload
from indelible.report.mark import write_mark_report
from indelible.video import EncoderSettings, Limits, Source, VideoReader, copy_settings, open_video, write_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.source import is_pipe
from indelible.workflows.comparison import Comparison
from indelible.workflows.copies import PendingCopy, Registration
from indelible.workflows.document import Document, document, label
from indelible.workflows.page import check_page
from indelible.workflows.progress import Progress, followed

__all__ = ["DEFAULT_ENCODER", "MarkResult", "Registration", "Strength", "mark_file"]

Strength = Literal["light", "standard", "strong"]

DEFAULT_ENCODER = EncoderSettings("x264", crf=18, preset="medium")
"""Close to transparent, and plays everywhere: the mark should not pay for an encoder's economy before anybody else has touched the file."""


@dataclass(frozen=True, slots=True)
class MarkResult:
    """What was marked, and how much the picture changed.

    Args:
        output: where the marked video is.
        key_id: fingerprint of the key.
        payload: what the mark carries.
        embedding: frames and distortion, as the embedder measured them before encoding.
        duration_seconds: from the first picture to the end of the last.
        settings: how the video was encoded.
        xpsnr_db: perceptually weighted PSNR of the mark, before encoding; None unless measured.
        bitrate_change: share by which the marked encode is larger than a plain one with the same settings; None unless measured,
            and for raw pictures.
        recipient: who gets the copy; None unless it was registered.
        registry_id: its number in the registry; None unless it was registered.
        warnings: what went wrong without ending the work, or could not be carried over, a sentence each.
    """

    output: str
    key_id: str
    payload: Payload
    embedding: EmbedReport
    duration_seconds: float
    settings: EncoderSettings
    xpsnr_db: float | None = None
    bitrate_change: float | None = None
    recipient: str | None = None
    registry_id: int | None = None
    warnings: tuple[str, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether any picture carries the mark: flat or black ones cannot hide one."""
        return math.isfinite(self.embedding.psnr_y_db)

    def to_json(self) -> Document:
        """Return the document ``indelible.mark/1``."""
        return document(
            "mark",
            output=self.output,
            key_id=self.key_id,
            payload_hex=self.payload.hex,
            payload_bits=self.payload.bits,
            psnr_y_db=self.embedding.psnr_y_db,
            psnr_rgb_db=self.embedding.psnr_rgb_db,
            xpsnr_db=self.xpsnr_db,
            bitrate_change=self.bitrate_change,
            frames=self.embedding.frames,
            duration_seconds=self.duration_seconds,
            certificate=None,
            recipient=self.recipient,
            registry_id=self.registry_id,
        )


def mark_file(
    source: Source,
    target: Source,
    key: SecretKey,
    *,
    payload: Payload | None = None,
    registration: Registration | None = None,
    strength: Strength = "standard",
    quality_db: float | None = None,
    settings: EncoderSettings | None = DEFAULT_ENCODER,
    container: str | None = None,
    overwrite: bool = False,
    measure: bool = False,
    report: str | os.PathLike[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> MarkResult:
    """Mark a video.

    Sound, subtitles, chapters and tags are copied, unless the source is a pipe or an open file, which are read once.

    Args:
        source: what to read: a path, ``-`` or a binary file object.
        target: what to write; a file appears whole or not at all.
        key: under which only its holders can find the mark.
        payload: what the mark says; None only says "here I am".
        registration: who gets the copy, to be registered before it appears. The copy is then marked with a subkey of its own, is found only
            with the registry, and shares no pattern with any other.
        strength: how much of the picture may change, unless ``quality_db`` says it.
        quality_db: Y-PSNR of the mark to aim at, in dB.
        settings: the encoder; x264 at crf 18, preset medium, unless given. None follows the source: its codec and its bitrate.
        container: of the target; None takes it from the suffix.
        overwrite: whether an existing file may be replaced.
        measure: also measure ``xpsnr_db`` and ``bitrate_change``. The latter costs a second decode and a plain encode, and is not to be
            had of a source that is read once.
        report: a page of HTML to write with a few pictures before and after; measures too.
        limits: how much of a source is read.
        progress: told of each frame.

    Raises:
        OutputError: if the target or the report exists, is the source, or cannot be created.
        RegistryError: if the copy cannot be registered; then nothing is written.
        InputError: if the settings do not fit the video or the container.
        MediaError: if reading, encoding or writing fails.
    """
    if report is not None:
        check_page(report, overwrite=overwrite)
    payload = payload or Payload()
    copy = None if registration is None else PendingCopy(registration, key, source, target, payload)
    embedder = Embedder(key if copy is None else copy.key, payload, strength=strength, quality_db=quality_db)
    again = source if _opens_twice(source) else None
    with open_video(source, limits=limits) as reader:
        chosen = settings or copy_settings(reader.info)
        comparison = Comparison(reader.info) if measure or report is not None else None
        frames = followed(reader, progress)
        if copy is not None:
            frames = copy.registered_first(
                frames, **asdict(chosen), strength=strength if quality_db is None else None, quality_db=quality_db
            )
        marked = embedder.embed(frames) if comparison is None else comparison.embed(embedder, frames)
        written = write_video(
            target,
            marked,
            chosen,
            info=reader.info,
            copy_from=again,
            presentation=reader.presentation,
            container=container,
            overwrite=overwrite,
        )
        late = (f"not carried over: {words}" for words in reader.lost if words not in reader.presentation.lost)
        warnings = (*reader.warnings, *written.warnings, *late, *_left_behind(reader, again, chosen))
    if copy is not None and (trouble := copy.complete(written.duration_seconds)) is not None:
        warnings = (*warnings, trouble)
    bitrate_change = None
    if comparison is not None and again is not None and chosen.codec != "raw":
        bitrate_change = written.video_bytes / _plain_bytes(again, chosen, limits, progress) - 1.0
    result = MarkResult(
        output=label(target),
        key_id=key.key_id,
        payload=payload,
        embedding=embedder.report,
        duration_seconds=written.duration_seconds,
        settings=chosen,
        xpsnr_db=comparison.xpsnr_db if comparison else None,
        bitrate_change=bitrate_change,
        recipient=copy.entry.recipient if copy else None,
        registry_id=copy.entry.id if copy else None,
        warnings=warnings,
    )
    if comparison is not None and report is not None:
        write_mark_report(report, result, comparison.pictures)
    return result


def _opens_twice(source: Source) -> bool:
    """Return whether the pictures and all else can be read side by side. An open file has one cursor (bytes in memory are shared)."""
    return isinstance(source, str | os.PathLike | io.BytesIO) and not is_pipe(source)


def _plain_bytes(source: Source, settings: EncoderSettings, limits: Limits, progress: Progress | None) -> int:
    """Return the size of the pictures when they are encoded without a mark."""
    with tempfile.TemporaryDirectory(prefix="indelible-plain-") as folder, open_video(source, limits=limits) as reader:
        frames = followed(reader, progress)
        return write_video(Path(folder) / "plain.mkv", frames, settings, info=reader.info, presentation=reader.presentation).video_bytes


def _left_behind(reader: VideoReader, again: Source | None, settings: EncoderSettings) -> Iterator[str]:
    # Of raw pictures the writer has already said that they go alone.
    if again is None and len(reader.info.streams) > 1 and settings.codec != "raw":
        yield "an open file or pipe is read once, for its pictures; sound and all else were not carried over: give a path to keep them"
