"""One clip through every peer and through ours beside it; plain records, cached one by one."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indelible.bench.peers.pictures import Pictures, frames_of, pictures_of, psnr_db
from indelible.bench.peers.scores import DECOYS, Standing, message_scores, standing
from indelible.bench.peers.systems import IN_MEMORY, OUR_BITS, UNMARKED, Ours, Peer, ours_beside
from indelible.bench.peers.worker import Bits, PeerReading, PeerWorker, started
from indelible.bench.trial import PRICE_CHANNEL
from indelible.bench.worker import WorkerEnvironment
from indelible.channel import Channel, Clip, parse_channel
from indelible.errors import InputError, MissingExtraError
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detector, Embedder, EmbedReport, Payload
from indelible.mark.embed import QUALITY_RANGE_DB
from indelible.runs.cache import Cache, Record
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip
from indelible.runs.vmaf import vmaf

#: To be raised when a record gets another meaning; caches of the version before are not read then.
RECORD_VERSION = 1

Cell = tuple[str, int, str]
"""Name of a system, frames of the clip, channel."""

_ATTEMPTS = 4  # at meeting a peer's quality


@dataclass(frozen=True, slots=True)
class Caches:
    """Where records are kept: those of the peers, which take hours, outlive a change of our mark."""

    peers: Cache
    ours: Cache

    def read(self, clip: CorpusClip) -> list[Record]:
        """Return what is known of a clip."""
        return [*self.peers.read(clip), *self.ours.read(clip)]

    def append(self, clip: CorpusClip, record: Record, *, of: Peer | Ours) -> None:
        """Add one record of a system."""
        (self.peers if isinstance(of, Peer) else self.ours).append(clip, record)

    def forget(self, clip: CorpusClip) -> None:
        """Remove what is known of a clip."""
        self.peers.forget(clip)
        self.ours.forget(clip)


@dataclass(frozen=True, slots=True)
class PeerTrialTask:
    """One clip, whom to try on it through what, and where the records go."""

    clip: CorpusClip
    peers: tuple[Peer, ...]
    channels: tuple[str, ...]
    seed: int
    environment: WorkerEnvironment
    caches: Caches

    def known(self) -> dict[Cell, Record]:
        """Return what was measured before."""
        return {cell_of(record): record for record in self.caches.read(self.clip) if "error" not in record}


def due_cells(system: Peer | Ours, channels: Sequence[str]) -> list[Cell]:
    """Return all that is measured of a system on a clip: the channels, and what is none."""
    others = (UNMARKED, IN_MEMORY) if isinstance(system, Peer) else (UNMARKED,)
    return [(system.name, system.frames, channel) for channel in (*others, *channels)]


def cell_of(record: Record) -> Cell:
    """Return which of a system's measurements on a clip a record is."""
    return record["system"], record["frames"], record["channel"]


def run_peer_trials(task: PeerTrialTask) -> int:
    """Measure what is not known yet, each record into the cache as soon as it is known; return how many failed."""
    failures = 0
    known = task.known()
    bench = _Bench(task)

    def left(system: Peer | Ours) -> list[str]:
        return [cell[2] for cell in due_cells(system, task.channels) if cell not in known]

    def keep(system: Peer | Ours, channels: Sequence[str], records: Iterator[Record]) -> None:
        nonlocal failures
        for record in _guarded(system, channels, records) if channels else ():
            failures += "error" in record
            task.caches.append(task.clip, record, of=system)
            if "error" not in record:
                known[cell_of(record)] = record

    for peer in task.peers:
        keep(peer, due := left(peer), bench.peer_records(peer, due))
        measured = (known.get(cell, {}) for cell in due_cells(peer, task.channels))
        quality = next((record for record in measured if "psnr_rgb_db" in record), None)
        if quality is not None:
            for ours in ours_beside(peer):
                keep(ours, due := left(ours), bench.our_records(ours, due, quality))
    return failures


def _guarded(system: Peer | Ours, channels: Sequence[str], records: Iterator[Record]) -> Iterator[Record]:
    """Yield the records or, for those channels that an error keeps them from, the error."""
    done = set()
    try:
        for record in records:
            done.add(record["channel"])
            yield record
    except MissingExtraError:
        raise
    except Exception as error:  # one bad clip must not cost the others' hours
        wrong = {"applies": True, "error": f"{type(error).__name__}: {error}"}
        yield from (_identity(system, channel) | wrong for channel in channels if channel not in done)


class _Bench:
    """A clip, decoded once, and what is the same for all systems on it."""

    def __init__(self, task: PeerTrialTask) -> None:
        self._task = task
        self._whole: Clip | None = None
        self._prices: dict[int, Record] = {}

    def peer_records(self, peer: Peer, channels: Sequence[str]) -> Iterator[Record]:
        source = self._source(peer.frames)
        rng = self._rng(peer.name)
        messages = rng.integers(0, 2, (1 + DECOYS, peer.bits), dtype=np.uint8)
        key = int(rng.integers(1, 1 << 31))
        pictures = pictures_of(source.frames)
        with started(self._task.environment, peer.name) as worker:
            began = time.perf_counter()
            marked_pictures = worker.embed(pictures, messages[0], key=key)
            embedding_seconds = time.perf_counter() - began
            marked = Clip(frames_of(marked_pictures, source.frames), source.info)
            # Against the unmarked pictures converted in the same way, so that the conversion is not blamed on the mark.
            unmarked = frames_of(pictures, source.frames)
            quality = {
                "psnr_y_db": _finite(psnr_db([frame.y for frame in marked.frames], [frame.y for frame in unmarked])),
                "psnr_rgb_db": _finite(psnr_db(marked_pictures, pictures)),
                "embedding_seconds": round(embedding_seconds, 2),
            }
            for channel in channels:
                if (degraded := self._degraded(channel, source, marked)) is None:
                    yield _identity(peer, channel) | {"applies": False}
                    continue
                frames, price = degraded
                # The decoder is given the original size back.
                seen = marked_pictures if channel == IN_MEMORY else pictures_of(frames, size=(source.info.width, source.info.height))
                yield _identity(peer, channel) | quality | _read(worker, seen, messages, key) | price

    def our_records(self, ours: Ours, channels: Sequence[str], peer_quality: Record) -> Iterator[Record]:
        source = self._source(ours.frames)
        name = f"frames={ours.frames}"  # the same key for all our variants on the same frames
        key, payload = SecretKey(self._draw(f"{name}/key", 32)), Payload(self._draw(f"{name}/payload", OUR_BITS // 8))
        decoys = [SecretKey(self._draw(f"{name}/decoy/{index}", 32)) for index in range(DECOYS)]
        embedded = _embedded(source, key, payload, ours, peer_quality)
        for channel in channels:
            degraded = None if embedded is None else self._degraded(channel, source, embedded[0])
            if embedded is None or degraded is None:
                yield _identity(ours, channel) | {"applies": False}
                continue
            frames, price = degraded
            quality = {"psnr_y_db": _finite(embedded[1].psnr_y_db), "psnr_rgb_db": _finite(embedded[1].psnr_rgb_db)}
            yield _identity(ours, channel) | quality | _detect(frames, key, decoys, payload) | price

    def _source(self, frames: int) -> Clip:
        if self._whole is None:
            self._whole = load_clip(self._task.clip.path, max_seconds=10.0)
        if len(self._whole.frames) < frames:
            raise InputError(f"{self._task.clip.name} has {len(self._whole.frames)} frames; {frames} are needed")
        return Clip(self._whole.frames[:frames], self._whole.info)

    def _degraded(self, name: str, source: Clip, marked: Clip) -> tuple[tuple[Frame, ...], Record] | None:
        """Return the frames after a channel, and the price of the mark where it is measured; None where the channel does not apply."""
        if name in (UNMARKED, IN_MEMORY):
            return (source if name == UNMARKED else marked).frames, {}
        channel = parse_channel(name)
        if not channel.applies_to(source.info):
            return None
        result = channel.run(marked)
        if name != PRICE_CHANNEL:
            return result.clip.frames, {}
        price = self._price(source, channel) | {
            "vmaf_marked": _vmaf(result.clip.frames, source),
            "encoded_bytes": result.encodings[-1].size_bytes,
        }
        return result.clip.frames, price

    def _price(self, source: Clip, channel: Channel) -> Record:
        """Return what the same encoder makes of the unmarked clip, for all systems on these frames."""
        frames = len(source.frames)
        if frames not in self._prices:
            unmarked = channel.run(source)
            vmaf_unmarked = _vmaf(unmarked.clip.frames, source)
            self._prices[frames] = {"vmaf_unmarked": vmaf_unmarked, "unmarked_bytes": unmarked.encodings[-1].size_bytes}
        return self._prices[frames]

    def _rng(self, purpose: str) -> np.random.Generator:
        return np.random.default_rng(int.from_bytes(self._draw(purpose, 16), "big"))

    def _draw(self, purpose: str, size: int) -> bytes:
        return hashlib.shake_256(f"indelible/bench/peers/{self._task.seed}/{self._task.clip.name}/{purpose}".encode()).digest(size)


def _embedded(source: Clip, key: SecretKey, payload: Payload, ours: Ours, peer_quality: Record) -> tuple[Clip, EmbedReport] | None:
    """Return the clip with our mark, at a PSNR not below the peer's if that is asked for; None if the peer's is out of our range."""
    if ours.match is None:
        return _embed(source, Embedder(key, payload))
    aim = wanted = peer_quality[f"psnr_{ours.match}_db"]
    low, high = QUALITY_RANGE_DB
    if wanted is None or (ours.match == "y" and wanted > high):
        return None
    best = None
    for _ in range(_ATTEMPTS):
        best = _embed(source, Embedder(key, payload, quality_db=min(max(aim, low), high)))
        reached = best[1].psnr_rgb_db if ours.match == "rgb" else best[1].psnr_y_db
        if reached >= wanted or aim >= high:
            break
        aim = min(high, max(aim, low) + wanted - reached + 0.02)
    return best


def _embed(source: Clip, embedder: Embedder) -> tuple[Clip, EmbedReport]:
    marked = Clip(tuple(embedder.embed(source.frames)), source.info)
    return marked, embedder.report


def _read(worker: PeerWorker, pictures: Pictures, messages: Bits, key: int) -> Record:
    began = time.perf_counter()
    reading: PeerReading = worker.read(pictures, messages.shape[1], key=key)
    seconds = time.perf_counter() - began
    scores = message_scores(reading.soft, messages)
    return _standing(standing(scores[0], scores[1:])) | {
        "bits_right": int(np.count_nonzero(reading.bits == messages[0])),
        "payload_exact": bool(np.array_equal(reading.bits, messages[0])),
        "ones": round(float(reading.bits.mean()), 4),
        "reading_seconds": round(seconds, 2),
    }


def _detect(frames: Sequence[Frame], key: SecretKey, decoys: Sequence[SecretKey], payload: Payload) -> Record:
    alone, among = Detector([key]), Detector([key, *decoys])
    for frame in frames:
        alone.add(frame)
        among.add(frame)
    (detection,) = alone.results()
    scores = np.array([max(scores.z) for scores in among.scores()])
    return _standing(standing(scores[0], scores[1:])) | {
        "payload_exact": detection.payload == payload,
        "payload_wrong": detection.payload not in (None, payload),
        "marked": detection.marked,
        "log10_p": round(detection.log10_p, 3),
    }


def _standing(place: Standing) -> Record:
    return {"rank": place.rank, "present": place.present, "deviations": round(place.deviations, 3)}


def _vmaf(frames: Sequence[Frame], source: Clip) -> float:
    return round(vmaf(frames, source.frames, frame_rate=source.info.frame_rate), 3)


def _identity(system: Peer | Ours, channel: str) -> Record:
    return {"system": system.name, "frames": system.frames, "channel": channel, "applies": True}


def _finite(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
