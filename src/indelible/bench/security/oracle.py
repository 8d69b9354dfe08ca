"""An oracle: whoever may ask a detector yes or no, any number of times, learns its pattern without a key.

The attacker knows the source code and holds one marked clip. He blurs it until the answer is no, walks back to where the answer just turns,
and asks there about random patterns (as HopSkipJump does, Chen, Jordan and Wainwright, arXiv:1904.02144): those that make it no point away
from the mark. What they have in common he adds to the marked clip, as little as makes the answer no. How many questions does that take?
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import cv2
import numpy as np

from indelible.bench.security.pattern import Shaped, Signs, with_levels
from indelible.bench.security.scene import ONE_KEY, Scene, psnr_y_db
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detector
from indelible.mark.carrier import band
from indelible.mark.detect import ALPHA
from indelible.runs.cache import Record

FRAMES = 4  # of the clip asked about; few, because what is asked is asked often
HALVINGS = 10
SEARCH = HALVINGS + 1  # queries of a search along a direction
LARGEST = 32.0  # amplitudes of the mark, where such a search gives up
PROBE = 1.0  # amplitude of a random pattern, in those of the mark
WALK = 0.01  # of the way to the blurred picture, after each answer


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
    sigma = _strong_blur(oracle, marked)
    gone = _least(oracle, lambda share: _blurred(marked, share, sigma), most=1.0)
    yield _row("blur, as little as will do", oracle.queries, marked, gone)
    shape, rng = Shaped.of(marked), scene.rng("oracle")
    direction, share = np.zeros(band().size, np.float32), 0.5
    for budget in (scene.settings.queries // 10, scene.settings.queries):
        while oracle.queries < budget - SEARCH:
            signs = np.where(rng.random(band().size) < 0.5, np.float32(1.0), np.float32(-1.0))
            yes = oracle.says_yes(shape.write(_blurred(marked, share, sigma), signs, times=PROBE))
            direction += -signs if yes else signs
            # A walk along the turning point: where yes and no are equally likely, an answer says most.
            share = float(np.clip(share + (WALK if yes else -WALK), 0.0, 1.0))
        attacked = _least(oracle, partial(_moved, shape, marked, direction), most=LARGEST)
        yield _row(f"random patterns where the answer turns, {budget} queries", oracle.queries, marked, attacked)


def _row(how: str, queries: int, before: Sequence[Frame], after: Sequence[Frame] | None) -> Record:
    quality = None if after is None else psnr_y_db(before, after)
    return {"attack": "oracle", "marks": ONE_KEY, "how": how, "queries": queries, "found": after is None, "z": None, "psnr_y_db": quality}


def _strong_blur(oracle: Oracle, marked: Sequence[Frame]) -> float:
    sigma = 2.0
    while oracle.says_yes(_blurred(marked, 1.0, sigma)) and sigma < 64.0:
        sigma *= 2.0
    return sigma


def _blurred(frames: Sequence[Frame], share: float, sigma: float) -> list[Frame]:
    """Return frames blended with what a Gaussian filter leaves of them."""
    return [with_levels(frame, (1.0 - share) * frame.y + share * cv2.GaussianBlur(frame.y, (0, 0), sigma)) for frame in frames]


def _moved(shape: Shaped, frames: Sequence[Frame], direction: Signs, times: float) -> list[Frame]:
    return shape.write(frames, direction, times=times)


def _least(oracle: Oracle, attack: Callable[[float], Sequence[Frame]], *, most: float) -> Sequence[Frame] | None:
    """Return the weakest attack to which the answer is no, found by halving, None if even the strongest is not enough."""
    if oracle.says_yes(attack(most)):
        return None
    low, high = 0.0, most
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if oracle.says_yes(attack(middle)) else (low, middle)
    return attack(high)
