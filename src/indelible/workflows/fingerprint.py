"""Fingerprints of video files: what is kept of them, and what is asked when they are looked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from indelible.fingerprint import Fingerprint, code_hex
from indelible.fingerprint.code import ALGORITHM
from indelible.fingerprint.make import make_fingerprint, make_key_frame_fingerprint
from indelible.fingerprint.query import Effort, Query, make_query
from indelible.frames import VideoInfo
from indelible.video import Limits, Source, VideoReader, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.document import Document, document, label
from indelible.workflows.progress import Progress, followed

__all__ = ["FingerprintResult", "fingerprint_file", "query_file"]

KEY_FRAMES_SECONDS = 1.0  # apart at least, as moments are
_FEW_SECONDS = 10.0  # from one key frame to the next; wider apart, they say little of a video


@dataclass(frozen=True, slots=True)
class FingerprintResult:
    """The fingerprint of one file.

    Args:
        file: of which.
        fingerprint: its codes, moment by moment.
        warnings: what was wrong with the file, a sentence each.
    """

    file: str
    fingerprint: Fingerprint
    warnings: tuple[str, ...] = ()

    def to_json(self) -> Document:
        """Return the document ``indelible.fingerprint/1``."""
        found = self.fingerprint
        rows = zip(found.start_seconds.tolist(), found.views.tolist(), found.codes, found.weights.tolist(), found.confirm, strict=True)
        return document(
            "fingerprint",
            file=self.file,
            algorithm=found.algorithm,
            codes=[
                {"start_seconds": start, "view": view, "hex": code_hex(code), "weight": weight, "confirm": confirm.tobytes().hex()}
                for start, view, code, weight, confirm in rows
            ],
            duration_seconds=found.duration_seconds,
        )


def fingerprint_file(
    source: Source,
    *,
    key_frames: bool = False,
    threads: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> FingerprintResult:
    """Return the fingerprint of a video.

    Args:
        source: what to read: a path, ``-`` or a binary file object.
        key_frames: decode key frames alone, which costs little and finds less; such fingerprints have an algorithm of their own.
        threads: of the decoder; 0 takes all cores.
        limits: how much of it is read.
        progress: told of each frame.

    Raises:
        MediaError: if the file cannot be read.
    """
    with open_video(source, threads=threads, key_frames_seconds=KEY_FRAMES_SECONDS if key_frames else None, limits=limits) as reader:
        turns = _quarter_turns(reader.info)
        if key_frames:
            return _of_key_frames(label(source), reader, turns, progress)
        made = make_fingerprint(followed(reader, progress), quarter_turns=turns)
        return FingerprintResult(label(source), made, tuple(reader.warnings))


def _of_key_frames(name: str, reader: VideoReader, quarter_turns: int, progress: Progress | None) -> FingerprintResult:
    start = float(reader.start_pts * reader.info.time_base)
    made = make_key_frame_fingerprint(followed(reader, progress), quarter_turns=quarter_turns)
    end = reader.packets_end_seconds
    seconds = made.duration_seconds if end is None else max(made.duration_seconds, end - start)
    warnings = [*reader.warnings]
    count = len(np.unique(made.start_seconds))
    if seconds > _FEW_SECONDS * max(1, count):
        warnings.append(f"it has {count} key frames in {seconds:.0f} s; what lies between them is not known (all frames tell more)")
    return FingerprintResult(name, replace(made, duration_seconds=seconds), tuple(warnings))


def query_file(
    source: Source,
    *,
    effort: Effort = "full",
    algorithm: str = ALGORITHM,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Query:
    """Return the codes of a video under every guess of how it was edited, to look for it with `indelible.fingerprint.match.search`.

    Args:
        source: what to read: a path, ``-`` or a binary file object.
        effort: how much is guessed; "full" also tries turns, stacks and pictures in pictures.
        algorithm: of the fingerprints among which it will be looked for.
        limits: how much of it is read.
        progress: told of each frame.

    Raises:
        MediaError: if the file cannot be read.
    """
    with open_video(source, limits=limits) as reader:
        turns = _quarter_turns(reader.info)
        aspect = _shown_aspect(reader.info, turns)
        return make_query(followed(reader, progress), effort=effort, quarter_turns=turns, aspect=aspect, algorithm=algorithm)


def _quarter_turns(info: VideoInfo) -> int:
    return round(info.rotation_deg / 90) % 4


def _shown_aspect(info: VideoInfo, quarter_turns: int) -> float:
    aspect = float(info.width * info.sample_aspect_ratio / info.height)
    return 1.0 / aspect if quarter_turns % 2 else aspect
