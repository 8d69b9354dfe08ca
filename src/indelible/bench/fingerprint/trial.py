"""One clip of the benchmark of fingerprints: its own fingerprint, and the codes of each edited copy.

Codes are kept in files, one for each copy, because they take minutes to make and are searched in seconds.
"""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.bench.fingerprint.edits import Edit, small
from indelible.bench.fingerprint.hashes import HISTORICAL, Arrays
from indelible.bench.fingerprint.peers import hashes_of_others
from indelible.bench.worker import Worker, WorkerEnvironment, started
from indelible.channel import Clip, parse_channel
from indelible.fingerprint import Fingerprint
from indelible.fingerprint.code import ALGORITHM, KEY_FRAMES
from indelible.fingerprint.make import make_fingerprint, make_key_frame_fingerprint
from indelible.fingerprint.query import Effort, Query, Track, guesses, make_query, with_mirrors
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip
from indelible.video import open_video
from indelible.workflows.fingerprint import KEY_FRAMES_SECONDS

#: What decides the codes; how they are compared is not among them.
MEASURED_SOURCES = (
    *("channel", "video", "frames.py"),
    *(f"bench/fingerprint/{name}.py" for name in ("compilation", "edits", "hashes", "peers", "trial")),
    *(f"fingerprint/{name}.py" for name in ("bars", "code", "features_v0", "insets", "make", "moments", "picture", "query", "slots")),
    "fingerprint/transform.py",
)

OFFSET_SECONDS = 0.25
MAX_SECONDS = 10.0

EFFORTS: dict[str, Effort] = {ALGORITHM: "full", KEY_FRAMES: "fast"}
"""How much is guessed of a copy. Of key frames every quarter of a second is asked for, and each guess costs four times as much."""

_OF_TRACKS = ("codes", "weights", "confirm")
_OF_FINGERPRINTS = ("start_seconds", "codes", "weights", "views", "confirm")
_HASH = "hash of "  # before the names of hashes, in files


@dataclass(frozen=True, slots=True)
class CopyTask:
    """A clip, the copies of it that are still to be made, and where their codes go; ``peers``, where hashes of others are made too."""

    clip: CorpusClip
    edits: tuple[Edit, ...]
    seed: int
    folder: Path
    peers: WorkerEnvironment | None = None

    @property
    def original_file(self) -> Path:
        """Where the codes of the clip itself are kept."""
        return self.folder / f"{self.clip.sha256[:16]}-original.npz"

    def copy_file(self, edit: Edit) -> Path:
        """Where the codes of an edited copy are kept."""
        return self.folder / f"{self.clip.sha256[:16]}-{hashlib.sha256(edit.name.encode()).hexdigest()[:12]}.npz"

    @property
    def due(self) -> tuple[Edit, ...]:
        """The edits of which nothing is kept yet."""
        return tuple(edit for edit in self.edits if not self.copy_file(edit).exists())


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """What is known of a clip itself.

    Args:
        fingerprint: of it.
        key_frames: the fingerprint of its key frames.
        offset_bits: how many bits each code changes if the video begins `OFFSET_SECONDS` later.
        hashes: what is kept of it for hashes of other kinds.
    """

    fingerprint: Fingerprint
    key_frames: Fingerprint
    offset_bits: NDArray[np.int64]
    hashes: Arrays


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """What is known of an edited copy: what is asked for, of key frames too, and what is kept of it for hashes of other kinds."""

    query: Query
    key_query: Query
    hashes: Arrays


def make_codes(task: CopyTask) -> int:
    """Make what is due, each into its file, and return how many copies that were; one that cannot be made leaves an empty file."""
    task.folder.mkdir(parents=True, exist_ok=True)
    clip = load_clip(task.clip.path, max_seconds=MAX_SECONDS)
    due = task.due
    with nullcontext() if task.peers is None else started(task.peers) as peers:
        if not task.original_file.exists():
            write_arrays(task.original_file, _original_arrays(clip, task.clip.path, peers))
        clip = small(clip) if due else clip
        for edit in due:
            copy = edit.apply(clip, seed=task.seed)
            write_arrays(task.copy_file(edit), {} if copy is None else copy_arrays(copy, peers))
    return len(due)


def copy_arrays(copy: Clip, peers: Worker | None = None) -> Arrays:
    """Return what `read_copy` reads, of the frames of an edited copy."""
    info = copy.info
    aspect = float(info.width * info.sample_aspect_ratio / info.height)
    kept: dict[str, NDArray[Any]] = {}
    for algorithm, effort in EFFORTS.items():
        query = make_query(copy.frames, effort=effort, aspect=aspect, mirrors=False, algorithm=algorithm)
        kept["duration_seconds"] = np.array(query.duration_seconds)
        kept[f"{algorithm} start_seconds"] = query.tracks[0].start_seconds
        for name in _OF_TRACKS:
            kept[f"{algorithm} {name}"] = np.stack([getattr(track, name) for track in query.tracks])
    return {**kept, **_hashes(copy, peers)}


def read_original(file: Path) -> Original:
    """Return what is kept of a clip."""
    with np.load(file) as kept:
        made = {
            algorithm: Fingerprint(
                **{name: kept[f"{algorithm} {name}"] for name in _OF_FINGERPRINTS},
                duration_seconds=float(kept["duration_seconds"]),
                algorithm=algorithm,
            )
            for algorithm in EFFORTS
        }
        return Original(made[ALGORITHM], made[KEY_FRAMES], kept["offset_bits"], _kept_hashes(kept))


def read_copy(file: Path) -> Copy | None:
    """Return what is kept of a copy; None if the edit meant nothing for the clip."""
    with np.load(file) as kept:
        if not kept.files:
            return None
        return Copy(_kept_query(kept, ALGORITHM), _kept_query(kept, KEY_FRAMES), _kept_hashes(kept))


def _kept_query(kept: Arrays, algorithm: str) -> Query:
    arrays = [kept[f"{algorithm} {name}"] for name in _OF_TRACKS]
    starts = kept[f"{algorithm} start_seconds"]
    tracks = [Track(guess, starts, *each) for guess, *each in zip(guesses(EFFORTS[algorithm]), *arrays, strict=True)]
    return Query(with_mirrors(tracks), float(kept["duration_seconds"]), algorithm)


def _original_arrays(clip: Clip, path: Path, peers: Worker | None) -> Arrays:
    made = make_fingerprint(clip.frames)
    key_frames = _key_frames(path)
    late = parse_channel(f"trim={OFFSET_SECONDS}:{MAX_SECONDS + 1}")
    later = make_fingerprint(late.apply(clip).frames) if clip.info.duration_seconds is None or clip.info.duration_seconds > 1 else made
    count = min(len(made), len(later))
    seen = (made.weights[:count] > 0) & (later.weights[:count] > 0)
    kept: dict[str, NDArray[Any]] = {
        f"{each.algorithm} {name}": getattr(each, name) for each in (made, key_frames) for name in _OF_FINGERPRINTS
    }
    kept["duration_seconds"] = np.array(made.duration_seconds)
    kept["offset_bits"] = np.bitwise_count(made.codes[:count] ^ later.codes[:count]).sum(axis=1, dtype=np.int64)[seen]
    return {**kept, **_hashes(small(clip), peers)}


def _key_frames(path: Path) -> Fingerprint:
    """Return the fingerprint of the key frames of the part of a video that is measured."""
    with open_video(path, threads=1, key_frames_seconds=KEY_FRAMES_SECONDS) as reader:
        first = float(reader.start_pts * reader.info.time_base)
        return make_key_frame_fingerprint(takewhile(lambda frame: (frame.pts_seconds or 0.0) - first < MAX_SECONDS, reader))


def _hashes(clip: Clip, peers: Worker | None) -> Arrays:
    others = {} if peers is None else hashes_of_others(peers, clip)
    return {_HASH + name: array for name, array in (*HISTORICAL.of(clip.frames).items(), *others.items())}


def _kept_hashes(kept: Arrays) -> Arrays:
    return {name.removeprefix(_HASH): kept[name] for name in kept if name.startswith(_HASH)}


def write_arrays(file: Path, arrays: Arrays) -> None:
    """Write arrays; the file appears whole or not at all."""
    part = file.with_suffix(".part")
    with part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # its stub takes the names for the option allow_pickle
    part.replace(file)
