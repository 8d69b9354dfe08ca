import io
import os
import sys
from pathlib import Path

import pytest

from indelible.video import EncoderSettings, open_video, write_video
from indelible.video.scheduling import unchanged_scheduling

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="real-time scheduling is told and set per thread on Linux only")


def policies():
    return {os.sched_getscheduler(int(thread.name)) for thread in Path("/proc/self/task").iterdir()}


def test_no_encoder_leaves_real_time_threads_behind(clip):
    during = set()

    def frames(reader):
        for frame in reader:
            during.update(policies())
            yield frame

    before = policies()
    with open_video(clip, threads=1) as reader:
        write_video(io.BytesIO(), frames(reader), EncoderSettings("av1", preset="12"), info=reader.info, container="mp4")
    assert during | policies() == before


def test_what_was_changed_inside_is_put_back(monkeypatch):
    calls = []
    current = {10: 0, 11: 1}  # an ordinary thread, and one that its owner made real-time
    monkeypatch.setattr("indelible.video.scheduling._scheduling", lambda: {k: (v, os.sched_param(v)) for k, v in current.items()})
    monkeypatch.setattr(os, "sched_setscheduler", lambda thread, policy, parameters: calls.append((thread, policy)))
    with unchanged_scheduling():
        current.update({10: 1, 12: 1})  # the caller's thread is raised, another one is born so
    assert calls == [(10, 0), (12, os.sched_getscheduler(0))]
