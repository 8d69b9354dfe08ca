"""``lab ablate``: what each part of our mark's recipe is worth beside the flat band that it began with.

The flat band is that of the first prototype: 30 to 150 half-cycles at equal strength, in proportion to local activity, read by division
by local activity and nothing else. It is measured twice: in today's machinery (grid, transform, steps, payload), so that what differs is
the constants, and as the prototype was. Then each part of today's recipe is taken back alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.lab.prototype import Prototype
from indelible.lab.recipes import BITS, Conditions, Pair, Stand, Way, worst_decile
from indelible.lab.validation import in_first_half
from indelible.mark.recipe import V1, Recipe
from indelible.runs.cache import MEASURED_SOURCES, Cache, Record, measurement_digest
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.machine import provenance
from indelible.runs.pool import Job, run_jobs
from indelible.runs.rates import rate
from indelible.stats.intervals import cluster_bootstrap

SCHEMA = "indelible.lab.ablation/1"
SHIPPED, FLAT_BAND, PROTOTYPE = "mark v1", "flat band", "the prototype"
CHANNELS = ("x264:crf=28", "x264:crf=34", "x264:crf=40")
FRAMES, WIDTH = 30, 480  # of each clip, by default

_MUTE_DB = -60.0  # an energy that is none
_UNLIMITED = 1e3  # a limit that no coefficient reaches
_ABOVE_30 = (_MUTE_DB, 0.0, 0.0, 0.0, 0.0, 0.0)

#: What takes one part of the recipe back to the flat band's, or to nothing. What only the detector does is tried on the marks of version 1.
TAKEN_BACK: Mapping[str, Pair] = {
    "strength in proportion to activity": Pair.of(replace(V1, masking_exponent=1.0)),
    "the same strength at all frequencies": Pair.of(replace(V1, envelope_exponent=0.0)),
    "nothing under 30 half-cycles": Pair.of(replace(V1, band_db=_ABOVE_30)),
    "no more strength where it moves": Pair.of(replace(V1, motion_exponent=0.0)),
    "the host not rejected": Pair.of(replace(V1, host_rejection=0.0)),
    "no limiter": Pair(V1, replace(V1, limit=_UNLIMITED)),
    "no weight by activity beyond whitening": Pair(V1, replace(V1, trust_exponent=0.0)),
}

#: Other schedules of the signs than one pattern for eight seconds. They tell in footage that is longer than their window.
SCHEDULES: Mapping[str, Pair] = {
    "signs drawn anew every second": Pair.of(replace(V1, window_seconds=1.0)),
    "signs drawn anew every two seconds": Pair.of(replace(V1, window_seconds=2.0)),
}

FLAT = Recipe(masking_exponent=1.0, motion_exponent=0.0, envelope_exponent=0.0, band_db=_ABOVE_30, limit=_UNLIMITED, trust_exponent=0.0)

_RECORD_VERSION = 1
_LAB_SOURCES = ("lab/prototype.py", "lab/recipes.py", "lab/trial.py", "runs/vmaf.py")


@dataclass(frozen=True, slots=True)
class AblationRun:
    """How to run.

    Args:
        conditions: common to all recipes.
        per_source: at most so many clips of each source.
        cache_folder: where records are kept from run to run.
        jobs: processes.
        resume: whether records of an earlier run are used.
        progress: gets a line of text now and then.
    """

    conditions: Conditions
    per_source: int = 2
    cache_folder: Path = Path(".bench-cache")
    jobs: int = 1
    resume: bool = True
    progress: Callable[[str], None] = lambda line: None


def for_tuning(corpus: Corpus) -> Corpus:
    """Return the clips of those sources on which recipes are tuned: the first of two halves.

    Raises:
        InputError: if there are fewer than two sources.
    """
    return _part(corpus, first=True)


def for_reports(corpus: Corpus, per_source: int) -> Corpus:
    """Return clips of the sources that tuning never sees, at most so many of each.

    Raises:
        InputError: if there are fewer than two sources.
    """
    kept: dict[str, list[CorpusClip]] = {}
    for clip in _part(corpus, first=False).clips:
        kept.setdefault(clip.source, []).append(clip)
    return Corpus(tuple(clip for clips in kept.values() for clip in clips[:per_source]))


def run_ablation(corpus: Corpus, run: AblationRun, others: Mapping[str, Way]) -> dict[str, Any]:
    """Return the whole result, ready for JSON.

    Args:
        corpus: of which the half that tuning never sees is used.
        run: how to run.
        others: recipes that are measured beside that of version 1 and the flat band, by name.

    Raises:
        InputError: if there are fewer than two sources.
        MediaError: if a clip cannot be read.
    """
    held_out = for_reports(corpus, run.per_source)
    where = provenance(held_out)  # before the work, during which the source tree may change
    ways: dict[str, Way] = {SHIPPED: Pair.of(V1), FLAT_BAND: Pair.of(FLAT), PROTOTYPE: Prototype(), **others}
    records = _measured(held_out, ways, run)
    return {
        "schema": SCHEMA,
        "provenance": where,
        "settings": asdict(run.conditions) | {"bits": BITS, "per_source": run.per_source},
        "ways": [{"name": name} | way.record for name, way in ways.items()],
        "summary": _summary(held_out, list(ways), run.conditions.channels, records),
        "records": [{"clip": clip.name, "way": name} | records[clip.name, name] for name in ways for clip in held_out.clips],
    }


@dataclass(frozen=True, slots=True)
class _Task:
    """What is still to be measured of one clip, and where its records go."""

    clip: CorpusClip
    ways: tuple[Way, ...]
    conditions: Conditions
    cache: Cache


def _part(corpus: Corpus, *, first: bool) -> Corpus:
    seen = in_first_half([clip.source for clip in corpus.clips])
    return Corpus(tuple(clip for clip, is_seen in zip(corpus.clips, seen, strict=True) if is_seen == first))


def _measured(corpus: Corpus, ways: Mapping[str, Way], run: AblationRun) -> dict[tuple[str, str], Record]:
    """Return a record of `Stand.measure` for each clip and name of a recipe; what is not known yet is measured."""
    digest = measurement_digest(asdict(run.conditions) | {"record_version": _RECORD_VERSION}, parts=(*MEASURED_SOURCES, *_LAB_SOURCES))
    cache = Cache(run.cache_folder / "ablation", digest)
    tasks = []
    for clip in corpus.clips:
        if not run.resume:
            cache.forget(clip)
        known = [record["way"] for record in cache.read(clip)]
        missing = tuple(way for way in dict.fromkeys(ways.values()) if way.record not in known)
        if missing:
            tasks.append(Job(_Task(clip, missing, run.conditions, cache), clip.name, len(missing) * os.path.getsize(clip.path) ** 0.5))
    run.progress(f"{len(corpus.clips)} clips, {len(ways)} ways to mark and read; {len(tasks)} clips have something left to measure")
    for _ in run_jobs(tasks, _run_task, processes=run.jobs, progress=run.progress):
        pass
    found = {}
    for clip in corpus.clips:
        records = cache.read(clip)
        for name, way in ways.items():
            found[clip.name, name] = next(record["measured"] for record in records if record["way"] == way.record)
    return found


def _run_task(task: _Task) -> None:
    stand = Stand(task.clip, task.conditions)
    for way in sorted(task.ways, key=lambda way: str(way.maker)):  # those that mark alike together
        task.cache.append(task.clip, {"way": way.record, "measured": stand.measure(way)})


def _summary(
    corpus: Corpus, names: Sequence[str], channels: Sequence[str], records: Mapping[tuple[str, str], Record]
) -> list[dict[str, Any]]:
    """Return a row for each recipe: what it costs, and for each channel what is left of the mark, beside the flat band and version 1."""
    sources = [clip.source for clip in corpus.clips]

    def column(name: str, field: str, channel: str | None = None) -> NDArray[np.float64]:
        found = [records[clip.name, name] for clip in corpus.clips]
        return np.array([record[field] if channel is None else record["margins"][channel][field] for record in found], np.float64)

    rows = []
    for name in names:
        loss, shipped_loss = column(name, "vmaf_loss"), column(SHIPPED, "vmaf_loss")
        quality = column(name, "psnr_y_db")
        rows.append(
            {
                "way": name,
                "n": len(sources),
                "psnr_y_db": round(float(np.nanmean(quality)), 3),
                "psnr_y_db_beside_v1": _difference(quality, column(SHIPPED, "psnr_y_db"), sources),
                "vmaf_loss": round(float(loss.mean()), 3),
                "vmaf_loss_beside_v1": _difference(loss, shipped_loss, sources),
                "channels": [
                    {
                        "channel": channel,
                        "median_z": round(float(np.median(column(name, "z", channel))), 2),
                        "beside_flat_band": _ratio(column(name, "mark_z", channel), column(FLAT_BAND, "mark_z", channel), sources),
                        "beside_v1": _ratio(column(name, "mark_z", channel), column(SHIPPED, "mark_z", channel), sources),
                        "worst_decile_margin_db": round(worst_decile(column(name, "margin_db", channel)), 2),
                        "present": rate(column(name, "present", channel).astype(bool).tolist(), sources),
                        "readable": _readable(column(name, "readable", channel), sources),
                    }
                    for channel in channels
                ],
            }
        )
    return rows


def _readable(readable: NDArray[np.float64], sources: Sequence[str]) -> dict[str, Any] | None:
    return None if np.isnan(readable).any() else rate(readable.astype(bool).tolist(), sources)


def _ratio(z: NDArray[np.float64], other: NDArray[np.float64], sources: Sequence[str]) -> dict[str, Any]:
    """Return the ratio of the medians of two recipes' marks in z on the same clips, with its interval by source."""
    return _by_source(np.column_stack([z, other]), sources, lambda pairs: float(np.median(pairs[:, 0]) / np.median(pairs[:, 1])))


def _difference(values: NDArray[np.float64], other: NDArray[np.float64], sources: Sequence[str]) -> dict[str, Any]:
    """Return the mean difference on the same clips, with its interval by source; clips without a value are left out."""
    return _by_source((values - other)[:, None], sources, lambda gains: float(np.nanmean(gains)))


def _by_source(values: NDArray[np.float64], sources: Sequence[str], statistic: Callable[[NDArray[np.float64]], float]) -> dict[str, Any]:
    clusters = [values[[source == other for other in sources]] for source in dict.fromkeys(sources)]
    low, high = cluster_bootstrap(clusters, statistic, rng=np.random.default_rng(0))
    return {"value": round(statistic(values), 4), "interval": [round(low, 4), round(high, 4)]}
