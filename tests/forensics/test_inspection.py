"""What is made of a network's scores, with a stand-in whose scores are known."""

from __future__ import annotations

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.forensics.features import extract_resilient_features
from indelible.forensics.inspection import WINDOW, instants_of, look, reliability_at, verdict_of
from indelible.forensics.model import Calibration, Seen, window_features
from indelible.report.inspect import heat_picture
from tests.channel.clips import make_clip

CARD = {
    "threshold": {"logit": 1.0},
    "reliability": [{"crf_from": -100.0, "crf_until": 25.0, "found": 0.8}, {"crf_from": 25.0, "crf_until": 100.0, "found": 0.2}],
}


class BrightIsFake:
    """Says that a cell is manipulated if its luma is above 200, and estimates a CRF of 20."""

    calibration = Calibration((0.0, 1.0), 0.0)

    def see(self, planes):
        count, _, height, width = planes.shape
        means = planes[:, 0].reshape(count, height // 8, 8, width // 8, 8).mean(axis=(2, 4))
        cells = np.where(means > 200, 5.0, -5.0).astype(np.float32)
        return Seen(cells, np.zeros(count, np.float32), np.full(count, 20.0, np.float32))

    def embed(self, stack):
        vectors = stack.reshape(len(stack), -1)[:, :512].astype(np.float32) + 1.0
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def clip_with_patch(*, at=None, width=448, height=256):
    """Return grey frames with a bright square of 64 x 64 at (y, x)."""
    from dataclasses import replace

    clip = make_clip(width=width, height=height, frames=12)
    frames = []
    for frame in clip.frames:
        luma = np.full(frame.y.shape, 100, np.uint8)
        if at is not None:
            luma[at[0] : at[0] + 64, at[1] : at[1] + 64] = 230
        frames.append(replace(frame, y=luma))
    return frames


def looked(at):
    return look(BrightIsFake(), instants_of(clip_with_patch(at=at), count=12, wanted=3))


def test_the_most_suspect_place_decides_and_the_heat_lies_there():
    found = looked((192, 352))
    assert found.heat.shape == (3, 32, 56)
    assert (found.heat > 0).sum() == 3 * 64
    assert (found.heat[:, 24:32, 44:52] > 0).all()
    assert found.scores.shape == (3, 2, 3)
    assert np.unravel_index(found.scores.mean(axis=0).argmax(), (2, 3)) == (1, 2)
    assert found.score == pytest.approx(5.0)
    assert looked(None).score == pytest.approx(-5.0)


def test_instants_are_spread_and_have_their_neighbours():
    instants = instants_of(make_clip(width=256, height=192, frames=12).frames, count=12, wanted=3)
    assert [instant.seconds for instant in instants] == pytest.approx([0.04, 0.24, 0.4], abs=0.05)
    assert all(instant.stack.shape == (3, 192, 256, 3) for instant in instants)


def test_large_pictures_are_scaled_and_odd_ones_cut():
    (instant,) = instants_of(make_clip(width=801, height=601, frames=3).frames, count=3, wanted=1)
    assert instant.stack.shape[1:3] == (384, 512)


@pytest.mark.parametrize(("size", "frames", "message"), [((180, 300), 5, "too small"), ((256, 256), 2, "at least 3 pictures")])
def test_too_small_and_too_short_is_said(size, frames, message):
    with pytest.raises(InputError, match=message):
        instants_of(make_clip(width=size[0], height=size[1], frames=frames).frames, count=frames)


def test_verdicts_say_no_trace_only_where_most_would_be_found():
    from dataclasses import replace

    clean, forged = looked(None), looked((0, 0))
    assert verdict_of(CARD, forged) == "MANIPULATED"
    assert verdict_of(CARD, clean) == "NO TRACE"
    assert verdict_of(CARD, replace(clean, crf=30.0)) == "CANNOT TELL"
    assert [reliability_at(CARD, crf) for crf in (20.0, 25.0, 500.0)] == [0.8, 0.2, 0.0]


def test_a_window_is_judged_by_its_picture_and_its_highest_cells():
    cells = np.full((1, 10, 20), -3.0)
    cells[0, 0, :10] = 7.0  # a twentieth
    assert window_features(cells, np.array([0.5])).tolist() == [[0.5, 7.0]]
    assert Calibration((2.0, 1.0), -1.0).logits(np.array([[0.5, 7.0]])).tolist() == [7.0]


def test_features_have_unit_length_and_a_window_for_each_stretch_of_time():
    frames = make_clip(width=96, height=64, frames=60).frames
    found = extract_resilient_features(frames, model=BrightIsFake(), window_seconds=0.5)
    assert found.start_seconds.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert found.windows.shape == (5, 512)
    assert np.linalg.norm(found.windows, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert np.linalg.norm(found.clip) == pytest.approx(1.0, abs=1e-5)
    with pytest.raises(InputError, match="must be more than 0"):
        extract_resilient_features(frames, model=BrightIsFake(), window_seconds=0.0)
    with pytest.raises(InputError, match="at least one picture"):
        extract_resilient_features([], model=BrightIsFake())


def test_heat_is_bright_where_the_network_is_sure():
    picture = np.full((WINDOW, WINDOW, 3), 100, np.uint8)
    heat = np.full((24, 24), -9.0, np.float32)
    heat[:12] = 9.0
    shown = heat_picture(picture, heat)
    assert shown[:80].mean() > shown[-80:].mean() + 60
