"""Marking a video piece by piece: each is marked and encoded by itself, in its place in the whole, and they are joined without encoding."""

from __future__ import annotations

import io
import math
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile
from typing import Protocol

from indelible.errors import MediaError
from indelible.frames import Frame
from indelible.mark import Embedder, EmbedReport
from indelible.mark.clock import STEP_SECONDS, Clock, step_of
from indelible.video import EncoderSettings, Limits, Source, VideoReader, copy_settings, open_video, write_video
from indelible.video.join import PIECE_CONTAINER
from indelible.workflows.progress import Progress
from indelible.workflows.survive import Marking

__all__ = ["Cuts", "InMemory", "Piece", "PieceStore", "PieceWork", "cuts_at", "cuts_every", "pooled"]

Cuts = Callable[[VideoReader], Callable[[Frame], int]]
"""Returns for an open video what says which piece a frame belongs to; pieces follow each other from 0 on."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A finished piece.

    Args:
        index: from 0 on.
        source: where its pictures are, encoded.
        report: what marking did to them.
        following_pts: time of the frame after it, in units of the video's time base; None after the last piece.
        warnings: what was wrong with the video so far, a sentence each.
    """

    index: int
    source: Source
    report: EmbedReport
    following_pts: int | None
    warnings: tuple[str, ...] = ()


class PieceStore(Protocol):
    """Where pieces are kept."""

    def finished(self) -> Sequence[Piece]:
        """Return the pieces that are there from the start on."""

    def place(self, index: int) -> Source:
        """Return where to write a piece."""

    def finish(self, piece: Piece) -> None:
        """Note that a piece is complete."""


class InMemory:
    """Holds no piece for longer than it is read."""

    def finished(self) -> Sequence[Piece]:
        return ()

    def place(self, index: int) -> Source:
        return io.BytesIO()

    def finish(self, piece: Piece) -> None:
        pass


def cuts_every(seconds: float) -> Cuts:
    """Cut after so many whole steps of a second, counted from the first frame."""

    def by_clock(reader: VideoReader) -> Callable[[Frame], int]:
        clock = Clock(float(reader.start_pts * reader.info.time_base))
        return lambda frame: int(step_of(clock.seconds(frame)) * STEP_SECONDS / seconds)

    return by_clock


def cuts_at(starts: Sequence[int]) -> Cuts:
    """Cut where segments begin, of which the times are given in units of the video's time base."""

    def by_start(reader: VideoReader) -> Callable[[Frame], int]:
        current: int | None = None

        def piece_of(frame: Frame) -> int:
            nonlocal current
            # What lies before the first segment's first picture is shown with it.
            piece = max(0, bisect_right(starts, frame.pts or 0) - 1)
            if current is not None and piece > current + 1:
                raise MediaError(f"no picture of segment {current + 2} could be decoded; is it damaged?")
            current = piece
            return piece

        return piece_of

    return by_start


class PieceWork:
    """Marks the pieces of a video that a store does not hold yet.

    Args:
        source: the video, which can be opened again.
        marking: with what.
        cuts: where.
        store: of the pieces.
        watch: is given the frames on their way, and gives them on.
        limits: how much of the source is read.
        progress: told of each frame.
    """

    def __init__(
        self,
        source: Source,
        marking: Marking,
        cuts: Cuts,
        store: PieceStore,
        *,
        watch: Callable[[Iterable[Frame]], Iterator[Frame]] | None = None,
        limits: Limits,
        progress: Progress | None,
    ) -> None:
        self._source = source
        self._marking = marking
        self._cuts = cuts
        self._store = store
        self._watch = watch
        self._limits = limits
        self._progress = progress
        self._reports: list[EmbedReport] = []
        self._warnings: dict[str, None] = {}

    @property
    def report(self) -> EmbedReport:
        """What marking did to the pieces so far."""
        return pooled(self._reports)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was wrong with the video so far, or could not be carried over, a sentence each."""
        return tuple(self._warnings)

    def sources(self) -> Iterator[Source]:
        """Yield all pieces in order, each as soon as it is finished."""
        for piece in self._pieces():
            self._reports.append(piece.report)
            self._warnings |= dict.fromkeys(piece.warnings)
            yield piece.source

    def _pieces(self) -> Iterator[Piece]:
        finished = self._store.finished()
        yield from finished
        begin = finished[-1].following_pts if finished else None
        if begin is not None and (yield from self._made(begin, len(finished), skipping=True)):
            return
        if begin is not None or not finished:
            yield from self._made(begin, len(finished), skipping=False)

    def _made(self, begin: int | None, index: int, *, skipping: bool) -> Generator[Piece, None, bool]:
        """Make the pieces from a frame on; return False, having made none, if the file's index does not lead to it."""
        with open_video(self._source, limits=self._limits) as reader:
            origin = float(reader.start_pts * reader.info.time_base)
            piece_of = self._cuts(reader)
            settings = self._marking.settings or copy_settings(reader.info)
            if skipping and begin is not None and not reader.skip_to(begin):
                return False
            frames = self._followed(reader, origin)
            if begin is not None:
                wanted = begin
                frames = dropwhile(lambda frame: frame.pts is not None and frame.pts < wanted, frames)
            remaining = frames if self._watch is None else self._watch(frames)
            following = next(remaining, None)
            while following is not None:
                stretch = _Stretch(following, remaining, piece_of)
                place = self._store.place(index)
                report, warnings = self._mark(stretch, place, reader, settings, origin)
                following = stretch.following
                piece = Piece(index, place, report, None if following is None else following.pts, warnings)
                self._store.finish(piece)
                yield piece
                index += 1
        return True

    def _mark(
        self, frames: Iterable[Frame], place: Source, reader: VideoReader, settings: EncoderSettings, origin: float
    ) -> tuple[EmbedReport, tuple[str, ...]]:
        """Mark and encode one piece; return what that did, and what is to be said of the video so far."""
        marking = self._marking
        embedder = Embedder(marking.key, marking.payload, strength=marking.strength, quality_db=marking.quality_db)
        written = write_video(
            place,
            embedder.embed(frames, origin_seconds=origin),
            settings,
            info=reader.info,
            presentation=reader.presentation,
            container=PIECE_CONTAINER,
            overwrite=True,
        )
        lost = (f"not carried over: {words}" for words in reader.lost)
        return embedder.report, (*reader.warnings, *written.warnings, *lost)

    def _followed(self, reader: VideoReader, origin: float) -> Iterator[Frame]:
        for frame in reader:
            if self._progress is not None:
                self._progress((frame.pts_seconds or 0.0) - origin, reader.info.duration_seconds)
            yield frame


class _Stretch:
    """The frames of one piece, taken from those of a video; then ``following`` is the one after them."""

    def __init__(self, first: Frame, remaining: Iterator[Frame], piece_of: Callable[[Frame], int]) -> None:
        self.index = piece_of(first)
        self.following: Frame | None = None
        self._first = first
        self._remaining = remaining
        self._piece_of = piece_of

    def __iter__(self) -> Iterator[Frame]:
        yield self._first
        for frame in self._remaining:
            if self._piece_of(frame) != self.index:
                self.following = frame
                return
            yield frame


def pooled(reports: Sequence[EmbedReport]) -> EmbedReport:
    """Return the report of pieces of one size as one."""
    frames = sum(report.frames for report in reports)

    def together(values: Iterable[float]) -> float:
        squares = sum(report.frames * 10.0 ** (-db / 10.0) for report, db in zip(reports, values, strict=True))
        return -10.0 * math.log10(squares / frames) if squares else math.inf

    return EmbedReport(
        frames=frames,
        duration_seconds=math.fsum(report.duration_seconds for report in reports),
        psnr_y_db=together(report.psnr_y_db for report in reports),
        psnr_rgb_db=together(report.psnr_rgb_db for report in reports),
        unmarked_seconds=math.fsum(report.unmarked_seconds for report in reports),
    )
