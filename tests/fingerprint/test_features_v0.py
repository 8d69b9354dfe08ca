from dataclasses import replace

import cv2
import numpy as np
import pytest

from indelible.errors import InputError
from indelible.fingerprint.code import distances
from indelible.fingerprint.features_v0 import SAME_BITS, features_v0
from tests.fingerprint.scenes import moving


def test_a_copy_is_near():
    film = moving(2.0)
    copy = [replace(frame, y=cv2.GaussianBlur(frame.y, (0, 0), 0.8)) for frame in film]
    assert distances(features_v0(film), features_v0(copy)) <= SAME_BITS


def test_half_of_the_bits_are_ones():
    assert int(np.bitwise_count(features_v0(moving(1.0))).sum()) == 128


def test_only_the_first_frames_count():
    film = moving(3.0, drift=90.0)
    assert (features_v0(film, max_frames=5) == features_v0(film[:5])).all()
    assert (features_v0(film, max_frames=5) != features_v0(film)).any()


def test_colour_counts():
    film = moving(1.0)
    chroma = (np.full((90, 160), 90, np.uint8), np.full((90, 160), 200, np.uint8))
    red = [replace(frame, chroma=chroma, pixel_format="yuv420p") for frame in film]
    assert distances(features_v0(film), features_v0(red)) > 0


def test_there_must_be_a_frame():
    with pytest.raises(InputError, match="frames"):
        features_v0([])
    with pytest.raises(InputError, match="max_frames"):
        features_v0(moving(1.0), max_frames=0)
