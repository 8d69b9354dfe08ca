"""Jobs and crews: whatever the processes, the same results."""

import multiprocessing
import os
import tempfile
import time

import pytest

from indelible.errors import InputError
from indelible.runs.footage import load_clip
from indelible.runs.pool import Crew, Job, run_jobs


def process_of(task):
    return os.getpid()


def broken(task):
    raise InputError(f"task {task}")


def test_one_process_is_this_one_and_the_heaviest_comes_first():
    jobs = [Job(1, "light", 1.0), Job(2, "heavy", 5.0)]
    lines = []
    done = list(run_jobs(jobs, process_of, processes=1, progress=lines.append))
    assert [(job.name, result) for job, result in done] == [("heavy", os.getpid()), ("light", os.getpid())]
    assert lines[0].startswith("[1/2] heavy:")
    assert lines[1].endswith("about 0 s left")


def test_a_crew_stays_from_round_to_round():
    with Crew(2) as crew:
        rounds = [set(crew.results(process_of, range(8))) for _ in range(2)]
        assert crew.results(abs, [-3, 2, -1]) == [3, 2, 1]
    assert os.getpid() not in rounds[0]
    assert len(rounds[0] | rounds[1]) <= 2


@pytest.mark.parametrize("processes", [1, 2])
def test_what_work_raises_is_raised_here(processes):
    with Crew(processes) as crew, pytest.raises(InputError, match="task 1"):
        crew.results(broken, [1, 1])


def waits(task):
    folder, first = task
    if first:
        while not list(folder.iterdir()):
            time.sleep(0.05)
        return
    with tempfile.TemporaryDirectory(dir=folder):
        time.sleep(600)


def test_work_that_was_begun_is_stopped_and_cleans_up(tmp_path):
    def interrupted():
        with Crew(2) as crew:
            for _ in crew.as_done(waits, [(tmp_path, True), *[(tmp_path, False)] * 8]):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not multiprocessing.active_children()
    assert not list(tmp_path.iterdir())


def test_clips_are_cut_by_seconds_and_by_frames(films):
    assert len(load_clip(films / "china.mp4", max_seconds=0.5).frames) == 12  # 24 a second
    assert len(load_clip(films / "china.mp4", max_seconds=0.5, max_frames=5).frames) == 5
    with pytest.raises(InputError, match="at least one"):
        load_clip(films / "china.mp4", max_frames=0)
