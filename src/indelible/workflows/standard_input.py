"""Standard input that lets go: FFmpeg's own reading of a pipe waits for data through every Ctrl-C."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from indelible.video import Source

__all__ = ["readable"]


@contextmanager
def readable(source: Source) -> Iterator[Source]:
    """Give what is to be read for a source: standard input, which an interrupt or exit can end, for ``-``; all else as it is."""
    if source != "-":
        yield source
        return
    stream = _StandardInput()
    try:
        yield stream
    except _StoppedError as error:
        raise error.reason from None


class _StoppedError(Exception):
    """Carries an interrupt or exit through PyAV, which loses what is no Exception and goes on reading."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__(reason)
        self.reason = reason


class _StandardInput(io.FileIO):
    """Read by Python, which looks for signals while it waits; in order only, even where the shell redirects a file."""

    def __init__(self) -> None:
        super().__init__(0, "rb", closefd=False)
        self.name = "standard input"

    def seekable(self) -> bool:
        return False

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            return super().read(-1 if size is None else size)
        except (KeyboardInterrupt, SystemExit) as reason:
            raise _StoppedError(reason) from None
