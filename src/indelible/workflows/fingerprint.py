"""Fingerprints of video files: what is kept of them, and what is asked when they are looked for."""

from __future__ import annotations

from dataclasses import dataclass

from indelible.fingerprint import Fingerprint, code_hex
from indelible.fingerprint.make import make_fingerprint
from indelible.fingerprint.query import Effort, Query, make_query
from indelible.frames import VideoInfo
from indelible.video import Limits, Source, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.document import Document, document, label
from indelible.workflows.progress import Progress, followed

__all__ = ["FingerprintResult", "fingerprint_file", "query_file"]


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
    source: Source, *, threads: int = 0, limits: Limits = DEFAULT_LIMITS, progress: Progress | None = None
) -> FingerprintResult:
    """Return the fingerprint of a video.

    Args:
        source: what to read: a path, ``-`` or a binary file object.
        threads: of the decoder; 0 takes all cores.
        limits: how much of it is read.
        progress: told of each frame.

    Raises:
        MediaError: if the file cannot be read.
    """
    with open_video(source, threads=threads, limits=limits) as reader:
        made = make_fingerprint(followed(reader, progress), quarter_turns=_quarter_turns(reader.info))
        return FingerprintResult(label(source), made, tuple(reader.warnings))


def query_file(source: Source, *, effort: Effort = "full", limits: Limits = DEFAULT_LIMITS, progress: Progress | None = None) -> Query:
    """Return the codes of a video under every guess of how it was edited, to look for it with `indelible.fingerprint.match.search`.

    Args:
        source: what to read: a path, ``-`` or a binary file object.
        effort: how much is guessed; "full" also tries turns, stacks and pictures in pictures.
        limits: how much of it is read.
        progress: told of each frame.

    Raises:
        MediaError: if the file cannot be read.
    """
    with open_video(source, limits=limits) as reader:
        turns = _quarter_turns(reader.info)
        return make_query(followed(reader, progress), effort=effort, quarter_turns=turns, aspect=_shown_aspect(reader.info, turns))


def _quarter_turns(info: VideoInfo) -> int:
    return round(info.rotation_deg / 90) % 4


def _shown_aspect(info: VideoInfo, quarter_turns: int) -> float:
    aspect = float(info.width * info.sample_aspect_ratio / info.height)
    return 1.0 / aspect if quarter_turns % 2 else aspect
