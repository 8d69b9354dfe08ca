"""How long FFmpeg has been busy with a file: a decoder that never comes back can be ended only with its process, by whoever owns that.

Demuxers are interrupted by FFmpeg itself after :data:`PATIENCE_SECONDS` (see ``open_input``). Decoders cannot be; commands have a
:class:`Watch` look now and then, from a thread of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["LOOKS_A_SECOND", "PATIENCE_SECONDS", "Watch", "longest_wait", "waiting_for"]

PATIENCE_SECONDS = 30.0
LOOKS_A_SECOND = 2.0
"""How often whoever has a `Watch` lets it look."""

_WAITS: dict[int, tuple[float, str]] = {}


@contextmanager
def waiting_for(name: str) -> Iterator[None]:
    """Note that this thread waits for FFmpeg to make something of the file ``name``; do not nest."""
    thread = threading.get_ident()
    _WAITS[thread] = (time.monotonic(), name)
    try:
        yield
    finally:
        _WAITS.pop(thread, None)


def longest_wait() -> tuple[float, str] | None:
    """Return since when (by ``time.monotonic``) a thread has waited the longest, and for which file; None if none waits."""
    return min(list(_WAITS.values()), default=None)


class Watch:
    """Looks whether FFmpeg comes back, :data:`LOOKS_A_SECOND` times a second."""

    def __init__(self) -> None:
        self._seen: tuple[float, str] | None = None
        self._looks = 0

    def look(self) -> str | None:
        """Return the complaint of a file that FFmpeg has been busy with for too long, None as long as there is none."""
        now = longest_wait()
        # Looks are counted, not seconds: a process that was stopped for an hour has not been busy for one.
        self._seen, self._looks = now, self._looks + 1 if now is not None and now == self._seen else 0
        if now is None or self._looks <= PATIENCE_SECONDS * LOOKS_A_SECOND:
            return None
        return f"cannot decode {now[1]}: nothing came of it for {PATIENCE_SECONDS:.0f} s; is the file damaged, or made to hang?"
