"""Looking for a mark in a video that was cut, turned, framed, or put together from other seconds than it was.

A hypothesis is a pose and a timing, or a montage in its place. Their shares of the error are fixed beforehand and multiply, so the p-value
of the best hypothesis is the smallest p / w: whatever is left out, or looked at only where it seems worth it, makes it larger, never wrong.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Literal

from indelible.keys import SecretKey
from indelible.mark.sync.family import ALL_FAMILIES, AS_MARKED_SHARE, CUT, FAMILIES, FRAMED_SHARE, TURNED, TURNED_SHARE
from indelible.mark.sync.footage import ALL, Footage
from indelible.mark.sync.found import Found
from indelible.mark.sync.looker import Followed, Looker
from indelible.mark.sync.pilots import PHASES, WINDOWS
from indelible.mark.sync.pose import AS_MARKED
from indelible.mark.sync.target import KeyTarget, Seen, Target
from indelible.mark.sync.timing import IN_TIME, SPEEDS
from indelible.mark.tally import WEIGHTS

Search = Literal["none", "fast", "full"]

_WORTH_IT_Z = 2.5  # of a glance at a turned picture, with which it gets a closer look
_GLANCE_ELSEWHEN = 8  # steps, to see whether it is at other times
_WORTH_IT_LOG10_P = -1.0  # of that glance


def search(
    footage: Footage, key: SecretKey, *, effort: Search, log10_enough: float, shares: int = 1, progress: Followed | None = None
) -> list[Found]:
    """Look for a key's mark under all poses and timings of an effort, but for the video as marked.

    Args:
        footage: the video.
        key: whose mark.
        effort: "fast" looks at turned and mirrored pictures, between bars, at other times and for shots in another order; "full" at all
            of that together, and at parts of pictures.
        log10_enough: a p-value with which to stop.
        shares: into how many equal shares the error is divided, one of which is this key's.
        progress: told how much of the work of a full search is done, and how much there is at most.

    Returns:
        what was looked at closely.
    """
    return closely(footage, KeyTarget(key, shares), effort, log10_enough, progress)


def elsewhen(footage: Footage, found: Found) -> Found:
    """Return what a pose that was found in time shows at the best of all other times, or in the best of all orders of its shots."""
    geometry = found.geometry
    looker = Looker(footage, KeyTarget(found.tally.key, found.shares), None)
    return looker.elsewhen(geometry.pose, geometry.content, found.log10_weight - geometry.timing.log10_weight)


def once_more(footage: Footage, found: Found, log10_more: float) -> Found:
    """Return what is found where a search has found something in an earlier part of the same video, at the same price and some decades."""
    geometry = found.geometry
    looker = Looker(footage, KeyTarget(found.tally.key, found.shares), None)
    return looker.again(geometry, found.log10_weight - geometry.timing.log10_weight - log10_more)


def searched(effort: Search) -> int:
    """Return how many hypotheses an effort counts for each key: poses at timings. Montages, beyond number, pay by their share."""
    if effort == "none":
        return len(WEIGHTS)
    poses = 2 + 2 * (len(TURNED) + (sum(family.points for family in ALL_FAMILIES) if effort == "full" else 0))
    return len(WEIGHTS) * poses * (1 + WINDOWS * PHASES * len(SPEEDS))


def log10_share_as_marked(effort: Search) -> float:
    """Return the share of a key's error that the video as marked has."""
    return 0.0 if effort == "none" else math.log10(AS_MARKED_SHARE) + IN_TIME.log10_weight


def closely(footage: Footage, target: Target[Seen], effort: Search, log10_enough: float, progress: Followed | None) -> list[Seen]:
    """Look for a target as `search` does for a key."""
    found: list[Seen] = []
    if footage.stills and effort != "none":
        for each in _looks(Looker(footage, target, progress), effort):
            found.append(each)
            if each.log10_p <= log10_enough:
                break
    return found


def _looks(looker: Looker[Seen], effort: Search) -> Iterator[Seen]:
    """Yield closer looks, the cheap ones first: changes of one kind, then, with full effort, poses at other times and parts of pictures."""
    # What looks like a bar may be a dark part of the picture. Which it is does not depend on the key, so only what is looked at twice pays.
    boxes = (ALL,) if looker.content == ALL else (ALL, looker.content)
    halved = -math.log10(len(boxes))
    whole = [(AS_MARKED, box, math.log10(FRAMED_SHARE)) for box in boxes[1:]]
    whole += [(pose, box, math.log10(TURNED_SHARE / len(TURNED)) + halved) for pose, box in itertools.product(TURNED, boxes)]

    yield looker.elsewhen(AS_MARKED, ALL, math.log10(AS_MARKED_SHARE))
    for pose, box, weight in whole:
        if looker.glance(pose, box) > _WORTH_IT_Z:
            yield looker.at(pose, box, weight)
    if effort == "full":
        for pose, box, weight in whole:
            if looker.elsewhen(pose, box, weight, steps=_GLANCE_ELSEWHEN).log10_p < _WORTH_IT_LOG10_P:
                yield looker.elsewhen(pose, box, weight)
        looker.expect(boxes)
        for family, box in itertools.product(FAMILIES, boxes):
            for pose in looker.parts(family, box):
                weight = family.log10_weight + halved
                found = looker.settled(looker.at(pose, box, weight), family, weight)
                yield looker.specially(found, family.special, halved)
        for box in boxes:
            for pose in looker.parts(CUT, box, in_time=False):
                weight = CUT.log10_weight + halved
                yield looker.settled(looker.elsewhen(pose, box, weight), CUT, weight)
