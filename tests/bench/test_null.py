"""The null test accepts p-values that are valid, and catches those that are not."""

import numpy as np
import pytest

from indelible.bench.null import FOOTAGE, NOMINAL_OF_FEW, NullRun, NullSettings, judge, run_null, summarise
from indelible.bench.strangers import plainly
from indelible.bench.trial import load_clip
from indelible.keys import SecretKey
from indelible.mark import Detector, Scores

KEYS = [SecretKey(bytes([number]) * 32) for number in range(40)]


@pytest.fixture(scope="module")
def frames(films):
    return load_clip(films / "flower.mp4", max_seconds=1.0).frames


def uniform(count, seed=3):
    return np.log10(1.0 - np.random.default_rng(seed).random(count))


def test_uniform_and_conservative_p_values_pass():
    assert judge(uniform(100_000))["valid"]
    assert judge(np.minimum(0.0, uniform(100_000) + 0.5))["valid"]
    assert judge(np.zeros(1000))["valid"]


@pytest.mark.parametrize("factor", [0.5, 0.8])
def test_p_values_that_are_too_small_fail(factor):
    assert not judge(uniform(100_000) + np.log10(factor))["valid"]


def test_p_values_that_are_too_small_only_in_the_tail_fail():
    values = uniform(100_000)
    values[:12] = -5.5  # 12 more below 1e-5, where 1 is expected, and below 1e-4, where 10 are
    result = judge(values)
    assert [level["valid"] for level in result["levels"]] == [True, True, False, False]
    assert result["excess"] < result["band"]
    assert not result["valid"]


def test_p_values_that_are_too_small_only_in_the_middle_fail():
    values = uniform(100_000)
    middle = (values > np.log10(0.4)) & (values < np.log10(0.6))
    values[middle] = np.log10(0.4)
    result = judge(values)
    assert all(level["valid"] for level in result["levels"])
    assert result["excess"] == pytest.approx(0.2, abs=0.01)
    assert not result["valid"]


def test_one_payload_is_one_too_many():
    assert not judge(np.zeros(1000), payloads_reported=1)["valid"]


def test_counts_by_hand():
    result = judge([-2.0, -2.5, -4.5, -1.0, 0.0, 0.0, 0.0, 0.0])
    assert [level["k"] for level in result["levels"]] == [3, 1, 1, 0]  # a p-value of just the level counts
    assert result["excess"] == pytest.approx(4 / 8 - 0.1)
    assert result["distribution"][-1] == (0.0, 8)


def test_footage_is_judged_apart_and_together():
    rows = summarise(
        [
            {"footage": "x", "log10_p": [-1.0, 0.0], "payloads_reported": 0},
            {"footage": "y", "log10_p": [0.0], "payloads_reported": 2},
        ]
    )
    assert [(row["footage"], row["n"], row["payloads_reported"]) for row in rows] == [("x", 2, 0), ("y", 1, 2), ("all", 3, 2)]


def test_p_of_a_key_alone_is_what_a_detector_of_that_key_says(frames):
    together = plainly(KEYS, frames)
    alone = [plainly([key], frames).log10_p[0] for key in KEYS]
    assert together.log10_p == pytest.approx(alone, abs=1e-9)
    assert min(together.log10_p) < -0.1, "all p-values are 1, so the test has tested nothing"
    assert together.payloads_reported == 0


class Boastful:
    """A detector that finds every mark at three times the standard deviations that are there."""

    def __init__(self, keys):
        self._inner = Detector(keys)

    def add(self, frame):
        self._inner.add(frame)

    def scores(self):
        return [Scores((3 * one.z[0], 3 * one.z[1])) for one in self._inner.scores()]


def test_an_anti_conservative_detector_is_caught(frames):
    keys = [SecretKey(number.to_bytes(32, "big")) for number in range(300)]
    assert judge(plainly(keys, frames).log10_p)["valid"]
    assert not judge(plainly(keys, frames, make_detector=Boastful).log10_p)["valid"]


def test_whole_run_counts_every_pair_once_and_resumes(corpus, tmp_path):
    run = NullRun(settings=NullSettings(pairs=60), cache_folder=tmp_path)
    result = run_null(corpus, run)
    assert [(row["footage"], row["n"]) for row in result["summary"]] == [(kind, 20) for kind in FOOTAGE] + [("all", 60)]
    assert all(row["valid"] for row in result["summary"])
    lines = []
    again = run_null(corpus, NullRun(settings=run.settings, cache_folder=tmp_path, progress=lines.append))
    assert again["summary"] == result["summary"]
    assert lines == ["2 clips, 10 keys for each of 3 kinds of footage; 2 known"]


@pytest.mark.parametrize("way", ["reference", "random"])
def test_every_way_of_looking_is_judged(corpus, tmp_path, way):
    result = run_null(corpus.shard(1, 2), NullRun(settings=NullSettings(way=way, pairs=300), cache_folder=tmp_path))
    assert result["summary"][-1]["n"] == 300
    assert [level["nominal"] for level in result["summary"][-1]["levels"]] == list(NOMINAL_OF_FEW)
    assert all(row["valid"] for row in result["summary"])
    assert result["summary"][-1]["smallest_log10_p"] < -0.5, "all p-values are 1, so the test has tested nothing"


def test_parts_of_a_run_make_the_whole(corpus, tmp_path):
    settings = NullSettings(pairs=60)
    for part in ((1, 2), (2, 2)):
        result = run_null(corpus, NullRun(settings=settings, part=part, cache_folder=tmp_path))
        assert (result["summary"][-1]["n"], result["provenance"]["corpus"]["clips"]) == (30, 1)
    lines = []
    whole = run_null(corpus, NullRun(settings=settings, cache_folder=tmp_path, progress=lines.append))
    assert lines == ["2 clips, 10 keys for each of 3 kinds of footage; 2 known"]
    assert whole["summary"][-1]["n"] == 60
