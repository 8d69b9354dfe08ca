"""Interrupts that reach their process: PyAV loses what is no Exception on its way through FFmpeg's calls of Python code."""

from __future__ import annotations

import io
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["StandardInput", "interruptible"]

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
    """Carries an interrupt or exit through PyAV."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def interruptible() -> Iterator[None]:
    """Let an interrupt or a request to exit end a call of PyAV that reads or writes by Python code.

    Signal handlers run at the next step of Python, which may be inside such a call back. What they raise there would be dropped, and the
    video taken to have ended. So for the length of the block they raise an Exception, which is turned back at its end. Handlers belong
    to the main thread; in another one this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: handler for number in _SIGNALS if callable(handler := signal.getsignal(number))}
    try:
        for number, handler in previous.items():
            signal.signal(number, _carried(handler))
        yield
    except _StoppedError as error:
        raise error.reason from None
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _carried(handler: Callable[[int, FrameType | None], Any]) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        try:
            handler(number, frame)
        except Exception:
            raise
        except BaseException as reason:
            raise _StoppedError(reason) from None

    return handle
