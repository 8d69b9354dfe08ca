"""What to do after a search: go on to validation, or give the family up."""

from __future__ import annotations

from typing import Literal

#: After so many generations a family must show something.
GENERATIONS = 30

#: Separations of marked from unmarked scores, on the clips of the search.
GIVEN_UP_BELOW, VALIDATED_ABOVE = 0.1, 0.2

Decision = Literal["validate", "not solvable with this family", "undecided"]


def decide(separation: float, generations: int) -> Decision:
    """Return what a separation says after so many generations.

    Above 0.2 a signature goes to validation, whenever that is reached. Under 0.1 after 30 generations the family is given up. All else is
    undecided: more generations, or another fitness, may tell.
    """
    if separation > VALIDATED_ABOVE:
        return "validate"
    if separation < GIVEN_UP_BELOW and generations >= GENERATIONS:
        return "not solvable with this family"
    return "undecided"
