"""From a corpus to a folder of weights with its card, in one go that can be interrupted and gone on with."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from indelible.drafts import check_free_folder, create_draft_folder
from indelible.errors import InputError
from indelible.forensics.forgeries import KINDS, UNSEEN
from indelible.forensics.metrics import threshold_at
from indelible.forensics.model import CARD, CONTENT, TRACE, Model
from indelible.forensics.training.cache import Records, build_cache, load_records
from indelible.forensics.training.folds import CALIBRATING, JUDGING, folds
from indelible.forensics.training.judge import Judged, calibrate, measure, score
from indelible.forensics.training.settings import TrainingSettings
from indelible.forensics.training.threshold import CHANNELS, real_scores
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.machine import provenance

__all__ = ["FALSE_ALARMS", "train_forensics"]

#: Share of real footage that the shipped threshold lets pass as manipulated, at most, on the calibrating sources.
FALSE_ALARMS = 0.05
_BANDS = ((-100.0, 20.5), (20.5, 25.5), (25.5, 30.5), (30.5, 35.5), (35.5, 100.0))
_PROBES = 5


def train_forensics(
    corpus: Corpus,
    output: Path,
    settings: TrainingSettings,
    *,
    cache: Path,
    jobs: int,
    resume: bool,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Train, calibrate, judge and write ``weights.safetensors``, both ONNX files and ``card.json``; return the card.

    Args:
        corpus: real footage; clips of one source stay together.
        output: folder that does not exist yet, or is empty.
        settings: how.
        cache: folder for twins and checkpoints.
        jobs: processes that make twins; training itself has one thread.
        resume: whether to go on from a checkpoint of the same settings and footage.
        progress: gets lines of text.

    Raises:
        InputError: if the corpus is too small.
        OutputError: if the folder is in use.
        MediaError: if a clip cannot be read.
        MissingExtraError: if PyTorch or another part of the extra ``train`` is not installed.
    """
    from indelible.forensics.training.export import export
    from indelible.forensics.training.loop import train

    check_free_folder(output)
    where = provenance(corpus)
    fold_of = folds(corpus.clips, count=settings.folds)
    files = build_cache(corpus.clips, fold_of, settings.cache, folder=cache, jobs=jobs, progress=progress)
    parts = {name: _records(corpus.clips, files, fold_of, wanted) for name, wanted in _parts(settings.folds).items()}
    if not all(parts.values()):
        raise InputError(f"a part of the corpus has no clip of 9 pictures or more: { ({name: len(part) for name, part in parts.items()}) }")
    twins = next(iter(files.values())).parent  # a checkpoint is of the twins beside it
    checkpoint = twins / f"training-{corpus.digest[:8]}-{hashlib.sha256(settings.identity.encode()).hexdigest()[:8]}.pt"
    if not resume:
        checkpoint.unlink(missing_ok=True)
    trained = train(parts["training"], parts["calibrating"], settings, checkpoint=checkpoint, progress=progress)
    with create_draft_folder(output) as folder:
        networks = export(trained.trace, trained.content, folder)
        model = Model(networks[TRACE], networks[CONTENT], {})
        progress("judging")
        judged = {name: score(model, parts[name]) for name in ("calibrating", "judging")}
        calibration = calibrate(judged["calibrating"])
        model.card["calibration"] = {"weights": list(calibration.weights), "offset": calibration.offset}
        chosen = {part: [clip for clip in corpus.clips if fold_of[clip.name] == fold] for part, fold in _JUDGES.items()}
        real = {part: real_scores(model, clips, progress=progress) for part, clips in chosen.items()}
        threshold = threshold_at(real["calibrating"].scores.ravel(), false_alarms=FALSE_ALARMS)
        alarms = (real["judging"].scores > threshold).mean(axis=0)
        first = next(iter(parts["training"])).planes[0, 0]
        card = {
            "schema": "indelible.forensics-card/1",
            "name": output.name,
            "purpose": "heat maps and scores of local manipulation in video, and embeddings of what it shows; no detector of deepfakes",
            "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in networks.items()},
            "parameters": _parameters(trained),
            "onnx_difference": _difference(trained.trace, model, first),
            "milliseconds_per_256x256": _milliseconds(model),
            "training": {
                "settings": settings.to_json(),
                "kinds": list(KINDS),
                "unseen_kinds": list(UNSEEN),
                "steps": trained.steps,
                "minutes": round(trained.minutes, 1),
                "course": trained.course,
                "pairs": sum(len(records.about) for records in parts["training"]),
                "clips": len(parts["training"]),
            },
            "data": where,
            "sources": {
                part: sorted({clip.source for clip in corpus.clips if fold_of[clip.name] in wanted})
                for part, wanted in _parts(settings.folds).items()
            },
            "calibration": model.card["calibration"],
            "threshold": {
                "logit": threshold,
                "false_alarms": FALSE_ALARMS,
                "real_looks": int(real["calibrating"].scores.size),
                "unseen_false_alarms": {name: round(float(share), 4) for name, share in zip(CHANNELS, alarms, strict=True)},
                "unseen_clips": len(real["judging"].clips),
            },
            "reliability": _reliability(judged["judging"], calibration.logits, threshold),
            "metrics": measure(judged["judging"], calibration, threshold),
            "limits": _LIMITS,
        }
        (folder / CARD).write_text(json.dumps(card, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return card


_JUDGES = {"calibrating": CALIBRATING, "judging": JUDGING}
_LIMITS = (
    "Trained on local manipulations of 5 to 25 % of a picture that programs made; faces and generated video were not among them.",
    "Heavy compression removes the traces: the metrics by CRF say how much is left.",
    "A probability takes real and manipulated windows for equally frequent.",
)


def _parts(count: int) -> dict[str, set[int]]:
    return {"training": set(range(count)) - {CALIBRATING, JUDGING}, "calibrating": {CALIBRATING}, "judging": {JUDGING}}


def _records(clips: Sequence[CorpusClip], files: dict[str, Path], fold_of: dict[str, int], wanted: set[int]) -> list[Records]:
    loaded = (load_records(files[clip.name], clip) for clip in clips if fold_of[clip.name] in wanted)
    return [records for records in loaded if records is not None]


def _reliability(
    judged: Judged, logits: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]], threshold: float
) -> list[dict[str, float]]:
    """Return, by estimated CRF, the share of manipulated segments that are found; a band that nothing fell into is left out."""
    above = logits(judged.features[:, 1]) > threshold
    rows = []
    for low, high in _BANDS:
        inside = (judged.crf[:, 1] >= low) & (judged.crf[:, 1] < high)
        if inside.any():
            rows.append({"crf_from": low, "crf_until": high, "found": round(float(above[inside].mean()), 4), "segments": int(inside.sum())})
    return rows


def _parameters(trained: Any) -> dict[str, int]:
    from indelible.forensics.networks.trace import parameter_count

    return {"trace": parameter_count(trained.trace), "content": parameter_count(trained.content)}


def _difference(trace: Any, model: Model, planes: np.ndarray[Any, Any]) -> float:
    """Return by how much ONNX Runtime and PyTorch differ at most, in any output, on pictures of the training."""
    from indelible.forensics.networks.library import torch

    seen = model.see(planes)
    with torch.no_grad():
        cells, pictures, crf = (each.numpy() for each in trace(torch.from_numpy(planes.astype(np.float32) / np.float32(255.0))))
    pairs = ((cells, seen.cells), (pictures, seen.pictures), (40.0 * crf, seen.crf))
    return max(float(np.abs(mine - theirs).max()) for mine, theirs in pairs)


def _milliseconds(model: Model) -> float:
    """Return the time of one thread for a picture of 256 x 256, the fastest of a few."""
    planes = np.zeros((1, 5, 256, 256), np.uint8)
    times = []
    for _ in range(_PROBES):
        start = time.process_time()
        model.see(planes)
        times.append(1e3 * (time.process_time() - start))
    return round(min(times), 1)
