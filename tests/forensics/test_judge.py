"""Calibration and judgement on scores whose answer is known, and the threshold of whole real clips."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from indelible.errors import InputError
from indelible.forensics.model import Calibration
from indelible.forensics.training.cache import Records
from indelible.forensics.training.judge import Judged, calibrate, measure, score
from indelible.forensics.training.threshold import CHANNELS, real_scores
from indelible.stats.ranks import area_under_roc
from tests.forensics.test_inspection import BrightIsFake

FINALS = (None, 18, 28)


def judged(gap, *, records=300, seed=1):
    """Return features whose manipulated twins are higher by ``gap`` deviations, of segments at three qualities, from 10 sources."""
    features = np.random.default_rng(seed).normal(size=(records, 2, 2))
    features[:, 1] += gap
    about = tuple(
        {
            "kind": "splice" if place % 2 else "retouch",
            "area": 0.05 if place % 2 else 0.2,
            "crf": FINALS[place % 3],
            "segment": place // 3,
            "source": f"source {place // 30}",
            "clip": f"clip {place // 30}",
        }
        for place in range(records)
    )
    return Judged(features, np.full(records, 0.75), np.full((records, 2), 28.0), about)


def test_calibration_is_that_of_scikit_learn():
    known = judged(1.0)
    found = calibrate(known)
    values, truth = known.features.reshape(-1, 2), np.tile([0, 1], 300)
    theirs = LogisticRegression(C=1e6).fit(values, truth)
    assert found.weights == pytest.approx(theirs.coef_[0], rel=0.1)
    assert found.offset == pytest.approx(float(theirs.intercept_[0]), rel=0.1)


def test_probabilities_of_a_calibrated_fold_are_believed_on_another():
    result = measure(judged(1.0, seed=2), calibrate(judged(1.0)), threshold=0.0)
    assert result["calibration_error"] < 0.06
    assert (result["segments"], result["sources"], result["clips"]) == (600, 10, 10)
    assert abs(result["leak"]) < 0.2
    assert result["estimated_crf_error"] == 5.0  # 28 for 18, and 28 for 28


def test_rows_are_by_encode_kind_and_area_with_intervals_by_source():
    known, calibration = judged(1.0), Calibration((1.0, 0.0), 0.0)
    rows = {row["group"]: row for row in measure(known, calibration, threshold=1.0)["groups"]}
    assert set(rows) == {"none", "crf 18", "crf 28", "splice", "retouch (unseen)", "below 10%", "10% or more"}
    row = rows["crf 28"]
    assert row["segments"] == 200
    expected = area_under_roc(known.features[2::3, 1, 0], known.features[2::3, 0, 0])
    assert row["clip_auc"] == pytest.approx(expected, abs=1e-4)
    assert row["clip_auc_low"] < row["clip_auc"] < row["clip_auc_high"]
    assert row["pixel_auc"] == 0.75
    assert row["false_alarms"] == pytest.approx((known.features[2::3, 0, 0] > 1.0).mean(), abs=1e-4)
    assert row["found"] == pytest.approx((known.features[2::3, 1, 0] > 1.0).mean(), abs=1e-4)


def test_a_network_that_knows_nothing_has_half_the_area():
    rows = measure(judged(0.0), Calibration((1.0, 1.0), 0.0), threshold=0.0)["groups"]
    assert all(row["clip_auc_low"] < 0.5 < row["clip_auc_high"] for row in rows if row["by"] == "encode")


def test_records_are_scored_by_what_the_network_sees():
    planes = np.full((1, 2, 2, 5, 64, 64), 100, np.uint8)
    planes[0, 1, :, 0, :16, :16] = 230
    masks = np.zeros((1, 2, 16, 16), np.uint8)
    masks[:, :, :4, :4] = 255
    found = score(BrightIsFake(), [Records(planes, masks, ({"kind": "splice", "area": 0.06, "crf": 20, "segment": 0},), "s", "c")])
    assert found.cell_auc.tolist() == [1.0]
    assert found.features[0, 0].tolist() == [0.0, -5.0]
    assert found.features[0, 1].tolist() == [0.0, 5.0]
    assert found.about[0]["source"] == "s"


def test_real_clips_are_looked_at_after_each_channel_and_small_ones_left_out(tmp_path):
    from indelible.runs.corpus import load_corpus
    from tests.photographs import film

    film(tmp_path / "large.mp4", width=272, height=208, frames=8)
    film(tmp_path / "small.mp4", width=160, height=96, frames=8)
    lines = []
    found = real_scores(BrightIsFake(), load_corpus(tmp_path).clips, progress=lines.append)
    assert found.clips == ("large.mp4",)
    assert found.scores.shape == (1, len(CHANNELS))
    assert any("small.mp4 is left out" in line for line in lines)
    with pytest.raises(InputError, match="no real clip"):
        real_scores(BrightIsFake(), load_corpus(tmp_path, pattern="small*").clips, progress=lines.append)
