"""Caching, resuming and the arithmetic of the summary."""

import json

import pytest

from indelible.bench import robustness
from indelible.bench.robustness import RobustnessRun, run_robustness, summarise
from indelible.bench.trial import TrialSettings

PLAN = ((64, ("none",)), (0, ("none", "scale=short:360")))


@pytest.fixture
def counted(monkeypatch, record):
    """The cells that are measured instead of being taken from the cache, by a trial that takes no time."""
    measured = []

    def trial(task):
        for bits, channel, way in ((each.bits, each.channel, way) for each in task.passings for way in each.ways):
            measured.append((task.clip.name, bits, channel, way))
            values = {"bits": bits, "channel": channel, "way": way, "applies": not channel.startswith("scale"), "z": float(len(measured))}
            task.cache.append(task.clip, record(task.clip.name, **values))
        return 0

    monkeypatch.setattr(robustness, "run_trials", trial)
    return measured


def test_a_second_run_measures_nothing_and_says_the_same(corpus, tmp_path, counted):
    run = RobustnessRun(plan=PLAN, cache_folder=tmp_path)
    first = run_robustness(corpus, run)
    assert len(counted) == 6
    counted.clear()
    again = run_robustness(corpus, run)
    assert counted == []
    assert {**first, "provenance": 0} == {**again, "provenance": 0}
    assert [(row["bits"], row["channel"], row["n"]) for row in first["summary"]] == [(64, "none", 2), (0, "none", 2)]
    json.dumps(first, allow_nan=False)


def test_other_ways_of_looking_are_added_to_what_is_known(corpus, tmp_path, counted):
    plan = ((64, ("none", "grey")),)
    run_robustness(corpus, RobustnessRun(plan=plan, cache_folder=tmp_path))
    counted.clear()
    result = run_robustness(corpus, RobustnessRun(plan=plan, ways=("plain", "reference", "plain"), cache_folder=tmp_path))
    assert counted == [(clip, 64, channel, "reference") for clip in ("china.mp4", "flower.mp4") for channel in ("none", "grey")]
    assert [(row["way"], row["channel"]) for row in result["summary"]] == [
        (way, channel) for way in ("plain", "reference") for channel in ("none", "grey")
    ]


def test_changed_code_changed_settings_and_fresh_runs_measure_again(corpus, tmp_path, counted, monkeypatch):
    run = RobustnessRun(plan=((0, ("none",)),), cache_folder=tmp_path)
    run_robustness(corpus, run)
    for other in (
        RobustnessRun(plan=run.plan, cache_folder=tmp_path, settings=TrialSettings(seed=2)),
        RobustnessRun(plan=run.plan, cache_folder=tmp_path, resume=False),
    ):
        counted.clear()
        run_robustness(corpus, other)
        assert len(counted) == 2
    counted.clear()
    monkeypatch.setattr("indelible.bench.cache.source_digest", lambda parts: "another")
    run_robustness(corpus, run)
    assert len(counted) == 2


def test_an_interrupted_run_goes_on_and_failures_are_tried_again(corpus, tmp_path, counted, monkeypatch):
    run = RobustnessRun(plan=((0, ("none", "grey")),), cache_folder=tmp_path)
    working = robustness.run_trials
    broken = {"clip": "china.mp4", "bits": 0, "channel": "none", "error": "MediaError: disk full"}
    monkeypatch.setattr(robustness, "run_trials", lambda task: task.cache.append(corpus.clips[0], broken) or 1)
    assert run_robustness(corpus, run)["errors"] == [broken]
    monkeypatch.setattr(robustness, "run_trials", working)
    result = run_robustness(corpus, run)
    assert len(counted) == 4
    assert result["errors"] == []


def test_a_failure_does_not_hide_what_was_measured(corpus, tmp_path, counted, monkeypatch):
    run = RobustnessRun(plan=((0, ("none",)),), cache_folder=tmp_path)
    working = robustness.run_trials
    failed = {"clip": "china.mp4", "bits": 0, "channel": "none", "way": "plain", "error": "MediaError: disk full"}
    monkeypatch.setattr(robustness, "run_trials", lambda task: working(task) or task.cache.append(corpus.clips[0], failed) or 1)
    result = run_robustness(corpus, run)
    assert (result["errors"], result["summary"][0]["n"]) == ([], 2)


def test_workers_in_processes_of_their_own_say_the_same(corpus, tmp_path):
    alone, together = (
        run_robustness(corpus, RobustnessRun(plan=((64, ("none",)),), cache_folder=tmp_path / str(jobs), jobs=jobs)) for jobs in (1, 2)
    )
    assert alone["summary"] == together["summary"]


def test_summary_against_numbers_by_hand(record):
    records = [
        record("a", z=2.0, log10_p=-1.0, marked=False, payload_exact=False, presence_seconds=None, payload_seconds=None, psnr_y_db=None),
        record("b", z=6.0, log10_p=-8.0, payload_exact=False, presence_seconds=3.0, payload_seconds=None, psnr_y_db=44.0),
        record("c", z=9.0, log10_p=-16.0, symbol_error_rate=0.4, psnr_y_db=47.0),
    ]
    (row,) = summarise(records, {"a": "film", "b": "film", "c": "other"})
    assert (row["n"], row["sources"], row["median_z"], row["median_log10_p"]) == (3, 2, 6.0, -8.0)
    assert row["presence"]["k"] == 2
    assert row["presence"]["interval"] == [0.0943, 0.9916]  # Clopper-Pearson's 2 of 3
    assert row["presence"]["interval_by_source"] == [0.5, 1.0]  # film has 1 of 2, other 1 of 1
    assert row["payload"]["k"] == 1
    assert row["median_presence_seconds"] == 3.0  # of 1, 3 and never
    assert row["median_payload_seconds"] is None  # of 2, never and never
    assert row["mean_symbol_error_rate"] == 0.2
    assert row["psnr_y_db"] == {"mean": 45.5, "worst": 44.0}  # the clip that took no mark is left out
    assert "vmaf_loss" not in row


def test_price_against_numbers_by_hand(record):
    records = [
        record("a", vmaf_marked=90.0, vmaf_unmarked=91.0, encoded_bytes=110, unmarked_bytes=100),
        record("b", vmaf_marked=80.0, vmaf_unmarked=84.0, encoded_bytes=100, unmarked_bytes=100),
    ]
    (row,) = summarise(records, {"a": "a", "b": "b"})
    assert row["vmaf_loss"] == {"mean": 2.5, "worst": 4.0}
    assert row["bitrate_change_percent"] == {"mean": 5.0, "worst": 10.0}
    assert "interval_by_source" not in row["presence"]  # each clip is its own source


def test_cells_are_kept_apart(record):
    found = [
        record("a"),
        record("a", bits=0, payload_exact=None),
        record("a", channel="grey"),
        record("a", way="full", symbol_error_rate=None),
    ]
    rows = summarise(found, {"a": "a"})
    assert [(row["bits"], row["way"], row["channel"]) for row in rows] == [
        (64, "plain", "none"),
        (0, "plain", "none"),
        (64, "plain", "grey"),
        (64, "full", "none"),
    ]
    assert "payload" not in rows[1]
    assert rows[3]["mean_symbol_error_rate"] is None
