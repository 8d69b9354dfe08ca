"""A run of the comparison: trials that are cached one by one, and a result that is computed from their records alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indelible.bench.peers.published import PUBLISHED
from indelible.bench.peers.scores import DECOYS
from indelible.bench.peers.summary import summarise_channels, summarise_systems
from indelible.bench.peers.systems import CHANNELS, OUR_BITS, PEERS, Peer, all_systems
from indelible.bench.peers.trial import RECORD_VERSION, Caches, PeerTrialTask, cell_of, due_cells, run_peer_trials
from indelible.bench.peers.worker import started
from indelible.bench.worker import WorkerEnvironment
from indelible.channel import parse_channel
from indelible.runs.cache import MEASURED_SOURCES, Cache, Record, measurement_digest
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.machine import provenance
from indelible.runs.pool import Job, run_jobs

SCHEMA = "indelible.bench.peers/1"


@dataclass(frozen=True, slots=True)
class PeersRun:
    """How to run: whom to compare with, through what, and on how many cores.

    Args:
        environment: where the peers live.
        peers: whom to compare with.
        channels: specifications.
        seed: of keys, messages and decoys.
        cache_folder: where records are kept from run to run.
        jobs: processes.
        resume: whether records of an earlier run are used; without, they are measured anew.
        progress: gets a line of text now and then.
    """

    environment: WorkerEnvironment
    peers: tuple[Peer, ...] = PEERS
    channels: tuple[str, ...] = CHANNELS
    seed: int = 1
    cache_folder: Path = Path(".bench-cache")
    jobs: int = 1
    resume: bool = True
    progress: Callable[[str], None] = lambda line: None

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(str(parse_channel(text)) for text in self.channels))


def run_peers(corpus: Corpus, run: PeersRun) -> dict[str, Any]:
    """Measure what is not known yet of these clips and return the whole result, ready for JSON.

    Raises:
        IndelibleError: if a clip cannot be read. A system that fails on a clip ends up under ``errors``, and is tried again next time.
        MissingExtraError: if the peers' environment is not there.
    """
    versions = _versions(run)
    caches = caches_of(run)
    if not run.resume:
        for clip in corpus.clips:
            caches.forget(clip)
    jobs = [Job(task, clip.name, os.path.getsize(clip.path)) for clip in corpus.clips if _left(task := _task(clip, caches, run))]
    run.progress(f"{len(corpus.clips)} clips, {len(jobs)} of them with something to measure")
    where = provenance(corpus)  # before the hours of work, during which the source tree may change
    for job, failures in run_jobs(jobs, run_peer_trials, processes=run.jobs, progress=run.progress):
        if failures:
            run.progress(f"{job.name}: {failures} measurements failed; see errors in the result")
    records = _records(corpus, caches, run)
    measured = [record for record in records if record.get("applies") and "error" not in record]
    return {
        "schema": SCHEMA,
        "provenance": where | {"peer_versions": versions},
        "settings": {"seed": run.seed, "channels": run.channels, "decoys": DECOYS, "our_bits": OUR_BITS},
        "peers": [asdict(peer) for peer in run.peers],
        "clips": [clip.name for clip in corpus.clips],
        "systems": summarise_systems(measured, run.peers),
        "summary": summarise_channels(measured, run.peers, run.channels),
        "published": [asdict(figure) for figure in PUBLISHED],
        "errors": [record for record in records if "error" in record],
        "records": [{name: value for name, value in record.items() if name != "applies"} for record in measured],
    }


def _task(clip: CorpusClip, caches: Caches, run: PeersRun) -> PeerTrialTask:
    return PeerTrialTask(clip, run.peers, run.channels, run.seed, run.environment, caches)


def _left(task: PeerTrialTask) -> bool:
    """Return whether anything of a clip is not known yet."""
    known = task.known()
    return any(cell not in known for system in all_systems(task.peers) for cell in due_cells(system, task.channels))


def _records(corpus: Corpus, caches: Caches, run: PeersRun) -> list[Record]:
    """Return the latest record of each (clip, system, channel) that this run asks for, in the order of the run."""
    wanted = [cell for system in all_systems(run.peers) for cell in due_cells(system, run.channels)]
    order = {cell: position for position, cell in enumerate(wanted)}
    latest: dict[tuple[int, str], Record] = {}
    for clip in corpus.clips:
        for record in caches.read(clip):
            if (cell := cell_of(record)) in order:
                latest[order[cell], clip.name] = {"clip": clip.name} | record
    return [latest[place] for place in sorted(latest)]


def _versions(run: PeersRun) -> dict[str, str]:
    found: dict[str, str] = {}
    for peer in run.peers:
        with started(run.environment, peer.name) as worker:
            found |= worker.versions()
    return dict(sorted(found.items()))


def caches_of(run: PeersRun) -> Caches:
    """Return the caches, named after all that a record depends on but the clip, the system and the channel."""
    settings = {"seed": run.seed, "workers": run.environment.digests(), "record": RECORD_VERSION}
    without_the_mark = [part for part in MEASURED_SOURCES if part != "mark"]
    return Caches(
        Cache(run.cache_folder / "peers", measurement_digest(settings, parts=without_the_mark)),
        Cache(run.cache_folder / "beside-peers", measurement_digest(settings)),
    )
