"""The claim: without the key's mark, a p-value of p or less comes up with probability p at most, and no payload is ever reported.

Random keys are looked for in footage that none of them has marked: as it is, after a codec, and marked with yet another key. Every (clip,
key) pair has a key of its own, drawn from the seed; given the footage, the p-values are therefore independent, and counts of them binomial.
They are looked for in one of several ways (`indelible.bench.strangers`): by a plain detector, by a whole search with all that it pays for,
under single hypotheses of the search, or with the original at hand.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indelible.bench.look import Original
from indelible.bench.strangers import NullWay, look_for
from indelible.channel import Clip, parse_channel
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Embedder, Payload
from indelible.runs.cache import Cache, Record, measurement_digest
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.footage import load_clip
from indelible.runs.machine import provenance
from indelible.runs.pool import Job, run_jobs
from indelible.stats.intervals import clopper_pearson_lower, clopper_pearson_upper, uniform_excess

SCHEMA = "indelible.bench.null/1"
RECORD_VERSION = 1

#: What is looked into: footage as it is, after a codec, and with a mark of somebody else (and a codec).
FOOTAGE = ("unmarked", "unmarked, x264:crf=28", "marked with another key, x264:crf=28")
CODEC = "x264:crf=28"

#: Pairs to look at, and levels that so many can tell something about: a whole search takes seconds where a plain look takes a millisecond.
PAIRS: dict[NullWay, int] = {"plain": 1_000_000, "fast": 10_000, "full": 10_000, "reference": 1_000_000, "random": 1_000_000}
NOMINAL, NOMINAL_OF_FEW = (1e-2, 1e-3, 1e-4, 1e-5), (1e-1, 1e-2, 1e-3)
FEW = 100_000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class NullSettings:
    """What is the same for the whole run.

    Args:
        seed: keys are drawn from it, the clip's name and the footage.
        way: of looking.
        pairs: (clip, key) pairs in all, at least; they are dealt evenly.
        max_seconds: longer clips are cut to this.
    """

    seed: int = 1
    way: NullWay = "plain"
    pairs: int = PAIRS["plain"]
    max_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class NullRun:
    """How to run; as `indelible.bench.security.run.SecurityRun`: of a ``part`` of the clips only their share of the pairs is looked at."""

    settings: NullSettings = field(default_factory=NullSettings)
    part: tuple[int, int] = (1, 1)
    cache_folder: Path = Path(".bench-cache")
    jobs: int = 1
    resume: bool = True
    progress: Callable[[str], None] = lambda line: None


@dataclass(frozen=True, slots=True)
class NullTask:
    """Kinds of footage of one clip, and how many keys are to be looked for in each."""

    clip: CorpusClip
    footage: tuple[str, ...]
    keys: int
    settings: NullSettings
    cache: Cache


def run_null(corpus: Corpus, run: NullRun) -> dict[str, Any]:
    """Measure what is not known yet and return the whole result, ready for JSON."""
    cache = Cache(run.cache_folder / "null", measurement_digest(asdict(run.settings) | {"record_version": RECORD_VERSION}))
    keys = math.ceil(run.settings.pairs / (len(corpus.clips) * len(FOOTAGE)))
    corpus = corpus.shard(*run.part)
    if not run.resume:
        for clip in corpus.clips:
            cache.forget(clip)
    tasks = [NullTask(clip, _remaining(cache.read(clip), keys), keys, run.settings, cache) for clip in corpus.clips]
    jobs = [Job(task, task.clip.name, len(task.footage)) for task in tasks if task.footage]
    run.progress(f"{len(corpus.clips)} clips, {keys} keys for each of {len(FOOTAGE)} kinds of footage; {len(tasks) - len(jobs)} known")
    where = provenance(corpus)
    for _ in run_jobs(jobs, look_for_strangers, processes=run.jobs, progress=run.progress):
        pass
    records = [record for clip in corpus.clips for record in cache.read(clip) if len(record["log10_p"]) == keys]
    return {
        "schema": SCHEMA,
        "provenance": where,
        "settings": asdict(run.settings) | {"keys_per_clip_and_footage": keys, "confidence": CONFIDENCE},
        "summary": summarise(records, nominal=NOMINAL_OF_FEW if run.settings.pairs < FEW else NOMINAL),
        "worst": sorted(({"clip": r["clip"], "footage": r["footage"], "log10_p": min(r["log10_p"])} for r in records), key=_by_p)[:20],
    }


def summarise(records: Iterable[Record], *, nominal: Sequence[float] = NOMINAL) -> list[dict[str, Any]]:
    """Return a row for each kind of footage, and one for all of them together, judged at some nominal levels."""
    values: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    payloads: dict[str, int] = defaultdict(int)
    for record in records:
        values[record["footage"]].append(np.asarray(record["log10_p"], np.float64))
        payloads[record["footage"]] += record["payloads_reported"]
    rows = {footage: np.concatenate(parts) for footage, parts in values.items()}
    everything = {"all": np.concatenate(list(rows.values()))} if rows else {}
    return [
        {"footage": footage}
        | judge(log10_p, payloads_reported=payloads[footage] if footage in payloads else sum(payloads.values()), nominal=nominal)
        for footage, log10_p in (rows | everything).items()
    ]


def judge(
    log10_p: ArrayLike, *, payloads_reported: int = 0, confidence: float = CONFIDENCE, nominal: Sequence[float] = NOMINAL
) -> dict[str, Any]:
    """Return whether independent p-values of a true null are valid: never too small too often, though perhaps too large.

    At each nominal level the count of p-values at or below it is binomial with at most that rate; it contradicts the claim where the
    one-sided lower Clopper-Pearson bound lies above the level. Between the levels, ``excess`` is the largest amount by which the empirical
    distribution function exceeds the diagonal; under the claim it is above ``band`` with probability 1 - ``confidence`` at most
    (Massart 1990, the one-sided Dvoretzky-Kiefer-Wolfowitz inequality).

    Args:
        log10_p: of the p-values, at least one.
        payloads_reported: how many of the looks reported a payload, which none should.
        confidence: of the bounds and of the band.
        nominal: levels.
    """
    p = np.sort(np.power(10.0, np.asarray(log10_p, np.float64)))
    n = p.size
    levels = []
    for level in nominal:
        k = int(np.searchsorted(p, level * (1.0 + 1e-9), side="right"))
        lower, upper = clopper_pearson_lower(k, n, confidence=confidence), clopper_pearson_upper(k, n, confidence=confidence)
        levels.append({"nominal": level, "k": k, "rate": k / n, "lower": lower, "upper": upper, "valid": lower <= level})
    excess, band = uniform_excess(p, confidence=confidence)
    return {
        "n": n,
        "levels": levels,
        "excess": excess,
        "band": band,
        "smallest_log10_p": float(np.min(np.asarray(log10_p))),
        "payloads_reported": payloads_reported,
        "valid": all(level["valid"] for level in levels) and excess <= band and payloads_reported == 0,
        "distribution": _distribution(p),
    }


def look_for_strangers(task: NullTask) -> int:
    """Look for random keys in each kind of footage of a clip, one record each into the cache; return how many pairs that were."""
    clip = load_clip(task.clip.path, max_seconds=task.settings.max_seconds)
    original = Original(clip.frames)
    for footage in task.footage:
        frames = footage_frames(clip, footage, _draw_key(task, footage, -1))
        keys = [_draw_key(task, footage, index) for index in range(task.keys)]
        rng = np.random.default_rng(list(_draw(task, footage, "hypotheses")))
        started = time.process_time()
        seen = look_for(keys, frames, task.settings.way, original=original, rng=rng)
        record = {"clip": task.clip.name, "footage": footage, "looked_cpu_seconds": round(time.process_time() - started, 2)}
        found = {"payloads_reported": seen.payloads_reported, "log10_p": [round(value, 5) for value in seen.log10_p]}
        task.cache.append(task.clip, record | found)
    return task.keys * len(task.footage)


def footage_frames(clip: Clip, footage: str, other_key: SecretKey) -> Sequence[Frame]:
    """Return the frames of one kind of footage; ``other_key`` marks it where the kind says so."""
    if footage.startswith("marked"):
        embedder = Embedder(other_key, payload=Payload.from_text("stranger"))
        clip = Clip(tuple(embedder.embed(clip.frames)), clip.info)
    return parse_channel(CODEC).apply(clip).frames if footage.endswith(CODEC) else clip.frames


def _distribution(sorted_p: NDArray[np.float64]) -> list[tuple[float, int]]:
    """Return (log10 p, how many are at or below), every tenth of a decade, for the plot."""
    lowest = math.floor(math.log10(max(float(sorted_p[0]), 1e-300)))
    grid = [tenth / 10.0 for tenth in range(10 * max(lowest, -30), 1)]
    return [(log10_p, int(np.searchsorted(sorted_p, 10.0**log10_p * (1.0 + 1e-9), side="right"))) for log10_p in grid]


def _remaining(records: Iterable[Record], keys: int) -> tuple[str, ...]:
    known = {record["footage"] for record in records if len(record["log10_p"]) == keys}
    return tuple(footage for footage in FOOTAGE if footage not in known)


def _draw_key(task: NullTask, footage: str, index: int) -> SecretKey:
    return SecretKey(_draw(task, footage, index))


def _draw(task: NullTask, footage: str, purpose: int | str) -> bytes:
    return hashlib.sha256(f"indelible/bench/null/{task.settings.seed}/{task.clip.name}/{footage}/{purpose}".encode()).digest()


def _by_p(record: Mapping[str, Any]) -> float:
    return float(record["log10_p"])
