"""The fingerprints of many files, in several processes; a file that cannot be read stops none of the others."""

from __future__ import annotations

import functools
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from indelible.fingerprint.index import Origin
from indelible.video import Limits
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.crew import Failure, run_crew
from indelible.workflows.fingerprint import FingerprintResult, fingerprint_file

__all__ = ["FileResult", "FileTask", "fingerprint_files"]


@dataclass(frozen=True, slots=True)
class FileTask:
    """A file whose fingerprint is wanted.

    Args:
        file: a path.
        known: nothing is made of a file whose bytes are those of this origin; None takes all.
    """

    file: str
    known: Origin | None = None


@dataclass(frozen=True, slots=True)
class FileResult:
    """What came of a file.

    Args:
        result: its fingerprint; None where it is known already.
        origin: by which one sees later whether the file has changed.
    """

    result: FingerprintResult | None
    origin: Origin = field(default_factory=Origin)


def fingerprint_files(
    tasks: Sequence[FileTask], *, key_frames: bool = False, jobs: int = 1, limits: Limits = DEFAULT_LIMITS
) -> Iterator[tuple[FileTask, FileResult | Failure]]:
    """Yield (task, result) of many files as they are finished; a Failure for one of which nothing came.

    Args:
        tasks: the files.
        key_frames: as `fingerprint_file`.
        jobs: processes.
        limits: how much of each is read.
    """
    work = functools.partial(_do, key_frames=key_frames, threads=0 if jobs == 1 else 1, limits=limits)
    return run_crew(tasks, work, processes=jobs)


def _do(task: FileTask, *, key_frames: bool, threads: int, limits: Limits) -> FileResult:
    origin = _origin(task.file)
    if task.known is not None and task.known.sha256 is not None and task.known.sha256 == origin.sha256:
        return FileResult(None, origin)
    return FileResult(fingerprint_file(task.file, key_frames=key_frames, threads=threads, limits=limits), origin)


def _origin(file: str) -> Origin:
    """Return what is known of a file, nothing of one that cannot be read: whoever opens it as a video will say why."""
    try:
        if not stat.S_ISREG(os.stat(file).st_mode):
            return Origin()
        with open(file, "rb") as handle:
            facts = os.fstat(handle.fileno())
            return Origin(facts.st_size, facts.st_mtime_ns, hashlib.file_digest(handle, "sha256").hexdigest())
    except OSError:
        return Origin()
