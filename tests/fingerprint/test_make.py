from dataclasses import replace

import cv2
import numpy as np
import pytest

from indelible.errors import InputError
from indelible.fingerprint.code import KEY_FRAMES, MIDDLE, WHOLE, distances
from indelible.fingerprint.make import make_fingerprint, make_key_frame_fingerprint
from indelible.fingerprint.transform import changes
from tests.fingerprint.scenes import flat, moving


@pytest.fixture(scope="module")
def film():
    return moving(6.0)


@pytest.fixture(scope="module")
def fingerprint(film):
    return make_fingerprint(film)


def bits(left, right):
    return float(np.median(distances(left.codes, right.codes)))


def test_two_views_for_each_second(fingerprint):
    assert fingerprint.start_seconds.tolist() == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 5.0]
    assert fingerprint.views.tolist() == [WHOLE, MIDDLE] * 6
    assert fingerprint.duration_seconds == pytest.approx(6.0)
    assert (fingerprint.weights > 0).all()


def test_the_same_frames_give_the_same_fingerprint(film, fingerprint):
    again = make_fingerprint(iter(film))
    assert (again.codes == fingerprint.codes).all()
    assert (again.confirm == fingerprint.confirm).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda y: cv2.resize(y, (160, 90), interpolation=cv2.INTER_AREA),
        lambda y: cv2.resize(y, (640, 360), interpolation=cv2.INTER_CUBIC),
        lambda y: cv2.GaussianBlur(y, (0, 0), 2.0),
        lambda y: (y * 0.6 + 30).astype(np.uint8),
        lambda y: np.clip(y + np.random.default_rng(1).normal(0, 8, y.shape), 0, 255).astype(np.uint8),
    ],
    ids=["half", "double", "blurred", "paler", "noisy"],
)
def test_what_looks_alike_has_nearly_the_same_code(film, fingerprint, change):
    copy = make_fingerprint(replace(frame, y=change(frame.y)) for frame in film)
    assert bits(copy, fingerprint) <= 12


def test_ten_bits_and_another_frame_rate_change_little(fingerprint):
    deep = make_fingerprint(
        replace(frame, y=frame.y.astype(np.uint16) << 2, bit_depth=10, pixel_format="gray10le") for frame in moving(6.0, rate=24)
    )
    assert bits(deep, fingerprint) <= 12


def test_another_video_has_another_code(fingerprint):
    other = make_fingerprint(moving(6.0, seed=1))
    assert 110 <= bits(other, fingerprint) <= 146


def test_bars_change_little(film, fingerprint):
    framed = [replace(frame, y=cv2.copyMakeBorder(frame.y, 30, 30, 0, 0, cv2.BORDER_CONSTANT, value=16)) for frame in film]
    assert bits(make_fingerprint(framed), fingerprint) <= 16


def test_a_turned_video_is_turned_back(film, fingerprint):
    on_its_side = [replace(frame, y=np.ascontiguousarray(np.rot90(frame.y, -1))) for frame in film]
    assert bits(make_fingerprint(on_its_side, quarter_turns=1), fingerprint) <= 8


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_a_flat_video_is_no_evidence(level):
    assert not make_fingerprint(flat(level=level)).has_evidence


def test_noise_in_the_dark_is_no_evidence():
    rng = np.random.default_rng(2)
    dark = [replace(frame, y=rng.integers(16, 19, frame.y.shape).astype(np.uint8)) for frame in flat()]
    assert not make_fingerprint(dark).has_evidence


def test_a_still_picture_is_one_code_and_no_change():
    still = make_fingerprint(moving(4.0, drift=0.0))
    assert len(np.unique(still.codes[still.views == WHOLE], axis=0)) == 1
    assert (changes(still.confirm) == 0).all()


@pytest.mark.parametrize(("seconds", "moments"), [(0.1, 1), (0.9, 1), (2.0, 2), (2.9, 3)])
def test_short_videos_have_moments_too(seconds, moments):
    made = make_fingerprint(moving(seconds))
    assert len(made) == 2 * moments
    assert made.has_evidence


def test_no_frames_no_codes():
    nothing = make_fingerprint([])
    assert len(nothing) == 0
    assert nothing.duration_seconds == 0.0


def test_key_frames_are_moments_of_their_own(film):
    keys = film[::20]
    made = make_key_frame_fingerprint(iter(keys))
    assert made.algorithm == KEY_FRAMES
    assert made.start_seconds.tolist() == [0.0, 0.0, 2.0, 2.0, 4.0, 4.0]
    assert made.duration_seconds == 4.0
    assert (changes(made.confirm) == 0).all()
    alone = [make_fingerprint([frame]).codes for frame in keys]
    assert (made.codes == np.concatenate(alone)).all()


def test_key_frames_are_turned_back(film):
    on_their_side = [replace(frame, y=np.ascontiguousarray(np.rot90(frame.y, -1))) for frame in film[::20]]
    assert bits(make_key_frame_fingerprint(on_their_side, quarter_turns=1), make_key_frame_fingerprint(film[::20])) <= 8


def test_key_frames_need_times_and_one_size(film):
    with pytest.raises(InputError, match="no time"):
        make_key_frame_fingerprint([replace(film[0], pts=None)])
    with pytest.raises(InputError, match="160x90"):
        make_key_frame_fingerprint([film[0], replace(film[1], y=film[1].y[::2, ::2])])
    assert len(make_key_frame_fingerprint([])) == 0
