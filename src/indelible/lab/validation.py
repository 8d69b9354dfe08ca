"""Is a mark found where it is, and not where it is not? From the scores of marked and of unmarked clips, nothing else."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indelible.errors import InputError
from indelible.runs.cache import Record
from indelible.runs.rates import rate
from indelible.stats.ranks import area_under_roc

#: At which p-value a detector that has one says yes.
ALPHA = 1e-3

#: Where a mark is going to be, and the quality of H.264 that is usual there. Indicative: no platform promises one.
PLATFORMS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("Vimeo", (18, 20)),
    ("YouTube HD", (23,)),
    ("YouTube SD", (28,)),
    ("Facebook", (30,)),
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a mark must reach to count as found.

    Args:
        true_positive_rate: more than this share of marked clips found.
        false_positive_rate: less than this share of unmarked clips taken for marked.
        p: of Mann and Whitney's test, less than this.
        psnr_y_db: on average, at least this.
    """

    true_positive_rate: float = 0.8
    false_positive_rate: float = 0.1
    p: float = 1e-3
    psnr_y_db: float = 35.0

    def met_by(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row of `judge_cell` meets all of them."""
        found, false = row["true_positives"], row["false_positives"]
        return bool(
            found["k"] > self.true_positive_rate * found["n"]
            and false["k"] < self.false_positive_rate * false["n"]
            and row["log10_p_mann_whitney"] < math.log10(self.p)
            and (row["psnr_y_db"] is None or row["psnr_y_db"]["mean"] >= self.psnr_y_db)
        )


def judge_cell(records: Sequence[Record], detector: str, source_of_clip: Mapping[str, str]) -> Record:
    """Return what one detector makes of one entrant behind one channel.

    The threshold is fitted by source: the sources are dealt into two halves, and each half is judged by the threshold that best tells the
    other half's marked clips from its unmarked ones, so no clip is judged by itself or by its like.

    Args:
        records: of one entrant and channel, as `indelible.lab.trial` writes them, at least two.
        detector: whose scores.
        source_of_clip: by the clip's name.

    Raises:
        InputError: if there are fewer than two sources.
    """
    sources = [source_of_clip[record["clip"]] for record in records]
    pairs = [record["scores"][detector] for record in records]
    clean, marked = (np.array([pair[which] for pair in pairs]) for which in ("clean", "marked"))
    first = in_first_half(sources)
    limits = np.where(first, best_threshold(marked[~first], clean[~first]), best_threshold(marked[first], clean[first]))
    row: Record = {
        "detector": detector,
        "n": len(records),
        "sources": len(set(sources)),
        "clean": _spread(clean),
        "marked": _spread(marked),
        "separation": round(float(marked.mean() - clean.mean()), 4),
        "thresholds": sorted({round(float(limit), 4) for limit in limits if math.isfinite(limit)}),
        "true_positives": rate((marked > limits).tolist(), sources),
        "false_positives": rate((clean > limits).tolist(), sources),
        "log10_p_mann_whitney": round(log10_mann_whitney(marked, clean), 3),
        "area_under_roc": round(area_under_roc(marked, clean), 4),
        "psnr_y_db": _quality(records),
    }
    if pairs[0]["marked_log10_p"] is not None:
        below = {which: [pair[f"{which}_log10_p"] <= math.log10(ALPHA) for pair in pairs] for which in ("marked", "clean")}
        row["by_p"] = {"alpha": ALPHA, "marked": rate(below["marked"], sources), "clean": rate(below["clean"], sources)}
    return row


def in_first_half(sources: Sequence[str]) -> NDArray[np.bool_]:
    """Return for each clip whether its source is in the first of two halves, in an order that depends on the names alone.

    Raises:
        InputError: if there are fewer than two sources.
    """
    order = sorted(set(sources), key=lambda source: hashlib.sha256(source.encode()).digest())
    if len(order) < 2:
        raise InputError(
            "all clips are of one source; thresholds are fitted on other sources than they are used on, so give clips of two or more"
        )
    return np.isin(sources, order[: len(order) // 2])


def best_threshold(marked: NDArray[np.float64], clean: NDArray[np.float64]) -> float:
    """Return the threshold with the largest share of marked clips above it less that of unmarked ones; of several, in the widest gap.

    It lies in the middle between two scores; infinite where nothing is told apart, so that nothing is found.
    """
    scores = np.unique(np.concatenate([marked, clean]))
    if scores.size < 2:
        return math.inf
    limits = (scores[1:] + scores[:-1]) / 2.0
    told = (marked[:, None] > limits).mean(axis=0) - (clean[:, None] > limits).mean(axis=0)
    if told.max() <= 0.0:
        return math.inf
    return float(limits[np.lexsort((np.diff(scores), np.round(told, 9)))[-1]])


def roc(marked: ArrayLike, clean: ArrayLike) -> list[tuple[float, float]]:
    """Return (false positive rate, true positive rate) for each threshold, from (0, 0) to (1, 1)."""
    marked, clean = np.asarray(marked, np.float64), np.asarray(clean, np.float64)
    limits = np.unique(np.concatenate([marked, clean]))[::-1]
    steps = [(float((clean >= limit).mean()), float((marked >= limit).mean())) for limit in limits]
    return [(0.0, 0.0), *steps]


def log10_mann_whitney(marked: ArrayLike, clean: ArrayLike) -> float:
    """Return log10 of the one-sided p-value that marked clips score no higher than unmarked ones (Mann and Whitney 1947)."""
    from scipy.stats import mannwhitneyu  # costs import time

    p = float(mannwhitneyu(marked, clean, alternative="greater").pvalue)
    return math.log10(p) if p > 0.0 else -300.0


def _spread(values: NDArray[np.float64]) -> dict[str, float]:
    return {
        "mean": round(float(values.mean()), 4),
        "lowest": round(float(values.min()), 4),
        "median": round(float(np.median(values)), 4),
        "highest": round(float(values.max()), 4),
    }


def _quality(records: Sequence[Record]) -> dict[str, float] | None:
    known = [record["psnr_y_db"] for record in records if record["psnr_y_db"] is not None]
    return {"mean": round(float(np.mean(known)), 2), "worst": round(min(known), 2)} if known else None
