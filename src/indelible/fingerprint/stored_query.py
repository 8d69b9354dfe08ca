"""Asking for the copies of what is stored, without its pictures: fewer guesses than of a file, for only two views were kept."""

from __future__ import annotations

import numpy as np

from indelible.fingerprint.code import MIDDLE, WHOLE, Fingerprint
from indelible.fingerprint.make import MIDDLE_WINDOW
from indelible.fingerprint.query import Guess, Query, Track
from indelible.fingerprint.transform import mirrored_codes, mirrored_confirm

#: Which stored view was kept of what is asked for, and what is guessed of it.
_GUESSES = (
    (WHOLE, Guess("as it is", WHOLE)),
    (MIDDLE, Guess("as it is, middle", MIDDLE, MIDDLE_WINDOW)),
    (WHOLE, Guess("crop 20%", MIDDLE)),
)


def stored_query(fingerprint: Fingerprint) -> Query:
    """Return the query for a video of which only its fingerprint is there."""
    tracks = []
    for view, guess in _GUESSES:
        rows = np.flatnonzero(fingerprint.views == view)
        codes, confirm = fingerprint.codes[rows], fingerprint.confirm[rows]
        tracks.append(Track(guess, fingerprint.start_seconds[rows], codes, fingerprint.weights[rows], confirm))
        mirrored = Guess(f"{guess.name}, mirrored", guess.view, guess.window, mirrored=True)
        tracks.append(Track(mirrored, tracks[-1].start_seconds, mirrored_codes(codes), tracks[-1].weights, mirrored_confirm(confirm)))
    return Query(tuple(tracks), fingerprint.duration_seconds, fingerprint.algorithm)
