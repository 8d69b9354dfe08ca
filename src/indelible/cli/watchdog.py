"""Ends the process when a decoder does not come back: some files, made or broken for it, keep one busy for ever."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from indelible.cli.terminal import complain
from indelible.errors import MediaError

__all__ = ["watched"]

_WAKES_A_SECOND = 2.0


@contextmanager
def watched() -> Iterator[None]:
    """Watch over what the block reads; after half a minute in one call of FFmpeg say so, leave nothing, and exit as a media error does."""
    over = threading.Event()
    threading.Thread(target=_watch, args=(over,), name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch(over: threading.Event) -> None:
    watch = None
    while not over.wait(1 / _WAKES_A_SECOND):
        patience = sys.modules.get("indelible.video.patience")  # most commands read no video, and should not load what does
        if patience is None:
            continue
        watch = watch or patience.Watch()
        complaint = watch.look()
        if complaint is None:
            continue
        from indelible.drafts import discard_drafts

        complain(f"error: {complaint}")
        discard_drafts()
        sys.stderr.flush()
        os._exit(MediaError.exit_code)
