"""How hashes of others compare videos, and that a worker is asked for them; the hashes themselves live in an environment of their own."""

import sys
from pathlib import Path

import numpy as np
import pytest

from indelible.bench.fingerprint.peers import hashes_of_others, nearest_frames, nearest_signatures, vpdq_distance
from indelible.bench.worker import WorkerEnvironment, started
from indelible.channel import Clip
from indelible.errors import MediaError
from indelible.runs.footage import load_clip

TOY = """
import json, sys
import numpy as np
for line in sys.stdin:
    request = json.loads(line)
    pictures = np.load(request["pictures"])
    if len(pictures) < 3:
        print(json.dumps({"error": "ValueError: too short"}), flush=True)
        continue
    np.savez(request["to"], shape=np.array(pictures.shape), mean=pictures.mean(axis=(1, 2, 3)))
    print(json.dumps({"ok": True}), flush=True)
"""


@pytest.fixture
def environment(tmp_path):
    (tmp_path / "toy.py").write_text(TOY)
    return WorkerEnvironment(Path(sys.executable), tmp_path / "toy.py", "hashes")


def pdq(rng, count, quality=80):
    return np.column_stack([rng.integers(0, 256, (count, 32)), np.full(count, quality)]).astype(np.uint8)


def test_the_rule_of_vpdq():
    rng = np.random.default_rng(1)
    stored = pdq(rng, 6)
    copy = stored[:4].copy()
    copy[:2, 0] ^= 0xFF  # 8 bits
    assert vpdq_distance(copy, stored) == 0.0
    copy[3] = pdq(rng, 1)[0]
    assert vpdq_distance(copy, stored) == 0.25
    assert vpdq_distance(np.concatenate([copy, copy]), stored) == 0.25, "the same frames count once"
    copy[:, -1] = 49
    assert vpdq_distance(copy, stored) == 1.0, "frames of low quality say nothing"


def test_the_nearest_frames():
    rng = np.random.default_rng(2)
    stored = rng.integers(0, 256, (5, 32)).astype(np.uint8)
    copy = stored[[4, 1, 2]].copy()
    copy[0, :2] ^= 0xFF
    copy[1, :3] ^= 0x0F
    assert nearest_frames(copy, stored) == 12.0
    signs = rng.integers(0, 3, (5, 380)).astype(np.uint8)
    assert nearest_signatures(signs[2:3], signs) == 0.0
    assert nearest_signatures(np.full((1, 380), 2, np.uint8), np.zeros((4, 380), np.uint8)) == 760.0


def test_the_worker_is_shown_five_pictures_a_second(environment, make_video):
    clip = load_clip(make_video(frames=50))  # of 25 a second
    with started(environment) as worker:
        found = hashes_of_others(worker, clip)
    assert found["shape"].tolist() == [10, 64, 96, 3]
    assert found["mean"].shape == (10,)


def test_a_worker_that_fails(environment, make_video):
    clip = load_clip(make_video(frames=10))
    with started(environment) as worker, pytest.raises(MediaError, match="too short"):
        hashes_of_others(worker, Clip(clip.frames[:6], clip.info))
