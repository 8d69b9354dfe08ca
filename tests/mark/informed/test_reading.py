"""What is read with the original at hand: a mark that a blind detector cannot see, and nothing where there is none."""

import hashlib
from dataclasses import replace

import cv2
import numpy as np
import pytest

from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.mark import Detector, Embedder, KnownMark, Lineup, Payload
from indelible.mark.carrier import WINDOW_SECONDS, band, chips
from indelible.mark.grid import GRID
from indelible.mark.informed import SecondLook, register
from indelible.mark.informed.residual import residual_evidence
from tests.mark.informed.scenes import changed, retimed, scan_of, scene
from tests.mark.pictures import natural

KEY = SecretKey(bytes(range(32)))
PAYLOAD = Payload.from_text("copy 17")
ORIGINAL = scene()
MARKED = list(Embedder(KEY, PAYLOAD).embed(ORIGINAL))


def read(received, original=ORIGINAL):
    look = SecondLook(register(scan_of(received), scan_of(original)))
    for frame in original:
        look.original.add(frame)
    for frame in received:
        look.received.add(frame)
    return look.reading()


def detect(received, reading, key=KEY, **options):
    detector = Detector([key], informed=True, **options)
    for frame in received:
        detector.add(frame)
    return detector.results(reading)[0]


def cut_and_mirrored(frames):
    rng = np.random.default_rng(1)
    noisy = changed(frames, lambda y: np.clip(cv2.GaussianBlur(y, (0, 0), 0.6) + rng.normal(0, 3, y.shape), 0, 255).astype(np.uint8))
    return changed(noisy, lambda y: y[20:160, 40:290][:, ::-1])


def test_a_cut_and_mirrored_copy_is_read():
    received = cut_and_mirrored(MARKED)
    found = detect(received, read(received))
    assert found.marked
    assert found.payload == PAYLOAD
    assert found.geometry.pose.mirrored
    assert not detect(received, None).marked
    assert found.searched == 4
    assert found.log10_correction == pytest.approx(np.log10(2 * 3 / 2))


def test_segments_are_those_of_the_received_video():
    received = retimed([*MARKED[18:], *scene(9, seed=9), *MARKED[:18]])
    found = detect(received, read(received))
    assert found.marked
    starts = [segment.start_seconds for segment in found.segments]
    assert starts == sorted(starts)
    assert all(segment.log10_p < -3 for segment in found.segments if segment.end_seconds - segment.start_seconds > 0.4)
    assert all(segment.end_seconds <= 1.7 or segment.start_seconds >= 2.0 for segment in found.segments)


def test_unmarked_copies_score_like_chance():
    """A thousand keys, and one copy of the original that was cut and turned over: p is as small as it says, not more often."""
    received = cut_and_mirrored(ORIGINAL)
    reading = read(received)
    keys = [SecretKey(hashlib.sha256(b"null %d" % index).digest()) for index in range(1000)]
    log10_p = np.array([reading.found(key, shares=1).log10_p for key in keys])
    for level, most in ((0.1, 130), (0.01, 22), (0.001, 6)):  # the 99.9 % quantiles of a binomial count, rounded up
        assert int((log10_p <= np.log10(level)).sum()) <= most
    z = np.array([reading.found(key, shares=1).tally.scores.z for key in keys[:300]])
    assert z.std() == pytest.approx(1.0, abs=0.1)


def test_the_wrong_original_finds_nothing_that_is_not_there():
    assert register(scan_of(MARKED), scan_of(scene(seed=5))) is None
    assert detect(MARKED, None).marked  # by the ordinary half


def test_one_window_has_one_pattern_whatever_comes_in_between():
    """Passages of one window are summed before they are squared: twice the same footage is no more evidence than its noise allows."""
    received = retimed([*MARKED[:12], *MARKED[:12]])
    once, twice = read(retimed(MARKED[:12])), read(received)
    assert twice.found(KEY, shares=1).z == pytest.approx(once.found(KEY, shares=1).z, rel=0.05)


def test_later_windows_are_read_with_their_own_pattern():
    later = [replace(frame, pts=frame.pts + 12 * int(WINDOW_SECONDS)) for frame in ORIGINAL]
    filler = retimed([frame for index in range(12 * int(WINDOW_SECONDS)) for frame in [ORIGINAL[(7 * index) % 36]]])
    film = [*filler, *later]
    marked = list(Embedder(KEY, PAYLOAD).embed(film))
    received = retimed(marked[-36:])
    assert read(received, film).found(KEY, shares=1).log10_p < -6


def test_known_marks_are_looked_for_in_the_reading():
    received = cut_and_mirrored(MARKED)
    others = [KnownMark(SecretKey(hashlib.sha256(b"other %d" % index).digest()), PAYLOAD) for index in range(20)]
    lineup = Lineup([*others, KnownMark(KEY, PAYLOAD)])
    detector = Detector([KEY], informed=True, lineup=lineup)
    for frame in received:
        detector.add(frame)
    (place, best), (_, second) = detector.lineup_results(read(received))
    assert place == 20
    assert best.marked
    assert not second.marked
    assert not detector.lineup_results()[0][1].marked


def test_the_host_is_taken_away_and_what_is_hidden_counts_nothing():
    host = cv2.resize(natural(300, 300, seed=4), (GRID, GRID), interpolation=cv2.INTER_AREA).astype(np.float32)
    from indelible.mark.carrier import grid_coefficients
    from indelible.mark.grid import synthesise

    signs = chips(KEY, 0).astype(np.float32)
    received = 0.8 * (host + synthesise(grid_coefficients(0.5 * signs))) + 12.0
    shown = np.ones((GRID, GRID), np.float32)
    whole = residual_evidence(received.astype(np.float32), host, shown)
    blind = residual_evidence(received.astype(np.float32), np.zeros_like(host), shown)
    assert whole @ signs / np.linalg.norm(whole) > 2 * (blind @ signs / np.linalg.norm(blind))
    shown[:, : GRID // 2] = 0.0
    half = np.zeros(GRID * GRID, np.float32)
    half[band()] = residual_evidence(received.astype(np.float32), host, shown)
    assert not half.reshape(GRID, GRID)[:, : GRID // 2].any()
    assert half.any()


def test_damaged_stretches_without_their_frames_are_left_out():
    look = SecondLook(register(scan_of(MARKED), scan_of(ORIGINAL)))
    for frame in ORIGINAL[:20]:  # the file ends early the second time
        look.original.add(frame)
    for frame in MARKED[:20]:
        look.received.add(frame)
    assert 1 <= len(look.reading().passages) <= 2
    assert SecondLook(register(scan_of(MARKED), scan_of(ORIGINAL))).reading() is None


def test_a_detector_needs_a_key():
    with pytest.raises(InputError):
        Detector([], informed=True)
