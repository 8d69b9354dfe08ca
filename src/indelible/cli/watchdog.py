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

_LOOKS_A_SECOND = 2.0


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
    seen, looks = None, 0
    while not over.wait(1 / _LOOKS_A_SECOND):
        patience = sys.modules.get("indelible.video.patience")  # most commands read no video, and should not load what does
        now = patience.longest_wait() if patience is not None else None
        # Looks are counted, not seconds: a process that was stopped for an hour has not been busy for one.
        seen, looks = now, looks + 1 if now is not None and now == seen else 0
        if patience is None or now is None or looks <= patience.PATIENCE_SECONDS * _LOOKS_A_SECOND:
            continue
        from indelible.drafts import discard_drafts

        seconds = patience.PATIENCE_SECONDS
        complain(f"error: cannot decode {now[1]}: nothing came of it for {seconds:.0f} s; is the file damaged, or made to hang?")
        discard_drafts()
        sys.stderr.flush()
        os._exit(MediaError.exit_code)
