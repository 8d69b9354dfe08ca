"""Work on many clips in several processes, with word of how it goes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

# Read by the linear algebra and OpenMP libraries as they are loaded; each worker has one core to itself.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Job(Generic[Task]):
    """A task, what it is called, and how much work it is compared with others."""

    task: Task
    name: str
    weight: float = 1.0


def run_jobs(
    jobs: Sequence[Job[Task]], work: Callable[[Task], Result], *, processes: int, progress: Callable[[str], None]
) -> Iterator[tuple[Job[Task], Result]]:
    """Yield (job, result) as they are finished, the heaviest begun first.

    Args:
        jobs: what to do.
        work: called with each task.
        processes: at most so many at a time, 1 or more; see `Crew`.
        progress: gets a line of text when a job is finished.

    Raises:
        Exception: whatever ``work`` raises; all else is given up then.
    """
    ordered = sorted(jobs, key=lambda job: -job.weight)
    clock = _Clock(sum(job.weight for job in jobs), len(jobs), progress)
    with Crew(processes) as crew:
        for index, result in crew.as_done(work, [job.task for job in ordered]):
            clock.finished(ordered[index])
            yield ordered[index], result


class Crew:
    """Processes that stay for as many rounds of work as there are, and so may remember what they have loaded.

    They are fresh (``spawn``), so that a worker shares no state with its parent; work and tasks must be picklable. With one process
    everything happens in this one.

    Args:
        processes: at most so many at a time, 1 or more.
    """

    def __init__(self, processes: int) -> None:
        self._others = multiprocessing.active_children()
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1:
            self._pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is None:
            return
        if kind is not None:
            for process in multiprocessing.active_children():
                if process not in self._others:
                    process.terminate()  # nobody waits for the minutes of work that were begun
        self._pool.shutdown(wait=True, cancel_futures=True)

    def as_done(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Yield (place of the task, result) as tasks are finished; what ``work`` raises is raised here."""
        if self._pool is None:
            yield from ((place, work(task)) for place, task in enumerate(tasks))
            return
        with _environment(_ONE_THREAD):  # the pool starts its processes as they are needed
            futures = {self._pool.submit(_done, work, task): place for place, task in enumerate(tasks)}
        for future in as_completed(futures):
            yield futures[future], future.result()

    def results(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
        """Return the results of all tasks, in the order of the tasks."""
        return [result for _, result in sorted(self.as_done(work, tasks), key=lambda done: done[0])]


_stopped = threading.Event()  # this worker is to end


def _prepare() -> None:
    """Called first in each worker."""
    import cv2

    cv2.setNumThreads(1)  # OpenCV has threads of its own, which no variable governs
    signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    _stopped.set()
    sys.exit(128 + number)  # raised in the work, which so leaves no folders and no processes of its own behind


def _done(work: Callable[[Task], Result], task: Task) -> Result:
    if _stopped.is_set():  # what ended the work before is to the pool but an error of that work, and it goes on
        raise SystemExit
    return work(task)


class _Clock:
    """Tells how far the work has come and how long the rest may take."""

    def __init__(self, total_weight: float, jobs: int, progress: Callable[[str], None]) -> None:
        self._total = total_weight
        self._jobs = jobs
        self._progress = progress
        self._started = time.monotonic()
        self._done = 0
        self._done_weight = 0.0

    def finished(self, job: Job[Task]) -> None:
        self._done += 1
        self._done_weight += job.weight
        elapsed = time.monotonic() - self._started
        left = elapsed * max(0.0, self._total - self._done_weight) / self._done_weight if self._done_weight else 0.0
        self._progress(f"[{self._done}/{self._jobs}] {job.name}: {readable(elapsed)} so far, about {readable(left)} left")


def readable(seconds: float) -> str:
    """Return a duration for people: ``45 s``, ``12 min``, ``3 h 05 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables for the processes that are started inside, where the user has not set them."""
    missing = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)
