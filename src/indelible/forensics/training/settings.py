"""How the network is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from indelible.errors import InputError
from indelible.forensics.training.cache import CacheSettings
from indelible.forensics.training.segments import SIDE

__all__ = ["TrainingSettings"]


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """What decides the weights, beside the footage.

    Args:
        steps: batches, at most.
        minutes: of training, at most, without the cache; the rate of learning falls along whichever ends first.
        pairs: real and manipulated crops in a batch, so many of each.
        crop: pixels of a side, a multiple of 8 up to 192.
        learning_rate: highest, of AdamW.
        check_every: steps between two looks at the calibrating sources, which also write a checkpoint.
        patience: looks without progress after which training ends.
        folds: into which sources are divided; one judges, one calibrates.
        seed: of all that is random.
        cache: what is made of each clip.

    Raises:
        InputError: if a value is not allowed.
    """

    steps: int = 4000
    minutes: float = 45.0
    pairs: int = 6
    crop: int = 128
    learning_rate: float = 2e-3
    check_every: int = 100
    patience: int = 10
    folds: int = 5
    seed: int = 1
    cache: CacheSettings = field(default_factory=CacheSettings)

    def __post_init__(self) -> None:
        for name in ("steps", "pairs", "check_every", "patience"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; allowed is 1 or more")
        if self.minutes <= 0 or self.learning_rate <= 0:
            raise InputError(f"minutes {self.minutes:g} and learning_rate {self.learning_rate:g} must be more than 0")
        if self.crop % 8 or not 32 <= self.crop <= SIDE:
            raise InputError(f"crop is {self.crop}; allowed are multiples of 8 from 32 to {SIDE}")

    @property
    def identity(self) -> str:
        """What a checkpoint must agree in; not how long is trained, so that a longer training goes on from a shorter one."""
        return repr(replace(self, steps=1, minutes=1.0, patience=1))

    def to_json(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return asdict(self)
