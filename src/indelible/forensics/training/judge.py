"""What a trained network is worth: calibrated on one fold of sources, measured on another, through ONNX Runtime as users run it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from indelible.forensics.forgeries import UNSEEN
from indelible.forensics.metrics import calibration_error, leak
from indelible.forensics.model import Calibration, Model, window_features
from indelible.forensics.training.cache import Records
from indelible.stats.intervals import cluster_bootstrap
from indelible.stats.ranks import area_under_roc

__all__ = ["Judged", "calibrate", "measure", "score"]

_PENALTY = 1e-4  # keeps the weights of two features that say nearly the same small
_SMALL_AREA = 0.10
_RESAMPLES, _SEED = 1000, 5


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Scores of segments, each with its record; real and manipulated twin of one record side by side.

    Args:
        features: of `window_features`, mean over the instants, shape (n, 2 twins, 2).
        cell_auc: of the manipulated cells against the others of the same picture, shape (n,); NaN where there are not both.
        crf: estimated, shape (n, 2 twins).
        about: of each record, with ``source`` and ``clip``.
    """

    features: NDArray[np.float64]
    cell_auc: NDArray[np.float64]
    crf: NDArray[np.float64]
    about: tuple[dict[str, Any], ...]


def score(model: Model, many: Iterable[Records]) -> Judged:
    """Return what a network says of records."""
    features, aucs, crfs, about = [], [], [], []
    for records in many:
        for number, each in enumerate(records.about):
            twins, cells, crf = [], [], []
            for twin in range(2):
                seen = model.see(records.planes[number, twin])
                twins.append(window_features(seen.cells, seen.pictures).mean(axis=0))
                cells.append(seen.cells)
                crf.append(float(seen.crf.mean()))
            features.append(twins)
            crfs.append(crf)
            aucs.append(_cell_auc(cells[1], records.masks[number]))
            about.append({**each, "source": records.source, "clip": records.clip})
    return Judged(np.array(features), np.array(aucs), np.array(crfs), tuple(about))


def _cell_auc(cells: NDArray[np.float32], masks: NDArray[np.uint8]) -> float:
    size = cells.shape[2], cells.shape[1]
    shares = np.stack([cv2.resize(mask.astype(np.float32) / 255.0, size, interpolation=cv2.INTER_AREA) for mask in masks])
    inside, outside = cells[shares > 0.5], cells[shares < 0.05]
    return area_under_roc(inside, outside) if inside.size and outside.size else float("nan")


def calibrate(judged: Judged) -> Calibration:
    """Return the logistic regression of real and manipulated on the features, both equally many."""
    values = judged.features.reshape(-1, 2)
    sign = np.tile([-1.0, 1.0], len(judged.features))
    middle, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    scaled = (values - middle) / spread

    def cost(parameters: NDArray[np.float64]) -> float:
        margins = sign * (scaled @ parameters[:2] + parameters[2])
        return float(-log_expit(margins).mean() + _PENALTY * np.square(parameters[:2]).sum())

    found = minimize(cost, np.zeros(3), method="BFGS").x
    weights = found[:2] / spread
    return Calibration((float(weights[0]), float(weights[1])), float(found[2] - weights @ middle))


def measure(judged: Judged, calibration: Calibration, threshold: float) -> dict[str, Any]:
    """Return the metrics of a fold, ready for JSON: by final encode, by kind, by area, and over all.

    Args:
        judged: of sources that neither trained nor calibrated.
        calibration: of another fold.
        threshold: logit above which a segment counts as manipulated.
    """
    logits = np.stack([calibration.logits(judged.features[:, twin]) for twin in range(2)], axis=1)
    probabilities, truth = expit(logits), np.tile([False, True], (len(logits), 1))
    about = judged.about
    encoded = np.array([each["crf"] is not None for each in about])
    crf = np.array([each["crf"] or 0.0 for each in about], np.float64)
    names = [f"{each['clip']}/{each['segment']}" for each in about]
    _, segment = np.unique(names, return_inverse=True)
    groups: list[tuple[str, str, NDArray[np.bool_]]] = [("encode", "none", ~encoded)]
    groups += [("encode", f"crf {value:g}", encoded & (crf == value)) for value in sorted(set(crf[encoded]))]
    kinds = sorted({each["kind"] for each in about})
    groups += [
        ("kind", kind + (" (unseen)" if kind in UNSEEN else ""), np.array([each["kind"] == kind for each in about])) for kind in kinds
    ]
    small = np.array([each["area"] < _SMALL_AREA for each in about])
    groups += [("area", f"below {_SMALL_AREA:.0%}", small), ("area", f"{_SMALL_AREA:.0%} or more", ~small)]
    return {
        "segments": 2 * len(about),
        "sources": len({each["source"] for each in about}),
        "clips": len({each["clip"] for each in about}),
        "calibration_error": round(calibration_error(probabilities.ravel(), truth.ravel()), 4),
        "leak": round(leak(logits[encoded, 0], crf[encoded], segment[encoded]), 4) if encoded.any() else None,
        "estimated_crf_error": round(float(np.abs(judged.crf[encoded, 0] - crf[encoded]).mean()), 2) if encoded.any() else None,
        "groups": [_row(what, name, chosen, judged, logits, threshold) for what, name, chosen in groups if chosen.any()],
    }


def _row(what: str, name: str, chosen: NDArray[np.bool_], judged: Judged, logits: NDArray[np.float64], threshold: float) -> dict[str, Any]:
    sources = [each["source"] for each, kept in zip(judged.about, chosen, strict=True) if kept]
    low, high = _interval(logits[chosen], sources)
    return {
        "by": what,
        "group": name,
        "segments": 2 * int(chosen.sum()),
        "clip_auc": round(area_under_roc(logits[chosen, 1], logits[chosen, 0]), 4),
        "clip_auc_low": round(low, 4),
        "clip_auc_high": round(high, 4),
        "pixel_auc": round(float(np.nanmean(judged.cell_auc[chosen])), 4),
        "false_alarms": round(float((logits[chosen, 0] > threshold).mean()), 4),
        "found": round(float((logits[chosen, 1] > threshold).mean()), 4),
    }


def _interval(logits: NDArray[np.float64], sources: Sequence[str]) -> tuple[float, float]:
    """Return the 2.5 and 97.5 % points of the area over resampled sources."""
    clusters = [logits[[source == other for other in sources]] for source in dict.fromkeys(sources)]
    rng = np.random.default_rng(_SEED)
    return cluster_bootstrap(clusters, lambda pairs: area_under_roc(pairs[:, 1], pairs[:, 0]), rng=rng, draws=_RESAMPLES)
