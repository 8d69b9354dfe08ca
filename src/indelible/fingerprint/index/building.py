"""How a multi-index is made, and kept in a file: derived from a store, made anew when it is too old, never the only place of anything.

The file: 4096 bytes of JSON, padded with spaces, then the arrays of `MultiIndex` as they are in memory, little-endian, each at a multiple
of 64 bytes. It appears whole or not at all, and is mapped, so that several processes share it.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from indelible.drafts import create_draft
from indelible.errors import OutputError, StoreError
from indelible.fingerprint.code import WORDS, Codes
from indelible.fingerprint.index.chunks import Chunking
from indelible.fingerprint.index.multi_index import MultiIndex

FORMAT = "indelible.index/1"
_HEADER_BYTES, _ALIGNMENT = 4096, 64
_MOST_CODES = 2**32 - 1


@dataclass(frozen=True, slots=True)
class State:
    """What state of a store something was made of.

    Args:
        generation: how many times the store had been changed.
        stamp: random digits that this change got: they tell it from the change of the same number in another copy of the store.
        last_video: highest number of a video.
    """

    generation: int
    stamp: str
    last_video: int


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Codes with evidence of some videos; the arrays are those of `MultiIndex`."""

    codes: Codes
    rows: NDArray[np.uint32]
    videos: NDArray[np.int64]
    firsts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)


def gather(fingerprints: Iterable[tuple[int, Codes, NDArray[np.uint8]]], *, count: int) -> Gathered:
    """Return what is searched of (number, codes, weights) of videos, in increasing order of their numbers.

    Args:
        fingerprints: of the videos.
        count: at most so many rows are in all of them.

    Raises:
        StoreError: if there are more codes than one index can hold.
    """
    if count > _MOST_CODES:
        raise StoreError(f"{count} codes are more than one index can hold ({_MOST_CODES}); use a PostgreSQL store")
    codes, rows = np.empty((count, WORDS), np.uint64), np.empty(count, np.uint32)
    videos, firsts, total = [], [0], 0
    for number, own, weights in fingerprints:
        with_evidence = np.flatnonzero(weights)
        end = total + len(with_evidence)
        if end > count or len(own) != len(weights):
            raise StoreError(f"the store is damaged: video {number} has not the codes that it should; restore it from a backup")
        codes[total:end], rows[total:end] = own[with_evidence], with_evidence
        videos.append(number)
        firsts.append(end)
        total = end
    return Gathered(codes[:total], rows[:total], np.array(videos, np.int64), np.array(firsts, np.int64))


def chunking_for(count: int) -> Chunking:
    """Return the chunking for so many codes: chunks about as wide as it takes to number them."""
    return Chunking(16)


def build(gathered: Gathered) -> MultiIndex:
    """Return the index of these codes."""
    chunking = chunking_for(len(gathered))
    values = chunking.values(gathered.codes)
    postings = np.empty((chunking.count, len(gathered)), np.uint32)
    offsets = []
    for chunk, width in enumerate(chunking.widths):
        own = values[:, chunk].astype(np.uint16 if width <= 16 else np.uint32)  # short ones are sorted by radix
        postings[chunk] = np.argsort(own, kind="stable")
        offsets.append(np.concatenate(([0], np.cumsum(np.bincount(own, minlength=1 << width)))).astype(np.uint32))
    return MultiIndex(gathered.codes, gathered.rows, gathered.videos, gathered.firsts, chunking, np.concatenate(offsets), postings)


def write_index(path: Path, index: MultiIndex, state: State) -> bool:
    """Write an index beside its store; return False where that is not possible, as in a folder that one may only read."""
    arrays = _arrays(index)
    header = {
        "format": FORMAT,
        "generation": state.generation,
        "stamp": state.stamp,
        "last_video": state.last_video,
        "chunks": index.chunking.count,
        "arrays": {name: list(array.shape) for name, array in arrays.items()},
    }
    try:
        with create_draft(path) as draft:
            with open(draft.file, "wb") as file:
                file.write(json.dumps(header).encode().ljust(_HEADER_BYTES))
                for array in arrays.values():
                    _write(file, array)
            draft.flush()
            draft.publish()
    except (OSError, OutputError):
        return False
    return True


def read_index(path: Path) -> tuple[MultiIndex, State] | None:
    """Return an index that `write_index` wrote, and of what; None where there is none, or none that can be used."""
    try:
        with open(path, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header = json.loads(mapped[:_HEADER_BYTES])
        if header["format"] != FORMAT:
            return None
        chunking = Chunking(header["chunks"])
        arrays: dict[str, NDArray[Any]] = {}
        place = _HEADER_BYTES
        for name, dtype in _DTYPES.items():
            shape = header["arrays"][name]
            size = int(np.prod(shape))
            arrays[name] = np.frombuffer(mapped, dtype, count=size, offset=place).reshape(shape)
            place += -(-arrays[name].nbytes // _ALIGNMENT) * _ALIGNMENT
        state = State(int(header["generation"]), str(header["stamp"]), int(header["last_video"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return MultiIndex(chunking=chunking, **arrays), state


_DTYPES = {
    "codes": np.dtype("<u8"),
    "rows": np.dtype("<u4"),
    "videos": np.dtype("<i8"),
    "firsts": np.dtype("<i8"),
    "offsets": np.dtype("<u4"),
    "postings": np.dtype("<u4"),
}


def _arrays(index: MultiIndex) -> dict[str, NDArray[Any]]:
    return {name: np.ascontiguousarray(getattr(index, name), dtype) for name, dtype in _DTYPES.items()}


def _write(file: BinaryIO, array: NDArray[Any]) -> None:
    file.write(memoryview(array).cast("B") if array.size else b"")
    file.write(b"\0" * (-array.nbytes % _ALIGNMENT))
