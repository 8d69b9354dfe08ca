"""Interrupts that reach their process: PyAV loses what is no Exception on its way through FFmpeg's calls of Python code."""

from __future__ import annotations

import io
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

import av.error

__all__ = ["Interruptible", "StandardInput"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StandardInput(io.FileIO):
    """Read by Python, which looks for signals while it waits (FFmpeg's own reading of a pipe waits for data through every Ctrl-C).

    In order only, even where the shell redirects a file.
    """

    def __init__(self) -> None:
        super().__init__(0, "rb", closefd=False)

    def seekable(self) -> bool:
        return False


class _StoppedError(Exception):
    """Ends calls of PyAV in the place of an interrupt or exit."""


class Interruptible:
    """Lets an interrupt or a request to exit end a call of PyAV that reads or writes by Python code: ``with Interruptible(): ...``.

    Signal handlers run at the next step of Python, which may be inside such a call back. What they raise there would be dropped, and the
    video taken to have ended. So for the length of the block they raise an Exception, and what it carries is raised at the block's end,
    whatever became of it on the way: FFmpeg may go on after a failed read, and PyAV then keeps the Exception for some later call.
    Handlers belong to the main thread; in another one this does nothing.
    """

    def __init__(self) -> None:
        self._previous: dict[signal.Signals, Callable[[int, FrameType | None], Any]] = {}
        self._inside = False
        self._reason: BaseException | None = None

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: handler for number in _SIGNALS if callable(handler := signal.getsignal(number))}
            for number, handler in self._previous.items():
                signal.signal(number, self._carried(handler))
        self._inside = True  # the last step, after which Python looks for signals only in the block

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._inside = False
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        if self._reason is not None:
            with suppress(_StoppedError):
                av.error.err_check(0)  # so that PyAV does not raise it out of its next call
            raise self._reason from None

    def _carried(self, handler: Callable[[int, FrameType | None], Any]) -> Callable[[int, FrameType | None], None]:
        def handle(number: int, frame: FrameType | None) -> None:
            try:
                handler(number, frame)
            except Exception:
                raise
            except BaseException as reason:
                # At the edges of the block nothing is to be carried, and nobody would unpack it. (An edge that is cut short here may leave
                # this handler behind, which then does what the one before did.)
                if not self._inside or (frame is not None and frame.f_code is Interruptible.__exit__.__code__):
                    self._inside = False
                    raise
                self._reason = reason
                raise _StoppedError from None

        return handle
