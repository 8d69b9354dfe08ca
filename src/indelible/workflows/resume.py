"""Going on with marking a long video where another run was killed: the pieces that it finished, in a hidden folder beside the output."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from indelible.drafts import lock, write_whole
from indelible.errors import MediaError, OutputError
from indelible.mark import EmbedReport
from indelible.video import EncoderSettings, Source
from indelible.video.join import PIECE_CONTAINER
from indelible.video.segments import is_segmented, segment_list
from indelible.workflows.pieces import Piece
from indelible.workflows.survive import Marking

__all__ = ["PIECE_SECONDS", "WorkFolder", "plan_of", "work_folder"]

PIECE_SECONDS = 32.0  # four windows: a killed run loses no more than that of its work, and the encoder begins anew no more often

_SCHEMA = "indelible.work/1"
_PLAN = "plan.json"
_HEAD_BYTES = 1 << 20
_LARGEST_NOTE = 1_000_000

Plan = dict[str, Any]


def plan_of(source: str | os.PathLike[str], marking: Marking, settings: EncoderSettings, *, pieces: str) -> Plan:
    """Return what two runs must agree on for one to go on with the pieces of the other. The key is named by its fingerprint only.

    Args:
        source: a file, or segments.
        marking: with what.
        settings: of the encoder.
        pieces: what a piece is.

    Raises:
        MediaError: if the source cannot be read.
    """
    files = segment_list(source).files if is_segmented(source) else (Path(source),)
    payload = marking.payload
    return {
        "schema": _SCHEMA,
        "source": [_identity(file) for file in files],
        "key_id": marking.key.key_id,
        "payload_hex": payload.hex,
        "payload_is_text": payload.is_text,
        "strength": marking.strength if marking.quality_db is None else None,
        "quality_db": marking.quality_db,
        "settings": dataclasses.asdict(settings),
        "pieces": pieces,
    }


@contextmanager
def work_folder(target: str | os.PathLike[str], plan: Plan) -> Iterator[WorkFolder]:
    """Make, or go on with, the folder of an output's pieces; nobody else works in it meanwhile, and it is gone after a block that succeeds.

    Raises:
        OutputError: if another process works in it, it cannot be made, or holds pieces that were made otherwise.
    """
    path = Path(os.path.realpath(target))
    folder = path.with_name(f".{path.name[:100]}.work")
    try:
        folder.mkdir(exist_ok=True)
        descriptor = None if sys.platform == "win32" else os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise OutputError(f"cannot create {folder}: {error.strerror}; its folder must exist and be writable") from error
    try:
        if descriptor is not None and lock(descriptor) is False:
            raise OutputError(f"another process is making {path}; wait for it")
        _agree(folder, plan)
        yield WorkFolder(folder)
        shutil.rmtree(folder)
    finally:
        if descriptor is not None:
            os.close(descriptor)


class WorkFolder:
    """A `PieceStore` on disk: each piece is a file, whole when it has its name, with a note beside it that makes it count.

    Args:
        folder: that exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def finished(self) -> Sequence[Piece]:
        """Return the pieces that are there, from the first on without a gap."""
        pieces: list[Piece] = []
        while (piece := self._noted(len(pieces))) is not None:
            pieces.append(piece)
            if piece.following_pts is None:
                break
        return pieces

    def place(self, index: int) -> Source:
        return self._folder / f"{index:06d}.{PIECE_CONTAINER}"

    def finish(self, piece: Piece) -> None:
        """Write the note of a piece, whose file is on the disk."""
        note = {
            "following_pts": piece.following_pts,
            "report": {name: value if math.isfinite(value) else None for name, value in dataclasses.asdict(piece.report).items()},
            "warnings": list(piece.warnings),
        }
        write_whole(self._note(piece.index), json.dumps(note))

    def _note(self, index: int) -> Path:
        return self._folder / f"{index:06d}.json"

    def _noted(self, index: int) -> Piece | None:
        place = self.place(index)
        if not isinstance(place, Path) or not place.is_file() or not self._note(index).is_file():
            return None
        note = _read(self._note(index))
        try:
            said: dict[str, Any] = {name: math.inf if value is None else value for name, value in note["report"].items()}
            report = EmbedReport(**said)
            return Piece(index, place, report, note["following_pts"], tuple(note["warnings"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise OutputError(f"{self._note(index)} is damaged; remove {self._folder} and start anew") from error


def _agree(folder: Path, plan: Plan) -> None:
    """Check that what is in a folder was made by the same plan, or write the plan down."""
    place = folder / _PLAN
    if not place.exists():
        write_whole(place, json.dumps(plan))
        return
    known = _read(place)
    differing = sorted(name for name in plan.keys() | known.keys() if plan.get(name) != known.get(name))
    if differing:
        raise OutputError(
            f"what was begun in {folder} was made otherwise ({', '.join(differing)}): ask for the same as then, or remove that folder"
        )


def _read(place: Path) -> dict[str, Any]:
    try:
        with place.open("rb") as file:
            said = json.loads(file.read(_LARGEST_NOTE))
    except (OSError, ValueError) as error:
        raise OutputError(f"{place} cannot be read; remove {place.parent} and start anew") from error
    if not isinstance(said, dict):
        raise OutputError(f"{place} is damaged; remove {place.parent} and start anew")
    return said


def _identity(file: Path) -> dict[str, Any]:
    """Return what tells a file from others without reading all of it."""
    try:
        status = file.stat()
        with file.open("rb") as opened:
            head = hashlib.sha256(opened.read(_HEAD_BYTES)).hexdigest()
    except OSError as error:
        raise MediaError(f"cannot open {file}: {error.strerror}; check the name and the rights") from error
    return {"name": file.name, "bytes": status.st_size, "modified_ns": status.st_mtime_ns, "head_sha256": head}
