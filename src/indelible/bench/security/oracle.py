"""An oracle: whoever may ask a detector yes or no, any number of times, learns its pattern without a key.

The attacker knows the source code and holds one marked clip. He blurs it until the answer is no, walks back to where the answer just turns,
and asks there about random patterns (as HopSkipJump does, Chen, Jordan and Wainwright, arXiv:1904.02144): those that make it no point away
from the mark. What they have in common he adds to the marked clip, as little as makes the answer no. How many questions does that take?
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.bench.cache import Record
from indelible.bench.security.pattern import Shaped, with_levels
from indelible.bench.security.scene import ONE_KEY, Scene, psnr_y_db
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detector
from indelible.mark.carrier import band
from indelible.mark.detect import ALPHA

FRAMES = 4  # of the clip asked about; few, because what is asked is asked often
HALVINGS = 9
LARGEST = 64.0  # amplitudes of the mark, where a search along a direction gives up
PROBE = 1.0  # amplitudes of the mark: how far apart the questions at the turning point are


class Oracle:
    """A public detector that says yes or no, and counts."""

    def __init__(self, key: SecretKey) -> None:
        self._key = key
        self.queries = 0

    def says_yes(self, frames: Sequence[Frame]) -> bool:
        self.queries += 1
        detector = Detector([self._key])
        for frame in frames:
            detector.add(frame)
        return detector.scores()[0].log10_p()[0] <= math.log10(ALPHA)


def asking(scene: Scene) -> Iterator[Record]:
    """Yield at what quality the mark is gone for a public detector: by blurring alone, and after so many queries."""
    marked = scene.marked(scene.owner)[:FRAMES]
    oracle = Oracle(scene.owner)
    if not oracle.says_yes(marked):
        return
    blurred, turning = _walk_back(oracle, marked)
    yield _row("blur, as little as will do", oracle.queries, marked, blurred)
    shape, rng = Shaped.of(marked), scene.rng("oracle")
    away = np.zeros(band().size, np.float32)
    budgets = [round(scene.settings.queries * share) for share in (0.1, 1.0)]
    asked, answers = 0, 0
    total = np.zeros(band().size, np.float32)
    for budget in budgets:
        while oracle.queries < budget - HALVINGS - 7:
            signs = np.where(rng.random(band().size) < 0.5, np.float32(1.0), np.float32(-1.0))
            answer = -1.0 if oracle.says_yes(shape.write(turning, signs, times=PROBE)) else 1.0
            away += np.float32(answer) * signs
            total += signs
            asked, answers = asked + 1, answers + int(answer)
        # Less the mean answer: where it is nearly always the same, answers say little by themselves.
        direction = away - np.float32(answers / max(1, asked)) * total
        attacked = _least(oracle, lambda times, signs=direction: shape.write(marked, signs, times=times))  # type: ignore[misc]
        yield _row("random patterns where the answer turns", oracle.queries, marked, attacked, budget)


def _row(how: str, queries: int, before: Sequence[Frame], after: Sequence[Frame] | None, budget: int | None = None) -> Record:
    row = {"attack": "oracle", "marks": ONE_KEY, "how": how if budget is None else f"{how}, {budget} queries", "queries": queries}
    quality = None if after is None else psnr_y_db(before, after)
    return row | {"found": after is None, "z": None, "psnr_y_db": quality}


def _walk_back(oracle: Oracle, marked: Sequence[Frame]) -> tuple[tuple[Frame, ...], tuple[Frame, ...]]:
    """Return the least blurred footage to which the answer is no, by blending, twice: for its quality, and as a place to ask from."""

    def blended(share: float, sigma: float) -> tuple[Frame, ...]:
        return tuple(with_levels(frame, _blend(frame.y, cv2.GaussianBlur(frame.y, (0, 0), sigma), share)) for frame in marked)

    sigma = 2.0
    while oracle.says_yes(blended(1.0, sigma)) and sigma < 64.0:
        sigma *= 2.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if oracle.says_yes(blended(middle, sigma)) else (low, middle)
    gone = blended(high, sigma)
    return gone, gone


def _blend(luma: NDArray[np.generic], blurred: NDArray[np.generic], share: float) -> NDArray[np.float32]:
    return np.asarray((1.0 - share) * luma.astype(np.float32) + share * blurred.astype(np.float32), np.float32)


def _least(oracle: Oracle, attack: Callable[[float], Sequence[Frame]]) -> Sequence[Frame] | None:
    """Return the weakest attack to which the answer is no, None if even the strongest is not enough."""
    times = 1.0
    while oracle.says_yes(attack(times)):
        times *= 2.0
        if times > LARGEST:
            return None
    low, high = (0.0 if times == 1.0 else times / 2), times
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if oracle.says_yes(attack(middle)) else (low, middle)
    return attack(high)
