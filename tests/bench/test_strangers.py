"""What keys that are not there show: the same as each would by itself, and marks where there are some."""

import numpy as np
import pytest

from indelible.bench.look import Original
from indelible.bench.strangers import KEYS_PER_HYPOTHESIS, look_for, random_hypothesis
from indelible.bench.trial import load_clip
from indelible.keys import SecretKey
from indelible.mark import Detector, Embedder, Payload
from indelible.mark.sync.family import FAMILIES, TURNED
from indelible.mark.sync.pose import AS_MARKED
from indelible.mark.sync.timing import IN_TIME, Timing

KEYS = [SecretKey(bytes([number]) * 32) for number in range(6)]


@pytest.fixture(scope="module")
def clip(films):
    return load_clip(films / "flower.mp4", max_seconds=1.0)


def looked(way, keys, frames, clip, seed=1):
    return look_for(keys, frames, way, original=Original(clip.frames), rng=np.random.default_rng(seed))


def test_a_searched_key_shows_what_a_detector_of_that_key_alone_says(clip):
    together = looked("fast", KEYS[:2], clip.frames, clip)
    for key, log10_p in zip(KEYS, together.log10_p, strict=False):
        detector = Detector([key], search="fast")
        for frame in clip.frames:
            detector.add(frame)
        assert detector.results()[0].log10_p == log10_p


@pytest.mark.parametrize("way", ["plain", "fast", "reference"])
def test_a_key_that_is_there_is_seen_with_its_payload(clip, way):
    frames = tuple(Embedder(KEYS[1], payload=Payload(b"12345678")).embed(clip.frames))
    found = looked(way, KEYS[:2], frames, clip)
    assert found.log10_p[1] < -6 < found.log10_p[0]
    assert found.payloads_reported == 1


def test_under_one_hypothesis_a_key_is_seen_only_if_it_is_the_right_one(clip, monkeypatch):
    frames = tuple(Embedder(KEYS[1], payload=Payload(b"12345678")).embed(clip.frames))
    for hypothesis, right in (((AS_MARKED, IN_TIME), True), ((TURNED[1], IN_TIME), False), ((AS_MARKED, Timing(8.0)), False)):
        monkeypatch.setattr("indelible.bench.strangers.random_hypothesis", lambda rng, drawn=hypothesis: drawn)
        found = looked("random", KEYS, frames, clip)
        assert [log10_p < -6 for log10_p in found.log10_p] == [False, right, False, False, False, False]
        assert found.payloads_reported == right


def test_random_hypotheses_are_those_of_the_full_search():
    rng = np.random.default_rng(7)
    drawn = [random_hypothesis(rng) for _ in range(400)]
    parts = {pose for pose, _ in drawn} - {AS_MARKED, *TURNED}
    assert all(any(family.on_lattice(pose) == pose for family in FAMILIES) for pose in parts)
    assert 250 < len(parts) < 380
    assert len({pose.angle_deg for pose in parts}) > 30
    assert 150 < sum(timing == IN_TIME for _, timing in drawn) < 250
    assert {pose for pose, _ in drawn} > {AS_MARKED, *TURNED}


def test_hypotheses_change_from_keys_to_keys_and_not_from_run_to_run(clip):
    keys = [SecretKey(number.to_bytes(32, "big")) for number in range(KEYS_PER_HYPOTHESIS + 2)]
    first, again, other = (looked("random", keys, clip.frames, clip, seed=seed).log10_p for seed in (1, 1, 2))
    assert first == again
    assert first != other
