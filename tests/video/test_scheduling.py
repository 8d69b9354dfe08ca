import io
import os
import sys
import threading
from pathlib import Path

import pytest

from indelible.video import EncoderSettings, open_video, write_video
from indelible.video.scheduling import unchanged_scheduling

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="real-time scheduling is told and set per thread on Linux only")


@pytest.fixture(autouse=True)
def ordinary():
    """Tests that made their media with SVT-AV1 themselves, as root, have left this thread real-time."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def threads():
    return {int(thread.name) for thread in Path("/proc/self/task").iterdir()}


def test_no_encoder_makes_this_thread_or_its_own_real_time(clip):
    before, policies = threads(), set()

    def frames(reader):
        for frame in reader:
            policies.update(os.sched_getscheduler(thread) for thread in (threads() - before) | {threading.get_native_id()})
            yield frame

    with open_video(clip, threads=1) as reader:
        write_video(io.BytesIO(), frames(reader), EncoderSettings("av1", preset="12"), info=reader.info, container="mp4")
    assert policies == {os.SCHED_OTHER}
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_what_was_changed_inside_is_put_back(monkeypatch):
    calls = []
    current = {10: 0, 11: 1}  # an ordinary thread, and one that its owner made real-time
    monkeypatch.setattr("indelible.video.scheduling._scheduling", lambda: {k: (v, os.sched_param(v)) for k, v in current.items()})
    monkeypatch.setattr(os, "sched_setscheduler", lambda thread, policy, parameters: calls.append((thread, policy)))
    with unchanged_scheduling():
        current.update({10: 1, 12: 1})  # the caller's thread is raised, another one is born so
    assert calls == [(10, os.SCHED_OTHER), (12, os.SCHED_OTHER)]
