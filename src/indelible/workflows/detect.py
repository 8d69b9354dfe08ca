"""Looking for marks in a video file: one decode for any number of keys."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.mark import Detection, Detector, Geometry, Search
from indelible.mark.detect import ALPHA
from indelible.mark.informed import Scanner
from indelible.mark.sync import Footage
from indelible.registry.likeness import Likeness, Points, laid_likeness
from indelible.video import Limits, Source, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.copies import FoundCopy, RegisteredCopies
from indelible.workflows.document import Document, document, label
from indelible.workflows.follow import Follow, look_interim, stops
from indelible.workflows.page import check_page
from indelible.workflows.progress import Progress, followed
from indelible.workflows.reference import Reference, check_readable_twice

__all__ = ["DEFAULT_ALPHA", "DetectResult", "Reference", "RegisteredCopies", "detect_file", "write_report"]

DEFAULT_ALPHA = ALPHA


@dataclass(frozen=True, slots=True)
class DetectResult:
    """What one key found in one file. "No" is a result too.

    Args:
        file: where it was looked for.
        detection: verdict, evidence and payload, of the key's own mark or, if that is more evident, of a registered copy's.
        alpha: largest p-value that counts as marked.
        copies: the registered copies that were found, the most evident first; more than one where several were mixed.
        warnings: what was wrong with the file, a sentence each.
    """

    file: str
    detection: Detection
    alpha: float
    copies: tuple[FoundCopy, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who got the copies that were found, each once."""
        return tuple(dict.fromkeys(copy.entry.recipient for copy in self.copies))

    @property
    def marked(self) -> bool:
        """Whether the file carries a mark of the key."""
        return self.detection.marked

    def to_json(self) -> Document:
        """Return the document ``indelible.detection/1``."""
        found = self.detection
        payload = found.payload
        return document(
            "detection",
            file=self.file,
            key_id=found.key_id,
            marked=found.marked,
            log10_p=found.log10_p,
            p_value=min(1.0, math.pow(10.0, found.log10_p)),
            searched=found.searched,
            payload_hex=payload.hex if payload else None,
            payload_text=payload.text if payload else None,
            payload_bits=payload.bits if payload else 0,
            symbol_error_rate=found.symbol_error_rate,
            log10_correction=found.log10_correction,
            geometry=_geometry(found.geometry),
            segments=[asdict(part) for part in found.segments],
            frames_used=found.frames_used,
            duration_seconds=found.duration_seconds,
            recipient=self.copies[0].entry.recipient if self.copies else None,
            registry_id=self.copies[0].entry.id if self.copies else None,
            copies=[copy.to_json() for copy in self.copies],
        )


def detect_file(
    source: Source,
    keys: Sequence[SecretKey],
    *,
    copies: RegisteredCopies | None = None,
    reference: Reference | None = None,
    alpha: float = DEFAULT_ALPHA,
    every: int = 1,
    search: Search = "none",
    follow: Follow | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    search_progress: Progress | None = None,
) -> tuple[DetectResult, ...]:
    """Look for marks of some keys in a video.

    Args:
        source: what to read: a path (also of a playlist, or a folder of segments), ``-`` or a binary file object.
        keys: whose marks to look for; all of them count in the p-values.
        copies: registered copies of the same keys to look for besides, see `RegisteredCopies.load`. One half of the error is then
            theirs, the other the keys'; their number is counted in the p-values.
        reference: the unmarked original, to register the video against and to take away. One half of each key's error is then that
            reading's. Both videos are read twice.
        alpha: largest p-value that counts as marked.
        every: look at one frame in so many, 1 or more; from 2 on, frames that no other needs are not even decoded, unless there is a
            reference.
        search: whether to look for the marks, the registered copies' too, also in changed pictures and at other times, "fast" or "full".
        follow: told after each window (8 seconds) what was found so far, for videos that go on and on. These looks have an error alpha of
            their own, all together, and leave the results as they are.
        limits: how much of a source is read.
        progress: told of each frame.
        search_progress: told how much of the work of a full search is done, and how much there is at most, for one key after the other,
            and then for the registered copies.

    Returns:
        one result for each key, in their order.

    Raises:
        InputError: if there is no key, alpha is not between 0 and 1, ``every`` is less than 1, or there is a reference and the source is
            a pipe, or to be followed.
        MediaError: if the file cannot be read.
    """
    lineup = copies.lineup if copies else None
    detector = Detector(keys, lineup=lineup, alpha=alpha, every=every, search=search, informed=reference is not None)
    scanner = None
    if reference is not None:
        if follow is not None:
            raise InputError("with the original at hand a video is read twice, and cannot be followed; leave one of them out")
        check_readable_twice(source)
        scanner = Scanner()
    seen = Likeness()
    look, looked_seconds = 0, 0.0
    with open_video(source, only_referenced=every > 1 and reference is None, limits=limits) as reader:
        frames = followed(reader, progress)
        watched = frames if copies is None else seen.watch(frames)
        for frame in watched if follow is None else stops(watched):
            if frame is not None:
                detector.add(frame)
                if scanner is not None:
                    scanner.add(frame)
            elif follow is not None:
                look += 1
                so_far = [DetectResult(label(source), detection, alpha) for detection in detector.results(going_on=True)]
                both = _with_registered(so_far, copies, detector.lineup_results(going_on=True), _Shown(seen, detector.footage))
                follow([look_interim(now.file, look, now.detection, now.copies, alpha=alpha, since_seconds=looked_seconds) for now in both])
                looked_seconds = so_far[0].detection.duration_seconds
        warnings = tuple(reader.warnings)
    reading = None
    if reference is not None and scanner is not None:
        reading, more = reference.read(source, scanner.scan(), limits=limits)
        warnings += more
    results = [
        DetectResult(label(source), detection, alpha, warnings=warnings)
        for detection in detector.results(reading, progress=search_progress)
    ]
    # What was laid onto the original has been compared with it already.
    shown = _Shown(seen, detector.footage) if reading is None else None
    return _with_registered(results, copies, detector.lineup_results(reading, progress=search_progress), shown)


def write_report(path: str | os.PathLike[str], results: Sequence[DetectResult], *, overwrite: bool = False) -> None:
    """Write a page of HTML with verdict, evidence and timeline of each result.

    Raises:
        OutputError: if the page exists or cannot be written.
    """
    from indelible.report.detect import write_detect_report

    check_page(path, overwrite=overwrite)
    write_detect_report(path, results)


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """What a video shows, as it is and as it lies in the original."""

    as_it_is: Likeness
    footage: Footage

    def under(self, geometry: Geometry) -> Mapping[int, Points]:
        """Return its windows under a geometry."""
        return self.as_it_is.windows if geometry == Geometry() else laid_likeness(self.footage, geometry)


def _with_registered(
    results: Sequence[DetectResult], copies: RegisteredCopies | None, found: Sequence[tuple[int, Detection]], shown: _Shown | None
) -> tuple[DetectResult, ...]:
    """Return the results of all keys with the registered copies that a detector has found in what is shown, if that is to be compared."""
    known: list[FoundCopy] = []
    if copies is not None and found:
        seen = None if shown is None else shown.under(found[0][1].geometry)  # they all have the same
        known = [copies.found(place, detection, seen) for place, detection in found]
    return tuple(_with_copies(result, known) for result in results)


def _with_copies(result: DetectResult, known: Sequence[FoundCopy]) -> DetectResult:
    """Return the result of a key with what was found of its registered copies."""
    key_id = result.detection.key_id
    own = [copy for copy in known if copy.entry.key_id == key_id]
    best = min([result.detection, *(copy.detection for copy in own)], key=lambda detection: detection.log10_p)
    found = tuple(copy for copy in own if copy.detection.marked)
    return replace(result, detection=replace(best, key_id=key_id), copies=found)


def _geometry(found: Geometry) -> Document:
    """Return where in the original a video lies: which part of its picture it shows, and which of its seconds it starts with."""
    pose, content, timing = found.pose, found.content, found.timing
    return {
        "scale_x": pose.scale_x,
        "scale_y": pose.scale_y,
        "offset_x": pose.centre_x - pose.scale_x / 2,
        "offset_y": pose.centre_y - pose.scale_y / 2,
        "rotation_deg": pose.rotation_deg,
        "flipped": pose.mirrored,
        "speed": timing.speed,
        "start_seconds": timing.original_seconds(0.0),
        "content": {"left": content.left, "top": content.top, "right": content.right, "bottom": content.bottom},
    }
