"""Looking again and again at a video that goes on, without searching anew where something was found before."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from indelible.mark.sync.footage import ALL, Box, Footage
from indelible.mark.sync.found import Geometry


class _Evident(Protocol):
    @property
    def geometry(self) -> Geometry: ...

    @property
    def log10_p(self) -> float: ...


_F = TypeVar("_F", bound=_Evident)


class Memory(Generic[_F]):
    """What the last search for one target has found.

    A hypothesis that was found once is one of those that each later look pays for, so looking at it first costs nothing.
    """

    def __init__(self) -> None:
        self._last: tuple[Box, _F] | None = None

    def look(
        self, footage: Footage, log10_enough: float, once_more: Callable[[Footage, _F, float], _F], anew: Callable[[], _F | None]
    ) -> _F | None:
        """Return what is found where something was found before or, if that is not enough, by a search.

        Args:
            footage: of the video so far.
            log10_enough: a p-value with which something counts as found.
            once_more: says what a hypothesis that was found shows now, which costs some decades more than it did.
            anew: searches.
        """
        content = footage.content()
        if self._last is not None and self._last[1].geometry.content in (ALL, content):
            # Where bars are seen that were not seen before, there are twice as many hypotheses.
            more = math.log10(2) if self._last[0] == ALL != content else 0.0
            again = once_more(footage, self._last[1], more)
            if again.log10_p <= log10_enough:
                return again
        found = anew()
        if found is not None and found.log10_p <= log10_enough:
            self._last = content, found
        return found
