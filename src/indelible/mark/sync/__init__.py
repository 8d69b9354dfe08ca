"""Synchronisation: where in the original picture, and where in the original film, a received video lies."""

from indelible.mark.sync.footage import Footage
from indelible.mark.sync.found import Found, Geometry
from indelible.mark.sync.lineup import LineupFound, lineup_once_more, search_lineup
from indelible.mark.sync.looker import Followed
from indelible.mark.sync.memory import Memory
from indelible.mark.sync.montage import Montage
from indelible.mark.sync.search import Search, elsewhen, log10_share_as_marked, once_more, search, searched

__all__ = [
    "Followed",
    "Footage",
    "Found",
    "Geometry",
    "LineupFound",
    "Memory",
    "Montage",
    "Search",
    "elsewhen",
    "lineup_once_more",
    "log10_share_as_marked",
    "once_more",
    "search",
    "search_lineup",
    "searched",
]
