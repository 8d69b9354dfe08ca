"""Keeping an encoder from taking the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["unchanged_scheduling"]

_TASKS = "/proc/self/task"


@contextmanager
def unchanged_scheduling() -> Iterator[None]:
    """Undo what opening an encoder does to the scheduling of this process.

    SVT-AV1, run by root, gives its threads and the one that opens it the highest real-time priority (SCHED_FIFO, 99), for good: everything
    else on the machine then starves. Threads that were there before get back what they had, new ones get what the caller has.
    """
    if not os.path.isdir(_TASKS):  # no Linux, no such scheduling
        yield
        return
    before = _scheduling()
    own = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        for thread, (policy, _) in _scheduling().items():
            wanted, parameters = before.get(thread, own)
            if policy != wanted:
                with suppress(OSError):  # a thread that has ended meanwhile, or whose owner forbids it
                    os.sched_setscheduler(thread, wanted, parameters)


def _scheduling() -> dict[int, tuple[int, os.sched_param]]:
    """Return policy and parameters of each thread of this process."""
    threads: dict[int, tuple[int, os.sched_param]] = {}
    for name in os.listdir(_TASKS):
        with suppress(OSError):
            threads[int(name)] = os.sched_getscheduler(int(name)), os.sched_getparam(int(name))
    return threads
