"""Learning how one's own honest renditions differ from their sources."""

from __future__ import annotations

import json
import os
from pathlib import Path

from indelible.drafts import write_whole
from indelible.errors import InputError
from indelible.verify.calibration import Calibrated, Calibration
from indelible.verify.descriptor import look_at
from indelible.verify.families import measure
from indelible.video import Limits, open_video
from indelible.video.containers import VIDEO_SUFFIXES
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.original import Original
from indelible.workflows.page import check_free
from indelible.workflows.progress import Progress

__all__ = ["calibrate_folder", "read_calibration", "write_calibration"]

_SOURCE = "source"
_DIGITS = 6


def calibrate_folder(folder: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS, progress: Progress | None = None) -> Calibration:
    """Measure the honest renditions of a folder.

    Each folder in it holds one source, a video called ``source`` (with any suffix of a video), and honest renditions of it, all other
    videos there. Folders should be independent of each other: two segments of one film are one source.

    Args:
        folder: see above.
        limits: how much of each file is read.
        progress: told of each source done, and of how many.

    Raises:
        InputError: if there is nothing to learn from, or a folder has no source or no rendition.
        MediaError: if a file cannot be read.
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"{place} is not a folder; give one that holds a folder for each source")
    sources = [_files(each) for each in sorted(place.iterdir()) if each.is_dir() and not each.name.startswith(".")]
    if not sources:
        raise InputError(f"{place} holds no folder; each source needs one of its own, with a video called {_SOURCE} and its renditions")
    found: list[Calibrated] = []
    for done, (source, renditions) in enumerate(sources, start=1):
        original = Original(os.fspath(source), limits)
        for file in renditions:
            found.append(_measured(original, file, limits))
        if progress is not None:
            progress(done, len(sources))
    return Calibration(tuple(found))


def write_calibration(path: str | os.PathLike[str], calibration: Calibration, *, overwrite: bool = False) -> None:
    """Write a calibration; the file appears whole or not at all.

    Raises:
        OutputError: if it exists or cannot be written.
    """
    check_free(Path(path), overwrite=overwrite)
    write_whole(path, json.dumps(calibration.to_json(), allow_nan=False) + "\n")


def read_calibration(path: str | os.PathLike[str]) -> Calibration:
    """Read a calibration.

    Raises:
        InputError: if it cannot be read or is none.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}; give a file that `indelible calibrate` wrote") from error
    if not isinstance(document, dict):
        raise InputError(f"{path} is no calibration; give a file that `indelible calibrate` wrote")
    return Calibration.from_json(document)


def _files(folder: Path) -> tuple[Path, list[Path]]:
    videos = sorted(file for file in folder.iterdir() if file.is_file() and file.suffix.lower() in VIDEO_SUFFIXES)
    sources = [file for file in videos if file.stem == _SOURCE]
    renditions = [file for file in videos if file.stem != _SOURCE]
    if len(sources) != 1 or not renditions:
        raise InputError(
            f"{folder} holds {len(sources)} videos called {_SOURCE} and {len(renditions)} others; it needs one source and a rendition of it"
        )
    return sources[0], renditions


def _measured(original: Original, file: Path, limits: Limits) -> Calibrated:
    with open_video(os.fspath(file), limits=limits) as reader:
        look = look_at(reader, reader.info, wide=original.wide)
        lines = min(reader.info.width, reader.info.height)
    values = measure(original.look, look).values
    return Calibrated(file.parent.name, file.name, lines, tuple(round(float(value), _DIGITS) for value in values))
