"""What a search has found is looked at first as long as it is one of the hypotheses that are paid for."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from indelible.mark.sync import Footage, Geometry, Memory
from indelible.mark.sync.footage import ALL, Box

BARS = Box(0.1, 0.0, 0.9, 1.0)


@dataclass
class Shows:
    geometry: Geometry
    log10_p: float


def footage(content: Box) -> Any:
    return SimpleNamespace(content=lambda: content)


@pytest.mark.parametrize(
    ("seen_then", "found_in", "seen_now", "more"),
    [
        (ALL, ALL, ALL, 0.0),
        (ALL, ALL, BARS, np.log10(2)),
        (BARS, ALL, ALL, 0.0),
        (BARS, ALL, BARS, 0.0),
        (BARS, BARS, BARS, 0.0),
        (BARS, BARS, ALL, None),
        (BARS, BARS, Box(0.2), None),
    ],
)
def test_what_it_costs_to_look_there_again(seen_then, found_in, seen_now, more):
    memory: Memory[Shows] = Memory()
    found = Shows(Geometry(content=found_in), -9.0)
    asked: list[float] = []

    def once_more(_: Footage, last: Shows, log10_more: float) -> Shows:
        assert last is found
        asked.append(log10_more)
        return Shows(last.geometry, -8.0)

    assert memory.look(footage(seen_then), -6.0, once_more, lambda: found) is found
    again = memory.look(footage(seen_now), -6.0, once_more, lambda: Shows(Geometry(), -7.0))
    assert again is not None
    assert (asked, again.log10_p) == (([], -7.0) if more is None else ([pytest.approx(more)], -8.0))


def test_what_is_not_there_any_more_is_searched_for_and_what_is_not_enough_is_not_kept():
    memory: Memory[Shows] = Memory()
    little, much = Shows(Geometry(), -3.0), Shows(Geometry(), -7.0)
    never = pytest.fail
    assert memory.look(footage(ALL), -6.0, lambda *_: never("nothing was found"), lambda: little) is little
    assert memory.look(footage(ALL), -6.0, lambda *_: never("too little was found"), lambda: much) is much
    assert memory.look(footage(ALL), -6.0, lambda *_: little, lambda: None) is None
    assert memory.look(footage(ALL), -6.0, lambda *_: much, lambda: never("it is there")) is much
