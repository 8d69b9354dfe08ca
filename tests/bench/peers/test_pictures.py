"""Frames become pictures and frames again; OpenCV's conversion is the oracle."""

import math

import cv2
import numpy as np
import pytest

from indelible.bench.peers.pictures import frames_of, pictures_of, psnr_db
from indelible.errors import InputError
from indelible.runs.footage import load_clip


@pytest.fixture
def frames(films):
    return load_clip(films / "china.mp4", max_seconds=0.1).frames


def test_frames_come_back_but_for_rounding(frames):
    back = frames_of(pictures_of(frames), frames)
    assert [frame.pts for frame in back] == [frame.pts for frame in frames]
    assert psnr_db([frame.y for frame in back], [frame.y for frame in frames]) > 48.0
    assert psnr_db([frame.chroma[0] for frame in back], [frame.chroma[0] for frame in frames]) > 38.0  # out of range of RGB in places


def test_pictures_become_what_opencv_makes_of_them(frames):
    smooth = np.stack([cv2.GaussianBlur(picture, (0, 0), 3.0) for picture in pictures_of(frames)])
    (frame, *_), picture = frames_of(smooth, frames), smooth[0]
    height, width = picture.shape[:2]
    planes = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420).ravel()
    quarter = height * width // 4
    assert np.abs(frame.y - planes[: height * width].reshape(height, width).astype(float)).max() <= 2
    for plane, start in zip(frame.chroma, (height * width, height * width + quarter), strict=True):
        assert np.abs(plane - planes[start : start + quarter].reshape(plane.shape).astype(float)).max() <= 4


def test_the_size_asked_for_is_given_back(frames):
    assert pictures_of(frames, size=(100, 50)).shape == (len(frames), 50, 100, 3)


def test_psnr_by_hand():
    grey = np.full((4, 4), 100, np.uint8)
    assert psnr_db([grey + 1, grey], [grey, grey]) == pytest.approx(10 * math.log10(255**2 / 0.5))
    assert psnr_db([grey], [grey]) == math.inf


def test_other_frames_are_refused(frames):
    with pytest.raises(InputError, match="yuv420p"):
        frames_of(pictures_of(frames[:1]), frames)
