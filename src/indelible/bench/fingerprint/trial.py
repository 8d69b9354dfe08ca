"""One clip of the benchmark of fingerprints: its own fingerprint, and the codes of each edited copy.

Codes are kept in files, one for each copy, because they take minutes to make and are searched in seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.bench.fingerprint.edits import Edit
from indelible.bench.fingerprint.hashes import HASHES
from indelible.channel import Clip, parse_channel
from indelible.fingerprint import Fingerprint
from indelible.fingerprint.make import make_fingerprint
from indelible.fingerprint.query import Query, Track, guesses, make_query, with_mirrors
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip

#: What decides the codes; how they are compared is not among them.
MEASURED_SOURCES = (
    *("channel", "video", "frames.py"),
    *(f"bench/fingerprint/{name}.py" for name in ("compilation", "edits", "hashes", "trial")),
    *(f"fingerprint/{name}.py" for name in ("bars", "code", "features_v0", "insets", "make", "moments", "picture", "query", "slots")),
    "fingerprint/transform.py",
)

OFFSET_SECONDS = 0.25
MAX_SECONDS = 10.0

Arrays = Mapping[str, NDArray[Any]]

_HASH = "hash of "  # before the names of hashes, in files


@dataclass(frozen=True, slots=True)
class CopyTask:
    """A clip, the copies of it that are still to be made, and where their codes go."""

    clip: CorpusClip
    edits: tuple[Edit, ...]
    seed: int
    folder: Path

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
        offset_bits: how many bits each code changes if the video begins `OFFSET_SECONDS` later.
        hashes: of other kinds, by their names.
    """

    fingerprint: Fingerprint
    offset_bits: NDArray[np.int64]
    hashes: Arrays


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """What is known of an edited copy: what is asked for, and its hashes of other kinds, by their names."""

    query: Query
    hashes: Arrays


def make_codes(task: CopyTask) -> int:
    """Make what is due, each into its file, and return how many copies that were; one that cannot be made leaves an empty file."""
    task.folder.mkdir(parents=True, exist_ok=True)
    clip = load_clip(task.clip.path, max_seconds=MAX_SECONDS)
    if not task.original_file.exists():
        write_arrays(task.original_file, _original_arrays(clip))
    due = task.due
    for edit in due:
        copy = edit.apply(clip, seed=task.seed)
        write_arrays(task.copy_file(edit), {} if copy is None else copy_arrays(copy))
    return len(due)


def copy_arrays(copy: Clip) -> Arrays:
    """Return what `read_copy` reads, of the frames of an edited copy."""
    info = copy.info
    query = make_query(copy.frames, effort="full", aspect=float(info.width * info.sample_aspect_ratio / info.height), mirrors=False)
    codes: Arrays = {
        "start_seconds": query.tracks[0].start_seconds,
        "codes": np.stack([track.codes for track in query.tracks]),
        "weights": np.stack([track.weights for track in query.tracks]),
        "confirm": np.stack([track.confirm for track in query.tracks]),
        "duration_seconds": np.array(query.duration_seconds),
    }
    return {**codes, **_hashes(copy)}


def read_original(file: Path) -> Original:
    """Return what is kept of a clip."""
    with np.load(file) as kept:
        names = ("start_seconds", "codes", "weights", "views", "confirm")
        fingerprint = Fingerprint(**{name: kept[name] for name in names}, duration_seconds=float(kept["duration_seconds"]))
        return Original(fingerprint, kept["offset_bits"], _kept_hashes(kept))


def read_copy(file: Path) -> Copy | None:
    """Return what is kept of a copy; None if the edit meant nothing for the clip."""
    with np.load(file) as kept:
        if not kept.files:
            return None
        arrays = (kept["codes"], kept["weights"], kept["confirm"])
        tracks = [Track(guess, kept["start_seconds"], *each) for guess, *each in zip(guesses("full"), *arrays, strict=True)]
        return Copy(Query(with_mirrors(tracks), float(kept["duration_seconds"])), _kept_hashes(kept))


def _original_arrays(clip: Clip) -> Arrays:
    made = make_fingerprint(clip.frames)
    late = parse_channel(f"trim={OFFSET_SECONDS}:{MAX_SECONDS + 1}")
    later = make_fingerprint(late.apply(clip).frames) if clip.info.duration_seconds is None or clip.info.duration_seconds > 1 else made
    count = min(len(made), len(later))
    seen = (made.weights[:count] > 0) & (later.weights[:count] > 0)
    codes: Arrays = {
        "start_seconds": made.start_seconds,
        "codes": made.codes,
        "weights": made.weights,
        "views": made.views,
        "confirm": made.confirm,
        "duration_seconds": np.array(made.duration_seconds),
        "offset_bits": np.bitwise_count(made.codes[:count] ^ later.codes[:count]).sum(axis=1, dtype=np.int64)[seen],
    }
    return {**codes, **_hashes(clip)}


def _hashes(clip: Clip) -> Arrays:
    return {_HASH + kind.name: kind.of(clip.frames) for kind in HASHES}


def _kept_hashes(kept: Arrays) -> Arrays:
    return {name.removeprefix(_HASH): kept[name] for name in kept if name.startswith(_HASH)}


def write_arrays(file: Path, arrays: Arrays) -> None:
    """Write arrays; the file appears whole or not at all."""
    part = file.with_suffix(".part")
    with part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # its stub takes the names for the option allow_pickle
    part.replace(file)
