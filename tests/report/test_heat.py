"""A block that lies beyond honest work is coloured where it is and when it is, and nothing else is."""

import base64
import re

import cv2
import numpy as np
import pytest

from indelible.report.heat import HeatMoment, heat_pictures, moments
from indelible.verify.localise import Heat


def heat(windows=12):
    starts = np.arange(windows) * 0.25
    excess = np.full((windows, 54, 96), 0.3, np.float32)
    excess[6:, :27, 48:] = 6.0
    excess[8, 0, 95] = 9.0
    return Heat(starts, starts + 0.25, excess)


def pictures(found):
    page = "".join(found)
    for encoded in re.findall(r"base64,([^\"]+)", page):
        yield cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR).astype(int)


def test_moments_cover_the_time_and_hold_their_hottest_window():
    found = moments(heat())
    assert len(found) == 6
    assert (found[0][0], found[-1][1]) == (0.0, 3.0)
    assert [start for start, _, _ in found[1:]] == [end for _, end, _ in found[:-1]]
    assert found[4][2] == pytest.approx(8.5 * 0.25)
    whole = heat()
    assert len(moments(Heat(whole.starts[:2], whole.ends[:2], whole.excess[:2]))) == 2


def test_colour_is_where_and_when_the_difference_is():
    whole = heat()
    grey = np.full((90, 160, 3), 128, np.uint8)
    shown = [HeatMoment(start, end, grey) for start, end, _ in moments(whole)]
    colour = [np.ptp(picture, axis=2) > 40 for picture in pictures(heat_pictures(whole, shown))]
    assert len(colour) == 6
    assert not any(each.any() for each in colour[:3])
    for each in colour[3:]:
        height, width = each.shape
        assert each[: height // 2 - 2, width // 2 + 2 :].mean() > 0.95
        assert each[height // 2 + 2 :].mean() == 0.0
        assert each[:, : width // 2 - 2].mean() == 0.0


def test_without_pictures_there_is_nothing_to_show():
    assert heat_pictures(heat(), ()) == ()
