"""The fingerprint of a video file, and of many."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indelible.errors import MediaError
from indelible.fingerprint import Fingerprint, code_hex
from indelible.fingerprint.index import Origin
from indelible.fingerprint.make import make_fingerprint
from indelible.video import Limits, Source, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.crew import Failure, run_crew
from indelible.workflows.document import Document, document, label
from indelible.workflows.progress import Progress, followed

__all__ = ["FileTask", "FingerprintResult", "fingerprint_file", "fingerprint_files"]


@dataclass(frozen=True, slots=True, eq=False)
class FingerprintResult:
    """The fingerprint of a file.

    Args:
        file: that it was made of.
        fingerprint: of what it shows; None where the file is known already (see `FileTask`).
        origin: by which one sees later whether the file has changed.
        warnings: what was wrong with it, a sentence each.
    """

    file: str
    fingerprint: Fingerprint | None
    origin: Origin = Origin()
    warnings: tuple[str, ...] = ()

    def to_json(self) -> Document:
        """Return the document ``indelible.fingerprint/1``."""
        own = self.fingerprint
        codes = [] if own is None else [
            {
                "start_seconds": float(own.start_seconds[row]),
                "hex": code_hex(own.codes[row]),
                "weight": int(own.weights[row]),
                "view": int(own.views[row]),
                "confirm": own.confirm[row].tobytes().hex(),
            }
            for row in range(len(own))
        ]
        return document(
            "fingerprint",
            file=self.file,
            algorithm=None if own is None else own.algorithm,
            codes=codes,
            duration_seconds=None if own is None else own.duration_seconds,
        )


@dataclass(frozen=True, slots=True)
class FileTask:
    """A file whose fingerprint is wanted.

    Args:
        file: a path.
        known_sha256: nothing is made of a file of such bytes; None takes all.
    """

    file: str
    known_sha256: str | None = None


def fingerprint_file(
    source: Source, *, threads: int = 0, limits: Limits = DEFAULT_LIMITS, progress: Progress | None = None
) -> FingerprintResult:
    """Make the fingerprint of a video.

    Args:
        source: what to read: a path, ``-`` or a binary file object.
        threads: of the decoder; 0 takes all cores.
        limits: how much of a source is read.
        progress: told of each frame.

    Raises:
        MediaError: if the file cannot be read.
    """
    with open_video(source, threads=threads, limits=limits) as reader:
        turns = round(reader.info.rotation_deg / 90) % 4  # as people see it
        fingerprint = make_fingerprint(followed(reader, progress), quarter_turns=turns)
        return FingerprintResult(label(source), fingerprint, warnings=tuple(reader.warnings))


def fingerprint_files(
    tasks: Sequence[FileTask], *, jobs: int = 1, limits: Limits = DEFAULT_LIMITS
) -> Iterator[tuple[FileTask, FingerprintResult | Failure]]:
    """Yield (task, result) of many files as they are finished; a file of which nothing came gives a Failure, and the others go on.

    Args:
        tasks: the files.
        jobs: processes.
        limits: how much of each is read.
    """
    work = functools.partial(_fingerprint_task, threads=0 if jobs == 1 else 1, limits=limits)
    return run_crew(tasks, work, processes=jobs)


def _fingerprint_task(task: FileTask, *, threads: int, limits: Limits) -> FingerprintResult:
    origin = _origin(task.file)
    if task.known_sha256 is not None and origin.sha256 == task.known_sha256:
        return FingerprintResult(task.file, None, origin)
    found = fingerprint_file(task.file, threads=threads, limits=limits)
    return FingerprintResult(task.file, found.fingerprint, origin, found.warnings)


def _origin(file: str) -> Origin:
    try:
        with open(file, "rb") as handle:
            facts = os.fstat(handle.fileno())
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise MediaError(f"cannot open {file}: {error.strerror or error}") from error
    return Origin(facts.st_size, facts.st_mtime_ns, digest)
