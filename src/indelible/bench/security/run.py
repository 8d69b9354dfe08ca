"""A run of the attacks: marked windows are harvested, clips are attacked, and a result is computed from the cached records alone."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from indelible.bench.cache import MEASURED_SOURCES, Cache, Record, measurement_digest
from indelible.bench.corpus import Corpus, CorpusClip
from indelible.bench.machine import provenance
from indelible.bench.pool import Job, run_jobs
from indelible.bench.security.averaging import HarvestTask, add_up, harvest, write_arrays
from indelible.bench.security.scene import SecuritySettings
from indelible.bench.security.trial import FAMILIES, RECORD_VERSION, SecurityTask, run_attacks
from indelible.errors import InputError
from indelible.stats.intervals import clopper_pearson

SCHEMA = "indelible.bench.security/1"


@dataclass(frozen=True, slots=True)
class SecurityRun:
    """How to run.

    Args:
        families: of attacks; "none" is always among them.
        settings: of the attacks.
        part: (i, n) to attack only part i of n of the clips; windows are harvested from all of them.
        cache_folder: where records are kept from run to run.
        jobs: processes.
        resume: whether records of an earlier run are used; without, they are measured anew.
        progress: gets a line of text now and then.

    Raises:
        InputError: if there is no such family.
    """

    families: tuple[str, ...] = FAMILIES
    settings: SecuritySettings = field(default_factory=SecuritySettings)
    part: tuple[int, int] = (1, 1)
    cache_folder: Path = Path(".bench-cache")
    jobs: int = 1
    resume: bool = True
    progress: Callable[[str], None] = lambda line: None

    def __post_init__(self) -> None:
        for family in self.families:
            if family not in FAMILIES:
                raise InputError(f"attack {family!r} is unknown; known are {', '.join(FAMILIES)}")
        object.__setattr__(self, "families", tuple(family for family in FAMILIES if family == FAMILIES[0] or family in self.families))


def run_security(corpus: Corpus, run: SecurityRun) -> dict[str, Any]:
    """Measure what is not known yet and return the whole result, ready for JSON.

    Raises:
        IndelibleError: if windows cannot be harvested. An attack that fails on a clip ends up under ``errors``, and is tried again.
    """
    # What is averaged comes from all clips, so what is known holds for these clips only.
    settings = asdict(run.settings) | {"record_version": RECORD_VERSION, "corpus": corpus.digest}
    digest = measurement_digest(settings, parts=(*MEASURED_SOURCES, "registry/likeness.py"))
    cache = Cache(run.cache_folder / "security", digest)
    attacked = corpus.shard(*run.part)
    if not run.resume:
        for clip in attacked.clips:
            cache.forget(clip)
    averages = run.cache_folder / "security" / digest[:16] / "averages.npz"
    tasks = [_task(clip, corpus, cache, averages, run) for clip in attacked.clips]
    due = [task for task in tasks if task.families]
    left = sum(len(task.families) for task in due)
    run.progress(f"{len(attacked.clips)} clips, {sum(len(_due(c, corpus, run)) for c in attacked.clips)} families of attacks, {left} to do")
    where = provenance(attacked)  # before the hours of work, during which the source tree may change
    if any("average" in task.families for task in due):
        _harvest(corpus, averages, run)
    jobs = [Job(task, task.clip.name, len(task.families) * os.path.getsize(task.clip.path) ** 0.5) for task in due]
    for job, failures in run_jobs(jobs, run_attacks, processes=run.jobs, progress=run.progress):
        if failures:
            run.progress(f"{job.name}: {failures} attacks failed; see errors in the result")
    records = _records(attacked, cache, run)
    measured = [record for record in records if "error" not in record]
    return {
        "schema": SCHEMA,
        "provenance": where,
        "settings": asdict(run.settings),
        "clips": [clip.name for clip in attacked.clips],
        "summary": summarise(measured),
        "errors": [record for record in records if "error" in record],
        "records": [{"clip": record["clip"]} | row for record in measured for row in record["rows"]],
    }


def summarise(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return a row for each (attack, marks, how).

    ``found`` counts among the clips whose mark is found with no attack but the codec; for attacks that put a mark where there was none
    (forging and copying), among all.
    """
    records = list(records)
    before = {(r["clip"], row["marks"]): row["found"] for r in records for row in r["rows"] if row["attack"] == "none"}
    cells: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for record in records:
        for row in record["rows"]:
            puts = row["attack"] in ("average and forge", "copy", "none")
            if puts or before.get((record["clip"], row["marks"]), True):
                cells[row["attack"], row["marks"], row["how"]].append(row)
    return [{"attack": attack, "marks": marks, "how": how} | _cell(rows) for (attack, marks, how), rows in cells.items()]


def _cell(rows: Sequence[Record]) -> dict[str, Any]:
    k, n = sum(row["found"] for row in rows), len(rows)
    cell: dict[str, Any] = {"n": n, "found": k, "interval": [round(bound, 4) for bound in clopper_pearson(k, n)]}
    for name in ("z", "psnr_y_db", "queries"):
        values = [row[name] for row in rows if row.get(name) is not None]
        cell[name] = round(float(np.median(values)), 2) if values else None
    for name in ("named", "innocent", "flagged"):
        if name in rows[0]:
            cell[name] = sum(row[name] for row in rows)
    return cell


def _harvest(corpus: Corpus, target: Path, run: SecurityRun) -> None:
    """Make the file of averages unless it is there; what was harvested from a clip stays, should this be interrupted."""
    if target.exists():
        return
    clips = corpus.clips
    folder = target.parent / "windows"
    tasks = [HarvestTask(clip.path, place, len(clips), run.settings, folder / f"{place}.npz") for place, clip in enumerate(clips)]
    run.progress(f"{max(run.settings.windows)} marked windows are averaged")
    jobs = [Job(task, clip.name) for task, clip in zip(tasks, clips, strict=True) if not task.target.exists()]
    for _ in run_jobs(jobs, harvest, processes=run.jobs, progress=run.progress):
        pass
    write_arrays(target, add_up([task.target for task in tasks]))


def _task(clip: CorpusClip, corpus: Corpus, cache: Cache, averages: Path, run: SecurityRun) -> SecurityTask:
    known = {record["family"] for record in cache.read(clip) if "error" not in record}
    families = tuple(family for family in _due(clip, corpus, run) if family not in known)
    other = corpus.clips[(corpus.clips.index(clip) + 1) % len(corpus.clips)]
    return SecurityTask(clip, other, families, run.settings, averages, cache)


def _due(clip: CorpusClip, corpus: Corpus, run: SecurityRun) -> tuple[str, ...]:
    asked = corpus.clips.index(clip) % -(-len(corpus.clips) // run.settings.oracle_clips) == 0
    return tuple(family for family in run.families if family != "oracle" or asked)


def _records(corpus: Corpus, cache: Cache, run: SecurityRun) -> list[Record]:
    """Return the latest record of each (family, clip) that this run asks for, family by family."""
    latest = {(record["family"], clip.name): record for clip in corpus.clips for record in cache.read(clip)}
    return [latest[family, clip.name] for family in run.families for clip in corpus.clips if (family, clip.name) in latest]
