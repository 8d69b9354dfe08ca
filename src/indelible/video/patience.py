"""How long FFmpeg has been busy with a file: a decoder that never comes back can be ended only with its process, by whoever owns that.

Demuxers are interrupted by FFmpeg itself after :data:`PATIENCE_SECONDS` (see ``open_input``). Decoders cannot be; commands look at
:func:`longest_wait` from a thread of their own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["PATIENCE_SECONDS", "longest_wait", "waiting_for"]

PATIENCE_SECONDS = 30.0

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
