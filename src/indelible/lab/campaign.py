"""Entrants and channels over a whole corpus: what is not known yet is measured, in several processes, and remembered."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from indelible.channel import parse_channel
from indelible.lab.trial import RECORD_VERSION, Entrant, Footage, TrialTask, run_trials
from indelible.runs.cache import MEASURED_SOURCES, Cache, Record, measurement_digest
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.pool import Job, run_jobs

#: What decides a record besides the mark and the channels.
_LAB_SOURCES = tuple(f"lab/{name}.py" for name in ("dct8", "flagship", "flow", "signature", "template", "trial"))


@dataclass(frozen=True, slots=True)
class LabRun:
    """How to run.

    Args:
        footage: how much of each clip is used.
        seed: of signatures drawn at random, and of what is random in channels.
        cache_folder: where records are kept from run to run.
        jobs: processes.
        resume: whether records of an earlier run are used; without, they are measured anew.
        progress: gets a line of text now and then.
    """

    footage: Footage = field(default_factory=Footage)
    seed: int = 1
    cache_folder: Path = Path(".bench-cache")
    jobs: int = 1
    resume: bool = True
    progress: Callable[[str], None] = lambda line: None


def measure(corpus: Corpus, entrants: Sequence[Entrant], channels: Sequence[str], run: LabRun) -> list[Record]:
    """Return a record for each clip, entrant and channel (`indelible.lab.trial`), in this order of channels and entrants.

    Raises:
        SpecError: if a channel cannot be understood.
    """
    wanted = [(entrant, str(parse_channel(channel))) for channel in channels for entrant in entrants]
    digest = measurement_digest(
        asdict(run.footage) | {"seed": run.seed, "record_version": RECORD_VERSION}, parts=(*MEASURED_SOURCES, *_LAB_SOURCES)
    )
    cache = Cache(run.cache_folder / "lab", digest)
    if not run.resume:
        for clip in corpus.clips:
            cache.forget(clip)
    tasks = [_task(clip, wanted, cache, run) for clip in corpus.clips]
    left = sum(len(task.cells) for task in tasks)
    due = len(corpus.clips) * len(wanted)
    run.progress(f"{len(corpus.clips)} clips, {due} measurements, {due - left} of them known already")
    jobs = [Job(task, task.clip.name, len(task.cells) * os.path.getsize(task.clip.path) ** 0.5) for task in tasks if task.cells]
    for job, failures in run_jobs(jobs, run_trials, processes=run.jobs, progress=run.progress):
        if failures:
            run.progress(f"{job.name}: {failures} measurements failed; see errors in the result")
    known = {_key(record): record for clip in corpus.clips for record in cache.read(clip)}
    return [
        known[clip.name, entrant.marks_with, channel] | {"entrant": entrant.name} for entrant, channel in wanted for clip in corpus.clips
    ]


def _task(clip: CorpusClip, wanted: Sequence[tuple[Entrant, str]], cache: Cache, run: LabRun) -> TrialTask:
    known = {_key(record) for record in cache.read(clip) if "error" not in record}
    cells = tuple((entrant, channel) for entrant, channel in wanted if (clip.name, entrant.marks_with, channel) not in known)
    return TrialTask(clip, cells, run.footage, run.seed, cache)


def _key(record: Record) -> tuple[str, str, str]:
    return record["clip"], record["marked_with"], record["channel"]
