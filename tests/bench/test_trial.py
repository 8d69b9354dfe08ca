"""One clip through the benchmark: what is measured is what happened."""

import math

import numpy as np
import pytest

from indelible.bench.trial import (
    PRICE_BITS,
    PRICE_CHANNEL,
    TrialSettings,
    TrialTask,
    clip_key,
    clip_payload,
    look,
    run_trials,
)
from indelible.mark import Embedder, Payload
from indelible.runs.cache import Cache
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip

SETTINGS = TrialSettings()


@pytest.fixture(scope="module")
def clip(films):
    return load_clip(films / "china.mp4", max_seconds=10.0)


def records(corpus, tmp_path, *cells):
    cache = Cache(tmp_path, "d" * 64)
    failures = run_trials(TrialTask(corpus.clips[0], cells, SETTINGS, cache))
    return failures, cache.read(corpus.clips[0])


def test_keys_and_payloads_follow_from_seed_and_name():
    assert clip_key("a", SETTINGS) == clip_key("a", SETTINGS)
    assert len({clip_key("a", SETTINGS), clip_key("b", SETTINGS), clip_key("a", TrialSettings(seed=2))}) == 3
    assert [clip_payload("a", bits, SETTINGS).bits for bits in (0, 64, 256)] == [0, 64, 256]


def test_clips_are_cut(films):
    assert len(load_clip(films / "china.mp4", max_seconds=0.5).frames) == 12  # 24 a second


def test_mark_is_found_when_it_can_be_and_its_quality_is_measured(clip, corpus, tmp_path):
    failures, (found,) = records(corpus, tmp_path, (64, ("none",)))
    assert failures == 0
    assert (found["marked"], found["payload_exact"], found["payload_wrong"]) == (True, True, False)
    assert found["presence_seconds"] <= found["payload_seconds"] <= found["seconds"] == pytest.approx(32 / 24, abs=0.01)
    assert found["symbol_error_rate"] < 0.2
    embedder = Embedder(clip_key("china.mp4", SETTINGS), payload=clip_payload("china.mp4", 64, SETTINGS))
    marked = list(embedder.embed(clip.frames))
    error = np.mean([np.mean((a.y.astype(float) - b.y.astype(float)) ** 2) for a, b in zip(clip.frames, marked, strict=True)])
    assert found["psnr_y_db"] == pytest.approx(10 * math.log10(255**2 / error), abs=0.01)


def test_nothing_is_found_under_another_key(clip):
    marked = list(Embedder(clip_key("a", SETTINGS), payload=Payload(b"12345678")).embed(clip.frames))
    found = look(marked, clip_key("b", SETTINGS), Payload(b"12345678"), alpha=1e-6)
    assert (found["marked"], found["payload_exact"], found["presence_seconds"], found["payload_seconds"]) == (False, False, None, None)
    assert found["symbol_error_rate"] == pytest.approx(0.5, abs=0.1)


def test_another_payload_than_expected_counts_as_wrong(clip):
    key = clip_key("a", SETTINGS)
    marked = list(Embedder(key, payload=Payload(b"12345678")).embed(clip.frames))
    found = look(marked, key, Payload(b"abcdefgh"), alpha=1e-6)
    assert (found["marked"], found["payload_exact"], found["payload_wrong"]) == (True, False, True)


def test_the_price_is_measured_at_its_channel(corpus, tmp_path):
    _, (found,) = records(corpus, tmp_path, (PRICE_BITS, (PRICE_CHANNEL,)))
    assert found["encoded_bytes"] > 0
    assert found["unmarked_bytes"] > 0
    assert 0 < found["vmaf_marked"] <= 100
    assert found["vmaf_unmarked"] - found["vmaf_marked"] == pytest.approx(0, abs=10)


def test_channels_that_do_not_apply_are_noted(corpus, tmp_path):
    _, (found,) = records(corpus, tmp_path, (64, ("scale=short:360",)))
    assert found == {"clip": "china.mp4", "bits": 64, "channel": "scale=short:360", "applies": False}


def test_a_file_that_is_no_video_costs_only_itself(tmp_path):
    bad = CorpusClip(tmp_path / "bad.mp4", "0" * 64, "bad")
    bad.path.write_bytes(b"no video" * 100)
    cache = Cache(tmp_path / "cache", "d" * 64)
    assert run_trials(TrialTask(bad, ((64, ("none", "x264:crf=23")),), SETTINGS, cache)) == 2
    assert all("MediaError" in record["error"] for record in cache.read(bad))
