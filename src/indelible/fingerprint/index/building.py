"""How a multi-index is made, and kept in a file: derived from a store, made anew when it is too old, never the only place of anything.

The file: 4096 bytes of JSON, padded with spaces, then the arrays of `MultiIndex` as they are in memory, little-endian, each at a multiple
of 64 bytes. It appears whole or not at all, and is mapped, so that several processes share it.
"""

from __future__ import annotations

import json
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from indelible.drafts import create_draft
from indelible.errors import OutputError
from indelible.fingerprint.index.chunks import Chunking
from indelible.fingerprint.index.gathered import Gathered
from indelible.fingerprint.index.multi_index import MultiIndex, expected_cost

FORMAT = "indelible.index/1"
USUAL_RADIUS = 40
"""Bits for which the index is made. Others are searched as exactly, not as fast."""

_HEADER_BYTES, _ALIGNMENT = 4096, 64
_CHUNKS = range(11, 17)
_TABLE_BYTES = 64  # of the tables of values, for each code
_FEW = 1 << 16  # codes, for which 16 chunks of 16 bits are affordable


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


def chunking_for(count: int) -> Chunking:
    """Return the chunking that makes searches in so many codes cheapest, without needing much more space than they do."""
    possible = [Chunking(chunks) for chunks in _CHUNKS]
    affordable = [chunking for chunking in possible if 4 * (1 << chunking.widths).sum() <= _TABLE_BYTES * max(count, _FEW)]
    return min(affordable, key=lambda chunking: expected_cost(chunking, count, USUAL_RADIUS))


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
    return MultiIndex(gathered, chunking, np.concatenate(offsets), postings)


def write_index(path: Path, index: MultiIndex, state: State) -> bool:
    """Write an index; return False where that is not possible, as in a folder that one may only read."""
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
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with create_draft(path) as draft:
            with open(draft.file, "wb") as file:
                os.chmod(draft.file, 0o600)  # as the store itself
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
    own = Gathered(arrays["codes"], arrays["rows"], arrays["videos"], arrays["firsts"])
    return MultiIndex(own, chunking, arrays["offsets"], arrays["postings"]), state


_DTYPES: dict[str, np.dtype[Any]] = {
    "codes": np.dtype("<u8"),
    "rows": np.dtype("<u4"),
    "videos": np.dtype("<i8"),
    "firsts": np.dtype("<i8"),
    "offsets": np.dtype("<u4"),
    "postings": np.dtype("<u4"),
}


def _arrays(index: MultiIndex) -> dict[str, NDArray[Any]]:
    own = index.gathered
    arrays = (own.codes, own.rows, own.videos, own.firsts, index.offsets, index.postings)
    return {name: np.ascontiguousarray(array, dtype) for (name, dtype), array in zip(_DTYPES.items(), arrays, strict=True)}


def _write(file: BinaryIO, array: NDArray[Any]) -> None:
    array.tofile(file)
    file.write(b"\0" * (-array.nbytes % _ALIGNMENT))
