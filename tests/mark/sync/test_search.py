"""Marks in videos that were cut, turned, framed or begin later: found, placed and paid for."""

import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detection, Detector, Embedder, Payload, Search
from indelible.mark.sync import search, searched
from indelible.stats.intervals import clopper_pearson_lower
from tests.mark.pictures import clip

KEY, OTHER = SecretKey(bytes(range(32))), SecretKey(bytes(32))
MESSAGE = Payload.from_text("copy 17!")


@pytest.fixture(scope="module")
def marked() -> list[Frame]:
    return list(Embedder(KEY, MESSAGE, quality_db=40).embed(clip(30, height=288, width=512, seed=3)))


@pytest.fixture(scope="module")
def film() -> list[Frame]:
    """Twenty seconds, so that an excerpt may lie in another window."""
    return list(Embedder(KEY, MESSAGE, quality_db=40).embed(clip(100, rate=5, seed=5)))


def changed(frames: list[Frame], change: Callable[[np.ndarray], np.ndarray]) -> list[Frame]:
    return [Frame(np.ascontiguousarray(change(frame.y)), pts=frame.pts, time_base=frame.time_base, duration=1) for frame in frames]


def detect(frames: list[Frame], *keys: SecretKey, search: Search = "none", alpha: float = 1e-6) -> Detection:
    detector = Detector(keys or [KEY], search=search, alpha=alpha)
    for frame in frames:
        detector.add(frame)
    return detector.results()[0]


def turned(picture: np.ndarray, angle_deg: float) -> np.ndarray:
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle_deg, 1.0)
    return cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=16)


FAST = {
    "mirrored": (np.fliplr, {"mirrored": True}),
    "on its side": (np.rot90, {"quarters": 1}),
    "upside down": (lambda y: np.rot90(y, 2), {"quarters": 2}),
    "between bars": (lambda y: np.pad(y, ((0, 0), (90, 90)), constant_values=16), {}),
}
FULL = {
    "cut": (lambda y: y[20:250, 60:468], {"scale_x": 230 / 288, "centre_x": 264 / 512}),
    "mirrored and cut": (lambda y: np.fliplr(y[20:250, 60:468]), {"scale_x": 230 / 288, "mirrored": True}),
    "narrowed": (lambda y: y[:, 130:380], {"scale_x": 250 / 512, "scale_y": 1.0}),
    "turned": (lambda y: turned(y, 3.0), {"angle_deg": 3.0, "scale_x": 1.0}),
}


@pytest.mark.parametrize("change", FAST)
def test_what_a_fast_search_finds(marked, change):
    change_of, pose = FAST[change]
    frames = changed(marked, change_of)
    assert not detect(frames).marked
    found = detect(frames, search="fast")
    assert found.payload == MESSAGE
    assert {name: getattr(found.geometry.pose, name) for name in pose} == pose
    assert (found.geometry.content.left > 0.0) == (change == "between bars")


@pytest.mark.parametrize("change", FULL)
def test_what_a_full_search_finds(marked, change):
    change_of, pose = FULL[change]
    frames = changed(marked, change_of)
    assert not detect(frames, search="fast").marked
    found = detect(frames, search="full")
    assert found.payload == MESSAGE
    assert {name: getattr(found.geometry.pose, name) for name in pose} == pytest.approx(pose, abs=0.004)
    assert not detect(frames, OTHER, search="full").marked


def test_an_excerpt_is_found_in_its_window(film):
    excerpt = [replace(frame, pts=place) for place, frame in enumerate(film[55:75])]
    assert not detect(excerpt).marked
    found = detect(excerpt, search="fast")
    assert found.payload == MESSAGE
    assert found.geometry.timing.window(0) == 1
    assert found.geometry.timing.speed == 1.0


def test_a_search_costs_what_is_found_as_marked_a_third_of_a_decade(marked):
    plain, found = detect(marked), detect(marked, search="full")
    assert found.log10_p == pytest.approx(plain.log10_p + found.log10_correction - plain.log10_correction)
    assert found.log10_correction - plain.log10_correction == pytest.approx(math.log10(1 / (0.72 * 0.69)))
    assert found.geometry == plain.geometry


def test_a_full_search_never_loses_what_a_fast_one_finds(marked):
    frames = changed(marked, np.fliplr)
    assert detect(frames, search="full").log10_p == detect(frames, search="fast").log10_p


def test_more_is_paid_for_by_what_is_searched(marked):
    assert searched("none") < searched("fast") < searched("full")
    found = detect(changed(marked, FULL["cut"][0]), search="full")
    assert found.searched == searched("full")
    assert found.log10_correction > 6


def test_progress_of_a_full_search(marked):
    told: list[tuple[float, float]] = []
    detector = Detector([OTHER], search="full")
    for frame in marked[:10]:
        detector.add(frame)
    detector.results(progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1] == told[0][1]


def test_pictures_without_a_mark_have_none():
    for seed in (1, 2):
        found = detect(clip(12, seed=seed), search="full")
        assert not found.marked
        assert found.payload is None


def test_no_more_false_alarms_than_stated():
    """One video, whose evidence does not depend on keys, and keys that are not there."""
    keys = [SecretKey(index.to_bytes(32, "big")) for index in range(1, 61)]
    detector = Detector(keys[:1], search="fast", alpha=1e-6)
    for frame in clip(12, seed=8):
        detector.add(frame)
    footage = detector.footage

    best = [min(each.log10_p for each in search(footage, key, effort="fast", log10_enough=-6)) for key in keys]
    for level in (0.5, 0.2):
        assert clopper_pearson_lower(sum(value <= math.log10(level) for value in best), len(best)) <= level


def test_a_step_that_is_still_open_counts(marked):
    """Without it a video of less than a second would have nothing to search."""
    found = detect(changed(marked[:8], np.fliplr), search="fast")
    assert found.marked


def test_a_part_of_an_excerpt_is_found(film):
    excerpt = changed([replace(frame, pts=place) for place, frame in enumerate(film[45:75])], lambda y: y[18:162, 40:296])
    assert not detect(excerpt, search="fast").marked
    found = detect(excerpt, search="full")
    assert found.payload == MESSAGE
    assert found.geometry.timing.start_seconds >= 7.0
    assert found.geometry.pose.scale_x == pytest.approx(0.8, abs=0.004)
