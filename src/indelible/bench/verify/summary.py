"""From records to rates: what was accepted and caught by whom, at the same rate of false alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.bench.verify.baselines import SIMPLE, one_class_scorer
from indelible.runs.cache import Record
from indelible.runs.rates import rate

OURS, OURS_AT_SAME_RATE = "verify", "verify, same rate"
ONE_CLASS, ACCEPT_ALL = "one-class SVM", "accept all"
ACCEPTED = ("AUTHENTIC", "SUSPECT")
_ROUNDED = 1e-3  # log10 p is kept with four digits
_LEAST_TRAINING = 8

Caught = Callable[[Record], bool]


def summarise(records: Sequence[Record], *, alpha: float, same_rate: float) -> dict[str, Any]:
    """Return what the tables show.

    Args:
        records: as `indelible.bench.verify.trial.measure_clip` makes them, with the clip's source.
        alpha: of the verdicts.
        same_rate: of false alarms, at which all are compared.
    """
    whole = [record for record in records if "error" not in record]
    honest = [record for record in whole if record["kind"] == "honest"]
    attacks = [record for record in whole if record["kind"] == "attack"]
    visible = [record for record in attacks if record["effect"]["visible"]]
    judges = _judges(whole, alpha=alpha, same_rate=same_rate)
    named = list(dict.fromkeys((record["group"], record["attack"]) for record in attacks))
    return {
        "honest": _honest(honest, alpha),
        "calibration_of_p": _calibration_of_p(honest),
        "false_alarms": {name: _rate(judge, honest) for name, judge in judges.items()},
        "by_rung": [
            {"base": base, "accepted": _accepted([each for each in honest if each["base"] == base])}
            | {"caught": _rate(judges[OURS], [each for each in visible if each["base"] == base])}
            for base in dict.fromkeys(record["base"] for record in honest)
        ],
        "all": {name: _rate(judge, visible) for name, judge in judges.items()},
        "groups": [
            {"group": group} | _row(judges, [record for record in visible if record["group"] == group])
            for group in dict.fromkeys(group for group, _ in named)
        ],
        "attacks": [
            {"group": group, "attack": attack, "invisible": sum(record["attack"] == attack for record in attacks) - len(cell)}
            | _row(judges, cell)
            for group, attack in named
            if (cell := [record for record in visible if (record["group"], record["attack"]) == (group, attack)])
        ],
    }


def _honest(honest: Sequence[Record], alpha: float) -> dict[str, Any]:
    verdicts = [record["verdict"] for record in honest]
    return {
        "accepted": _accepted(honest),
        "alarms_at_alpha": _rate(_p_at_most(alpha), honest),
        "verdicts": {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
    }


def _calibration_of_p(honest: Sequence[Record]) -> list[dict[str, Any]]:
    """Return how often p of an honest rendition is at most each level: no more often than that, if it is a p-value."""
    levels = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    return [{"level": level, "share": _rate(_p_at_most(level), honest)} for level in levels]


def _row(judges: Mapping[str, Caught], records: Sequence[Record]) -> dict[str, Any]:
    verdicts = [record["verdict"] for record in records]
    located = [record for record in records if "time_iou" in record]
    return {
        "caught": {name: _rate(judge, records) for name, judge in judges.items()},
        "verdicts": {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
        "time_iou": round(float(np.mean([record["time_iou"] for record in located])), 3) if located else None,
        "block_f1": round(float(np.mean([record["block_f1"] for record in located])), 3) if located else None,
    }


def _judges(records: Sequence[Record], *, alpha: float, same_rate: float) -> dict[str, Caught]:
    """Return for each way to judge whether it calls a record anything but honest."""
    judges: dict[str, Caught] = {
        OURS: _p_at_most(alpha),
        OURS_AT_SAME_RATE: _p_at_most(same_rate),
    }
    honest = [record for record in records if record["kind"] != "attack"]
    sources = np.array([record["source"] for record in honest])
    for name in SIMPLE:
        judges[name] = _above(name, np.array([record["scores"][name] for record in honest]), sources, same_rate)
    trained = _one_class(records, honest, sources, same_rate)
    if trained is not None:
        judges[ONE_CLASS] = trained
    return judges | {ACCEPT_ALL: lambda record: False}


def _p_at_most(level: float) -> Caught:
    return lambda record: record["log10_p"] <= np.log10(level) + _ROUNDED


def _above(name: str, scores: NDArray[np.float64], sources: NDArray[np.str_], share: float) -> Caught:
    thresholds = _thresholds(scores, sources, share)
    return lambda record: record["scores"][name] > thresholds[record["source"]]


def _thresholds(scores: NDArray[np.float64], sources: NDArray[np.str_], share: float) -> dict[str, float]:
    """Return for each source the threshold that this share of the honest renditions of all others lies above; none if there is no other."""
    found = {}
    for source in np.unique(sources):
        others = scores[sources != source]
        found[str(source)] = float(np.quantile(others, 1.0 - share, method="higher")) if others.size else np.inf
    return found


def _one_class(records: Sequence[Record], honest: Sequence[Record], sources: NDArray[np.str_], share: float) -> Caught | None:
    """Return the judgement of a model that was trained on the other sources, at a threshold from scores of models that were likewise."""
    features = np.array([record["scores"]["features"] for record in honest])
    if any((sources != source).sum() < _LEAST_TRAINING for source in np.unique(sources)):
        return None
    models = {str(source): one_class_scorer(features[sources != source]) for source in np.unique(sources)}
    scores = np.array([models[str(source)](row[None])[0] for source, row in zip(sources, features, strict=True)])
    thresholds = _thresholds(scores, sources, share)
    caught = {
        id(record): bool(models[record["source"]](np.array([record["scores"]["features"]]))[0] > thresholds[record["source"]])
        for record in records
    }
    return lambda record: caught[id(record)]


def _accepted(honest: Sequence[Record]) -> dict[str, Any]:
    return _rate(lambda record: record["verdict"] in ACCEPTED, honest)


def _rate(judge: Caught, records: Sequence[Record]) -> dict[str, Any]:
    if not records:
        return {"k": 0, "n": 0, "interval": [0.0, 1.0]}
    return rate([judge(record) for record in records], [record["source"] for record in records])
