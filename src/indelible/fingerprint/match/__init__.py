"""Matching: which stored videos a query shares moments with, and how many such matches chance alone would give."""

from indelible.fingerprint.match.candidates import CandidateSource, MemorySource
from indelible.fingerprint.match.search import Match, Pair, SearchSettings, search

__all__ = ["CandidateSource", "Match", "MemorySource", "Pair", "SearchSettings", "search"]
