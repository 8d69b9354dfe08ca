"""The claim: an edited copy is found among a million other codes, and hardly ever anything else.

Codes of all copies are made first and kept; then each copy is looked for in a database of all clips and of distractors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from indelible.bench.fingerprint.codes import code_statistics
from indelible.bench.fingerprint.compilation import Compilation, compilations, judge_compilation, make_compilation
from indelible.bench.fingerprint.distractors import distractors
from indelible.bench.fingerprint.edits import PLAN, Edit
from indelible.bench.fingerprint.hashes import HISTORICAL, VideoHash
from indelible.bench.fingerprint.peers import PEER_HASHES
from indelible.bench.fingerprint.summary import summarise_edits, summarise_excerpts
from indelible.bench.fingerprint.trial import MEASURED_SOURCES, Copy, CopyTask, Original, make_codes, read_copy, read_original
from indelible.bench.worker import WorkerEnvironment, started
from indelible.fingerprint import Fingerprint
from indelible.fingerprint.match import CandidateSource, Match, MemorySource, SearchSettings, search
from indelible.fingerprint.match.search import MOST_FALSE_MATCHES, RADIUS
from indelible.fingerprint.query import Query
from indelible.runs.cache import Cache, Record, measurement_digest
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.machine import provenance
from indelible.runs.pool import Job, run_jobs

SCHEMA = "indelible.bench.fingerprint/1"
RECORD_VERSION = 3

#: What decides how copies are searched, besides their codes.
SEARCHED_BY = ("fingerprint", "stats", *(f"bench/fingerprint/{name}.py" for name in ("distractors", "hashes", "peers", "run", "trial")))

_ASKED_FALSE_MATCHES = 1e3  # matches up to here are recorded, so that other thresholds can be judged


@dataclass(frozen=True, slots=True)
class FingerprintSettings:
    """What is the same for the whole run.

    Args:
        seed: of edits and distractors.
        distractor_codes: in the database besides the corpus, at least.
    """

    seed: int = 1
    distractor_codes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class FingerprintRun:
    """How to run; what is not said here is as in `indelible.bench.robustness.RobustnessRun`.

    Args:
        edits: of each clip.
        compilations: whether excerpts of all clips are looked for too.
        part: (i, n) to edit only part i of n of the clips; all of them are in the database.
        peers: where hashes of others live, if they are measured.
    """

    edits: tuple[Edit, ...] = PLAN
    compilations: bool = True
    part: tuple[int, int] = (1, 1)
    settings: FingerprintSettings = field(default_factory=FingerprintSettings)
    peers: WorkerEnvironment | None = None
    cache_folder: Path = Path(".bench-cache")
    jobs: int = 1
    resume: bool = True
    progress: Callable[[str], None] = lambda line: None

    @property
    def hashes(self) -> tuple[VideoHash, ...]:
        """The hashes of other kinds that are measured on the same copies."""
        return (HISTORICAL, *(PEER_HASHES if self.peers is not None else ()))


def run_fingerprint(corpus: Corpus, run: FingerprintRun) -> dict[str, Any]:
    """Measure what is not known yet of these clips and return the whole result, ready for JSON.

    Raises:
        MissingExtraError: if hashes of others are asked for and not there.
    """
    versions = {}
    if run.peers is not None:
        with started(run.peers) as worker:
            versions = {"peer_versions": worker.ask(do="versions")["versions"]}
    where = provenance(corpus) | versions
    workers = None if run.peers is None else run.peers.digests()
    codes_digest = measurement_digest({"seed": run.settings.seed, "workers": workers}, parts=MEASURED_SOURCES)
    folder = run.cache_folder / "fingerprint" / codes_digest[:16]
    edited = corpus.shard(*run.part)
    tasks = [CopyTask(clip, run.edits if clip in edited.clips else (), run.settings.seed, folder, run.peers) for clip in corpus.clips]
    originals = _codes_of(tasks, run)
    source = _database([original.fingerprint for original in originals], run)
    settings = asdict(run.settings) | {"codes": codes_digest, "corpus": corpus.digest, "record_version": RECORD_VERSION}
    searched_by = measurement_digest(settings, parts=SEARCHED_BY)
    cache = Cache(run.cache_folder / "fingerprint-search", searched_by)
    records: list[Record] = []
    if run.edits:
        sources = source, _database([original.key_frames for original in originals], run)
        records = [record for task in tasks for record in _records(task, originals, sources, corpus, cache, run)]
    return {
        "schema": SCHEMA,
        "provenance": where,
        "settings": asdict(run.settings)
        | {
            "part": list(run.part),
            "edited_clips": len(edited.clips),
            "most_false_matches": MOST_FALSE_MATCHES,
            "database_codes": source.code_count,
        },
        "codes": code_statistics(originals, [clip.source for clip in corpus.clips], rng=np.random.default_rng(run.settings.seed)),
        "summary": summarise_edits(records, originals, corpus.clips, run.edits, run.hashes),
        "compilations": _compilations(corpus, originals, source, folder, run) if run.compilations else None,
        "records": records,
    }


def _codes_of(tasks: Sequence[CopyTask], run: FingerprintRun) -> list[Original]:
    """Make the codes that are not kept yet, of clips and of copies, and return those of the clips."""
    due = [task for task in tasks if task.due or not task.original_file.exists()]
    run.progress(f"{len(tasks)} clips, {len(run.edits)} edits; codes of {len(due)} clips are to be made")
    jobs = [Job(task, task.clip.name, len(task.due) + 1) for task in due]
    for _ in run_jobs(jobs, make_codes, processes=run.jobs, progress=run.progress):
        pass
    return [read_original(task.original_file) for task in tasks]


def _compilations(
    corpus: Corpus, originals: Sequence[Original], source: CandidateSource, folder: Path, run: FingerprintRun
) -> dict[str, Any] | None:
    """Return how many excerpts are found in compilations, and how well in time."""
    dealt = compilations(corpus.clips, originals, folder, rng=np.random.default_rng(run.settings.seed))
    missing = [Job(each, each.file.name) for each in dealt if not each.file.exists()]
    for _ in run_jobs(missing, make_compilation, processes=run.jobs, progress=run.progress):
        pass
    return summarise_excerpts([record for each in dealt for record in _excerpts(each, source, corpus)], corpus.clips)


def _database(fingerprints: Sequence[Fingerprint], run: FingerprintRun) -> MemorySource:
    """Return the corpus among distractors that are like it."""
    made = distractors(fingerprints, run.settings.distractor_codes, rng=np.random.default_rng(run.settings.seed))
    source = MemorySource([*fingerprints, *(replace(each, algorithm=fingerprints[0].algorithm) for each in made)])
    run.progress(f"{source.code_count} codes of {source.video_count} videos in the database of {fingerprints[0].algorithm}")
    return source


def _records(
    task: CopyTask,
    originals: Sequence[Original],
    sources: tuple[CandidateSource, CandidateSource],
    corpus: Corpus,
    cache: Cache,
    run: FingerprintRun,
) -> list[Record]:
    """Return a record for each edit that means something for a clip, those that are known as they are."""
    known = {record["edit"]: record for record in cache.read(task.clip)} if run.resume else {}
    records = []
    for edit in task.edits:
        if edit.name not in known:
            copy = read_copy(task.copy_file(edit))
            known[edit.name] = {"edit": edit.name, "clip": task.clip.name, "applies": copy is not None}
            if copy is not None:
                own = corpus.clips.index(task.clip)
                known[edit.name] |= look_for(copy, own, sources[0], corpus.clips)
                known[edit.name] |= _look_by_key_frames(copy, own, sources[1], corpus.clips)
                known[edit.name]["hashes"] = {kind.name: kind.distance(copy.hashes, originals[own].hashes) for kind in run.hashes}
            cache.append(task.clip, known[edit.name])
        if known[edit.name]["applies"]:
            records.append(known[edit.name])
    if task.edits:
        run.progress(f"{task.clip.name}: looked for {len(records)} copies")
    return records


def look_for(copy: Copy, own: int, source: CandidateSource, clips: Sequence[CorpusClip]) -> Record:
    """Look for a copy of clip number ``own`` and return what was found.

    ``right`` is log10 of the expected false matches of the best match with the clip itself, ``related`` those of other clips of its source,
    ``others`` of all the other videos, each by its number; what the second feature contradicts is left out, and counted.
    """
    found = _search_as_users_do(copy.query, source)
    best: dict[int, Match] = {}
    for match in found:
        if not match.contradicted and match.video not in best:
            best[match.video] = match
    same_source = {index for index, clip in enumerate(clips) if clip.source == clips[own].source and index != own}
    right = best.pop(own, None)
    return {
        "right": None if right is None else round(right.log10_expected_false_matches, 2),
        "guess": None if right is None else right.guess.name,
        "distance": None if right is None else round(right.mean_distance, 1),
        "agreement": None if right is None or right.agreement is None else round(right.agreement, 3),
        "contradicted": sum(match.contradicted for match in found),
        "right_contradicted": any(match.contradicted and match.video == own for match in found),
        "related": _values(best, same_source),
        "others": _values(best, set(best) - same_source),
        "related_videos": len(same_source),
    }


def _look_by_key_frames(copy: Copy, own: int, source: CandidateSource, clips: Sequence[CorpusClip]) -> Record:
    """Look for a copy among key frames, at the promised number of false matches, and return what was found, as `look_for` does."""
    found = search(copy.key_query, source)
    right = [match.log10_expected_false_matches for match in found if match.video == own]
    foreign = {match.video for match in found if match.video >= len(clips) or clips[match.video].source != clips[own].source}
    return {"right_by_key_frames": round(right[0], 2) if right else None, "others_by_key_frames": len(foreign)}


def _search_as_users_do(query: Query, source: CandidateSource) -> list[Match]:
    """Try likely guesses first, and all others only where these find nothing, but tell of weaker matches too."""
    likely = Query(tuple(track for track in query.tracks if track.guess.likely), query.duration_seconds)
    found = search(likely, source, SearchSettings(most_false_matches=_ASKED_FALSE_MATCHES, last_radius=RADIUS))
    if found and found[0].log10_expected_false_matches <= math.log10(MOST_FALSE_MATCHES):
        return found
    return search(query, source, SearchSettings(most_false_matches=_ASKED_FALSE_MATCHES, exhaustive=True))


def _excerpts(compilation: Compilation, source: CandidateSource, corpus: Corpus) -> list[Record]:
    copy = read_copy(compilation.file)
    if copy is None:
        return []
    found = [match for match in search(copy.query, source) if not match.contradicted]
    strangers = sum(corpus.clips[match.video : match.video + 1] not in {(clip,) for clip in compilation.clips} for match in found)
    return [*judge_compilation(compilation, found, corpus.clips), {"strangers": strangers}]


def _values(best: Mapping[int, Match], videos: set[int]) -> dict[str, float]:
    return {str(video): round(best[video].log10_expected_false_matches, 2) for video in sorted(videos & best.keys())}
