"""Rates with the intervals that every benchmark gives them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.stats.intervals import clopper_pearson, cluster_bootstrap


def rate(outcomes: Sequence[bool], sources: Sequence[str]) -> dict[str, Any]:
    """Return ``k`` of ``n`` with Clopper and Pearson's interval and, where clips share sources, one by cluster bootstrap over these.

    Args:
        outcomes: one for each clip, at least one.
        sources: of the clips; those of one source are not independent.
    """
    k, n = sum(map(bool, outcomes)), len(outcomes)
    clusters: dict[str, list[float]] = defaultdict(list)
    for outcome, source in zip(outcomes, sources, strict=True):
        clusters[source].append(float(outcome))
    result: dict[str, Any] = {"k": k, "n": n, "interval": [round(bound, 4) for bound in clopper_pearson(k, n)]}
    if len(clusters) < n:
        interval = cluster_bootstrap(list(clusters.values()), _mean, rng=np.random.default_rng(0))
        result["interval_by_source"] = [round(bound, 4) for bound in interval]
    return result


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean())
