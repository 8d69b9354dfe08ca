"""Several files read as one: what the segments of a video are, one after the other."""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from indelible.errors import MediaError

__all__ = ["JoinedFiles"]


class JoinedFiles(io.RawIOBase):
    """Files as one, to be read from any place; one of them is open at a time.

    Args:
        files: in order, at least one.
        name: what messages call them.

    Raises:
        MediaError: if one of them cannot be read.
    """

    def __init__(self, files: Sequence[Path], *, name: str) -> None:
        super().__init__()
        self.name = name
        self._files = tuple(files)
        try:
            self.starts = tuple(accumulate((os.path.getsize(file) for file in self._files), initial=0))  # and the end of the last one
        except OSError as error:
            raise MediaError(f"cannot read {error.filename}: {error.strerror}; is {name} complete?") from error
        self._at = 0
        self._opened: tuple[int, BinaryIO] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The files' own names, in order."""
        return tuple(file.name for file in self._files)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Return at most ``size`` bytes, to the end of a file at most; none at the end of the last."""
        index = self.index_at(self._at)
        if index >= len(self._files):
            return b""
        left = self.starts[index + 1] - self._at
        file = self._open(index)
        file.seek(self._at - self.starts[index])
        data = file.read(left if size is None or size < 0 else min(size, left))
        self._at += len(data)
        return data

    def index_at(self, position: int) -> int:
        """Return which file a byte belongs to; the number of files for what lies behind the last."""
        return bisect_right(self.starts, position) - 1

    def close(self) -> None:
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None
        super().close()

    def _open(self, index: int) -> BinaryIO:
        if self._opened is None or self._opened[0] != index:
            if self._opened is not None:
                self._opened[1].close()
            self._opened = index, self._files[index].open("rb")
        return self._opened[1]
