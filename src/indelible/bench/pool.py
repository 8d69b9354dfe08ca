"""Work on many clips in several processes, with word of how it goes."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
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

    Fresh processes (``spawn``), so that a worker shares no state with its parent; ``work`` and the tasks must be picklable. With one
    process everything happens in this one.

    Args:
        jobs: what to do.
        work: called with each task.
        processes: at most so many at a time, 1 or more.
        progress: gets a line of text when a job is finished.

    Raises:
        Exception: whatever ``work`` raises; what was not begun is given up then.
    """
    ordered = sorted(jobs, key=lambda job: -job.weight)
    clock = _Clock(sum(job.weight for job in jobs), len(jobs), progress)
    if processes == 1:
        for job in ordered:
            result = work(job.task)
            clock.finished(job)
            yield job, result
        return
    spawn = multiprocessing.get_context("spawn")
    with _environment(_ONE_THREAD), ProcessPoolExecutor(processes, mp_context=spawn, initializer=_keep_to_one_core) as pool:
        futures = {pool.submit(work, job.task): job for job in ordered}
        try:
            for future in as_completed(futures):
                result = future.result()
                clock.finished(futures[future])
                yield futures[future], result
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _keep_to_one_core() -> None:
    """Called first in each worker: OpenCV has threads of its own, which no variable governs."""
    import cv2

    cv2.setNumThreads(1)


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
        left = elapsed * (self._total - self._done_weight) / self._done_weight if self._done_weight else 0.0
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
