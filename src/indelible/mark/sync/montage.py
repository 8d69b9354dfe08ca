"""Shots of the original in any order, with foreign footage in between: which window of it each received step comes from.

Every such montage has a share of the error, fixed beforehand: the probability that a certain random editor makes it. At each step the
editor goes on with what is shown or cuts; a cut leads to foreign footage or to any second of the original, the sooner in it the likelier.
Montages exclude each other, so their shares sum to at most 1, and by the union bound the best of all has a p-value of p / share, however it
was found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.mark.clock import STEP_SECONDS
from indelible.mark.sync.pilots import PHASES, PilotSums, log10_starts

MONTAGE_SHARE = 0.03  # of the error
CUT = 1 / 16  # the probability that a shot, or foreign footage, ends with a step

_AMPLITUDES = (1.0, 0.6, 0.35, 0.2)  # that all shots are taken to have, as parts of the largest seen
_NEARBY = PHASES / 2  # steps; what is alike there counts once


@dataclass(frozen=True, slots=True)
class Shot:
    """A stretch of the received video that comes from one stretch of the original.

    Args:
        start_seconds: when it begins.
        end_seconds: when it ends.
        original_seconds: of the original, shown when it begins, give or take four seconds: a pattern lasts eight.
    """

    start_seconds: float
    end_seconds: float
    original_seconds: float


@dataclass(frozen=True, slots=True)
class Montage:
    """Received steps and the window of the original that each comes from, None for foreign footage."""

    steps: tuple[int, ...]
    windows: tuple[int | None, ...]

    @property
    def speed(self) -> float:
        """Of every shot."""
        return 1.0

    def windows_of(self, steps: Sequence[int]) -> Sequence[int | None]:
        """Return the window of each of some steps."""
        windows = dict(zip(self.steps, self.windows, strict=True))
        return [windows.get(step) for step in steps]

    def original_seconds(self, seconds: float) -> float | None:
        """Return which second of the original is shown at a second of the received video, None in foreign footage."""
        shown = (shot for shot in self.shots if shot.start_seconds <= seconds < shot.end_seconds)
        return next((seconds - shot.start_seconds + shot.original_seconds for shot in shown), None)

    @property
    def shots(self) -> tuple[Shot, ...]:
        """The stretches of which each may be one shot, as long as possible."""
        shots: list[Shot] = []
        goes_on = False
        low = high = 0  # how many steps later in the original the last shot may lie
        for step, window in zip(self.steps, self.windows, strict=True):
            if window is None:
                goes_on = False
                continue
            lowest = window * PHASES - step
            highest = lowest + PHASES - 1
            goes_on = goes_on and max(low, lowest) <= min(high, highest)
            low, high = (max(low, lowest), min(high, highest)) if goes_on else (lowest, highest)
            start = shots.pop().start_seconds if goes_on else step * STEP_SECONDS
            shots.append(Shot(start, (step + 1) * STEP_SECONDS, start + (low + high) / 2 * STEP_SECONDS))
            goes_on = True
        return tuple(shots)

    @property
    def log10_weight(self) -> float:
        """The share of the error that this montage has.

        It is the probability that the editor shows each step from this window, whichever of its seconds. ``own`` is the probability of all
        up to a step, for each second of the step's window; ``foreign`` that of foreign footage (the forward algorithm of a Markov chain).
        """
        log10_share, own, foreign = math.log10(MONTAGE_SHARE), np.zeros(PHASES), 0.0
        before: tuple[int, int] | None = None  # the step before and its window
        for place, (step, window) in enumerate(zip(self.steps, self.windows, strict=True)):
            shown = float(own.sum())
            to_own = shown * CUT / 2 + foreign * CUT if place else 0.5
            to_foreign = shown * CUT / 2 + foreign * (1 - CUT) if place else 0.5
            if window is None:
                own, foreign, before = np.zeros(PHASES), to_foreign, None
            else:
                moved = np.zeros(PHASES)
                if before is not None:
                    late = step - before[0] - (window - before[1]) * PHASES
                    stays = np.arange(max(0, -late), min(PHASES, PHASES - late))
                    moved[stays + late] = own[stays] * (1 - CUT)
                own, foreign, before = moved + to_own * 10.0 ** log10_starts()[window], 0.0, (step, window)
            total = float(own.sum()) + foreign
            log10_share, own, foreign = log10_share + math.log10(total), own / total, foreign / total
        return log10_share


def best_montage(pilots: PilotSums) -> Montage:
    """Return a montage under which the pilot is about as evident, for its share of the error, as under any."""
    apart = np.abs(np.subtract.outer(pilots.steps, pilots.steps))
    power = np.where(apart < _NEARBY, np.maximum(pilots.gram, 0.0), 0.0).sum(axis=1)
    largest = float((pilots.sums / np.maximum(power, 1e-30)[:, None]).max())
    # With an amplitude a of the mark, the logarithm of what a window's pilot makes likelier is a sum - a^2 power / 2.
    amplitudes = [part * largest for part in _AMPLITUDES]
    tried = [_likeliest(pilots, (a * pilots.sums - a**2 / 2 * power[:, None]) / math.log(10.0)) for a in amplitudes]
    return max(tried, key=lambda montage: _evident(montage, pilots))


def _evident(montage: Montage, pilots: PilotSums) -> float:
    """Return decades, by Hoeffding's bound."""
    total = power = 0.0
    for window in set(montage.windows) - {None}:
        here = [place for place, each in enumerate(montage.windows) if each == window]
        total += float(pilots.sums[here, window].sum())
        power += float(pilots.gram[np.ix_(here, here)].sum())
    return max(total, 0.0) ** 2 / (2.0 * math.log(10.0) * max(power, 1e-30)) + montage.log10_weight


def _likeliest(pilots: PilotSums, gains: NDArray[np.floating]) -> Montage:
    """Return the montage with the largest sum of the logarithm of its share and its gains, shape (steps, windows): Viterbi's algorithm.

    A state is a second of the original, or foreign footage.
    """
    starts = np.repeat(log10_starts()[: gains.shape[1]], PHASES)
    on, cut, cut_in_two = (math.log10(share) for share in (1 - CUT, CUT, CUT / 2))
    own, foreign = math.log10(0.5) + starts + np.repeat(gains[0], PHASES), math.log10(0.5)
    # How each step was reached: which seconds go on with a shot, the best second before, and whether a cut to a shot, to foreign
    # footage, comes from that.
    reached: list[tuple[int, NDArray[np.bool_], int, bool, bool]] = []
    for place in range(1, len(pilots.steps)):
        later = pilots.steps[place] - pilots.steps[place - 1]
        best = int(np.argmax(own))
        from_own, from_foreign = float(own[best]) + cut_in_two, foreign + cut
        goes_on = np.full(own.size, -np.inf)
        if 0 < later < own.size:
            goes_on[later:] = own[:-later] + on
        starts_here = starts + max(from_own, from_foreign)
        stays = goes_on > starts_here
        reached.append((later, stays, best, from_own > from_foreign, from_own > foreign + on))
        own = np.where(stays, goes_on, starts_here) + np.repeat(gains[place], PHASES)
        foreign = max(from_own, foreign + on)
    state = int(np.argmax(own)) if float(own.max()) > foreign else None
    states = [state]
    for later, stays, best, cut_from_own, left_own in reversed(reached):
        if state is None:
            state = best if left_own else None
        elif stays[state]:
            state -= later
        else:
            state = best if cut_from_own else None
        states.append(state)
    windows = tuple(None if each is None else each // PHASES for each in reversed(states))
    return Montage(pilots.steps, windows)
