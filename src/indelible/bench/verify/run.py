"""One harness for all: honest renditions and attacks of a corpus, judged by us, each with a null of its own, and by what others do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from indelible.bench.verify.goals import GOALS
from indelible.bench.verify.summary import summarise
from indelible.bench.verify.trial import MEASURED_SOURCES, OTHER_SEGMENT, VerifyTask, measure_clip, rungs_of
from indelible.channel import ATTACKS, LADDERS, parse_channel
from indelible.channel.codecs import Codec
from indelible.channel.step import did_you_mean
from indelible.errors import InputError
from indelible.runs.cache import Cache, Record, measurement_digest
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.machine import provenance
from indelible.runs.pool import Job, run_jobs

SCHEMA = "indelible.bench.verify/1"
RECORD_VERSION = 1


@dataclass(frozen=True, slots=True)
class VerifySettings:
    """What is the same for the whole run.

    Args:
        bases: what honest workers do, each a channel that ends with an encoder.
        rungs: how many of those that mean something for a clip it is given, by its bytes.
        attacks: what dishonest ones do before, (group, specification) each.
        every: attacks without a goal of their own are tried on every so manieth rung, by the bytes of the clip.
        encodes: honest encodes for each null, at least 1 / alpha - 1.
        honest_scores: of these, how many also set the thresholds of the baselines.
        max_seconds: of each clip.
        short_side: larger pictures are made so small before anything else.
        alpha: of verdicts.
        same_rate: of false alarms, at which baselines are compared with us.
        seed: of all that is random.

    Raises:
        InputError: if a base does not end with an encoder.
    """

    bases: tuple[str, ...] = LADDERS["renditions"]
    rungs: int = 1
    attacks: tuple[tuple[str, str], ...] = ()
    every: int = 1
    encodes: int = 99
    honest_scores: int = 4
    max_seconds: float = 2.0
    short_side: int = 270
    alpha: float = 0.01
    same_rate: float = 0.05
    seed: int = 1

    def __post_init__(self) -> None:
        for base in self.bases:
            steps = parse_channel(base).steps
            if not steps or not isinstance(steps[-1], Codec):
                raise InputError(f"{base!r} does not end with an encoder; a rendition is encoded")


def chosen_attacks(groups: tuple[str, ...], named: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return (group, specification) of the attacks of some groups (none: of all), or of these only those that are named.

    Raises:
        InputError: if there is no such group or attack.
    """
    library = {group: (*attacks, *((OTHER_SEGMENT,) if group == "content" else ())) for group, attacks in ATTACKS.items()}
    for group in groups:
        if group not in library:
            raise InputError(f"unknown group {group!r}{did_you_mean(group, library)}; groups: {', '.join(library)}")
    known = tuple((group, attack) for group in (groups or library) for attack in library[group])
    for attack in named:
        if attack not in {each for _, each in known}:
            raise InputError(f"no attack {attack!r} here; give one as it is written in the library, such as {known[0][1]!r}")
    return tuple((group, attack) for group, attack in known if not named or attack in named)


@dataclass(frozen=True, slots=True)
class VerifyRun:
    """How to run; as `indelible.bench.robustness.RobustnessRun`."""

    settings: VerifySettings = field(default_factory=VerifySettings)
    cache_folder: Path = Path(".bench-cache")
    jobs: int = 1
    resume: bool = True
    progress: Callable[[str], None] = lambda line: None


def run_verify(corpus: Corpus, run: VerifyRun) -> dict[str, Any]:
    """Measure what is not known yet of these clips and return the whole result, ready for JSON."""
    where = provenance(corpus)
    records: list[Record] = []
    jobs: list[Job[VerifyTask]] = []
    for task in _dealt(corpus, run.settings):
        cache = _cache(task, run)
        if not run.resume:
            cache.forget(task.clip)
        known = cache.read(task.clip)
        if known and known[-1].get("complete"):
            records += known[:-1]
        else:
            cache.forget(task.clip)
            jobs.append(Job(task, f"{task.clip.name}, {task.base}"))
    run.progress(f"{len(corpus.clips)} clips, {len(jobs)} rungs of them to be measured")
    for job, made in run_jobs(jobs, measure_clip, processes=run.jobs, progress=run.progress):
        clip = job.task.clip
        cache = _cache(job.task, run)
        known = [{"clip": clip.name, "source": clip.source} | record for record in made]
        for record in (*known, {"complete": True}):
            cache.append(clip, record)
        records += known
    records.sort(key=lambda record: (record["clip"], record["base"]))
    settings = run.settings
    return {
        "schema": SCHEMA,
        "provenance": where,
        "settings": asdict(settings),
        "summary": summarise(records, alpha=settings.alpha, same_rate=settings.same_rate),
        "missed": [_brief(record) for record in records if _of_interest(record, settings.alpha)],
        "errors": [
            {"clip": record["clip"], "channel": record["attack"], "error": record["error"]} for record in records if "error" in record
        ],
    }


def _dealt(corpus: Corpus, settings: VerifySettings) -> list[VerifyTask]:
    """Return the rungs of all clips: a few of those that mean something for a clip, which ones by its bytes, whatever else is measured."""
    tasks = []
    for clip in corpus.clips:
        fitting = rungs_of(clip, settings.bases, short_side=settings.short_side)
        first = int(clip.sha256[:8], 16)
        turns = range(first, first + min(settings.rungs, len(fitting)))
        tasks += [_task(clip, fitting[turn % len(fitting)], turn, settings) for turn in turns]
    return tasks


def _task(clip: CorpusClip, base: str, turn: int, settings: VerifySettings) -> VerifyTask:
    named = [each for each in settings.attacks if each[1] in GOALS]
    others = [each for each in settings.attacks if each[1] not in GOALS]
    return VerifyTask(
        clip=clip,
        base=base,
        attacks=(*named, *others[turn % settings.every :: settings.every]),
        encodes=settings.encodes,
        honest_scores=settings.honest_scores,
        max_seconds=settings.max_seconds,
        short_side=settings.short_side,
        alpha=settings.alpha,
        seed=settings.seed,
    )


def _cache(task: VerifyTask, run: VerifyRun) -> Cache:
    settings = asdict(task) | {"clip": None, "record_version": RECORD_VERSION}
    return Cache(run.cache_folder / "verify", measurement_digest(settings, parts=MEASURED_SOURCES))


def _of_interest(record: Record, alpha: float) -> bool:
    """Return whether a record is of an honest rendition that was not accepted, or of a visible attack that was not caught."""
    if "error" in record or record["kind"] == "calibration":
        return False
    alarm = 10.0 ** record["log10_p"] <= alpha * 1.001
    return alarm if record["kind"] == "honest" else record["effect"]["visible"] and not alarm


def _brief(record: Record) -> Record:
    names = ("clip", "source", "base", "group", "attack", "verdict", "log10_p", "families", "octaves", "effect")
    return {name: record[name] for name in names if name in record}
