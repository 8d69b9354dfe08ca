"""The claims on files: the training mark is found after codecs and resizing, p is valid, and the payload mark stays."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from indelible.audit.detect import LookingGlass, sampled
from indelible.audit.embed import DEFAULT_QUALITY_DB, TrainingEmbedder
from indelible.audit.spectrum import Spectrum
from indelible.bench.null import judge
from indelible.channel import Clip, parse_channel
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detector, Embedder
from indelible.runs.cache import MEASURED_SOURCES, Cache, Record, measurement_digest
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.footage import load_clip
from indelible.runs.machine import provenance
from indelible.runs.pool import Job, run_jobs
from indelible.runs.rates import rate
from indelible.runs.vmaf import vmaf

SCHEMA = "indelible.bench.audit/1"
RECORD_VERSION = 1
NONE = "none"
CHANNELS = (NONE, "x264:crf=28", "scale=0.5|x264:crf=23", "crop=area:0.6|x264:crf=23", "x264:crf=34")
REQUIRED = {NONE: 1e-6}
REQUIRED_ELSE = 1e-3
_NULL_LEVELS = (1e-1, 1e-2, 1e-3)
_NULL_CONFIDENCE = 0.999


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """What is the same for the whole run.

    Args:
        seed: of the keys.
        quality_db: of the training mark.
        max_seconds: longer clips are cut to this.
        lines: clips with a longer shorter side are reduced to this before they are marked, to spare time.
        channels: what happens to a marked clip.
        wrong_keys: to be looked for in all, in unmarked clips and in such as carry another key's mark.
    """

    seed: int = 1
    quality_db: float = DEFAULT_QUALITY_DB
    max_seconds: float = 4.0
    lines: int = 480
    channels: tuple[str, ...] = CHANNELS
    wrong_keys: int = 1000


@dataclass(frozen=True, slots=True)
class AuditRun:
    """How to run; as `indelible.bench.null.NullRun`."""

    settings: AuditSettings = field(default_factory=AuditSettings)
    cache_folder: Path = Path(".bench-cache")
    jobs: int = 1
    resume: bool = True
    progress: Callable[[str], None] = lambda line: None


@dataclass(frozen=True, slots=True)
class AuditTask:
    """One clip, and how many wrong keys are looked for in each of its footages."""

    clip: CorpusClip
    wrong_keys: int
    settings: AuditSettings
    cache: Cache


def run_audit(corpus: Corpus, run: AuditRun) -> dict[str, Any]:
    """Measure what is not known yet and return the whole result, ready for JSON."""
    wrong_keys = math.ceil(run.settings.wrong_keys / len(corpus.clips))
    settings = asdict(run.settings) | {"record_version": RECORD_VERSION, "keys_per_clip": wrong_keys}
    cache = Cache(run.cache_folder / "audit", measurement_digest(settings, parts=(*MEASURED_SOURCES, "audit", "stats/signs.py")))
    if not run.resume:
        for clip in corpus.clips:
            cache.forget(clip)
    jobs = [Job(AuditTask(clip, wrong_keys, run.settings, cache), clip.name) for clip in corpus.clips if not cache.read(clip)]
    run.progress(f"{len(corpus.clips)} clips, {len(corpus.clips) - len(jobs)} of them known already")
    where = provenance(corpus)
    for _ in run_jobs(jobs, measure_clip, processes=run.jobs, progress=run.progress):
        pass
    records = [record for clip in corpus.clips for record in cache.read(clip)[-1:]]
    sources = {clip.name: clip.source for clip in corpus.clips}
    return {
        "schema": SCHEMA,
        "provenance": where,
        "settings": settings,
        "summary": [_channel_row(channel, records, sources) for channel in run.settings.channels],
        "null": [
            _null_row(footage, [record["wrong"][footage] for record in records]) for footage in ("unmarked", "marked with another key")
        ],
        "price": _price(records),
        "records": [{name: value for name, value in record.items() if name != "wrong"} for record in records],
    }


def measure_clip(task: AuditTask) -> None:
    """Mark a clip, send it through the channels, look for its key and for wrong ones; one record into the cache."""
    settings = task.settings
    clip = load_clip(task.clip.path, max_seconds=settings.max_seconds)
    if min(clip.info.width, clip.info.height) > settings.lines:
        clip = parse_channel(f"scale=short:{settings.lines}").apply(clip)
    key = _key(settings.seed, task.clip.name, "marks")
    embedder = TrainingEmbedder(key, quality_db=settings.quality_db)
    marked = Clip(tuple(embedder.embed(clip.frames)), clip.info)
    found: dict[str, float | None] = {}
    for channel in (parse_channel(text) for text in settings.channels):
        after = channel.apply(marked).frames if channel.applies_to(clip.info) else None
        found[str(channel)] = None if after is None else glass(after).look(key).log10_p
    strangers = [_key(settings.seed, task.clip.name, f"wrong {index}") for index in range(task.wrong_keys)]
    wrong = {}
    for footage, frames in (("unmarked", clip.frames), ("marked with another key", marked.frames)):
        view = glass(frames)
        wrong[footage] = [view.look(_other(stranger, footage)).log10_p for stranger in strangers]
    report = embedder.report
    record = {
        "clip": task.clip.name,
        "log10_p": found,
        "psnr_y_db": _finite(report.psnr_y_db),
        "psnr_chroma_db": _finite(report.psnr_chroma_db),
        "vmaf": vmaf(marked.frames, clip.frames, frame_rate=clip.info.frame_rate),
        **_together(clip, marked, key, settings.quality_db),
        "wrong": wrong,
    }
    task.cache.append(task.clip, record)


def glass(frames: Iterable[Frame]) -> LookingGlass:
    """Return what the bands of some frames say, as `indelible audit detect` looks at them."""
    spectrum = Spectrum()
    for frame in sampled(frames):
        spectrum.add((frame.y, *frame.chroma), bit_depth=frame.bit_depth)
    return LookingGlass(spectrum)


def _together(clip: Clip, marked: Clip, key: SecretKey, quality_db: float) -> Record:
    """Return what payload mark and training mark find of themselves alone and on one clip, each after x264 at crf 28."""
    codec = parse_channel("x264:crf=28")
    payload_only = Clip(tuple(Embedder(key).embed(clip.frames)), clip.info)
    both = Clip(tuple(Embedder(key).embed(marked.frames)), clip.info)
    after = {name: codec.apply(each).frames for name, each in (("alone", payload_only), ("training", marked), ("both", both))}
    return {
        "payload_z": [_payload_z(after["alone"], key), _payload_z(after["both"], key)],
        "training_log10_p": [glass(after["training"]).look(key).log10_p, glass(after["both"]).look(key).log10_p],
        "vmaf_both": vmaf(both.frames, clip.frames, frame_rate=clip.info.frame_rate),
    }


def _payload_z(frames: Sequence[Frame], key: SecretKey) -> float:
    detector = Detector([key])
    for frame in frames:
        detector.add(frame)
    return detector.results()[0].z


def _channel_row(channel: str, records: Sequence[Record], sources: Mapping[str, str]) -> Record:
    name = str(parse_channel(channel))
    there = [record for record in records if record["log10_p"][name] is not None]
    required = REQUIRED.get(channel, REQUIRED_ELSE)
    values = [record["log10_p"][name] for record in there]
    return {
        "channel": name,
        "required_p": required,
        "found": rate([value <= math.log10(required) for value in values], [sources[record["clip"]] for record in there]),
        "median_log10_p": round(float(np.median(values)), 2),
        "worst": max(zip(values, (record["clip"] for record in there), strict=True))[1],
        "worst_log10_p": round(max(values), 2),
    }


def _null_row(footage: str, log10_p: Sequence[Sequence[float]]) -> Record:
    """Judge one p-value of each key: keys are drawn for each clip anew, so given the footage they are independent."""
    judged = judge([value for values in log10_p for value in values], confidence=_NULL_CONFIDENCE, nominal=_NULL_LEVELS)
    return {"footage": footage} | {name: judged[name] for name in ("n", "levels", "excess", "band", "smallest_log10_p", "valid")}


def _price(records: Sequence[Record]) -> Record:
    columns: dict[str, list[float]] = defaultdict(list)
    for record in records:
        for name in ("psnr_y_db", "psnr_chroma_db", "vmaf", "vmaf_both"):
            if record[name] is not None:
                columns[name].append(record[name])
        alone, both = record["payload_z"]
        if alone > 0.0:
            columns["payload_z_kept"].append(both / alone)
        alone, both = record["training_log10_p"]
        if alone < 0.0:
            columns["training_z_kept"].append(math.sqrt(both / alone))  # the exponent goes with the square of a deviation
    return {
        name: {
            "n": len(values),
            "mean": round(float(np.mean(values)), 3),
            "median": round(float(np.median(values)), 3),
            "worst": round(min(values), 3),
        }
        for name, values in columns.items()
    }


def _key(seed: int, clip: str, purpose: str) -> SecretKey:
    return SecretKey(hashlib.sha256(f"indelible/bench/audit/{seed}/{clip}/{purpose}".encode()).digest())


def _other(key: SecretKey, footage: str) -> SecretKey:
    return SecretKey(hashlib.sha256(key.secret + footage.encode()).digest())


def _finite(db: float) -> float | None:
    return round(db, 2) if math.isfinite(db) else None
