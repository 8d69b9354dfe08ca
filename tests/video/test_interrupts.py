"""A signal that comes while PyAV calls back into Python must end the work, and never pass for the end of the video."""

import io
import os
import signal
import threading
from contextlib import suppress

import av
import pytest

from indelible.video import open_video, probe
from indelible.video.interrupts import Interruptible

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


class Interrupting(io.BytesIO):
    """Gets a signal during one of its reads. (A class of its own: bytes in memory would be copied.)"""

    def __init__(self, data: bytes, number: int, *, at: int) -> None:
        super().__init__(data)
        self._number = number
        self._left = at

    def seekable(self) -> bool:
        return False

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left == 0:
            signal.raise_signal(self._number)
        return super().read(size)


class Stream:
    """The same, but not a BytesIO to whoever asks."""

    def __init__(self, inner: Interrupting) -> None:
        self.read, self.seekable, self.name = inner.read, inner.seekable, "stream"


@pytest.fixture
def terminating():
    """Have a request to terminate raise SystemExit, as the command line does, and Ctrl-C as in a shell's foreground."""

    def leave(number, frame):
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave), signal.signal(signal.SIGINT, signal.default_int_handler)
    yield leave
    for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("at", [1, 3, 8])
@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_inside_a_read_is_not_lost(make_video, terminating, at, number, error):
    data = make_video("a.nut", codec="ffv1", frames=80).read_bytes()
    assert len(data) > 10 * 32_768, "enough for all those reads"
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(error), open_video(Stream(Interrupting(data, number, at=at))) as reader:
        list(reader)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
    with pytest.raises(error):
        probe(Stream(Interrupting(data, number, at=1)))


def test_a_signal_at_the_edges_of_a_block(terminating):
    """Blocks that do nothing are nearly all edge; signals of another thread meet them anywhere."""
    ready = threading.Semaphore(0)

    def send() -> None:
        for _ in range(300):
            ready.acquire()
            os.kill(os.getpid(), signal.SIGTERM)

    def wait() -> None:
        ready.release()
        while True:
            with Interruptible():
                pass

    thread = threading.Thread(target=send)
    thread.start()
    for _ in range(300):
        with pytest.raises(SystemExit):
            wait()
        with pytest.raises(SystemExit):
            signal.raise_signal(signal.SIGTERM)
    thread.join()


def test_what_pyav_keeps_is_not_raised_by_its_next_call(terminating):
    """FFmpeg may go on after a failed read; the Exception is then raised by whatever calls PyAV next."""

    class Failing:
        name = "failing"

        def read(self, size):
            signal.raise_signal(signal.SIGTERM)

        def seek(self, offset, whence=0):
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(SystemExit), Interruptible(), suppress(Exception):
        av.open(Failing(), "r", format="nut")
    av.error.err_check(0)


def test_handlers_that_raise_nothing_or_an_exception_are_as_they_were(terminating):
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with Interruptible():
            signal.raise_signal(signal.SIGINT)
        assert seen == [signal.SIGINT]
        signal.signal(signal.SIGINT, lambda number, frame: 1 / 0)
        with pytest.raises(ZeroDivisionError), Interruptible():
            signal.raise_signal(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with Interruptible():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_may_read(clip):
    frames = []

    def read() -> None:
        with open_video(clip) as reader:
            frames.extend(reader)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert len(frames) == 24
