"""What passes between us and a peer, with a small real one; and the peers themselves where they are installed."""

from pathlib import Path

import numpy as np
import pytest

from indelible.bench.peers.pictures import pictures_of
from indelible.bench.peers.scores import message_scores, standing
from indelible.bench.peers.systems import PEERS
from indelible.bench.peers.worker import started
from indelible.bench.worker import WorkerEnvironment
from indelible.errors import MediaError
from indelible.runs.footage import load_clip

ROOT = Path(__file__).parents[3]
REAL = WorkerEnvironment(ROOT / ".venv-peers" / "bin" / "python", ROOT / "bench" / "peers" / "worker.py", "peers")


@pytest.fixture
def pictures(films):
    return pictures_of(load_clip(films / "china.mp4", max_seconds=0.2).frames)


def bits_of(count):
    return np.random.default_rng(5).integers(0, 2, count, dtype=np.uint8)


def test_a_peer_marks_and_reads(environment, pictures):
    bits = bits_of(64)
    with started(environment, "toy") as worker:
        assert worker.versions() == {"toy": "1.0", "numpy": np.__version__}
        marked = worker.embed(pictures, bits, key=3)
        assert marked.shape == pictures.shape
        assert worker.read(marked, 64, key=3).bits.tolist() == bits.tolist()
        assert worker.read(marked, 64, key=4).bits.tolist() != bits.tolist()


def test_what_goes_wrong_over_there_is_said_here(environment, pictures):
    with started(environment, "rivaGan") as worker:
        with pytest.raises(MediaError, match="ValueError: these pictures are too small"):
            worker.embed(pictures, bits_of(8), key=1)
        assert worker.read(pictures, 8, key=1).soft.shape == (8,)  # and it goes on
    with started(environment, "dying") as worker, pytest.raises(MediaError, match=r"ended \(exit status 1\): out of memory"):
        worker.embed(pictures, bits_of(8), key=1)


@pytest.mark.skipif(not REAL.python.exists(), reason="the peers are not installed; run: make peers")
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_the_real_peers_read_what_they_marked(pictures, peer):
    few = np.repeat(pictures[:1], 4, axis=0)
    few = np.pad(few, ((0, 0), (0, 80), (0, 10), (0, 0)), mode="symmetric")  # 330x260: not every size is one that they take
    drawn = np.random.default_rng(6).integers(0, 2, (401, peer.bits), dtype=np.uint8)
    with started(REAL, peer.name) as worker:
        reading = worker.read(worker.embed(few, drawn[0], key=11), peer.bits, key=11)
    scores = message_scores(reading.soft, drawn)
    assert standing(scores[0], scores[1:]).present
    assert np.count_nonzero(reading.bits == drawn[0]) > 0.8 * peer.bits
