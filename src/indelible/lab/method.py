"""What every method of the lab can do, and what its detectors say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from indelible.frames import Frame
from indelible.lab.signature import Signature

Evidence = TypeVar("Evidence")

#: Detectors by name; not every method has each.
PUBLISHED = "published"  # as it was published, whatever that was worth
MATCHED = "matched"  # the signed matched filter: a normalised correlation
WHITENED = "whitened"  # the same after host subtraction and whitening; the mark is the same


@dataclass(frozen=True, slots=True)
class Score:
    """What one detector says of one video and one signature.

    Args:
        value: the score; a normalised correlation, -1 to 1, except for a published detector, whose scale is its own.
        log10_p: base-10 logarithm of the probability that a video without the mark scores so high, by the randomness of the signature;
            None where there is no such probability (a published detector without null).
        ceiling: the highest score that any other phase of the signature would have got; that of a video without the mark is one of
            those that chance had to choose from. The score itself where a detector knows no phase.
    """

    value: float
    log10_p: float | None
    ceiling: float


class Method(Protocol[Evidence]):
    """A way to mark videos. Reading needs no signature, so that evidence read once can be held against thousands of them."""

    @property
    def name(self) -> str:
        """What it is called in files and on the command line."""

    @property
    def detectors(self) -> tuple[str, ...]:
        """The names of its detectors, the one that decides first."""

    def draw(self, rng: np.random.Generator) -> Signature:
        """Return a random signature at the method's usual strength."""

    def mark(self, frames: Iterable[Frame], signature: Signature) -> Iterator[Frame]:
        """Yield the marked frames, in order; the input arrays are not written to.

        Raises:
            InputError: if the signature does not fit the method.
        """

    def read(self, frames: Iterable[Frame]) -> Evidence:
        """Return all that the detectors need to know of received frames.

        Raises:
            InputError: if there are too few frames, or they are too small.
        """

    def scores(self, evidence: Evidence, signature: Signature) -> Mapping[str, Score]:
        """Return what each detector says; the names are those of `detectors`."""
