"""Pictures in a page show what the frames hold."""

import base64
from dataclasses import replace
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from indelible.errors import InputError
from indelible.frames import ColorTags, Frame
from indelible.report.pictures import GAIN, PicturePair, data_uri, side_by_side, to_bgr
from tests.report.pages import Page


def decoded(uri: str) -> np.ndarray:
    encoded = np.frombuffer(base64.b64decode(uri.split(",")[1]), np.uint8)
    return cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)


def colourful(pixel_format: str, matrix: int, full: bool) -> tuple[Frame, np.ndarray]:
    """A smooth picture as a frame, converted by FFmpeg, and the BGR that it was."""
    ramp = np.linspace(40, 215, 64)
    bgr = np.dstack([ramp[None, :] + 0 * ramp[:, None], ramp[:, None] + 0 * ramp[None, :], np.full((64, 64), 90.0)]).astype(np.uint8)
    spaces = {1: "ITU709", 6: "ITU601"}
    picture = av.VideoFrame.from_ndarray(bgr, format="bgr24").reformat(
        format=pixel_format, dst_colorspace=spaces[matrix], dst_color_range="JPEG" if full else "MPEG"
    )
    bits = picture.format.components[0].bits
    dtype = np.uint16 if bits > 8 else np.uint8
    planes = [np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width] for plane in picture.planes]
    color = ColorTags(matrix=matrix, range=2 if full else 1)
    return Frame(planes[0], tuple(planes[1:]), pixel_format, bits, 0, Fraction(1, 25), 1, color), bgr


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p", "yuv420p10le"])
@pytest.mark.parametrize(("matrix", "full"), [(1, False), (6, False), (6, True)])
def test_colours_come_back_as_ffmpeg_made_them(pixel_format, matrix, full):
    frame, bgr = colourful(pixel_format, matrix, full)
    error = np.abs(to_bgr(frame).astype(int) - bgr.astype(int))
    assert np.mean(error) < 1.5
    assert np.percentile(error, 99) <= 5


def test_grey_is_grey(make_frames):
    (frame,) = make_frames(1, pixel_format="gray")
    picture = to_bgr(frame)
    assert np.array_equal(picture[..., 0], picture[..., 2])


def test_difference_is_shown_many_times_as_strong(make_frames):
    (frame,) = make_frames(1)
    y = np.clip(frame.y, 20, 235)
    original = frame.with_luma(y)
    changed = y.copy()
    changed[:, ::2] += 2
    page = Page(side_by_side(PicturePair(original, frame.with_luma(changed), 0.0)))
    before, after, difference = map(decoded, page.images)
    assert before.shape == after.shape == (*y.shape, 3)
    assert difference.shape == y.shape
    assert set(np.unique(difference[:, ::2])) == {128 + 2 * GAIN}
    assert set(np.unique(difference[:, 1::2])) == {128}


def test_large_pictures_become_jpeg():
    assert data_uri(np.zeros((100, 100), np.uint8)).startswith("data:image/png;base64,")
    assert data_uri(np.zeros((1080, 1920, 3), np.uint8)).startswith("data:image/jpeg;base64,")


def test_frames_that_do_not_match_are_refused(make_frames):
    (frame,) = make_frames(1)
    with pytest.raises(InputError, match="cannot be compared"):
        PicturePair(frame, replace(frame, y=frame.y[:-2]), 0.0)
