"""Processes that work on files, and die of some."""

import os
import signal
import time

import pytest

from indelible.errors import LimitError
from indelible.workflows.crew import BUG, Failure, run_crew


def work(task: str) -> str:
    kind, _, rest = task.partition(" ")
    if kind == "limit":
        raise LimitError(f"too large: {rest}")
    if kind == "bug":
        raise KeyError(rest)
    if kind == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "exit":
        os._exit(7)
    if kind == "hang":
        from indelible.video import patience

        patience.PATIENCE_SECONDS = 0.5
        with patience.waiting_for(rest):
            time.sleep(600)
    return rest * 2


@pytest.mark.parametrize("processes", [1, 2])
def test_a_task_that_fails_stops_no_other(processes):
    tasks = ["do a", "die b", "limit c", "do d", "exit e", "bug f", "hang g.mp4", "do h", "do i"]
    answers = dict(run_crew(tasks, work, processes=processes))
    assert sorted(answers) == sorted(tasks)
    assert {task: answers[task] for task in tasks if task.startswith("do")} == {"do a": "aa", "do d": "dd", "do h": "hh", "do i": "ii"}
    assert answers["limit c"] == Failure("too large: c", 3)
    assert answers["bug f"].exit_code == BUG
    assert "KeyError('f')" in answers["bug f"].message
    for task, code in (("die b", "-9"), ("exit e", "7")):
        assert answers[task].exit_code == 3
        assert f"ended with code {code}" in answers[task].message
    assert answers["hang g.mp4"].exit_code == 3
    assert "cannot decode g.mp4: nothing came of it" in answers["hang g.mp4"].message


def test_no_process_is_left_when_somebody_loses_interest():
    import multiprocessing

    crew = run_crew(["do a", "do b", "do c", "do d"], work, processes=2)
    next(crew)
    crew.close()
    assert multiprocessing.active_children() == []


def test_no_tasks_take_no_process():
    assert list(run_crew([], work, processes=3)) == []
