"""A catalogue: the fingerprints of many videos in one store, filled, emptied and looked at."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from indelible.errors import InputError
from indelible.fingerprint import Fingerprint
from indelible.fingerprint.code import ALGORITHM, KEY_FRAMES
from indelible.fingerprint.index import NewVideo, Origin, Store, StoreInfo, open_store
from indelible.video import Limits
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.batch import FileResult, FileTask, fingerprint_files
from indelible.workflows.crew import Failure
from indelible.workflows.document import Document, document
from indelible.workflows.fingerprint import fingerprint_file
from indelible.workflows.progress import Progress

__all__ = ["IndexedFile", "Place", "add_files", "info_document", "removal_document", "remove_videos", "store_info"]

Place = str | os.PathLike[str]
"""Where a store is: a file, or ``postgresql://...``."""

Status = Literal["added", "replaced", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """What came of a file that was to be stored.

    Args:
        file: as given.
        id: what it is stored as.
        status: ``unchanged`` where the same file is stored already; ``failed`` where it cannot be read.
        codes: in its fingerprint; 0 unless it was added or replaced.
        usable: of these, those that can be matched: all others show nothing.
        duration_seconds: of the video; None unless it was added or replaced.
        error: why it failed.
        exit_code: 0, or that of the failure.
        warnings: what was wrong with the file, a sentence each.
    """

    file: str
    id: str
    status: Status
    codes: int = 0
    usable: int = 0
    duration_seconds: float | None = None
    error: str | None = None
    exit_code: int = 0
    warnings: tuple[str, ...] = ()

    def to_json(self) -> Document:
        """Return the document ``indelible.indexed/1``."""
        return document(
            "indexed",
            file=self.file,
            id=self.id,
            status=self.status,
            codes=self.codes,
            usable=self.usable,
            duration_seconds=self.duration_seconds,
            error=self.error,
        )


def add_files(
    place: Place,
    files: Sequence[str],
    *,
    video_id: str | None = None,
    key_frames: bool = False,
    jobs: int = 1,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Iterator[IndexedFile]:
    """Store the fingerprints of files, and yield what came of each as soon as it is on the disk.

    A file that is stored already and has not changed is left as it is, so whoever was interrupted just begins again. It has not changed if
    size and time are the same, or else size and SHA-256.

    Args:
        place: the store, which is made if it is not there.
        files: paths. One alone may be ``-``, a pipe, if there is an id.
        video_id: what it is called in the store, of one file alone; the path as given without.
        key_frames: decode key frames alone; a store holds either fingerprints of these or of all frames.
        jobs: processes that read files.
        limits: how much of each is read.
        progress: told how many files are done, and of how many.

    Raises:
        InputError: if an id is missing or not allowed, or the store holds the other kind; StoreError if the store cannot be used.
    """
    if len(files) != 1 and (video_id is not None or "-" in files):
        raise InputError("an id, or a pipe (-), goes with one file alone; give one, or leave the ids to be the paths")
    if "-" in files and video_id is None:
        raise InputError("a pipe has no name; give its id (--id)")
    with open_store(place, write=True) as store:
        _check_kind(store, key_frames=key_frames)
        if "-" in files:
            made = fingerprint_file("-", key_frames=key_frames, limits=limits)
            yield _store(store, "-", str(video_id), made.fingerprint, Origin(), made.warnings)
            return
        names = {file: _name(file, video_id) for file in files}
        due = {file: _task(store, file, name) for file, name in names.items()}
        for file in (file for file, task in due.items() if task is None):
            yield IndexedFile(file, names[file], "unchanged")
        tasks = [task for task in due.values() if task is not None]
        for done, (task, answer) in enumerate(fingerprint_files(tasks, key_frames=key_frames, jobs=jobs, limits=limits), start=1):
            if progress is not None:
                progress(done, len(tasks))
            yield _indexed(store, task.file, names[task.file], answer)


def remove_videos(place: Place, ids: Sequence[str]) -> dict[str, bool]:
    """Remove videos from a store, and return for each id whether it was there.

    Raises:
        StoreError: if the store is missing or cannot be used.
    """
    with open_store(place) as store:
        gone = set(store.remove(ids))
    return {each: each in gone for each in ids}


def removal_document(video_id: str, removed: bool) -> Document:
    """Return the document ``indelible.removal/1``."""
    return document("removal", id=video_id, removed=removed)


def store_info(place: Place) -> StoreInfo:
    """Return what a store holds.

    Raises:
        StoreError: if the store is missing or cannot be used.
    """
    with open_store(place) as store:
        return store.info()


def info_document(info: StoreInfo) -> Document:
    """Return the document ``indelible.store/1``."""
    return document(
        "store",
        kind=info.kind,
        store=info.place,
        algorithm=info.algorithm,
        videos=info.videos,
        codes=info.codes,
        size_bytes=info.size_bytes,
    )


def _check_kind(store: Store, *, key_frames: bool) -> None:
    """Raise before anything is decoded if the store holds fingerprints of the other kind."""
    info = store.info()
    if key_frames and info.algorithm == ALGORITHM:
        raise InputError(f"{info.place} holds fingerprints of all frames; leave out --key-frames, or give another store")
    if not key_frames and info.algorithm == KEY_FRAMES:
        raise InputError(f"{info.place} holds fingerprints of key frames; add --key-frames, or give another store")


def _name(file: str, video_id: str | None) -> str:
    """Return what a file is stored as. A path that is no text (Linux allows any bytes) becomes one that is."""
    return os.fsencode(file).decode("utf-8", "backslashreplace") if video_id is None else video_id


def _task(store: Store, file: str, name: str) -> FileTask | None:
    """Return what is to be done for a file, None where nothing is."""
    stored = store.find(name)
    if stored is None:
        return FileTask(file)
    try:
        facts = os.stat(file)
    except OSError:
        return FileTask(file)  # which will say what is wrong
    if facts.st_size != stored.origin.size_bytes:
        return FileTask(file)
    return None if facts.st_mtime_ns == stored.origin.modified_ns else FileTask(file, stored.origin)


def _indexed(store: Store, file: str, name: str, answer: FileResult | Failure) -> IndexedFile:
    if isinstance(answer, Failure):
        return IndexedFile(file, name, "failed", error=answer.message, exit_code=answer.exit_code)
    if answer.result is None:
        return IndexedFile(file, name, "unchanged")
    return _store(store, file, name, answer.result.fingerprint, answer.origin, answer.result.warnings)


def _store(store: Store, file: str, name: str, own: Fingerprint, origin: Origin, warnings: tuple[str, ...]) -> IndexedFile:
    status: Status = "added" if store.find(name) is None else "replaced"
    store.add([NewVideo(name, own, origin)])
    usable = int((own.weights > 0).sum())
    return IndexedFile(file, name, status, len(own), usable, own.duration_seconds, warnings=warnings)
