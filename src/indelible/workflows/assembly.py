"""Long and segmented videos: marked piece by piece, the pieces kept where another run can go on with them, and joined."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from indelible.drafts import check_free_folder, create_draft_folder
from indelible.errors import InputError
from indelible.frames import Frame
from indelible.mark import EmbedReport
from indelible.video import EncoderSettings, Limits, Source, WriteSummary, copy_settings, probe
from indelible.video.join import PIECE_CODECS, join_video
from indelible.video.playlist import SegmentList
from indelible.video.segmented import check_segments_hold, segment_starts, write_segments
from indelible.video.segments import is_segmented, segment_list
from indelible.video.source import is_pipe, source_name
from indelible.video.target import check_target
from indelible.workflows.pieces import InMemory, PieceStore, PieceWork, cuts_at, cuts_every
from indelible.workflows.progress import Progress
from indelible.workflows.resume import PIECE_SECONDS, plan_of, work_folder
from indelible.workflows.survive import Marking

__all__ = ["Assembled", "assemble", "into_segments", "left_in_other_files"]


@dataclass(frozen=True, slots=True)
class Assembled:
    """What was made of the pieces.

    Args:
        written: the video.
        report: what marking did to its pictures.
        settings: how they were encoded.
        resumed_seconds: of the video, that an earlier run had marked; None where none was asked for.
        warnings: what was wrong with the source or could not be carried over, a sentence each.
    """

    written: WriteSummary
    report: EmbedReport
    settings: EncoderSettings
    resumed_seconds: float | None
    warnings: tuple[str, ...]


def into_segments(source: Source, target: Source) -> bool:
    """Return whether a target is to be a folder of segments: of a source in segments, where its name has no suffix."""
    if not isinstance(source, str | os.PathLike) or not isinstance(target, str | os.PathLike) or is_pipe(target):
        return False
    return is_segmented(source) and Path(target).suffix == ""


def left_in_other_files(source: Source) -> tuple[str, ...]:
    """Say what of a source lies in files that are not read with its pictures, and so does not come into a single file."""
    if not isinstance(source, str | os.PathLike) or not is_segmented(source) or not (others := segment_list(source).others):
        return ()
    return (f"not carried over: sound and text in {len(others)} files of their own; without a suffix OUT is a folder, and has them",)


def assemble(
    source: Source,
    target: Source,
    marking: Marking,
    *,
    resume: bool,
    container: str | None,
    overwrite: bool,
    watch: Callable[[Iterable[Frame], EncoderSettings], Iterator[Frame]] | None,
    limits: Limits,
    progress: Progress | None,
) -> Assembled:
    """Mark a video piece by piece.

    Args:
        source: a path.
        target: a path; of a folder that is not there yet, where there are segments to be written again.
        marking: with what.
        resume: whether finished pieces outlive this process, and those of an earlier one are used.
        container: of a file; None takes it from the suffix.
        overwrite: whether an existing file may be replaced; an existing folder never is.
        watch: is given the frames on their way and how they will be encoded, and gives them on.
        limits: how much of the source is read.
        progress: told of each frame that is marked.

    Raises:
        InputError: if source or target is no path, or the codec is not encoded in pieces.
        OutputError: if the target exists or cannot be created, or what an earlier run left was made otherwise.
        MediaError: if reading, encoding or writing fails.
    """
    if not isinstance(source, str | os.PathLike) or not isinstance(target, str | os.PathLike) or is_pipe(source) or is_pipe(target):
        raise InputError("a run can be resumed only from a file to a file; pipes and open files are gone when a process is")
    settings = marking.settings or copy_settings(probe(source, limits=limits))
    if settings.codec not in PIECE_CODECS:
        raise InputError(f"{settings.codec} is not encoded in pieces; choose codec {', '.join(PIECE_CODECS)}, or leave --resume out")
    marking = replace(marking, settings=settings)
    segments = segment_list(source) if into_segments(source, target) else None
    if segments is None:
        check_target(target, settings.codec, container=container, overwrite=overwrite, source=source)
        cuts = cuts_every(PIECE_SECONDS)
    else:
        check_free_folder(Path(os.path.realpath(target)))
        check_segments_hold(segments, settings.codec)
        cuts = cuts_at(segment_starts(segments, name=source_name(source), limits=limits))
    with ExitStack() as stack:
        store: PieceStore = InMemory()
        if resume:
            store = stack.enter_context(work_folder(target, plan_of(source, marking, settings, pieces=_unit(segments))))
        resumed = sum(piece.report.duration_seconds for piece in store.finished())
        watching = None if watch is None else lambda frames: watch(frames, settings)
        work = PieceWork(source, marking, cuts, store, watch=watching, limits=limits, progress=progress)
        if segments is None:
            written = join_video(
                target, work.sources(), settings.codec, copy_from=source, container=container, overwrite=overwrite, limits=limits
            )
        else:
            folder = stack.enter_context(create_draft_folder(Path(os.path.realpath(target))))
            written = write_segments(folder, segments, work.sources(), copy_from=source, limits=limits)
    left = () if segments is not None else left_in_other_files(source)
    warnings = tuple(dict.fromkeys((*work.warnings, *written.warnings, *left)))
    return Assembled(written, work.report, settings, resumed if resume else None, warnings)


def _unit(segments: SegmentList | None) -> str:
    """Return, for a plan, what a piece is."""
    return f"{PIECE_SECONDS:g} s" if segments is None else "segment"
