"""The constants of mark v1 that are matters of degree: how a mark's energy is spread, and what a detector trusts.

Marks are made and read by `V1`. Other recipes are for experiments: what one makes, a detector of another reads, but less well.
"""

from __future__ import annotations

from dataclasses import dataclass

from indelible.mark.carrier import WINDOW_SECONDS
from indelible.mark.grid import LOCAL_MEAN_SIGMA

#: Frequencies at which a recipe may raise or lower the energy, half-cycles per picture side; what lies between them follows their line.
KNOTS = (16.0, 30.0, 50.0, 75.0, 110.0, 150.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a mark is shaped and read.

    Args:
        masking_exponent: how fast strength grows with activity.
        motion_exponent: how fast it grows where the picture moves, so that little of the host is left in the mean.
        envelope_exponent: how fast it grows with frequency.
        band_db: what is added at each of `KNOTS`, dB.
        host_rejection: share of the host's part in a payload symbol that is made up for.
        window_seconds: after which the signs are drawn anew; a whole number of steps.
        activity_floor: luma levels; below it lies what codecs and 8-bit rounding make, not the picture.
        local_mean_sigma: width of the mean that the detector takes away, cells; what detects best after real codecs.
        limit: normalised coefficients above it count less and less.
        trust_exponent: how fast the detector's weight falls with activity, beyond the division by it.
    """

    masking_exponent: float = 0.25
    motion_exponent: float = 0.3
    envelope_exponent: float = 0.5
    band_db: tuple[float, ...] = (0.0,) * len(KNOTS)
    host_rejection: float = 0.4
    window_seconds: float = WINDOW_SECONDS
    activity_floor: float = 1.4
    local_mean_sigma: float = LOCAL_MEAN_SIGMA
    limit: float = 1.0
    trust_exponent: float = 0.5


V1 = Recipe()
