"""The free parameters of a stand-in for H.264, found by making its errors those of the real encoder.

What is made small is the root mean square, over clips, qualities and the 64 frequencies of 8x8 blocks, of the difference in dB between
the two mean squared errors at a frequency. PSNR follows from it, but not the other way round: an error of the right size at the wrong
frequencies has the right PSNR too. Searched without derivatives (Nelder and Mead 1965), because a handful of numbers need none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from indelible.channel import parse_channel
from indelible.lab.proxy import Proxy
from indelible.lab.survival import Pictures, Survival, as_codes, error_gap_db, luma_of, survival
from indelible.lab.trial import Footage
from indelible.runs.pool import Crew

FITTED = "fitted"

#: Name, lowest and highest of each free parameter.
_FREE = (("qp_offset", -8.0, 12.0), ("tilt", -1.0, 3.0), ("motion", -1.0, 4.0), ("offset", 0.02, 0.5))
_MOST_TRIED = 80


@dataclass(frozen=True, slots=True)
class Fit:
    """What was found, and how many stand-ins were tried for it."""

    proxy: Proxy
    tried: int


@dataclass(frozen=True, slots=True)
class _Trial:
    clip: Path
    proxy: Proxy
    crfs: tuple[int, ...]
    footage: Footage


def fit_proxy(
    start: Proxy, clips: Sequence[Path], crfs: tuple[int, ...], footage: Footage, *, crew: Crew, progress: Callable[[str], None]
) -> Fit:
    """Return the stand-in nearest to x264 on some clips.

    Args:
        start: where to begin; what is not free stays as it is there.
        clips: to fit to.
        crfs: at which qualities.
        footage: how much of each clip.
        crew: does the work; how many they are does not change the result.
        progress: gets a line of text for each stand-in that is the nearest so far.

    Raises:
        MediaError: if a clip cannot be read.
    """
    from scipy.optimize import minimize

    nearest, tried = math.inf, 0

    def distance(values: Sequence[float]) -> float:
        nonlocal nearest, tried
        proxy = _at(start, values)
        found = math.sqrt(float(np.mean(crew.results(_squares, [_Trial(clip, proxy, crfs, footage) for clip in clips]))))
        tried += 1
        if found < nearest:
            nearest = found
            said = ", ".join(f"{name} {getattr(proxy, name):.3f}" for name, _, _ in _FREE)
            progress(f"fit {tried}, at most {_MOST_TRIED}: {found:.2f} dB apart with {said}")
        return found

    first = [(getattr(start, name) - low) / (high - low) for name, low, high in _FREE]
    away = np.diag([0.2 if each < 0.7 else -0.2 for each in first])
    best = minimize(
        distance,
        first,
        method="Nelder-Mead",
        bounds=[(0.0, 1.0)] * len(_FREE),
        options={"maxfev": _MOST_TRIED, "xatol": 0.01, "fatol": 0.01, "initial_simplex": first + np.vstack([np.zeros(len(first)), away])},
    )
    return Fit(_at(start, best.x), tried)


def fit_quality(pairs: Sequence[tuple[Survival, Survival]]) -> float:
    """Return how far two codecs are apart on some clips, dB: the root mean square of what `error_gap_db` says of each."""
    return math.sqrt(float(np.mean([np.square(error_gap_db(one, other)).mean() for one, other in pairs])))


def _at(start: Proxy, values: Sequence[float]) -> Proxy:
    """Return the stand-in at a point of the search, whose coordinates go from 0 to 1."""
    qp_offset, tilt, motion, offset = (low + (high - low) * float(value) for (_, low, high), value in zip(_FREE, values, strict=True))
    return replace(start, qp_offset=qp_offset, tilt=tilt, motion=motion, offset=offset)


@lru_cache(maxsize=64)
def _footage(clip: Path, crfs: tuple[int, ...], footage: Footage) -> tuple[Pictures, tuple[Survival, ...]]:
    """Return the luma of a clip and what the real encoder does to it; remembered by each process for all stand-ins."""
    loaded = footage.load(clip)
    sent = luma_of(loaded.frames)
    return sent, tuple(survival(sent, luma_of(parse_channel(f"x264:crf={crf}").apply(loaded).frames)) for crf in crfs)


def _squares(trial: _Trial) -> float:
    sent, real = _footage(trial.clip, trial.crfs, trial.footage)
    found = [survival(sent, as_codes(replace(trial.proxy, crf=crf).luma(sent))) for crf in trial.crfs]
    return float(np.mean([np.square(error_gap_db(one, other)).mean() for one, other in zip(found, real, strict=True)]))
