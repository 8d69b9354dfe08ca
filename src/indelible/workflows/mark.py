"""Marking a video file: one decode, one encode, everything that is not pictures carried over."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from indelible.errors import InputError, OutputError
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Embedder, EmbedReport, Payload, Raised
from indelible.report.mark import write_mark_report
from indelible.video import EncoderSettings, Limits, Source, copy_settings, open_video, write_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.source import is_pipe
from indelible.video.target import check_target
from indelible.workflows.assembly import assemble, into_segments, left_in_other_files
from indelible.workflows.carrying import left_behind, opens_twice
from indelible.workflows.certificate import Certificate, check_place, places_beside, write_certificate, write_page
from indelible.workflows.certify import Certification, certify_file
from indelible.workflows.comparison import Comparison
from indelible.workflows.copies import PendingCopy, Registration
from indelible.workflows.document import Document, document, label
from indelible.workflows.page import check_page
from indelible.workflows.progress import Progress, followed
from indelible.workflows.survive import Marking, raise_windows

__all__ = ["DEFAULT_ENCODER", "LIVE_LOOKAHEAD_SECONDS", "MarkResult", "Registration", "Strength", "mark_file"]

Strength = Literal["light", "standard", "strong"]

DEFAULT_ENCODER = EncoderSettings("x264", crf=18, preset="medium")
"""Close to transparent, and plays everywhere: the mark should not pay for an encoder's economy before anybody else has touched the file."""

LIVE_LOOKAHEAD_SECONDS = 2.0
"""What an encoder between two pipes may hold back: enough for the defaults of x264 and x265 at usual frame rates."""

_LIVE_THREADS = 4  # of the decoder; each delays the pictures by one
_USUAL_RATE = 25
_IN_PIECES = (
    "what is marked in pieces (--resume, and into segments) has no report and no certificate, and is not registered with --resume; "
    "leave those out, or certify the output afterwards"
)


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
        certificate: what the output survives, None unless asked for.
        resumed_seconds: of the video, that an earlier run had marked; None unless it was to be resumed.
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
    certificate: Certificate | None = None
    resumed_seconds: float | None = None

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
            certificate=None if self.certificate is None else self.certificate.to_json(),
            recipient=self.recipient,
            registry_id=self.registry_id,
            resumed_seconds=self.resumed_seconds,
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
    certification: Certification | None = None,
    resume: bool = False,
    lookahead_seconds: float | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> MarkResult:
    """Mark a video.

    Sound, subtitles, chapters and tags are copied, unless the source is a pipe or an open file, which are read once.

    Args:
        source: what to read: a path (also of a playlist, or a folder of segments), ``-`` or a binary file object.
        target: what to write; a file appears whole or not at all. Where the source is in segments, a path without a suffix is a folder, in
            which they are written again.
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
        certification: have the output certified, which writes the certificate and its page beside it. With a channel to survive, the mark
            becomes stronger in those windows that need it; the source is then read several times. What fails while certifying leaves the
            output, which is whole by then, without a certificate.
        resume: keep what is finished, in pieces of half a minute, in a hidden folder beside the target, and go on with what is there from
            an earlier run with the same arguments. The folder is removed when the target is there.
        lookahead_seconds: how much video the encoder may hold back, 0 or more; None leaves that to the encoder, but from a pipe to a pipe,
            where it is 2 seconds. The mark itself holds another second.
        limits: how much of a source is read.
        progress: told of each frame.

    Raises:
        OutputError: if the target, the report or the certificate exists, the target is the source, or one cannot be created.
        RegistryError: if the copy cannot be registered; then nothing is written.
        InputError: if the settings do not fit the video or the container.
        MediaError: if reading, encoding or writing fails.
    """
    payload = payload or Payload()
    if resume or into_segments(source, target):
        if measure or report is not None or certification is not None or (resume and registration is not None):
            raise InputError(_IN_PIECES)
        asked = Marking(key, payload, strength, quality_db, settings)
        return _mark_in_pieces(
            source, target, asked, registration, resume=resume, container=container, overwrite=overwrite, limits=limits, progress=progress
        )
    if report is not None:
        check_page(report, overwrite=overwrite)
    place = raised = None
    if certification is not None:
        place = _certifiable(target, certification, report, overwrite=overwrite)
        codec = None if settings is None else settings.codec
        check_target(place, codec, container=container, overwrite=overwrite, source=source)
    copy = None if registration is None else PendingCopy(registration, key, source, target, payload)
    marking_key = key if copy is None else copy.key
    if certification is not None:
        raised = _raised(source, Marking(marking_key, payload, strength, quality_db, settings), certification, limits, progress)
    embedder = Embedder(marking_key, payload, strength=strength, quality_db=quality_db, raised=raised)
    again = source if opens_twice(source) else None
    held_seconds = _held_seconds(source, target, lookahead_seconds)
    with open_video(source, threads=0 if held_seconds is None else _LIVE_THREADS, limits=limits) as reader:
        chosen = settings or copy_settings(reader.info)
        if held_seconds is not None:
            chosen = replace(chosen, delay_frames=int(held_seconds * (reader.info.frame_rate or _USUAL_RATE)))
        comparison = Comparison(reader.info) if measure or report is not None else None
        frames = followed(reader, progress)
        if copy is not None:
            survive = None if certification is None else certification.survive
            frames = copy.registered_first(frames, **_said(Marking(marking_key, payload, strength, quality_db, chosen)), survive=survive)
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
        warnings = (*reader.warnings, *written.warnings, *late, *left_behind(reader, again, chosen), *left_in_other_files(source))
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
    if place is None:
        return result
    certificate = certify_file(
        place,
        marking_key,
        certification,
        signed_with=key,
        payload=payload,
        raised=raised,
        psnr_y_db=embedder.report.psnr_y_db,
        limits=limits,
        progress=progress,
    )
    beside, page = places_beside(place)
    write_certificate(beside, certificate)
    write_page(page, certificate)
    return replace(result, certificate=certificate)


def _mark_in_pieces(
    source: Source,
    target: Source,
    asked: Marking,
    registration: Registration | None,
    *,
    resume: bool,
    container: str | None,
    overwrite: bool,
    limits: Limits,
    progress: Progress | None,
) -> MarkResult:
    copy = None if registration is None else PendingCopy(registration, asked.key, source, target, asked.payload)
    marking = asked if copy is None else replace(asked, key=copy.key)

    def register(frames: Iterable[Frame], settings: EncoderSettings) -> Iterator[Frame]:
        return iter(frames) if copy is None else copy.registered_first(frames, **_said(replace(marking, settings=settings)))

    made = assemble(
        source, target, marking, resume=resume, container=container, overwrite=overwrite, watch=register, limits=limits, progress=progress
    )
    trouble = None if copy is None else copy.complete(made.written.duration_seconds)
    return MarkResult(
        output=label(target),
        key_id=asked.key.key_id,
        payload=asked.payload,
        embedding=made.report,
        duration_seconds=made.written.duration_seconds,
        settings=made.settings,
        recipient=copy.entry.recipient if copy else None,
        registry_id=copy.entry.id if copy else None,
        warnings=(*made.warnings, *([trouble] if trouble else [])),
        resumed_seconds=made.resumed_seconds,
    )


def _said(marking: Marking) -> dict[str, Any]:
    """Return what a registry notes of how a copy is marked."""
    said = {} if marking.settings is None else asdict(marking.settings)
    return said | {"strength": marking.strength if marking.quality_db is None else None, "quality_db": marking.quality_db}


def _held_seconds(source: Source, target: Source, asked: float | None) -> float | None:
    """Return how much video the encoder may hold back, None where that is its own business."""
    if asked is not None and asked < 0.0:
        raise InputError(f"a lookahead of {asked:g} s is not possible; give 0 or more")
    return LIVE_LOOKAHEAD_SECONDS if asked is None and is_pipe(source) and is_pipe(target) else asked


def _certifiable(
    target: Source, certification: Certification, report: str | os.PathLike[str] | None, *, overwrite: bool
) -> str | os.PathLike[str]:
    """Check before the work begins that its result can be certified, and return its path."""
    certification.check()
    if not isinstance(target, str | os.PathLike) or is_pipe(target):
        raise InputError(
            "a certificate is about a file, and the output is a pipe or an open file; give a path, or leave the certificate out"
        )
    beside, page = places_beside(target)
    check_place(beside, overwrite=overwrite)
    check_page(page, overwrite=overwrite)
    if report is not None and os.path.realpath(report) == os.path.realpath(page):
        raise OutputError(f"{page} is where the page of the certificate goes; choose another name for the report")
    return target


def _raised(source: Source, marking: Marking, certification: Certification, limits: Limits, progress: Progress | None) -> Raised | None:
    channel = certification.target
    if channel is None:
        return None
    if not opens_twice(source):
        raise InputError("to make a mark as strong as it must be, the source is read several times; give a file, not a pipe")
    floor_db, alpha = certification.floor_db, certification.alpha
    return raise_windows(source, marking, channel, floor_db=floor_db, alpha=alpha, limits=limits, progress=progress)


def _plain_bytes(source: Source, settings: EncoderSettings, limits: Limits, progress: Progress | None) -> int:
    """Return the size of the pictures when they are encoded without a mark."""
    with tempfile.TemporaryDirectory(prefix="indelible-plain-") as folder, open_video(source, limits=limits) as reader:
        frames = followed(reader, progress)
        return write_video(Path(folder) / "plain.mkv", frames, settings, info=reader.info, presentation=reader.presentation).video_bytes
