from dataclasses import replace

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.fingerprint.bars import active_window
from indelible.fingerprint.picture import UNIT, Window
from indelible.fingerprint.slots import SlotMaker
from indelible.frames import Frame
from tests.fingerprint.scenes import flat, moving


def slots_of(frames):
    maker = SlotMaker()
    return list(maker.slots(frames)), maker.duration_seconds


@pytest.mark.parametrize("rate", [2, 10, 24, 25, 60])
def test_a_second_has_four_slots_at_any_rate(rate):
    slots, seconds = slots_of(flat(3.0, rate=rate))
    assert len(slots) == 12
    assert seconds == pytest.approx(3.0)


def test_a_frame_is_shown_until_the_next():
    times = (0, 30, 35)
    frames = [replace(flat()[0], y=np.full((90, 160), 40 * index, np.uint8), pts=pts) for index, pts in enumerate(times)]
    slots, seconds = slots_of(frames)
    levels = [int(slot.picture[0, 0]) // 16 for slot in slots]
    assert levels == [0] * 12 + [40] * 2 + [80]
    assert seconds == pytest.approx(3.6)


def test_frames_without_times_follow_each_other():
    slots, seconds = slots_of([replace(frame, pts=None) for frame in flat(5.0)])
    assert len(slots) == 8
    assert seconds == pytest.approx(2.0, abs=0.1)


def test_time_counts_from_the_first_frame():
    late = [replace(frame, pts=frame.pts + 10_000) for frame in flat(2.0)]
    assert len(slots_of(late)[0]) == 8


def test_a_change_of_size_is_an_error():
    with pytest.raises(InputError, match="size"):
        slots_of([Frame(y=np.zeros((64, 64), np.uint8), pts=0), Frame(y=np.zeros((64, 65), np.uint8), pts=500)])


def test_no_frames_no_slots():
    assert slots_of([]) == ([], 0.0)


def with_bars(*, top=0, bottom=0, left=0, right=0, level=16):
    def change(picture):
        framed = np.full_like(picture, level)
        height, width = picture.shape
        framed[top : height - bottom, left : width - right] = picture[top : height - bottom, left : width - right]
        return framed

    return slots_of(moving(1.0, change=change))[0]


@pytest.mark.parametrize("bars", [{"top": 20, "bottom": 20}, {"left": 40, "right": 40}, {"top": 9, "bottom": 30, "left": 8}])
def test_bars_are_no_part_of_the_picture(bars):
    window = active_window(with_bars(**bars))
    full = {"top": 0, "bottom": 0, "left": 0, "right": 0} | bars
    assert window.top == full["top"] * UNIT // 180
    assert UNIT - window.bottom == full["bottom"] * UNIT // 180
    assert window.left == full["left"] * UNIT // 320
    assert UNIT - window.right == full["right"] * UNIT // 320


@pytest.mark.parametrize("level", [16, 128])
def test_a_flat_video_has_no_bars(level):
    assert active_window(slots_of(flat(1.0, level=level))[0]) == Window()


def test_bright_margins_belong_to_the_picture():
    assert active_window(with_bars(top=20, bottom=20, level=235)) == Window()


def test_a_vignette_is_no_bar():
    def fade(picture):
        return 16 + (picture - 16) * np.clip(np.linspace(-0.2, 1.2, picture.shape[1]), 0, 1) ** 2

    assert active_window(slots_of(moving(1.0, change=fade))[0]) == Window()
