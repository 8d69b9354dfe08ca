"""Publishing twins: of each clip two marked versions, one in the open, one sealed, with a commitment to which is which."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from indelible.audit.twins import TwinEvidence, TwinKeys, judge_twins
from indelible.drafts import create_draft_folder, write_whole
from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.video import Limits
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.certificate import sha256_of
from indelible.workflows.document import Document, document
from indelible.workflows.files import video_files
from indelible.workflows.progress import Progress
from indelible.workflows.training_mark import TrainingMark, TrainingMarkResult, mark_training_file

__all__ = ["RECORD", "TwinRecord", "publish_twins", "read_twins", "twin_evidence"]

RECORD = "twins.json"
_SCHEMA = "indelible.audit-twins/1"
_LARGEST_BYTES = 50_000_000
_UNEQUAL_DB = 0.5


@dataclass(frozen=True, slots=True)
class TwinRecord:
    """What was published when, to be kept as secret as the sealed twins until it is needed.

    Args:
        key_id: whose coins decided.
        commitment: SHA-256 over the names and hashes of all twins; publish it with the footage.
        clips: of each the names of its two files below the record's folder, and their SHA-256; in order of publication.
        warnings: a sentence each.
    """

    key_id: str
    commitment: str
    clips: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...] = ()

    def to_json(self) -> Document:
        """Return the document ``indelible.audit-twins/1``."""
        return document("audit-twins", key_id=self.key_id, commitment=self.commitment, clips=list(self.clips))


def publish_twins(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    mark: TrainingMark,
    *,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> TwinRecord:
    """Write twins of a video, or of all videos below a folder, into a new folder: ``published``, ``sealed`` and the record.

    Both are marked by the same means with keys of their own, to the same quality and with the same encoder; only the coin, a function of
    the key and the clip's bytes, says which is published.

    Raises:
        OutputError: if the folder exists and is not empty, or cannot be created.
        InputError: if two files are the same clip, whose coins would be one.
        MediaError: if a file cannot be read.
    """
    files = video_files([os.fspath(source)])
    root = Path(source) if os.path.isdir(source) else Path(source).parent
    hashes = {file: sha256_of(file) for file in files}
    if len(set(hashes.values())) < len(files):
        twice = next(file for file in files if list(hashes.values()).count(hashes[file]) > 1)
        raise InputError(f"{twice} is there twice under different names; each clip can be published as a twin only once, leave one out")
    clips: list[dict[str, Any]] = []
    warnings: list[str] = []
    with create_draft_folder(Path(os.path.realpath(target))) as folder:
        for file in files:
            keys = TwinKeys.of(mark.key, bytes.fromhex(hashes[file]))
            name = Path(file).relative_to(root)
            made: dict[str, TrainingMarkResult] = {}
            for role, key in (("published", keys.published), ("sealed", keys.sealed)):
                place = folder / role / name
                place.parent.mkdir(parents=True, exist_ok=True)
                made[role] = mark_training_file(file, place, replace(mark, key=key), limits=limits, progress=progress)
            warnings += [f"{name}: {sentence}" for sentence in made["published"].warnings]
            if abs(made["published"].embedding.psnr_y_db - made["sealed"].embedding.psnr_y_db) > _UNEQUAL_DB:
                warnings.append(
                    f"{name}: its twins differ by more than {_UNEQUAL_DB:g} dB; leave it out of a test if quality could tell them apart"
                )
            clips.append(
                {"clip": hashes[file], "published_key_id": keys.published.key_id}
                | {role: f"{role}/{name.as_posix()}" for role in made}
                | {f"{role}_sha256": result.sha256 for role, result in made.items()}
            )
        record = TwinRecord(mark.key.key_id, _commitment(clips), tuple(clips), tuple(warnings))
        write_whole(folder / RECORD, json.dumps(record.to_json(), indent=2) + "\n")
    return record


def read_twins(path: str | os.PathLike[str], key: SecretKey) -> TwinRecord:
    """Read a record of twins, and check that its coins are those of the key.

    Raises:
        InputError: if it is none, was changed, or is of another key.
    """
    try:
        raw = Path(path).read_bytes()[: _LARGEST_BYTES + 1]
        said = json.loads(raw) if len(raw) <= _LARGEST_BYTES else None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"cannot read the record of twins {path}: {error}") from error
    if not isinstance(said, dict) or said.get("schema") != _SCHEMA:
        raise InputError(f"{path} is no record of twins; give the {RECORD} that indelible audit twins wrote")
    clips = said.get("clips")
    names = {"clip", "published_key_id", "published", "sealed", "published_sha256", "sealed_sha256"}
    if not isinstance(clips, list) or not all(isinstance(each, dict) and set(each) == names for each in clips) or not clips:
        raise InputError(f"{path} names no clips as a record of twins does")
    if said.get("key_id") != key.key_id or not all(_is_coin(each, key) for each in clips):
        raise InputError(f"{path} is not a record of key {key.key_id}, whose coins decided what was published")
    if said.get("commitment") != _commitment(clips):
        raise InputError(f"{path} was changed: its clips are not those of its commitment")
    return TwinRecord(key.key_id, str(said["commitment"]), tuple(clips))


def twin_evidence(record: TwinRecord, scores: Mapping[str, float], *, lower: bool = False) -> TwinEvidence:
    """Judge the scores of twins, by their names in the record; clips of which both are missing are left out.

    Args:
        record: the twins.
        scores: by file name as in the record.
        lower: whether lower scores (losses) mean "more like what I was trained on".

    Raises:
        InputError: if a clip has one score only, a name is unknown, or none has any.
    """
    pairs = [(each["published"], each["sealed"]) for each in record.clips]
    if unknown := set(scores) - {name for pair in pairs for name in pair}:
        raise InputError(
            f"{sorted(unknown)[0]!r} has a score but is none of the twins; name files as the record does, published/... or sealed/..."
        )
    scored = [pair for pair in pairs if pair[0] in scores or pair[1] in scores]
    if alone := next((pair for pair in scored if pair[0] not in scores or pair[1] not in scores), None):
        raise InputError(f"of {alone[0]} and {alone[1]} only one has a score; a pair needs both, or none")
    return judge_twins(
        [(scores[sealed] - scores[published]) if lower else (scores[published] - scores[sealed]) for published, sealed in scored]
    )


def _is_coin(clip: Mapping[str, Any], key: SecretKey) -> bool:
    """Return whether the key's coin is the one that a clip's record names."""
    try:
        return bool(TwinKeys.of(key, bytes.fromhex(clip["clip"])).published.key_id == clip["published_key_id"])
    except (TypeError, ValueError):
        return False


def _commitment(clips: list[dict[str, Any]]) -> str:
    """Return the SHA-256 of the clips in canonical JSON. The sealed twins' hashes are in it, which nobody can guess."""
    return hashlib.sha256(json.dumps(clips, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
