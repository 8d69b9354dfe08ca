"""Looking at files for traces of manipulation, without the original."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from indelible.errors import InputError
from indelible.forensics.inspection import INSTANTS, Looked, Verdict, instants_of, look, reliability_at, verdict_of
from indelible.forensics.model import Model
from indelible.video import Limits, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.survey import survey
from indelible.workflows.document import Document, document

__all__ = ["Inspection", "inspect_file"]


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """What a network says of a file.

    Args:
        file: as given.
        verdict: manipulated, no trace, or that it cannot be told.
        probability: of the most suspect place, real and manipulated windows taken for equally frequent.
        threshold: probability above which the verdict is manipulated.
        false_alarms: share of real clips above the threshold, at most, on the sources where it was set.
        unseen_false_alarms: share of real clips of other sources above it, after the channel where it is highest.
        reliability: share of manipulations that were found where the last encode was about like this one.
        looked: what was seen.
        network: name and digest of the network.
        warnings: what was wrong with the file, a sentence each.
    """

    file: str
    verdict: Verdict
    probability: float
    threshold: float
    false_alarms: float
    unseen_false_alarms: float
    reliability: float
    looked: Looked
    network: dict[str, str]
    warnings: tuple[str, ...] = ()

    def to_json(self) -> Document:
        """Return the document ``indelible.inspection/1``."""
        looked = self.looked
        return document(
            "inspection",
            file=self.file,
            verdict=self.verdict,
            probability=round(self.probability, 4),
            threshold=round(self.threshold, 4),
            false_alarms=self.false_alarms,
            unseen_false_alarms=self.unseen_false_alarms,
            reliability=self.reliability,
            estimated_crf=round(looked.crf, 1),
            instants=[
                {"seconds": round(seconds, 3), "probability": round(_probability(float(scores.max())), 4)}
                for seconds, scores in zip(looked.seconds, looked.scores, strict=True)
            ],
            windows=[[round(_probability(float(score)), 4) for score in row] for row in looked.scores.mean(axis=0)],
            network=self.network,
        )


def inspect_file(path: str | os.PathLike[str], model: Model, *, instants: int = INSTANTS, limits: Limits = DEFAULT_LIMITS) -> Inspection:
    """Look at a file.

    Args:
        path: of the video; no pipe, for it is read twice.
        model: a trained network.
        instants: that are looked at, spread over the whole, 1 or more.
        limits: how much of the file is read.

    Raises:
        InputError: if the path is a pipe, or the video is too short or its pictures too small.
        MediaError: if the file cannot be read.
    """
    name = os.fspath(path)
    if name == "-":
        raise InputError("a pipe (-) cannot be inspected: the file is read twice; write it to a file first")
    if instants < 1:
        raise InputError(f"instants is {instants}; allowed is 1 or more")
    count = survey(name, limits=limits).frames
    with open_video(name, limits=limits) as reader:
        looked = look(model, instants_of(reader, count=count, wanted=instants))
        warnings = tuple(reader.warnings)
    card = model.card
    return Inspection(
        file=name,
        verdict=verdict_of(card, looked),
        probability=_probability(looked.score),
        threshold=_probability(card["threshold"]["logit"]),
        false_alarms=card["threshold"]["false_alarms"],
        unseen_false_alarms=max(card["threshold"]["unseen_false_alarms"].values()),
        reliability=reliability_at(card, looked.crf),
        looked=looked,
        network=network_of(card),
        warnings=warnings,
    )


def network_of(card: dict[str, Any]) -> dict[str, str]:
    """Return what a document says of the network that it rests on."""
    return {"name": card["name"], "sha256": card["sha256"]["trace.onnx"]}


def _probability(logit: float) -> float:
    return float(1.0 / (1.0 + math.exp(-float(np.clip(logit, -60.0, 60.0)))))
