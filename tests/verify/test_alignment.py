"""Offsets, drops, repeats and other orders are found where they are; still pictures give no alarm."""

from __future__ import annotations

import numpy as np
import pytest

from indelible.verify.alignment import align

from .looks import look, textured

CLIP = textured(75)  # three seconds at 25
SOURCE = look(CLIP)


def test_a_copy_lies_straight() -> None:
    found = align(SOURCE, SOURCE)
    assert np.array_equal(found.frames, np.arange(75))
    assert (found.moves, found.lag_seconds, found.drift_ppm) == (0, 0.0, pytest.approx(0.0, abs=1e-6))
    assert found.longest_repeat_seconds == pytest.approx(0.0, abs=1e-9)
    assert found.lost_seconds == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("late", [1, 3, 10])
def test_a_constant_lag_is_found(late: int) -> None:
    found = align(SOURCE, look(CLIP, f"delay={late}"))
    assert found.lag_seconds == pytest.approx(late * 0.04, abs=1e-3)
    assert np.array_equal(found.frames[late:], np.arange(75 - late))


def test_dropped_pictures_are_not_moves_if_times_say_so() -> None:
    found = align(SOURCE, look(CLIP, "drop=0.3", seed=3))
    assert found.moves == 0
    assert np.abs(found.frames - found.expected).max() == 0


def test_stutter_and_stills_are_moves() -> None:
    assert align(SOURCE, look(CLIP, "duplicate=0.3")).moves >= 10
    still = align(SOURCE, look(CLIP, "freeze:from=1:until=1.4"))
    assert still.moves >= 9
    assert still.longest_repeat_seconds == pytest.approx(0.32, abs=0.05)


def test_half_the_rate_is_honest() -> None:
    found = align(SOURCE, look(CLIP, "fps=12.5"))
    assert found.moves == 0
    assert found.longest_repeat_seconds == pytest.approx(0.0, abs=1e-9)


def test_a_speed_is_a_drift() -> None:
    found = align(SOURCE, look(CLIP, "speed=0.96"))
    assert found.drift_ppm == pytest.approx(4e4, rel=0.3)
    assert found.lost_seconds == pytest.approx(3 / 0.96 - 3, abs=0.02)


def test_other_orders_are_moves() -> None:
    assert align(SOURCE, look(CLIP, "reverse:from=1:until=1.4")).moves >= 10


def test_what_is_still_cannot_be_out_of_order() -> None:
    clip = textured(50)
    still = look(clip, "freeze")
    for spec in ("freeze|duplicate=0.5", "freeze|reverse", "freeze|delay=5", "freeze|noise=3"):
        found = align(still, look(clip, spec))
        assert (found.moves, found.lag_seconds) == (0, 0.0), spec


def test_one_picture_is_enough() -> None:
    one = look(textured(1))
    assert align(one, one).frames.tolist() == [0]
    assert align(SOURCE, one).moves == 0
