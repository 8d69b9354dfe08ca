"""Verifying a rendition segment by segment, with evidence that grows: one error for the whole stream, however often one looks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal, cast

from indelible.errors import InputError
from indelible.stats.eprocess import ChangeDetector
from indelible.verify.decision import smallest_alpha
from indelible.video import Limits
from indelible.video.joined import JoinedFiles
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.segments import is_segmented, segment_list
from indelible.workflows.document import Document, document
from indelible.workflows.progress import Progress
from indelible.workflows.verify import DEFAULT_ALPHA, DEFAULT_ENCODES, Verification, checked_seed, verify_file

__all__ = ["DEFAULT_ALARM", "VerifiedSegment", "VerifiedStream"]

DEFAULT_ALARM = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class VerifiedSegment:
    """What was found of one segment, and of the stream with it.

    Args:
        index: from 0.
        name: of the rendition's file.
        start_seconds: in the stream.
        verification: of the segment by itself.
        log10_e: of its e-value.
        log10_e_process: of the evidence against the stream so far.
        alarm: whether that has ever reached the level.
    """

    index: int
    name: str
    start_seconds: float
    verification: Verification
    log10_e: float
    log10_e_process: float
    alarm: bool

    def to_json(self) -> Document:
        """Return the document ``indelible.verified-segment/1``."""
        return document(
            "verified-segment",
            index=self.index,
            name=self.name,
            start_seconds=self.start_seconds,
            log10_e=self.log10_e,
            log10_e_process=self.log10_e_process,
            alarm=self.alarm,
            verification=self.verification.to_json(),
        )


class VerifiedStream:
    """A rendition in segments beside its source in segments: iterate over it, and it answers for what was seen so far.

    Segments are taken by their places in both lists, which must be cut at the same times. Each is verified by itself (see
    `indelible.workflows.verify.verify_file`), and its p-value becomes an e-value of a `ChangeDetector`.

    Args:
        source: path of a playlist or a folder of segments.
        rendition: the same of what is to be verified.
        alpha: of the verdicts on segments.
        alarm: how often an honest stream, however long, may ever raise an alarm.
        encodes: honest encodes of each segment, at least 1 / alpha - 1.
        seed: of the first segment's honest encodes, 0 or more; the next one's is one more. None draws one.
        limits: how much of each file is read.

    Raises:
        InputError: if the settings are not allowed, or one of the two is not in segments.
        MediaError: if one of the two cannot be read.
    """

    def __init__(
        self,
        source: str,
        rendition: str,
        *,
        alpha: float = DEFAULT_ALPHA,
        alarm: float = DEFAULT_ALARM,
        encodes: int = DEFAULT_ENCODES,
        seed: int | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        if not 0.0 < alarm < 1.0:
            raise InputError(f"the alarm level is {alarm:g}; it must lie between 0 and 1")
        self.source, self.file, self.alpha, self.alarm, self.encodes = source, rendition, alpha, alarm, encodes
        self.seed = checked_seed(seed, alpha=alpha, encodes=encodes)
        self._limits = limits
        self._sources, self._renditions = _segments(source), _segments(rendition)
        self.segments: list[VerifiedSegment] = []

    def verify(self, progress: Progress | None = None) -> Iterator[VerifiedSegment]:
        """Verify and yield one segment after the other, to the end of the shorter list.

        Args:
            progress: told of each honest encode done, and of how many for the segment.

        Raises:
            MediaError: if a segment cannot be read.
        """
        detector = ChangeDetector(smallest_p=smallest_alpha(self.encodes))
        start = 0.0
        for index, (before, after) in enumerate(zip(self._sources, self._renditions, strict=False)):
            found = verify_file(
                cast("BinaryIO", before),
                cast("BinaryIO", after),
                alpha=self.alpha,
                encodes=self.encodes,
                seed=self.seed + index,
                limits=self._limits,
                progress=progress,
            )
            own, so_far = detector.add(found.decision.log10_p)
            raised = so_far >= -math.log10(self.alarm) or any(each.alarm for each in self.segments)
            segment = VerifiedSegment(index, after.names[-1], start, found, own, so_far, raised)
            self.segments.append(segment)
            yield segment
            start += found.duration_seconds

    @property
    def missing(self) -> int:
        """How many segments the rendition has less than the source; below 0 if it has more."""
        return len(self._sources) - len(self._renditions)

    @property
    def verdict(self) -> Literal["ALARM", "INCOMPLETE", "SUSPECT", "AUTHENTIC"]:
        """What the segments so far say together: SUSPECT if one of them is not like honest work, as one in 1 / alpha honest ones is."""
        if any(segment.alarm for segment in self.segments):
            return "ALARM"
        if self.missing:
            return "INCOMPLETE"
        usual = ("AUTHENTIC", "SUSPECT")  # p of a suspect segment is in the process already
        return "AUTHENTIC" if all(each.verification.decision.verdict in usual for each in self.segments) else "SUSPECT"

    def to_json(self) -> Document:
        """Return the document ``indelible.verified-stream/1``."""
        return document(
            "verified-stream",
            source=self.source,
            file=self.file,
            verdict=self.verdict,
            segments=len(self.segments),
            missing=self.missing,
            alarm=self.alarm,
            alarm_at=next((segment.index for segment in self.segments if segment.alarm), None),
            largest_log10_e_process=max((segment.log10_e_process for segment in self.segments), default=0.0),
            alpha=self.alpha,
            calibration={"n": self.encodes, "smallest_p": smallest_alpha(self.encodes)},
            evidence={"seed": self.seed},
        )


def _segments(path: str) -> list[JoinedFiles]:
    if not is_segmented(path):
        raise InputError(f"{path} is not in segments; give a playlist of HLS (.m3u8) or a folder, or verify it as a whole")
    listed = segment_list(path)
    header = () if listed.header is None else (listed.header,)
    return [JoinedFiles((*header, file), name=f"{path}: {file.name}") for file in listed.segments]
