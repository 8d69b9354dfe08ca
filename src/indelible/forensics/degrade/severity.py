"""Three severities of artefacts, drawn at random in the order in which a copy gets them: scaled, compressed, blurred, tinted, noisy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from indelible.errors import InputError
from indelible.forensics.degrade.artefacts import Artefact, BlockMeans, ColourShift, DownUp, GaussianBlur, GaussianNoise, Jpeg, Picture

__all__ = ["SEVERITIES", "Degrade", "Severity", "check_severity", "draw_artefacts"]

Severity = Literal["light", "medium", "heavy"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

_QUALITIES = {"light": (70, 90), "medium": (50, 70), "heavy": (30, 50)}
_FACTORS = {"medium": (0.7, 0.9), "heavy": (0.5, 0.7)}
_BLURS = {"light": (3,), "medium": (5,), "heavy": (5, 7)}
_BLUR_CHANCE = {"light": 0.5, "medium": 0.5, "heavy": 1.0}
_SHIFTS = {"medium": (15, 0.3), "heavy": (20, 1.0)}  # codes at most, chance
_HEAVY_NOISE = (5.0, 15.0)
_HEAVY_BLOCKS = (0.1, 0.4)


def check_severity(severity: str) -> None:
    """Check the name of a severity.

    Raises:
        InputError: if there is none of that name.
    """
    if severity not in SEVERITIES:
        raise InputError(f"severity is {severity!r}; allowed are {', '.join(SEVERITIES)}")


def draw_artefacts(severity: Severity, *, rng: np.random.Generator) -> tuple[Artefact, ...]:
    """Return artefacts of a severity, drawn at random, in the order in which they are to be applied.

    Light is JPEG 70 to 90 and perhaps a blur of 3. Medium is down to 0.7 to 0.9 and up, JPEG 50 to 70, perhaps a blur of 5 and a shift of
    colour by up to 15. Heavy is down to 0.5 to 0.7 and up, JPEG 30 to 50, a blur of 5 or 7, a shift by up to 20, perhaps noise of 5 to 15
    and perhaps 10 to 40 % towards the means of 8 x 8 blocks.

    Raises:
        InputError: if there is no such severity.
    """
    check_severity(severity)
    drawn: list[Artefact] = []
    if severity in _FACTORS:
        drawn.append(DownUp(round(rng.uniform(*_FACTORS[severity]), 3)))
    low, high = _QUALITIES[severity]
    drawn.append(Jpeg(int(rng.integers(low, high + 1))))
    if severity == "heavy" and rng.random() < 0.5:
        drawn.append(BlockMeans(round(rng.uniform(*_HEAVY_BLOCKS), 3)))
    if rng.random() < _BLUR_CHANCE[severity]:
        drawn.append(GaussianBlur(int(rng.choice(_BLURS[severity]))))
    if severity in _SHIFTS:
        most, chance = _SHIFTS[severity]
        if rng.random() < chance:
            drawn.append(ColourShift(*(int(codes) for codes in rng.integers(-most, most + 1, size=3))))
    if severity == "heavy" and rng.random() < 0.5:
        drawn.append(GaussianNoise(round(rng.uniform(*_HEAVY_NOISE), 2)))
    return tuple(drawn)


@dataclass(frozen=True, slots=True)
class Degrade:
    """Artefacts of a severity; None draws the severity too.

    Raises:
        InputError: when it is made with a severity that is not known.
    """

    severity: Severity | None = None

    def __post_init__(self) -> None:
        if self.severity is not None:
            check_severity(self.severity)

    def __call__(self, picture: Picture, *, rng: np.random.Generator) -> Picture:
        """Return one picture with artefacts, of the same shape: uint8, (height, width, 3), RGB.

        Raises:
            InputError: if it is no such picture.
        """
        return self.clip([picture], rng=rng)[0]

    def batch(self, pictures: Sequence[Picture], *, rng: np.random.Generator) -> list[Picture]:
        """Return pictures, each with artefacts of its own draw."""
        return [self(picture, rng=rng) for picture in pictures]

    def clip(self, pictures: Sequence[Picture], *, rng: np.random.Generator) -> list[Picture]:
        """Return the pictures of a clip, all with the artefacts of one draw; noise is new for each."""
        severity = self.severity or SEVERITIES[int(rng.integers(len(SEVERITIES)))]
        drawn = draw_artefacts(severity, rng=rng)
        changed = []
        for picture in pictures:
            for artefact in drawn:
                picture = artefact(picture, rng=rng)
            changed.append(picture)
        return changed
