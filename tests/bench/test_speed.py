"""The benchmark of speed on a small film: that it compares what it says, not how fast anything is."""

import json
from dataclasses import replace

import pytest

from indelible.bench.reel import ReelSettings, make_reel, reel_clips
from indelible.bench.speed import ENCODERS, SEARCHES, SpeedSettings, run_speed
from indelible.bench.tables import result_table
from indelible.errors import InputError
from indelible.runs.corpus import load_corpus
from indelible.video import open_video
from tests.photographs import film


def test_every_ratio_is_measured(corpus):
    result = run_speed(corpus, SpeedSettings(pairs=1, clips=2, frames=16, sizes=((192, 108),)))
    json.dumps(result, allow_nan=False)
    compared = [row for row in result["summary"] if row["beside"]]
    assert len(compared) == len(ENCODERS) + 4 + len(SEARCHES)
    assert len(result["records"]) == len(compared)
    for record in result["records"]:
        assert record["without"]["frames"] == 32
        seen = {"detect --every 4": 8, "fingerprint --key-frames": 1}
        assert record["with"]["frames"] == seen.get(record["what"], 32)
        assert record["with"]["cpu_seconds"] > 0 < record["without"]["wall_seconds"]
    assert [row["z"] is not None for row in compared] == [row["what"].startswith("detect") for row in compared]
    assert all(start["cpu_seconds"]["lowest"] > 0 for start in result["start_up"])
    table = result_table(result)
    assert "detect --every 4" in table
    assert "indelible --help" in table


def test_a_reel_takes_the_largest_clip_of_each_source(corpus, tmp_path):
    same = replace(corpus, clips=tuple(replace(clip, source="one") for clip in corpus.clips))
    assert [clip.name for clip in reel_clips(same, 5)] == ["china.mp4"]
    assert [clip.name for clip in reel_clips(corpus, 5)] == ["china.mp4", "flower.mp4"]
    assert make_reel(tmp_path / "reel.mp4", reel_clips(corpus, 5), ReelSettings(160, 90, clips=2, frames=10)) == 20
    with open_video(tmp_path / "reel.mp4") as reader:
        assert [round(30 * frame.pts_seconds) for frame in reader] == list(range(20))
        assert (reader.info.width, reader.info.height) == (160, 90)


def test_a_corpus_without_landscape_footage_is_refused(films, tmp_path):
    film(tmp_path / "tall.mp4", width=144, height=256, frames=2)
    with pytest.raises(InputError, match="landscape"):
        reel_clips(load_corpus(tmp_path), 3)
