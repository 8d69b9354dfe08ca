"""Laying a received video onto its original: place to a fraction of a cell, time to a frame."""

import itertools

import cv2
import numpy as np
import pytest

from indelible.errors import LimitError
from indelible.mark.informed import register, scan
from indelible.mark.informed.geometry import geometry_of
from indelible.mark.informed.placing import Placing, refined
from indelible.mark.informed.scan import Scanner
from tests.mark.informed.scenes import RATE, changed, retimed, scan_of, scene
from tests.mark.pictures import natural

ORIGINAL = scene()
SCAN = scan_of(ORIGINAL)


def turned(picture, angle_deg):
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle_deg, 1.0)
    return cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=16)


CHANGES = {
    "as it is": (lambda y: y, {}),
    "half of the area": (
        lambda y: y[30:158, 50:276],
        {"scale_x": 226 / 320, "scale_y": 128 / 180, "centre_x": 163 / 320, "centre_y": 94 / 180},
    ),
    "bars above and below": (lambda y: np.pad(y, ((60, 60), (0, 0)), constant_values=16), {}),
    "turned a little": (lambda y: turned(y, 7.0), {"angle_deg": 7.0}),
    "a quarter turn": (lambda y: np.rot90(y), {"quarters": 1}),
    "mirrored": (lambda y: y[:, ::-1], {"mirrored": True}),
    "mirrored and cut": (
        lambda y: y[20:160, 40:290][:, ::-1],
        {"mirrored": True, "scale_x": 250 / 320, "scale_y": 140 / 180, "centre_x": 165 / 320},
    ),
    "stretched": (lambda y: cv2.resize(y, (380, 170), interpolation=cv2.INTER_AREA), {}),
    "darker and flatter": (lambda y: np.rint(255 * (y / 255.0) ** 1.6 * 0.8).astype(np.uint8), {}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_place_is_found(name):
    change, expected = CHANGES[name]
    found = register(scan_of(changed(ORIGINAL, change)), SCAN)
    assert found is not None
    pose = geometry_of(found.placing, found.matches, found.received, found.original).pose
    plain = {"scale_x": 1.0, "scale_y": 1.0, "centre_x": 0.5, "centre_y": 0.5, "angle_deg": 0.0, "mirrored": False, "quarters": 0}
    for field, value in (plain | expected).items():
        # What is left is for the second look, which sees more.
        tolerance = 0.5 if field == "angle_deg" else 0.015
        assert getattr(pose, field) == pytest.approx(value, abs=tolerance), field
    assert [match.first for match in found.matches] == list(range(36))


def test_bars_are_told():
    found = register(scan_of(changed(ORIGINAL, CHANGES["bars above and below"][0])), SCAN)
    content = geometry_of(found.placing, found.matches, found.received, found.original).content
    assert (content.left, content.top, content.right, content.bottom) == pytest.approx((0.0, 0.2, 1.0, 0.8), abs=0.01)


def test_another_video_is_not_registered():
    assert register(scan_of(scene(seed=7)), SCAN) is None


def test_nothing_is_not_registered():
    assert register(Scanner().scan(), SCAN) is None


@pytest.mark.parametrize(
    ("kept", "rate", "speed"),
    [
        pytest.param(list(range(36)), 15, 1.25, id="faster"),
        pytest.param(list(range(36)), 10, 10 / 12, id="slower"),
        pytest.param(list(range(9, 33)), 12, 1.0, id="an excerpt"),
        pytest.param(list(range(0, 36, 2)), 6, 1.0, id="half the frame rate"),
        pytest.param([index for index in range(36) for _ in range(2)], 24, 1.0, id="twice the frame rate"),
        pytest.param([*range(18, 36), *range(18)], 12, 1.0, id="the end first"),
    ],
)
def test_a_time_is_found(kept, rate, speed):
    found = register(scan_of(retimed([ORIGINAL[index] for index in kept], rate=rate)), SCAN)
    assert found is not None
    assert [match.first for match in found.matches if match.share < 0.5] == kept
    timing = geometry_of(found.placing, found.matches, found.received, found.original).timing
    assert timing.speed == pytest.approx(speed, abs=0.02)


def test_blended_frames_are_seen_through():
    blended = [cv2.addWeighted(one.y, 0.4, other.y, 0.6, 0.0) for one, other in itertools.pairwise(ORIGINAL)]
    frames = [type(ORIGINAL[0])(y, pts=index, time_base=ORIGINAL[0].time_base) for index, y in enumerate(blended)]
    found = register(scan_of(frames), SCAN)
    shares = np.array([match.share for match in found.matches])
    assert [match.first for match in found.matches] == list(range(35))
    assert np.median(shares) == pytest.approx(0.6, abs=0.05)


def test_foreign_footage_gets_no_weight():
    foreign = scene(12, seed=9)
    found = register(scan_of(retimed([*ORIGINAL[:12], *foreign, *ORIGINAL[12:]])), SCAN)
    assert found is not None
    ours = {match.received for match in found.matches}
    assert len(ours & set(range(12, 24))) <= 2
    assert len(ours - set(range(12, 24))) >= 34
    assert found.share == pytest.approx(36 / 48, abs=0.05)
    assert found.passages[0].start_seconds == 0.0
    assert found.passages[-1].end_seconds == pytest.approx(48 / RATE)


def test_a_place_is_refined_to_a_twentieth_of_a_cell():
    picture = cv2.GaussianBlur(natural(512, 512, seed=3), (0, 0), 2.0).astype(np.float32)
    truth = Placing(np.array([[1.01, 0.004, -0.006], [-0.003, 0.992, 0.005]]))
    received = Placing(truth.inverse()).laid(picture, 512) * np.float32(0.7) + np.float32(20.0)
    original = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA)
    found, moved = refined(Placing(np.eye(2, 3)), [(received, original)], blurs=(4.0, 2.0, 1.0, 1.0, 0.5))
    off = (found.matrix - truth.matrix) @ np.array([[0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1]])
    assert np.abs(off).max() * 256 < 0.05
    assert moved > 1.0


def test_a_video_may_be_too_long(monkeypatch):
    monkeypatch.setattr(scan, "MOST_FRAMES", 10)
    with pytest.raises(LimitError, match="more than 10 frames"):
        scan_of(ORIGINAL)


def test_pictures_are_thinned_and_times_are_not(monkeypatch):
    monkeypatch.setattr(scan, "KEYS_KEPT", 8)
    kept = scan_of(ORIGINAL)
    assert len(kept.seconds) == len(kept.thumbs) == 36
    assert [key.index for key in kept.keys] == [0, 8, 16, 24, 32]
