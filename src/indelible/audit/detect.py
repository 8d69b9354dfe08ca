"""Is the training mark of a key in these pictures? An exact p-value from the key's coins, whatever the pictures are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.audit.bands import STEPS_PER_OCTAVE, training_signs
from indelible.audit.spectrum import SCALE_STEPS, Spectrum
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark.clock import Clock
from indelible.stats.signs import SignFlip
from indelible.stats.tails import log10_weighted_min

__all__ = ["LookingGlass", "TrainingDetection", "sampled", "whole_contrasts"]

_LARGEST_CONTRAST = 0.5  # natural logarithms of power; what is beyond counts no more
_LEVELS = 20  # to which a contrast is rounded, so that its null can be computed exactly
_LOOKS_EVERY_SECONDS = 0.25
_EXPECTED = 0.5  # share of the error spent on pictures as they are; the other half on other scales and mirrored ones


@dataclass(frozen=True, slots=True)
class TrainingDetection:
    """What the coins of one key say of some pictures.

    Args:
        key_id: of the key.
        log10_p: all scales and mirror images that were searched are counted in it.
        log10_floor: the smallest log10 p that was possible there: all coins right.
        searched: hypotheses.
        scale: at which size, against the expected one, the bands were found; below 1 the picture was enlarged (or cut).
        mirrored: whether that was in a mirror.
        right: share of the coins that contrasts agree with, half of them by chance.
        coins: how many contrasts were not nought.
    """

    key_id: str
    log10_p: float
    log10_floor: float
    searched: int
    scale: float
    mirrored: bool
    right: float
    coins: int


class LookingGlass:
    """The exact nulls of what some pictures show, for any number of keys.

    Args:
        spectrum: of the pictures.
        less: of the pictures that these were made from, whose contrasts are taken away; None takes these as they are.
        search: whether other scales and mirrored pictures are looked at too, and counted.
    """

    def __init__(self, spectrum: Spectrum, *, less: Spectrum | None = None, search: bool = True) -> None:
        steps = SCALE_STEPS if search else range(1)
        self._weights = [whole_contrasts(spectrum, step, less=less) for step in steps]
        self._nulls = [SignFlip(weights) for weights in self._weights]
        self._looks = [(place, mirrored) for place in range(len(steps)) for mirrored in ((False, True) if search else (False,))]
        self._scales = [2.0 ** (step / STEPS_PER_OCTAVE) for step in steps]
        likely = (list(steps).index(0), False)
        others = len(self._looks) - 1
        self._shares = [(_EXPECTED if others else 1.0) if look == likely else (1.0 - _EXPECTED) / others for look in self._looks]

    def look(self, key: SecretKey) -> TrainingDetection:
        """Return what a key's coins say."""
        signs = training_signs(key)
        views = {False: signs, True: _mirrored(signs)}
        each = np.array([self._nulls[place].log10_p(views[mirrored]) for place, mirrored in self._looks])
        best = int(np.argmin(each - np.log10(self._shares)))
        place, mirrored = self._looks[best]
        agreeing = np.sign(self._weights[place]) * views[mirrored]
        coins = self._nulls[place].signs_used
        return TrainingDetection(
            key_id=key.key_id,
            log10_p=log10_weighted_min(each, self._shares),
            log10_floor=min(0.0, self._nulls[place].log10_floor - float(np.log10(self._shares[best]))),
            searched=len(self._looks),
            scale=self._scales[place],
            mirrored=mirrored,
            right=float(np.count_nonzero(agreeing > 0) / coins) if coins else 0.0,
            coins=coins,
        )


def whole_contrasts(spectrum: Spectrum, step: int = 0, *, less: Spectrum | None = None) -> NDArray[np.int64]:
    """Return the contrasts of pictures as whole numbers, limited so that no cell outvotes the others."""
    contrasts = spectrum.contrasts(step) if less is None else spectrum.contrasts(step) - less.contrasts(step)
    return np.rint(np.clip(contrasts / _LARGEST_CONTRAST, -1.0, 1.0) * _LEVELS).astype(np.int64)


def sampled(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yield the first frame of each quarter of a second: those between say the same again."""
    clock = Clock()
    last = -1
    for frame in frames:
        quarter = int((clock.seconds(frame) + 0.002) / _LOOKS_EVERY_SECONDS)
        if quarter != last:
            last = quarter
            yield frame


def _mirrored(signs: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the coins as a mirror shows them: the handed ones change sides."""
    turned = signs.copy()
    turned[:, 0] *= -1
    return turned
