import cv2
import numpy as np
import pytest

from indelible.errors import InputError
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detection, Detector, Embedder, Payload
from tests.mark.pictures import clip, flat

KEY, OTHER = SecretKey(bytes(range(32))), SecretKey(bytes(32))
MESSAGE = Payload.from_text("copy 17!")


def detect(frames: list[Frame], *keys: SecretKey, alpha: float = 1e-6) -> tuple[Detection, ...]:
    detector = Detector(keys or [KEY], alpha=alpha)
    for frame in frames:
        detector.add(frame)
    return detector.results()


@pytest.fixture(scope="module")
def marked() -> list[Frame]:
    return list(Embedder(KEY, MESSAGE).embed(clip(30)))


def test_the_mark_is_found_and_read(marked: list[Frame]) -> None:
    (found,) = detect(marked)
    assert found.marked
    assert found.log10_p < -30
    assert found.payload == MESSAGE
    assert found.symbol_error_rate is not None
    assert found.symbol_error_rate < 0.2
    assert found.key_id == KEY.key_id
    assert found.frames_used == 30
    assert found.duration_seconds == pytest.approx(3.0)


@pytest.mark.parametrize("bits", [0, 64, 128, 256])
def test_every_size_of_payload(bits: int) -> None:
    payload = Payload(bytes(range(7, 7 + bits // 8)))
    (found,) = detect(list(Embedder(KEY, payload, quality_db=42).embed(clip(30, seed=bits))))
    assert found.payload == payload


def test_another_key_and_unmarked_pictures_have_nothing(marked: list[Frame]) -> None:
    for found in (*detect(marked, OTHER), *detect(clip(30))):
        assert not found.marked
        assert found.payload is None
        assert found.log10_p > -4


def test_a_key_alone_is_what_a_detector_of_it_alone_says(marked: list[Frame]) -> None:
    together = Detector([OTHER, KEY], search="fast")
    for frame in marked[:-1]:
        together.add(frame)
    alone = together.alone(1)
    together.add(marked[-1])
    for detector, frames in ((alone, marked[:-1]), (together.alone(1), marked)):
        by_itself = Detector([KEY], search="fast")
        for frame in frames:
            by_itself.add(frame)
        (expected,) = by_itself.results()
        (found,) = detector.results()
        assert (found.log10_p, found.searched, found.payload) == (expected.log10_p, expected.searched, expected.payload)
        assert detector.footage.stills[-1].picture == pytest.approx(by_itself.footage.stills[-1].picture)


def test_each_key_searched_is_paid_for(marked: list[Frame]) -> None:
    (alone,) = detect(marked)
    among = detect(marked, OTHER, KEY, SecretKey(bytes([1] * 32)), SecretKey(bytes([2] * 32)))
    assert [found.marked for found in among] == [False, True, False, False]
    assert among[1].log10_p == pytest.approx(alone.log10_p + np.log10(4))
    assert among[1].searched == 4 * alone.searched
    assert among[1].log10_correction == pytest.approx(alone.log10_correction + np.log10(4))


@pytest.mark.parametrize(("height", "width"), [(90, 160), (135, 240), (360, 640), (180, 260)])
def test_another_size_is_free(marked: list[Frame], height: int, width: int) -> None:
    resized = [frame.__class__(y=cv2.resize(frame.y, (width, height), interpolation=cv2.INTER_AREA), pts=frame.pts) for frame in marked]
    assert detect(resized)[0].payload == MESSAGE


def test_ten_bits_are_read_as_eight_are() -> None:
    assert detect(list(Embedder(KEY, MESSAGE).embed(clip(30, bit_depth=10))))[0].payload == MESSAGE


def test_dropped_frames_and_another_rate_do_no_harm(marked: list[Frame]) -> None:
    assert detect(marked[::3])[0].payload == MESSAGE


def test_looking_at_every_third_frame_is_looking_at_those_alone(marked: list[Frame]) -> None:
    detector = Detector([KEY], every=3)
    for frame in marked:
        detector.add(frame)
    (found,) = detector.results()
    assert found.frames_used == 10
    assert found.duration_seconds == pytest.approx(3.0)
    assert found.z == pytest.approx(detect(marked[::3])[0].z)
    with pytest.raises(InputError, match="every is 0"):
        Detector([KEY], every=0)


def test_frames_that_were_left_out_before_count_as_time(marked: list[Frame]) -> None:
    detector = Detector([KEY], every=4)
    for frame in marked[::2]:
        detector.add(frame)
    (found,) = detector.results()
    assert found.frames_used == 8
    assert found.z == pytest.approx(detect(marked[::4])[0].z)


def test_results_may_be_asked_for_on_the_way(marked: list[Frame]) -> None:
    asked, silent = Detector([KEY]), Detector([KEY])
    strengths = []
    for frame in marked:
        asked.add(frame)
        silent.add(frame)
        strengths.append(asked.results()[0].z)
    assert asked.results() == silent.results()
    assert strengths[-1] > strengths[0]


def test_segments_show_which_seconds_are_marked() -> None:
    frames = clip(60)
    marked = list(Embedder(KEY, quality_db=42).embed(frames))
    (found,) = detect(marked[:30] + frames[30:])
    assert [segment.start_seconds for segment in found.segments] == [0, 1, 2, 3, 4, 5]
    assert max(segment.log10_p for segment in found.segments[:3]) < -6
    assert min(segment.log10_p for segment in found.segments[3:]) > -4


def test_the_pattern_changes_with_the_window_and_adds_up_over_windows() -> None:
    frames = clip(40, rate=2)  # 20 s
    marked = list(Embedder(KEY, MESSAGE).embed(frames))
    (whole,) = detect(marked)
    (first,) = detect(marked[:16])
    assert whole.payload == MESSAGE
    assert whole.z > 1.3 * first.z
    moved = [frame.__class__(y=frame.y, pts=index, time_base=frame.time_base) for index, frame in enumerate(marked[16:32])]
    assert not detect(moved)[0].marked  # the second window's pattern is not the first's


def test_nothing_is_found_in_flat_pictures_or_in_none_at_all() -> None:
    for frames in ([], flat(20)):
        (found,) = detect(frames)
        assert (found.marked, found.log10_p, found.payload) == (False, 0.0, None)


def test_a_change_of_size_on_the_way_is_followed(marked: list[Frame]) -> None:
    half = [
        frame.__class__(y=cv2.resize(frame.y, (160, 90), interpolation=cv2.INTER_AREA), pts=frame.pts, time_base=frame.time_base)
        for frame in marked[15:]
    ]
    assert detect(marked[:15] + half)[0].payload == MESSAGE


def test_p_values_are_valid_on_unmarked_and_on_otherwise_marked_pictures(marked: list[Frame]) -> None:
    rng = np.random.default_rng(11)
    for frames in (clip(20), marked, clip(20, speed=0)):
        keys = [SecretKey(rng.bytes(32)) for _ in range(1500)]
        detector = Detector(keys)
        for frame in frames:
            detector.add(frame)
        p = 10 ** np.array([scores.log10_p()[0] for scores in detector.scores()])  # each key as if it were the only one
        for nominal in (0.1, 0.01, 0.001):
            allowed = nominal * len(keys) + 3.3 * np.sqrt(nominal * len(keys)) + 1
            assert np.count_nonzero(p <= nominal) <= allowed


def test_both_statistics_are_standard_normal_under_the_null() -> None:
    rng = np.random.default_rng(12)
    detector = Detector([SecretKey(rng.bytes(32)) for _ in range(1200)])
    for frame in clip(20):
        detector.add(frame)
    z = np.array([scores.z for scores in detector.scores()])
    assert np.abs(z.mean(axis=0)).max() < 4 / np.sqrt(1200)
    assert np.abs(z.std(axis=0) - 1).max() < 4 / np.sqrt(2 * 1200)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1.0])
def test_alpha_must_be_a_probability(alpha: float) -> None:
    with pytest.raises(InputError, match="alpha"):
        Detector([KEY], alpha=alpha)


def test_there_must_be_a_key() -> None:
    with pytest.raises(InputError, match="key"):
        Detector([])
