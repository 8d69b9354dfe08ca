"""The judgement of scores, against numbers by hand and against other implementations."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from indelible.errors import InputError
from indelible.lab.decision import decide
from indelible.lab.fitness import ClipScores, margin, published, separation
from indelible.lab.validate import platforms
from indelible.lab.validation import Criteria, best_threshold, in_first_half, judge_cell, log10_mann_whitney, roc
from indelible.stats.ranks import area_under_roc


def record(clip, clean, marked, *, psnr=40.0, log10_p=(-0.5, -4.0)):
    pair = {"clean": clean, "marked": marked, "clean_log10_p": log10_p[0], "marked_log10_p": log10_p[1]}
    return {"clip": clip, "psnr_y_db": psnr, "scores": {"matched": pair}}


def cell(rows):
    return judge_cell([record(f"c{i}", *row) for i, row in enumerate(rows)], "matched", {f"c{i}": f"s{i}" for i in range(len(rows))})


def test_each_half_is_judged_by_the_others_threshold():
    sources = [f"s{index}" for index in range(8)]
    first = in_first_half(sources)
    assert first.sum() == 4
    row = cell([(0.1, 0.4) if half else (0.2, 0.8) for half in first])
    assert row["thresholds"] == [0.25, 0.5]
    assert (row["true_positives"]["k"], row["false_positives"]["k"]) == (4, 0)  # the first half falls below the second's threshold


def test_the_threshold_lies_in_the_widest_gap_of_those_that_tell_most_apart():
    assert best_threshold(np.array([0.9, 0.8, 0.2]), np.array([0.1, 0.0, 0.3])) == pytest.approx(0.55)
    assert best_threshold(np.array([0.1, 0.2]), np.array([0.5, 0.6])) == math.inf
    assert best_threshold(np.array([0.5]), np.array([0.5])) == math.inf


def test_clips_of_one_source_stay_in_one_half():
    halves = in_first_half(["a", "a", "b", "c", "b", "d"])
    assert halves[0] == halves[1]
    assert halves[2] == halves[4]
    with pytest.raises(InputError, match="one source"):
        in_first_half(["a", "a"])


def test_a_cell_by_hand():
    row = cell([(0.0, 0.5), (0.1, 0.7), (0.2, 0.6), (-0.1, 0.2)])
    assert row["separation"] == pytest.approx(0.45)
    assert row["clean"] == {"mean": 0.05, "lowest": -0.1, "median": 0.05, "highest": 0.2}
    assert row["area_under_roc"] == pytest.approx(15.5 / 16, abs=1e-4)
    assert row["psnr_y_db"] == {"mean": 40.0, "worst": 40.0}
    assert (row["by_p"]["marked"]["k"], row["by_p"]["clean"]["k"]) == (4, 0)


def test_detectors_without_p_have_no_rate_by_p():
    rows = [record(f"c{i}", 0.1 * i, 0.5, log10_p=(None, None)) for i in range(4)]
    assert "by_p" not in judge_cell(rows, "matched", {f"c{i}": f"s{i}" for i in range(4)})


def test_area_is_that_of_scikit_learn_and_of_the_curve():
    rng = np.random.default_rng(8)
    marked, clean = np.round(rng.normal(0.5, 1.0, 40), 1), np.round(rng.normal(0.0, 1.0, 60), 1)  # with ties
    area = area_under_roc(marked, clean)
    assert area == pytest.approx(roc_auc_score([1] * 40 + [0] * 60, np.concatenate([marked, clean])))
    points = roc(marked, clean)
    assert points[0] == (0.0, 0.0)
    assert points[-1] == (1.0, 1.0)
    false, true = np.array(points).T
    assert np.trapezoid(true, false) == pytest.approx(area)


def test_mann_whitney_of_separate_groups_is_one_in_all_orders():
    assert log10_mann_whitney([4.0, 5.0, 6.0], [1.0, 2.0, 3.0]) == pytest.approx(-math.log10(20))
    assert log10_mann_whitney([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]) == 0.0


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({}, True),
        ({"true_positives": {"k": 8, "n": 10}}, False),
        ({"false_positives": {"k": 1, "n": 10}}, False),
        ({"log10_p_mann_whitney": -3.0}, False),
        ({"psnr_y_db": {"mean": 34.9}}, False),
        ({"psnr_y_db": None}, True),
    ],
)
def test_criteria_are_all_needed(changes, met):
    row = {
        "true_positives": {"k": 9, "n": 10},
        "false_positives": {"k": 0, "n": 10},
        "log10_p_mann_whitney": -5.0,
        "psnr_y_db": {"mean": 35.0},
    }
    assert Criteria().met_by(row | changes) is met


def test_a_platform_is_as_good_as_its_hardest_quality():
    def row(crf, found, false):
        return {"channel": f"x264:crf={crf}", "detector": "matched"} | {
            "true_positives": {"k": found, "n": 10},
            "false_positives": {"k": false, "n": 10},
        }

    (vimeo,) = platforms([row(18, 10, 2), row(20, 7, 0)])
    assert (vimeo["platform"], vimeo["true_positives"]["k"], vimeo["false_positives"]["k"]) == ("Vimeo", 7, 2)


def test_fitnesses_by_hand():
    scores = [ClipScores(0.2, 0.6, 0.3, 42.0), ClipScores(0.0, 0.2, 0.1, 38.0)]
    assert separation(scores) == pytest.approx(0.3)
    assert published(scores) == pytest.approx(0.3)
    assert published([ClipScores(0.2, 0.25, 0.2, 40.0)]) == pytest.approx(0.05 - 0.5 - 0.25)
    assert margin(scores) == pytest.approx(0.2 - 0.3 - 0.2)


def test_the_rule_of_decision():
    assert decide(0.21, 1) == "validate"
    assert decide(0.09, 29) == "undecided"
    assert decide(0.09, 30) == "not solvable with this family"
    assert decide(0.15, 99) == "undecided"
    assert decide(0.2, 30) == "undecided"
