from dataclasses import replace

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.mark import Detector, Embedder, Payload, Raised
from indelible.mark.clock import steps
from tests.mark.pictures import clip, flat

KEY = SecretKey(bytes(range(32)))


def test_only_luma_changes_and_the_input_is_left_alone() -> None:
    frames = clip(12)
    before = [frame.y.copy() for frame in frames]
    marked = list(Embedder(KEY).embed(frames))
    assert len(marked) == len(frames)
    for old, new, luma in zip(frames, marked, before, strict=True):
        np.testing.assert_array_equal(old.y, luma)
        assert new.chroma is old.chroma
        assert (new.pts, new.time_base, new.duration, new.pixel_format) == (old.pts, old.time_base, old.duration, old.pixel_format)
        assert not np.array_equal(new.y, old.y)


@pytest.mark.parametrize("quality_db", [42.0, 46.0, 50.0])
def test_the_mark_has_the_quality_asked_for(quality_db: float) -> None:
    frames = clip(20)
    embedder = Embedder(KEY, quality_db=quality_db)
    marked = list(embedder.embed(frames))
    error = np.mean([(new.y.astype(float) - old.y) ** 2 for new, old in zip(marked, frames, strict=True)])
    measured = 10 * np.log10(255**2 / error)
    assert embedder.report.psnr_y_db == pytest.approx(measured, abs=1e-6)
    assert measured == pytest.approx(quality_db, abs=0.7)
    assert embedder.report.psnr_rgb_db == pytest.approx(measured - 20 * np.log10(255 / 219), abs=1e-6)


def test_names_of_strength_are_ordered() -> None:
    qualities = []
    for name in ("light", "standard", "strong"):
        embedder = Embedder(KEY, strength=name)
        list(embedder.embed(clip(10)))
        qualities.append(embedder.report.psnr_y_db)
    assert qualities[0] > qualities[1] + 1 > qualities[2] + 2


def test_ten_bits_get_the_same_mark_at_four_times_the_scale() -> None:
    eight, ten = clip(10), clip(10, bit_depth=10)
    by_eight = next(iter(Embedder(KEY).embed(eight))).y.astype(float) - eight[0].y
    by_ten = next(iter(Embedder(KEY).embed(ten))).y.astype(float) - ten[0].y
    assert np.corrcoef(by_eight.ravel(), by_ten.ravel())[0, 1] > 0.9
    assert by_ten.std() == pytest.approx(4 * by_eight.std(), rel=0.15)


def test_white_and_black_saturate_instead_of_wrapping() -> None:
    for bit_depth, dtype in ((8, np.uint8), (10, np.uint16)):
        peak = (1 << bit_depth) - 1
        frames = [replace(frame, y=np.where(frame.y > np.median(frame.y), peak, 0).astype(dtype)) for frame in clip(5, bit_depth=bit_depth)]
        for old, new in zip(frames, Embedder(KEY, quality_db=40).embed(frames), strict=True):
            assert int(new.y.max()) <= peak
            assert np.abs(new.y.astype(int) - old.y.astype(int)).max() < peak // 4


def test_flat_pictures_are_left_alone() -> None:
    frames = flat(10)
    embedder = Embedder(KEY)
    for old, new in zip(frames, embedder.embed(frames), strict=True):
        np.testing.assert_array_equal(old.y, new.y)
    assert embedder.report.unmarked_seconds == pytest.approx(1.0)
    assert embedder.report.psnr_y_db == np.inf


def test_frames_of_unknown_duration_count_the_time_since_the_one_before() -> None:
    embedder = Embedder(KEY)
    list(embedder.embed(replace(frame, duration=0) for frame in flat(11)))
    assert embedder.report.duration_seconds == embedder.report.unmarked_seconds == pytest.approx(1.0)


def test_the_same_input_gives_the_same_output() -> None:
    first, second = (list(Embedder(KEY, Payload(b"12345678")).embed(clip(12))) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.y, other.y)


def test_looks_one_step_ahead_only() -> None:
    frames = iter(clip(40, rate=10))
    next(Embedder(KEY).embed(frames))
    assert len(list(frames)) == 40 - 11  # ten frames of the first second, and the one that ended it


def test_steps_start_with_the_first_frame_and_survive_missing_times() -> None:
    late = [replace(frame, pts=frame.pts + 12345 if frame.pts is not None else None) for frame in clip(25, rate=10)]
    assert [(step, len(held)) for step, held in steps(late)] == [(0, 10), (1, 10), (2, 5)]
    timeless = [replace(frame, pts=None) for frame in clip(30)]
    assert [(step, len(held)) for step, held in steps(timeless)] == [(0, 25), (1, 5)]


def test_large_pictures_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indelible.mark.clock.STEP_BYTES", 4 * 180 * 320 * 2)
    assert max(len(held) for _, held in steps(clip(20))) <= 6


def test_a_step_holds_pictures_of_one_size() -> None:
    mixed = clip(3) + clip(3, height=90, width=160)
    assert [len(held) for _, held in steps(mixed)] == [3, 3]
    assert [frame.y.shape for frame in Embedder(KEY).embed(mixed)] == [frame.y.shape for frame in mixed]


@pytest.mark.parametrize("arguments", [{"strength": "huge"}, {"quality_db": 20.0}, {"quality_db": 90.0}])
def test_what_is_not_allowed_is_refused(arguments: dict) -> None:
    with pytest.raises(InputError, match="allowed"):
        Embedder(KEY, **arguments)


def test_a_window_is_raised_alone_and_not_below_the_floor() -> None:
    frames = clip(20, rate=1)  # 20 s: three windows
    plain = list(Embedder(KEY, quality_db=50).embed(frames))
    raised = list(Embedder(KEY, quality_db=50, raised=Raised({1: 3.0, 2: 30.0}, floor_db=42.0)).embed(frames))

    def quality_db(window: int) -> float:
        part = slice(8 * window, 8 * window + 8)
        return -10 * np.log10(
            np.mean([(new.y.astype(float) - old.y) ** 2 for new, old in zip(raised[part], frames[part], strict=True)])
        ) + (20 * np.log10(255))

    for old, new in zip(plain[:8], raised[:8], strict=True):
        np.testing.assert_array_equal(old.y, new.y)
    assert quality_db(1) == pytest.approx(47.0, abs=0.7)
    assert 42.0 - 0.02 <= quality_db(2) < 42.3


def test_nothing_is_lowered_to_the_floor() -> None:
    frames = clip(5)
    plain, raised = (list(Embedder(KEY, quality_db=40, raised=each).embed(frames)) for each in (None, Raised({0: 2.0}, floor_db=45.0)))
    for old, new in zip(plain, raised, strict=True):
        np.testing.assert_array_equal(old.y, new.y)
    with pytest.raises(InputError, match="allowed"):
        Raised({}, floor_db=30.0)


def test_a_part_of_a_video_is_marked_and_found_as_within_the_whole() -> None:
    frames = clip(20, rate=1)
    whole = list(Embedder(KEY).embed(frames))
    part = list(Embedder(KEY).embed(frames[8:16], origin_seconds=0.0))
    for one, other in zip(whole[8:16], part, strict=True):
        np.testing.assert_array_equal(one.y, other.y)
    for origin, marked in ((0.0, True), (None, False)):
        detector = Detector([KEY], origin_seconds=origin)
        for frame in part:
            detector.add(frame)
        assert detector.results()[0].marked is marked
