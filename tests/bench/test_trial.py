"""One clip through the benchmark: what is measured is what happened."""

import math

import numpy as np
import pytest

from indelible.bench.cache import Cache
from indelible.bench.corpus import CorpusClip
from indelible.bench.look import Original
from indelible.bench.trial import (
    PRICE_BITS,
    PRICE_CHANNEL,
    PRICE_WAY,
    Passing,
    TrialSettings,
    TrialTask,
    clip_key,
    clip_payload,
    clip_seed,
    load_clip,
    run_trials,
)
from indelible.channel import Channel
from indelible.mark import Embedder

SETTINGS = TrialSettings()


@pytest.fixture(scope="module")
def clip(films):
    return load_clip(films / "china.mp4", max_seconds=10.0)


def records(corpus, tmp_path, bits, channel, *ways):
    cache = Cache(tmp_path, "d" * 64)
    failures = run_trials(TrialTask(corpus.clips[0], (Passing(bits, channel, ways),), SETTINGS, cache))
    return failures, cache.read(corpus.clips[0])


def test_keys_and_payloads_follow_from_seed_and_name():
    assert clip_key("a", SETTINGS) == clip_key("a", SETTINGS)
    assert len({clip_key("a", SETTINGS), clip_key("b", SETTINGS), clip_key("a", TrialSettings(seed=2))}) == 3
    assert [clip_payload("a", bits, SETTINGS).bits for bits in (0, 64, 256)] == [0, 64, 256]


def test_clips_are_cut(films):
    cut = load_clip(films / "china.mp4", max_seconds=0.5)
    assert len(cut.frames) == cut.info.frames == 12  # 24 a second
    assert cut.info.duration_seconds == 0.5


def test_what_is_random_differs_from_clip_to_clip():
    assert clip_seed("a", SETTINGS) == clip_seed("a", SETTINGS)
    assert len({clip_seed("a", SETTINGS), clip_seed("b", SETTINGS), clip_seed("a", TrialSettings(seed=2))}) == 3


def test_mark_is_found_when_it_can_be_and_its_quality_is_measured(clip, corpus, tmp_path):
    failures, (found,) = records(corpus, tmp_path, 64, "none", "plain")
    assert failures == 0
    assert (found["marked"], found["payload_exact"], found["payload_wrong"]) == (True, True, False)
    assert found["presence_seconds"] <= found["payload_seconds"] <= found["seconds"] == pytest.approx(32 / 24, abs=0.01)
    assert found["symbol_error_rate"] < 0.2
    embedder = Embedder(clip_key("china.mp4", SETTINGS), payload=clip_payload("china.mp4", 64, SETTINGS))
    marked = list(embedder.embed(clip.frames))
    error = np.mean([np.mean((a.y.astype(float) - b.y.astype(float)) ** 2) for a, b in zip(clip.frames, marked, strict=True)])
    assert found["psnr_y_db"] == pytest.approx(10 * math.log10(255**2 / error), abs=0.01)


def test_the_price_is_measured_at_its_channel(corpus, tmp_path):
    _, (found,) = records(corpus, tmp_path, PRICE_BITS, PRICE_CHANNEL, PRICE_WAY)
    assert found["encoded_bytes"] > 0
    assert found["unmarked_bytes"] > 0
    assert 0 < found["vmaf_marked"] <= 100
    assert found["vmaf_unmarked"] - found["vmaf_marked"] == pytest.approx(0, abs=10)


def test_channels_that_do_not_apply_are_noted(corpus, tmp_path):
    _, (found,) = records(corpus, tmp_path, 64, "scale=short:360", "plain")
    assert found == {"clip": "china.mp4", "bits": 64, "channel": "scale=short:360", "way": "plain", "applies": False}


def test_one_encode_is_looked_at_in_all_ways(corpus, tmp_path, monkeypatch):
    encoded = []
    run = Channel.run
    monkeypatch.setattr(Channel, "run", lambda channel, clip, **options: encoded.append(str(channel)) or run(channel, clip, **options))
    failures, found = records(corpus, tmp_path, 64, "flip=h|x264:crf=23", "plain", "fast", "reference")
    assert failures == 0
    assert encoded == ["flip=h|x264:crf=23"]
    assert [(record["way"], record["marked"]) for record in found] == [("plain", False), ("fast", True), ("reference", True)]
    assert len({record["encoded_bytes"] for record in found}) == 1


def test_a_way_that_fails_costs_only_itself(corpus, tmp_path, monkeypatch):
    def broken(original, received):
        raise ValueError("no luck")

    monkeypatch.setattr(Original, "reading", broken)
    failures, found = records(corpus, tmp_path, 64, "none", "reference", "plain")
    assert failures == 1
    assert [record.get("error") for record in found] == ["ValueError: no luck", None]


def test_a_file_that_is_no_video_costs_only_itself(tmp_path):
    bad = CorpusClip(tmp_path / "bad.mp4", "0" * 64, "bad")
    bad.path.write_bytes(b"no video" * 100)
    cache = Cache(tmp_path / "cache", "d" * 64)
    passings = (Passing(64, "none", ("plain",)), Passing(64, "x264:crf=23", ("plain", "full")))
    assert run_trials(TrialTask(bad, passings, SETTINGS, cache)) == 3
    assert all("MediaError" in record["error"] for record in cache.read(bad))
