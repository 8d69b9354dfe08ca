"""What the codes themselves are worth: how many of their bits are independent, how balanced, how steady in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.bench.fingerprint.distractors import bits_of
from indelible.bench.fingerprint.trial import Original
from indelible.fingerprint.code import BITS, VIEWS, Codes, distances

_DRAWS = 40  # of one moment of each clip


def code_statistics(originals: Sequence[Original], sources: Sequence[str], *, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return a row for each view of the picture: effective bits among clips of different sources, balance, and steadiness.

    Args:
        originals: of each clip.
        sources: of each clip; only pairs of different ones count as unrelated.
        rng: picks moments.
    """
    rows = []
    for view in VIEWS:
        codes, of = [], []
        for index, original in enumerate(originals):
            made = original.fingerprint
            usable = made.codes[(made.views == view) & (made.weights > 0)]
            if len(usable):
                codes.append(usable)
                of.append(sources[index])
        pairs = np.concatenate([_unrelated(np.stack([each[rng.integers(len(each))] for each in codes]), of) for _ in range(_DRAWS)])
        ones = np.stack([(bits_of(each) > 0.0).mean(axis=0) for each in codes]).mean(axis=0)
        rows.append(
            {
                "view": view,
                "clips": len(codes),
                "clips_without_evidence": len(originals) - len(codes),
                "effective_bits": round(effective_bits(pairs), 1),
                "mean_distance": round(float(pairs.mean()), 2),
                "sd_distance": round(float(pairs.std()), 2),
                "least_distance": int(pairs.min()),
                "share_of_ones": {"least": round(float(ones.min()), 3), "greatest": round(float(ones.max()), 3)},
                "offset_bits": _offset(originals),
            }
        )
    return rows


def effective_bits(apart: NDArray[np.int64]) -> float:
    """Return how many independent bits have distances that vary as much as these, of unrelated codes."""
    share = float(apart.mean()) / BITS
    return BITS * BITS * share * (1.0 - share) / float(apart.var())


def _unrelated(codes: Codes, sources: Sequence[str]) -> NDArray[np.int64]:
    names = np.array(sources)
    first, second = np.triu_indices(len(codes), 1)
    different = names[first] != names[second]
    return distances(codes[first[different]], codes[second[different]])


def _offset(originals: Sequence[Original]) -> dict[str, float]:
    """Return how many bits change if a video begins a little later: the median over clips of their medians, and the worst."""
    medians = [float(np.median(original.offset_bits)) for original in originals if len(original.offset_bits)]
    return {"median": round(float(np.median(medians)), 1), "worst": round(max(medians), 1)}
