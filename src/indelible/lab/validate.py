"""``lab validate``: one signature on footage that it was not trained on, behind the H.264 of platforms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from indelible.errors import InputError
from indelible.lab.campaign import LabRun, measure
from indelible.lab.methods import method_named
from indelible.lab.signature import Signature
from indelible.lab.trial import Entrant
from indelible.lab.validation import PLATFORMS, Criteria, judge_cell, roc
from indelible.runs.cache import Record
from indelible.runs.corpus import Corpus
from indelible.runs.machine import provenance

SCHEMA = "indelible.lab.validation/1"

#: Where the criteria must be met.
DECISIVE = "x264:crf=28"

CHANNELS = tuple(f"x264:crf={crf}" for crf in sorted({28, *(crf for _, crfs in PLATFORMS for crf in crfs)}))


def run_validation(signature: Signature, corpus: Corpus, run: LabRun, *, channels: Sequence[str] = CHANNELS) -> dict[str, Any]:
    """Return the whole result, ready for JSON. Clips of sources that the signature was trained on are left out, and named.

    Raises:
        InputError: if fewer than two sources are left, or the method is unknown.
    """
    method = method_named(signature.method)
    unseen = tuple(clip for clip in corpus.clips if clip.source not in signature.trained_on)
    if len({clip.source for clip in unseen}) < 2:
        raise InputError(f"{len(unseen)} clips are of sources that the signature was not trained on; at least two such sources are needed")
    held_out = replace(corpus, clips=unseen)
    where = provenance(held_out)  # before the work, during which the source tree may change
    entrant = Entrant("signature", signature.method, signature)
    records = measure(held_out, [entrant], channels, run)
    measured = [record for record in records if "error" not in record]
    source_of_clip = {clip.name: clip.source for clip in unseen}
    summary = [
        {"channel": channel} | judge_cell(cell, detector, source_of_clip) | {"roc": _roc(cell, detector)}
        for channel in dict.fromkeys(record["channel"] for record in measured)
        if (cell := [record for record in measured if record["channel"] == channel])
        for detector in method.detectors
    ]
    criteria = Criteria()
    return {
        "schema": SCHEMA,
        "provenance": where,
        "settings": asdict(run.footage) | {"seed": run.seed},
        "signature": signature.to_json() | {"digest": signature.digest},
        "left_out": sorted(clip.name for clip in corpus.clips if clip.source in signature.trained_on),
        "criteria": asdict(criteria),
        "verdicts": {row["detector"]: criteria.met_by(row) for row in summary if row["channel"] == DECISIVE},
        "summary": summary,
        "platforms": platforms(summary),
        "errors": [record for record in records if "error" in record],
        "records": measured,
    }


def platforms(summary: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Return for each platform and detector the lowest rate of marks found and the highest of false ones at its qualities."""
    rows = []
    for platform, crfs in PLATFORMS:
        for detector in dict.fromkeys(row["detector"] for row in summary):
            cells = [row for row in summary if row["detector"] == detector and row["channel"] in {f"x264:crf={crf}" for crf in crfs}]
            if len(cells) == len(crfs):
                found = min((row["true_positives"] for row in cells), key=_share)
                false = max((row["false_positives"] for row in cells), key=_share)
                rows.append(
                    {"platform": platform, "crf": list(crfs), "detector": detector, "true_positives": found, "false_positives": false}
                )
    return rows


def _share(rate: Mapping[str, Any]) -> float:
    return float(rate["k"]) / float(rate["n"])


def _roc(cell: Sequence[Record], detector: str) -> list[list[float]]:
    pairs = [record["scores"][detector] for record in cell]
    points = roc([pair["marked"] for pair in pairs], [pair["clean"] for pair in pairs])
    return [[round(false, 4), round(true, 4)] for false, true in points]
