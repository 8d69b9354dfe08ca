"""VMAF says what it should of pictures whose quality is known."""

from dataclasses import replace

import cv2
import pytest

from indelible.errors import InputError
from indelible.runs.footage import load_clip
from indelible.runs.vmaf import vmaf


@pytest.fixture
def frames(films):
    return load_clip(films / "china.mp4", max_seconds=0.5).frames


def test_a_video_equals_itself_and_a_blurred_one_does_not(frames):
    blurred = [frame.with_luma(cv2.GaussianBlur(frame.y, (0, 0), 2.0)) for frame in frames]
    assert vmaf(frames, frames) > 95.0
    assert vmaf(blurred, frames) < 60.0


def test_one_frame_late_is_seen(frames):
    assert vmaf(frames[1:], frames[:-1]) < vmaf(frames[1:], frames[1:]) - 0.5


def test_what_does_not_fit_is_refused(frames):
    with pytest.raises(InputError, match="same number"):
        vmaf(frames[1:], frames)
    smaller = [replace(frame, y=frame.y[:-2]) for frame in frames]
    with pytest.raises(InputError, match="one size"):
        vmaf(smaller, frames)
