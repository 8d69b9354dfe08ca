"""Many files in several processes, of which each may die of a file without harm to the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from indelible.errors import IndelibleError, MediaError

__all__ = ["BUG", "Failure", "run_crew"]

Task = TypeVar("Task")
Result = TypeVar("Result")

BUG = 70
"""Exit code of what nobody foresaw."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing came of a task.

    Args:
        message: for a person.
        exit_code: of a command that did only this.
    """

    message: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class _Last:
    """The last word of a process that is about to end."""

    failure: Failure


class _Member(Generic[Task, Result]):
    """One process, which does one task after another."""

    def __init__(self, work: Callable[[Task], Result], *, alone: bool) -> None:
        # Fresh processes (spawn) share no state with their parent, nor with each other.
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, work, alone), daemon=True)
        self._process.start()
        other.close()

    def begin(self, task: Task) -> None:
        self.connection.send(task)

    def answer(self) -> tuple[Result | Failure, bool]:
        """Return what came of the task, and whether the process lives on."""
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            self.end()
            code = self._process.exitcode
            return Failure(f"the process that read it ended with code {code}: is the file damaged, or made to do harm?", _DIED), False
        if isinstance(answer, _Last):
            self.end()
            return answer.failure, False
        return answer, True

    def end(self) -> None:
        self.connection.close()
        self._process.join(_GRACE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


_DIED = MediaError.exit_code
_GRACE_SECONDS = 5.0


def run_crew(tasks: Sequence[Task], work: Callable[[Task], Result], *, processes: int) -> Iterator[tuple[Task, Result | Failure]]:
    """Yield (task, result) as they are finished; a Failure where ``work`` raised, did not come back, or took its process with it.

    Args:
        tasks: picklable.
        work: called with each, in some process; picklable, and so are its results.
        processes: at most so many at a time, 1 or more.
    """
    waiting = iter(tasks)
    busy: dict[Any, tuple[_Member[Task, Result], Task]] = {}
    count = min(processes, len(tasks))
    try:
        for _, task in zip(range(count), waiting, strict=False):
            _begin(busy, _Member(work, alone=count == 1), task)
        while busy:
            for connection in wait(list(busy)):
                member, task = busy.pop(connection)
                answer, alive = member.answer()
                following = next(waiting, None)
                if following is not None:
                    _begin(busy, member if alive else _Member(work, alone=count == 1), following)
                elif alive:
                    member.end()
                yield task, answer
    finally:
        for member, _ in busy.values():  # somebody has lost interest
            member._process.kill()
            member.end()


def _begin(busy: dict[Any, tuple[_Member[Task, Result], Task]], member: _Member[Task, Result], task: Task) -> None:
    member.begin(task)
    busy[member.connection] = member, task


def _serve(connection: Connection, work: Callable[[Any], Any], alone: bool) -> None:
    """Do tasks until there are no more; runs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # which the terminal sends to all; the parent says when it is over
    if not alone:
        import cv2

        cv2.setNumThreads(1)  # each process has one core
    speaking = threading.Lock()
    threading.Thread(target=_watch, args=(connection, speaking), name="watchdog", daemon=True).start()
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        answer: Any
        try:
            answer = work(task)
        except IndelibleError as error:
            answer = Failure(str(error), error.exit_code)
        except Exception as error:
            answer = Failure(f"a bug in indelible, please report it: {error!r}", BUG)
        with speaking:
            connection.send(answer)


def _watch(connection: Connection, speaking: threading.Lock) -> None:
    """End the process when a decoder does not come back, which nothing else can."""
    from indelible.video.patience import LOOKS_A_SECOND, Watch

    watch, never = Watch(), threading.Event()
    while not never.wait(1 / LOOKS_A_SECOND):
        complaint = watch.look()
        if complaint is not None:
            with speaking:
                connection.send(_Last(Failure(complaint, MediaError.exit_code)))
                os._exit(MediaError.exit_code)
