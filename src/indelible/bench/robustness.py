"""The claim: the mark survives real codecs, and what else the world does. Every clip of a corpus through every channel, with payloads of
64, 0 and 256 bits, looked at as it is, with a search or with the original at hand.

A run is trials (`indelible.bench.trial`) that are cached one by one, and a summary that is computed from their records alone.
"""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.bench.cache import Cache, Record, measurement_digest
from indelible.bench.corpus import Corpus, CorpusClip
from indelible.bench.look import LOOK_AT_SECONDS, Way
from indelible.bench.machine import provenance
from indelible.bench.pool import Job, run_jobs
from indelible.bench.trial import RECORD_VERSION, Passing, TrialSettings, TrialTask, run_trials
from indelible.channel import LADDERS, parse_channel
from indelible.stats.intervals import clopper_pearson, cluster_bootstrap

SCHEMA = "indelible.bench.robustness/1"

#: Payload bits and the channels that a clip with such a payload goes through.
PLAN: tuple[tuple[int, tuple[str, ...]], ...] = (
    (64, LADDERS["robustness"]),
    (0, ("none", "x264:crf=23", "x264:crf=28", "x264:crf=34", "x264:crf=40")),
    (256, ("none", "x264:crf=23", "x264:crf=28")),
)

Plan = Sequence[tuple[int, Sequence[str]]]
Cell = tuple[int, Way, str]  # payload bits, how it is looked at, channel


@dataclass(frozen=True, slots=True)
class RobustnessRun:
    """How to run: what to measure, where to remember it, and on how many cores.

    Args:
        plan: payload bits with their channels.
        ways: of looking at what comes out of each channel.
        settings: of the trials.
        cache_folder: where records are kept from run to run.
        jobs: processes.
        resume: whether records of an earlier run are used; without, they are measured anew.
        progress: gets a line of text now and then.
    """

    plan: Plan = PLAN
    ways: tuple[Way, ...] = ("plain",)
    settings: TrialSettings = field(default_factory=TrialSettings)
    cache_folder: Path = Path(".bench-cache")
    jobs: int = 1
    resume: bool = True
    progress: Callable[[str], None] = lambda line: None

    def __post_init__(self) -> None:
        canonical = tuple((bits, tuple(str(parse_channel(text)) for text in channels)) for bits, channels in self.plan)
        object.__setattr__(self, "plan", canonical)
        object.__setattr__(self, "ways", tuple(dict.fromkeys(self.ways)))


def run_robustness(corpus: Corpus, run: RobustnessRun) -> dict[str, Any]:
    """Measure what is not known yet of these clips and return the whole result, ready for JSON.

    Raises:
        IndelibleError: if a clip cannot be read. A channel that fails on a clip ends up under ``errors``, and is tried again next time.
    """
    cache = Cache(run.cache_folder / "robustness", measurement_digest(asdict(run.settings) | {"record_version": RECORD_VERSION}))
    if not run.resume:
        for clip in corpus.clips:
            cache.forget(clip)
    jobs = [Job(task, task.clip.name, _weight(task)) for clip in corpus.clips if (task := _remaining(clip, cache, run)).passings]
    wanted = _cells(run)
    due, remaining = len(corpus.clips) * len(wanted), sum(len(passing.ways) for job in jobs for passing in job.task.passings)
    run.progress(f"{len(corpus.clips)} clips, {due} measurements, {due - remaining} of them known already")
    where = provenance(corpus)  # before the hours of work, during which the source tree may change
    for job, failures in run_jobs(jobs, run_trials, processes=run.jobs, progress=run.progress):
        if failures:
            run.progress(f"{job.name}: {failures} measurements failed; see errors in the result")
    latest = {(cell_of(record), clip.name): record for clip in corpus.clips for record in _errors_first(cache.read(clip))}
    records = [latest[cell, clip.name] for cell in wanted for clip in corpus.clips if (cell, clip.name) in latest]
    measured = [record for record in records if record.get("applies") and "error" not in record]
    return {
        "schema": SCHEMA,
        "provenance": where,
        "settings": asdict(run.settings) | {"looks_at_seconds": LOOK_AT_SECONDS},
        "summary": summarise(measured, {clip.name: clip.source for clip in corpus.clips}),
        "errors": [record for record in records if "error" in record],
        "records": [{name: value for name, value in record.items() if name != "applies"} for record in measured],
    }


def summarise(records: Iterable[Record], source_of_clip: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one row for each (payload bits, way of looking, channel), in the order of their first records.

    Rates are k of n with Clopper-Pearson intervals, and beside them intervals by cluster bootstrap over the sources of the clips, for
    clips of one source are not independent. A clip that never reaches a goal counts as infinite in the median time to it; a median that
    is infinite is None.
    """
    cells: dict[Cell, list[Record]] = defaultdict(list)
    for record in records:
        cells[cell_of(record)].append(record)
    return [_summary_row(cell, there, source_of_clip) for cell, there in cells.items()]


def cell_of(record: Record) -> Cell:
    """Return (payload bits, way of looking, channel) of a record, or of a row of the summary; the first results were all plain."""
    return record["bits"], record.get("way", "plain"), record["channel"]


def _summary_row(which: Cell, cell: list[Record], source_of_clip: Mapping[str, str]) -> dict[str, Any]:
    bits, way, channel = which
    row: dict[str, Any] = {
        "bits": bits,
        "way": way,
        "channel": channel,
        "n": len(cell),
        "sources": len({source_of_clip[record["clip"]] for record in cell}),
        "presence": _rate(cell, "marked", source_of_clip),
        "median_z": _rounded(np.median(_values(cell, "z"))),
        "median_log10_p": _rounded(np.median(_values(cell, "log10_p"))),
        "median_presence_seconds": _median_time(cell, "presence_seconds"),
        "mean_symbol_error_rate": _mean_of(_values(cell, "symbol_error_rate")),
        "wrong_payloads": sum(record["payload_wrong"] for record in cell),
        "psnr_y_db": _mean_and_worst(_values(cell, "psnr_y_db"), min),
        "psnr_rgb_db": _mean_and_worst(_values(cell, "psnr_rgb_db"), min),
    }
    if bits:
        row |= {
            "payload": _rate(cell, "payload_exact", source_of_clip),
            "median_payload_seconds": _median_time(cell, "payload_seconds"),
        }
    priced = [record for record in cell if "vmaf_marked" in record]
    if priced:
        loss = _values(priced, "vmaf_unmarked") - _values(priced, "vmaf_marked")
        change = 100.0 * (_values(priced, "encoded_bytes") / _values(priced, "unmarked_bytes") - 1.0)
        row |= {"vmaf_loss": _mean_and_worst(loss, max), "bitrate_change_percent": _mean_and_worst(change, max)}
    return row


def _rate(cell: list[Record], name: str, source_of_clip: Mapping[str, str]) -> dict[str, Any]:
    k, n = sum(bool(record[name]) for record in cell), len(cell)
    clusters: dict[str, list[float]] = defaultdict(list)
    for record in cell:
        clusters[source_of_clip[record["clip"]]].append(float(bool(record[name])))
    rate: dict[str, Any] = {"k": k, "n": n, "interval": [_rounded(bound, 4) for bound in clopper_pearson(k, n)]}
    if len(clusters) < n:
        interval = cluster_bootstrap(list(clusters.values()), _mean, rng=np.random.default_rng(0))
        rate["interval_by_source"] = [_rounded(bound, 4) for bound in interval]
    return rate


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean())


def _mean_of(values: NDArray[np.float64]) -> float | None:
    return _rounded(values.mean(), 4) if values.size else None


def _mean_and_worst(values: NDArray[np.float64], worst: Callable[[Iterable[float]], float]) -> dict[str, float | None] | None:
    return {"mean": _rounded(values.mean()), "worst": _rounded(worst(values))} if values.size else None


def _median_time(cell: list[Record], name: str) -> float | None:
    return _rounded(np.median([math.inf if record[name] is None else record[name] for record in cell]))


def _values(cell: list[Record], name: str) -> NDArray[np.float64]:
    """Return the values that are there: the PSNR of a clip that took no mark is None and left out of its mean."""
    return np.array([record[name] for record in cell if record[name] is not None], np.float64)


def _rounded(value: float | np.floating[Any], digits: int = 2) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None


def _errors_first(records: Sequence[Record]) -> list[Record]:
    """Return records so that the last one of a cell is what is known of it: a failure only if nothing else is."""
    return sorted(records, key=lambda record: "error" not in record)


def _remaining(clip: CorpusClip, cache: Cache, run: RobustnessRun) -> TrialTask:
    known = {cell_of(record) for record in cache.read(clip) if "error" not in record}
    passings = (
        Passing(bits, channel, tuple(way for way in run.ways if (bits, way, channel) not in known))
        for bits, channels in run.plan
        for channel in channels
    )
    return TrialTask(clip, tuple(passing for passing in passings if passing.ways), run.settings, cache)


def _weight(task: TrialTask) -> float:
    """Return roughly how much work a task is: the size of a file says more of that than its length."""
    return os.path.getsize(task.clip.path) * sum(1 + len(passing.ways) for passing in task.passings)


def _cells(run: RobustnessRun) -> list[Cell]:
    return [(bits, way, channel) for bits, channels in run.plan for way in run.ways for channel in channels]
