"""Marked copies and their recipients: registering them while they are marked, and looking for them."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from indelible.errors import InputError, OutputError, RegistryError
from indelible.frames import Frame
from indelible.keys import NONCE_BYTES, SecretKey
from indelible.mark import Detection, Detector, KnownMark, Lineup, Payload
from indelible.mark.clock import step_of
from indelible.mark.detect import ALPHA
from indelible.registry import Entry, Registry
from indelible.registry.likeness import SAME, Likeness, Points, likeness, read_likeness
from indelible.video import Limits, Source, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.segments import is_segmented
from indelible.video.source import is_pipe
from indelible.workflows.certificate import sha256_of
from indelible.workflows.document import Document, document, label

__all__ = ["FoundCopy", "PendingCopy", "RegisteredCopies", "Registration", "copy_document", "list_copies", "show_copy"]


@dataclass(frozen=True, slots=True)
class Registration:
    """Who gets a copy, and where that is written down.

    Args:
        registry: the registry file; made if it is missing.
        recipient: any text that names who gets the copy.

    Raises:
        InputError: if the recipient is empty.
    """

    registry: str | os.PathLike[str]
    recipient: str

    def __post_init__(self) -> None:
        if not self.recipient.strip():
            raise InputError("the recipient is empty; say who gets the copy")


class PendingCopy:
    """A copy on its way into a registry.

    A copy that nobody can trace must never exist, not even after a crash or a power cut. So the entry, with the nonce, is on the disk
    before the first picture is taken, and thus before a file, or a byte in a pipe, appears; and it is never taken back. What a run that
    failed leaves is an entry ``pending``, which is looked for like the others: it costs one hypothesis, and is right whether or not the
    copy exists.
    """

    def __init__(self, registration: Registration, key: SecretKey, source: Source, target: Source, payload: Payload) -> None:
        for place, name in ((source, "input"), (target, "output")):
            if isinstance(place, str | os.PathLike) and _same_file(place, registration.registry):
                raise OutputError(f"the registry {os.fspath(registration.registry)} is also the {name}; give another file")
        Registry.open(registration.registry, write=True).close()  # what is wrong with it is better known before the work than after
        nonce = secrets.token_bytes(NONCE_BYTES)
        self.key = key.subkey(nonce)
        self._registry, self._source, self._target = registration.registry, source, target
        self._likeness = Likeness()
        self.entry = Entry(
            key_id=key.key_id,
            nonce=nonce,
            subkey_id=self.key.key_id,
            recipient=registration.recipient,
            marked_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            payload_hex=payload.hex,
            payload_is_text=payload.is_text,
            source_name=label(source),
            output_name=label(target),
        )

    def registered_first(self, frames: Iterable[Frame], **settings: Any) -> Iterator[Frame]:
        """Yield the frames, the first one when the copy is registered, with the settings that are not None.

        Raises:
            RegistryError: if that fails; then no frame has been taken.
        """
        settings = {name: value for name, value in settings.items() if value is not None}
        entry = replace(self.entry, source_sha256=_sha256(self._source), settings=settings)
        with Registry.open(self._registry, write=True) as registry:
            self.entry = registry.add(entry)
        yield from self._likeness.watch(frames)

    def complete(self, duration_seconds: float) -> str | None:
        """Note that the copy is complete; return what was wrong with that, since the copy is there and traceable anyway."""
        try:
            output_sha256 = _sha256(self._target)
            with Registry.open(self._registry, write=True) as registry:
                registry.keep_likeness(self.entry, self._likeness.to_bytes())
                self.entry = registry.complete(self.entry, duration_seconds=duration_seconds, output_sha256=output_sha256)
        except (RegistryError, OSError) as error:
            return f"copy {self.entry.id} stays 'pending' in the registry, though it is complete: {error}"
        return None


@dataclass(frozen=True, slots=True, eq=False)
class RegisteredCopies:
    """The copies that a registry holds of some keys, ready to be looked for in any number of videos.

    Args:
        registry: the file.
        entries: the copies.
        lineup: their marks, in the same order; None if there is no copy.
    """

    registry: str
    entries: tuple[Entry, ...]
    lineup: Lineup | None

    @classmethod
    def load(cls, registry: str | os.PathLike[str], keys: Sequence[SecretKey]) -> RegisteredCopies:
        """Read the copies of some keys from a registry file.

        Raises:
            RegistryError: if it cannot be read, or a copy's nonce is not the one that it was marked with.
        """
        by_id = {key.key_id: key for key in keys}
        with Registry.open(registry) as file:
            entries = tuple(entry for key_id in by_id for entry in file.entries(key_id=key_id))
        marks = [KnownMark(by_id[entry.key_id].subkey(entry.nonce), entry.payload, entry.duration_seconds) for entry in entries]
        for entry, mark in zip(entries, marks, strict=True):
            if entry.subkey_id != mark.key.key_id:  # silence would be worse: the copy could not be found
                raise RegistryError(
                    f"the registry {os.fspath(registry)} is damaged: nonce and subkey_id of copy {entry.id} do not belong together; "
                    "restore it from a backup"
                )
        return cls(os.fspath(registry), entries, Lineup(marks) if marks else None)

    def found(self, place: int, detection: Detection, seen: Mapping[int, Points] | None) -> FoundCopy:
        """Return a copy that a line-up has shown, held against what the video shows.

        Args:
            place: in the line-up.
            detection: the evidence.
            seen: what the video shows in each window, as it lies in the original; None if that is not to be compared.

        Raises:
            RegistryError: if the registry cannot be read any more.
        """
        entry = self.entries[place]
        if seen is None or not detection.marked:
            return FoundCopy(entry, detection)
        with Registry.open(self.registry) as file:
            kept = file.likeness(entry)
        if kept is None:
            return FoundCopy(entry, detection)
        # Where the mark lies is what counts: other footage may have been cut in between.
        evidence: defaultdict[int, float] = defaultdict(float)
        for part in detection.segments:
            for window in detection.geometry.windows([step_of(part.start_seconds)]):
                evidence[window] -= part.log10_p
        return FoundCopy(entry, detection, likeness(seen, read_likeness(kept), evidence))

    def copy_in(
        self, source: str | os.PathLike[str], key: SecretKey, *, alpha: float = ALPHA, limits: Limits = DEFAULT_LIMITS
    ) -> tuple[Entry, KnownMark] | None:
        """Return which copy a file is, or else which copy's mark is most evident in it, and that mark; None if there is none.

        Args:
            source: the file.
            key: that the copies were made with.
            alpha: largest p-value that counts as marked.
            limits: how much of a source is read.

        Raises:
            InputError: if alpha is not between 0 and 1.
            MediaError: if the file cannot be read.
        """
        if self.lineup is None:
            return None
        known = list(zip(self.entries, self.lineup.marks, strict=True))
        digest = _sha256(source)
        if digest is not None:
            for entry, mark in known:
                if entry.output_sha256 == digest:
                    return entry, mark
        detector = Detector([key], lineup=self.lineup, alpha=alpha)
        with open_video(source, limits=limits) as reader:
            for frame in reader:
                detector.add(frame)
        place, best = detector.lineup_results()[0]
        return known[place] if best.marked else None

    def warnings(self, keys: Sequence[SecretKey]) -> Iterator[str]:
        """Yield what a person should know about looking for some keys with this registry."""
        known = {entry.key_id for entry in self.entries}
        for key in keys:
            if key.key_id not in known:
                yield f"the registry {self.registry} has no copy marked with key {key.key_id}"


@dataclass(frozen=True, slots=True)
class FoundCopy:
    """A registered copy that was found in a video.

    Args:
        entry: what the registry says of it.
        detection: the evidence; its ``key_id`` is the subkey's.
        likeness: how like the video is to what was marked, -1 to 1; None where that is not known.
    """

    entry: Entry
    detection: Detection
    likeness: float | None = None

    @property
    def same_content(self) -> bool | None:
        """Whether the video shows what was marked: if not, the mark was copied into it. None where that is not known."""
        return None if self.likeness is None else self.likeness >= SAME

    def to_json(self) -> Document:
        """Return what the document ``indelible.detection/1`` says of it."""
        payload = self.detection.payload
        return {
            "registry_id": self.entry.id,
            "recipient": self.entry.recipient,
            "log10_p": self.detection.log10_p,
            "payload_hex": payload.hex if payload else None,
            "marked_at": self.entry.marked_at,
            "source_name": self.entry.source_name,
            "output_name": self.entry.output_name,
            "status": self.entry.status,
            "likeness": self.likeness,
            "same_content": self.same_content,
        }


def list_copies(registry: str | os.PathLike[str]) -> tuple[Entry, ...]:
    """Return all copies of a registry, in the order in which they were registered.

    Raises:
        RegistryError: if it cannot be read.
    """
    with Registry.open(registry) as file:
        return file.entries()


def show_copy(registry: str | os.PathLike[str], number: int) -> Entry:
    """Return one copy of a registry.

    Raises:
        RegistryError: if it cannot be read, or has no copy of that number.
    """
    with Registry.open(registry) as file:
        return file.entry(number)


def copy_document(entry: Entry) -> Document:
    """Return the document ``indelible.copy/1``."""
    return document(
        "copy",
        registry_id=entry.id,
        status=entry.status,
        recipient=entry.recipient,
        marked_at=entry.marked_at,
        key_id=entry.key_id,
        nonce=entry.nonce.hex(),
        subkey_id=entry.subkey_id,
        payload_hex=entry.payload_hex,
        payload_text=entry.payload.text,
        source_name=entry.source_name,
        source_sha256=entry.source_sha256,
        output_name=entry.output_name,
        output_sha256=entry.output_sha256,
        duration_seconds=entry.duration_seconds,
        settings=dict(entry.settings),
    )


def _same_file(place: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    return os.fspath(place) != "-" and Path(os.path.realpath(place)) == Path(os.path.realpath(other))


def _sha256(source: Source) -> str | None:
    """Return the digest of a file or of bytes in memory, None for what can be read only once, or is many files."""
    if isinstance(source, io.BytesIO):
        return hashlib.sha256(source.getbuffer()).hexdigest()
    if not isinstance(source, str | os.PathLike) or is_pipe(source) or is_segmented(source):
        return None
    return sha256_of(source)
