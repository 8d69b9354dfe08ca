"""What the project has set itself: how often some attacks must be caught, and all of them. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from indelible.bench.verify.trial import OTHER_SEGMENT

#: Share of honest renditions accepted, of visible attacks caught, and of those of each group.
ACCEPTED, OVERALL, EACH_GROUP = 0.99, 0.987, 0.95

#: By attack, as the library writes it. A face is about a fiftieth of the picture, a line of text half a hundredth.
GOALS: Mapping[str, float] = MappingProxyType(
    {
        OTHER_SEGMENT: 1.0,
        "logo=area:0.019": 0.95,
        "logo=area:0.019:opacity=0.3": 0.90,
        "logo=area:0.019:from=0.5:until=1.5": 0.95,
        "erase=blur:area:0.02": 0.95,
        "erase=inpaint:area:0.005": 0.95,
        "flip=h": 0.95,
        "zoom=1.01": 0.95,
        "shift=16:0": 0.95,
        "grey": 0.95,
        "brightness=0.0228": 0.95,
        "vignette=36": 0.95,
        "freeze:from=0.5:until=1.5": 0.95,
        "fill=white:from=0.5:until=0.54": 0.90,
    }
)
"""The attacks that have a goal of their own, and the share of them to be caught."""
