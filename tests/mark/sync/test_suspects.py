"""Known marks in videos that were cut, turned, mirrored, or begin later: found, told apart and paid for."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detection, Detector, Embedder, KnownMark, Lineup, Payload, Search
from indelible.mark.sync import search_lineup, searched
from indelible.mark.tally import WEIGHTS
from indelible.stats.intervals import clopper_pearson_lower
from indelible.stats.tails import log10_rademacher_tail
from tests.mark.pictures import clip

KEY = SecretKey(bytes(range(32)))
MARKS = [KnownMark(KEY.subkey(number.to_bytes(8, "big")), Payload(bytes([number] * 8)), 20.0) for number in range(40)]
ANN, BEN = 7, 23


@pytest.fixture(scope="module")
def lineup() -> Lineup:
    return Lineup(MARKS)


@pytest.fixture(scope="module")
def pictures() -> list[Frame]:
    return clip(30, height=288, width=512, seed=3)


@pytest.fixture(scope="module")
def ann(pictures) -> list[Frame]:
    return list(Embedder(MARKS[ANN].key, MARKS[ANN].payload, quality_db=40).embed(pictures))


@pytest.fixture(scope="module")
def ben(pictures) -> list[Frame]:
    return list(Embedder(MARKS[BEN].key, MARKS[BEN].payload, quality_db=40).embed(pictures))


def changed(frames: Sequence[Frame], change: Callable[[np.ndarray], np.ndarray]) -> list[Frame]:
    return [Frame(np.ascontiguousarray(change(frame.y)), pts=frame.pts, time_base=frame.time_base, duration=1) for frame in frames]


def look(frames: Sequence[Frame], lineup: Lineup, search: Search) -> list[tuple[int, Detection]]:
    detector = Detector([KEY], lineup=lineup, search=search)
    for frame in frames:
        detector.add(frame)
    return list(detector.lineup_results())


def named(results: Sequence[tuple[int, Detection]]) -> set[int]:
    return {place for place, found in results if found.marked}


def test_a_mirrored_copy_is_found_by_a_fast_search(ann, lineup):
    mirrored = changed(ann, np.fliplr)
    assert named(look(mirrored, lineup, "none")) == set()
    (place, found), (_, next_best) = look(mirrored, lineup, "fast")
    assert (place, found.payload, found.geometry.pose.mirrored) == (ANN, MARKS[ANN].payload, True)
    assert not next_best.marked
    assert next_best.log10_p > -1


def test_a_cut_copy_is_found_among_groups_of_several(ann, lineup):
    cut = changed(ann, lambda y: y[20:250, 60:468])
    assert named(look(cut, lineup, "fast")) == set()
    results = look(cut, lineup, "full")
    assert named(results) == {ANN}
    found = results[0][1]
    assert found.payload == MARKS[ANN].payload
    assert found.geometry.pose.scale_x == pytest.approx(230 / 288, abs=0.004)
    assert found.geometry.pose.centre_x == pytest.approx(264 / 512, abs=0.004)


def test_both_copies_of_a_mixture_are_named_and_nobody_else(ann, ben, lineup):
    mixed = [replace(one, y=np.round((one.y.astype(float) + other.y) / 2).astype(np.uint8)) for one, other in zip(ann, ben, strict=True)]
    assert named(look(changed(mixed, np.rot90), lineup, "fast")) == {ANN, BEN}


def test_an_excerpt_of_a_copy_is_found_and_says_where_it_lies(lineup):
    film = list(Embedder(MARKS[BEN].key, MARKS[BEN].payload, quality_db=40).embed(clip(100, rate=5, seed=5)))
    excerpt = [replace(frame, pts=place) for place, frame in enumerate(film[55:75])]  # 11 to 15 s, in the second window
    results = look(excerpt, lineup, "fast")
    assert named(results) == {BEN}
    found = results[0][1]
    assert found.geometry.timing.window(0) == 1
    (segment,) = found.segments
    assert (segment.start_seconds, segment.end_seconds) == (0.0, 4.0)
    assert segment.original_start_seconds == found.geometry.timing.original_seconds(0.0)
    assert segment.log10_p < -6


def test_what_is_found_as_marked_pays_a_third_of_a_decade_for_the_search(ann, lineup):
    (_, plain), *_ = look(ann, lineup, "none")
    (place, found), *_ = look(ann, lineup, "full")
    assert place == ANN
    assert found.log10_correction == pytest.approx(math.log10(2 * len(MARKS) / (0.72 * 0.69)))
    assert found.log10_p == pytest.approx(plain.log10_p + math.log10(1 / (0.72 * 0.69)))
    assert found.searched == searched("full") * (1 + len(MARKS) // len(WEIGHTS))


def test_more_marks_cost_decades_and_nothing_else(ann):
    mirrored = changed(ann, np.fliplr)
    one, all_of_them = (look(mirrored, Lineup(marks), "fast")[0][1] for marks in (MARKS[ANN : ANN + 1], MARKS))
    assert all_of_them.z == one.z
    assert all_of_them.log10_p - one.log10_p == pytest.approx(math.log10(len(MARKS)))


def test_no_more_false_alarms_than_stated():
    """One video, whose evidence does not depend on keys, and line-ups of marks that are not there."""
    detector = Detector([KEY], search="fast")
    for frame in clip(12, seed=8):
        detector.add(frame)
    footage = detector.footage
    best, unpaid = [], []
    for number in range(60):
        marks = [KnownMark(SecretKey(bytes([number, mark] * 16)), Payload(), 16.0) for mark in range(5)]
        found = search_lineup(footage, Lineup(marks), effort="fast", log10_enough=-6)
        assert found is not None
        best.append(found.log10_p)
        unpaid.append(log10_rademacher_tail(float(found.tally.z().max())))

    def alarms(values: Sequence[float], level: float) -> int:
        return sum(value <= math.log10(level) for value in values)

    for level in (0.5, 0.2):
        assert clopper_pearson_lower(alarms(best, level), len(best)) <= level
        assert clopper_pearson_lower(alarms(unpaid, level), len(best)) > level, "what is not paid for would be seen here"


def test_without_pictures_nothing_is_looked_at(lineup):
    assert search_lineup(Detector([KEY]).footage, lineup, effort="full", log10_enough=-6) is None
