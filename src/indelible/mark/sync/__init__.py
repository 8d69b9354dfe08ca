"""Synchronisation: where in the original picture, and where in the original film, a received video lies."""

from indelible.mark.sync.pose import AS_MARKED, Pose
from indelible.mark.sync.search import Found, Search, search

__all__ = ["AS_MARKED", "Found", "Pose", "Search", "search"]
