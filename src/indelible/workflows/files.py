"""Which files a command means: names, folders of videos, lists of names, and one part of many."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from indelible.errors import InputError
from indelible.video.containers import VIDEO_SUFFIXES

__all__ = ["WHOLE", "Shard", "video_files"]


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``index`` of ``count`` of any files. Which part a file belongs to depends on its name alone.

    Args:
        index: 1 to ``count``.
        count: 1 or more.

    Raises:
        InputError: if the numbers are others.
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise InputError(f"shard {self.index}/{self.count}: the first number must be 1 to {max(1, self.count)}")

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that ``I/N`` says.

        Raises:
            InputError: if it does not say one.
        """
        numbers = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        if numbers is None:
            raise InputError(f"shard {text!r} is not understood; write it as I/N, for example 2/8")
        return cls(int(numbers[1]), int(numbers[2]))

    def holds(self, name: str) -> bool:
        """Return whether a file belongs to this part."""
        digest = hashlib.sha256(os.fsencode(name)).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.index - 1


WHOLE = Shard(1, 1)


def video_files(names: Iterable[str], *, shard: Shard = WHOLE) -> list[str]:
    """Return the files that names mean, each once, in order: itself, or for a folder all files below it that look like videos.

    Args:
        names: of files and folders; ``-`` is a pipe.
        shard: only those that belong to it.

    Raises:
        InputError: if a folder holds no video, or cannot be read.
    """
    files = dict.fromkeys(file for name in names for file in ([name] if name == "-" or not os.path.isdir(name) else _below(name)))
    return [file for file in files if shard.holds(file)]


def _below(folder: str) -> Iterator[str]:
    unreadable: list[OSError] = []
    found = False
    for place, folders, files in os.walk(folder, onerror=unreadable.append):
        folders.sort()
        for file in sorted(files):
            if Path(file).suffix.lower() in VIDEO_SUFFIXES:
                found = True
                yield os.path.join(place, file)
    if unreadable:
        raise InputError(f"cannot read the folder {unreadable[0].filename}: {unreadable[0].strerror}")
    if not found:
        raise InputError(f"{folder} holds no video; videos end in {', '.join(sorted(VIDEO_SUFFIXES))}")
