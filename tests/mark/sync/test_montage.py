"""Shots in another order, with foreign footage in between: what each way costs, how the best is found, and what is found by chance."""

import itertools
import math
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detection, Detector, Embedder, Payload
from indelible.mark.carrier import PILOT, WINDOW_SECONDS, chips, symbol_of_chip
from indelible.mark.clock import STEP_SECONDS
from indelible.mark.sync import montage
from indelible.mark.sync.montage import CUT, MONTAGE_SHARE, Montage, Shot, best_montage
from indelible.mark.sync.pilots import PHASES, WINDOWS, PilotSums, log10_starts, pilot_bits
from indelible.mark.sync.timing import IN_TIME, SPEEDS, Timing, best_timing
from indelible.stats.intervals import clopper_pearson_lower
from indelible.stats.tails import log10_rademacher_tail
from tests.mark.pictures import clip

KEY = SecretKey(bytes(range(32)))
MESSAGE = Payload.from_text("copy 17!")
RATE = 5


@pytest.fixture(scope="module")
def film() -> list[Frame]:
    return list(Embedder(KEY, MESSAGE, quality_db=40).embed(clip(24 * RATE, rate=RATE, seed=5)))


def edited(*stretches: list[Frame]) -> list[Frame]:
    return [replace(frame, pts=place) for place, frame in enumerate(itertools.chain(*stretches))]


def seconds(film: list[Frame], first: int, last: int) -> list[Frame]:
    return film[first * RATE : last * RATE]


def detect(frames: list[Frame], *, alpha: float = 1e-6) -> Detection:
    detector = Detector([KEY], search="fast", alpha=alpha)
    for frame in frames:
        detector.add(frame)
    return detector.results()[0]


@pytest.mark.parametrize("steps", [(0, 1, 2), (0, 1, 5), (3, 11, 12)])
def test_the_share_of_a_montage_is_the_probability_that_the_editor_makes_it(monkeypatch, steps):
    """By trying all that the editor may do with an original of two windows."""
    seconds_there = 2 * PHASES
    starts = np.log10([0.7 / PHASES, 0.3 / PHASES])
    monkeypatch.setattr(montage, "log10_starts", lambda: starts)
    own = [10 ** starts[second // PHASES] for second in range(seconds_there)]
    probability: dict[tuple[int | None, ...], float] = defaultdict(float)
    for states in itertools.product([None, *range(seconds_there)], repeat=len(steps)):
        likely = 0.5 if states[0] is None else 0.5 * own[states[0]]
        for (before, after), (first, second) in zip(itertools.pairwise(states), itertools.pairwise(steps), strict=True):
            if before is None:
                likely *= 1 - CUT if after is None else CUT * own[after]
            elif after is None:
                likely *= CUT / 2
            else:
                likely *= CUT / 2 * own[after] + (1 - CUT) * (after - before == second - first)
        probability[tuple(None if state is None else state // PHASES for state in states)] += likely
    for windows, likely in probability.items():
        assert Montage(steps, windows).log10_weight == pytest.approx(math.log10(MONTAGE_SHARE * likely))
    assert 0.5 < sum(probability.values()) <= 1.0  # the original ends


def test_what_is_found_by_chance():
    """Steps as alike as those of a still picture, which is the worst case, and keys that are not there."""
    rng = np.random.default_rng(4)
    values = rng.standard_normal((12, 400)) + 3.0 * rng.standard_normal((3, 400)).repeat(4, axis=0)
    gram, found = values @ values.T, []
    for _ in range(400):
        sums = values @ rng.choice([-1.0, 1.0], (16, 400)).T
        best = best_montage(PilotSums(tuple(range(12)), sums.astype(np.float32), gram))
        total = power = 0.0
        for window in set(best.windows) - {None}:
            here = [place for place, each in enumerate(best.windows) if each == window]
            total, power = total + sums[here, window].sum(), power + gram[np.ix_(here, here)].sum()
        z = total / math.sqrt(power) if power else 0.0
        found.append(log10_rademacher_tail(z) - best.log10_weight + math.log10(MONTAGE_SHARE))
    for level in (0.5, 0.1, 0.03):
        assert clopper_pearson_lower(sum(value <= math.log10(level) for value in found), len(found)) <= level
    assert min(found) < 0.0  # or it would be no test


def test_shots_as_long_as_they_can_be():
    found = Montage((0, 1, 2, 3, 4, 5, 6, 7, 8), (1, 1, 2, 2, None, 0, 5, 5, 5))
    assert found.shots == (Shot(0, 4, 14), Shot(5, 6, 3.5), Shot(6, 9, 42.5))
    assert [found.original_seconds(second) for second in (0, 3.5, 4, 5, 8)] == [14, 17.5, None, 3.5, 44.5]
    assert found.windows_of([1, 4, 8]) == [1, None, 5]


def test_one_shot_costs_about_as_much_as_a_timing():
    assert Montage((0, 1, 2), (3, 3, 3)).log10_weight == pytest.approx(math.log10(MONTAGE_SHARE) + log10_starts()[3], abs=0.7)


def test_shots_in_another_order_with_foreign_footage_are_found_and_read(film):
    foreign = clip(8 * RATE, rate=RATE, seed=77)
    found = detect(edited(seconds(film, 17, 21), foreign[: 4 * RATE], seconds(film, 9, 13), seconds(film, 1, 5), foreign[4 * RATE :]))
    assert found.payload == MESSAGE
    shown = [segment.original_start_seconds for segment in found.segments]
    assert shown[4:8] == shown[16:20] == [None] * 4
    for place, second in ((0, 17), (3, 20), (8, 9), (12, 1), (15, 4)):
        assert shown[place] == pytest.approx(second, abs=4)
    assert [segment.log10_p for segment in found.segments[4:8]] == [0.0] * 4
    assert len(found.geometry.shots) == 3


def test_a_shot_in_its_place_does_not_hide_the_others(film):
    """It is found as marked by its first shot alone; what the other shots say is read too."""
    frames = edited(seconds(film, 0, 3), clip(6 * RATE, rate=RATE, seed=77), seconds(film, 16, 19), seconds(film, 9, 12))
    found = detect(frames)
    assert found.payload == MESSAGE
    assert found.log10_p <= -6


def test_what_is_not_there_is_not_found(film):
    detector = Detector([SecretKey(bytes(32))], search="fast")
    for frame in edited(seconds(film, 16, 20), seconds(film, 8, 12)):
        detector.add(frame)
    assert not detector.results()[0].marked


def test_sums_over_pilots_are_plain_correlations():
    steps, windows = [0, 1, 2], [0, 1, 77, WINDOWS - 1]
    values = np.random.default_rng(6).normal(size=(len(steps), symbol_of_chip().size)).astype(np.float32)
    sums = PilotSums.of(values, steps, pilot_bits(KEY))
    pilot = symbol_of_chip() == PILOT
    plain = [[float(row[pilot] @ chips(KEY, window)[pilot]) for window in windows] for row in values]
    assert sums.sums[:, windows] == pytest.approx(np.array(plain), abs=1e-2)
    assert sums.gram == pytest.approx(values[:, pilot] @ values[:, pilot].T, abs=1e-2)


def test_no_timing_is_more_evident_than_the_best():
    """By trying all, those too that deal the steps to windows in the same way."""
    steps = (0, 3, 7, 8, 30)
    rng = np.random.default_rng(7)
    sums = PilotSums(steps, rng.normal(size=(len(steps), WINDOWS)).astype(np.float32), np.eye(len(steps)))
    sums.sums[:, 11] += 4.0

    def evident(timing: Timing) -> float:
        windows = timing.windows_of(steps)
        here = [place for place, window in enumerate(windows) if window < WINDOWS]
        total = sum(float(sums.sums[place, windows[place]]) for place in here)
        return max(total, 0.0) ** 2 / (2.0 * math.log(10.0) * max(len(here), 1e-30)) + timing.log10_weight

    every = (
        Timing(window * WINDOW_SECONDS + phase * STEP_SECONDS, speed)
        for window, phase, speed in itertools.product(range(0, 24), range(PHASES), SPEEDS)
    )
    best = best_timing(sums)
    assert evident(best) == pytest.approx(max(evident(timing) for timing in every if timing != IN_TIME))
