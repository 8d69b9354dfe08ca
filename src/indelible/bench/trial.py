"""One clip through the benchmark of robustness: marked once for each payload, sent through channels, looked for.

What a trial yields are plain records for JSON, because they are cached line by line (`indelible.runs.cache`).
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

import numpy as np

from indelible.bench.vmaf import vmaf
from indelible.channel import Channel, Clip, parse_channel
from indelible.channel.codecs import Codec
from indelible.errors import MissingExtraError
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detection, Detector, Embedder, Payload, Search
from indelible.mark.detect import ALPHA
from indelible.mark.embed import Strength
from indelible.mark.payload import encode_payload
from indelible.runs.cache import Cache, Record
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip

#: Seconds of footage after which the detector is asked what it knows.
LOOK_AT_SECONDS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

#: Where the price of the mark is measured: loss of VMAF and change of bitrate.
PRICE_CHANNEL, PRICE_BITS = "x264:crf=28", 64

#: To be raised when a record gets another meaning; caches of the version before are not read then.
RECORD_VERSION = 1


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """What is the same for all trials of a run.

    Args:
        seed: keys and payloads are drawn from it and the clip's name.
        strength: of the mark, as `indelible.mark.Embedder` names it.
        quality_db: Y-PSNR that the mark aims at; None for that of the strength.
        alpha: p-value at which a mark counts as present.
        max_seconds: longer clips are cut to this.
        search: how hard the detector looks.
    """

    seed: int = 1
    strength: Strength = "standard"
    quality_db: float | None = None
    alpha: float = ALPHA
    max_seconds: float = 10.0
    search: Search = "none"


@dataclass(frozen=True, slots=True)
class TrialTask:
    """What is still to be measured of one clip, and where its records go."""

    clip: CorpusClip
    cells: tuple[tuple[int, tuple[str, ...]], ...]
    settings: TrialSettings
    cache: Cache


def clip_key(clip_name: str, settings: TrialSettings) -> SecretKey:
    """Return the key that marks this clip."""
    return SecretKey(_draw("key", clip_name, settings, 32))


def clip_payload(clip_name: str, bits: int, settings: TrialSettings) -> Payload:
    """Return the payload of ``bits`` bits, random-looking, that this clip gets."""
    return Payload(_draw(f"payload/{bits}", clip_name, settings, bits // 8))


def run_trials(task: TrialTask) -> int:
    """Measure what a task asks for, each record into the cache as soon as it is known; return how many failed."""
    failures = 0
    for record in _records(task):
        failures += "error" in record
        task.cache.append(task.clip, record)
    return failures


def _records(task: TrialTask) -> Iterator[Record]:
    """Yield a record for each channel: a measurement, ``applies`` false, or the ``error`` that prevented it."""
    name, settings = task.clip.name, task.settings
    cells = [(bits, [parse_channel(text) for text in channels]) for bits, channels in task.cells]
    try:
        clip = load_clip(task.clip.path, max_seconds=settings.max_seconds)
        for bits, channels in cells:
            yield from _variant_records(clip, name, bits, channels, settings)
    except MissingExtraError:
        raise
    except Exception as error:  # one bad clip must not cost the others' hours
        yield from (_identity(name, bits, channel) | _error(error) for bits, channels in cells for channel in channels)


def _variant_records(clip: Clip, name: str, bits: int, channels: Iterable[Channel], settings: TrialSettings) -> Iterator[Record]:
    applicable = []
    for channel in channels:
        if channel.applies_to(clip.info):
            applicable.append(channel)
        else:
            yield _identity(name, bits, channel) | {"applies": False}
    if not applicable:
        return
    key, payload = clip_key(name, settings), clip_payload(name, bits, settings)
    embedder = Embedder(key, payload=payload, strength=settings.strength, quality_db=settings.quality_db)
    marked = Clip(tuple(embedder.embed(clip.frames)), clip.info)
    report = embedder.report
    quality = {
        "psnr_y_db": _finite(report.psnr_y_db),
        "psnr_rgb_db": _finite(report.psnr_rgb_db),
        "unmarked_seconds": round(report.unmarked_seconds, 3),
    }
    for channel in applicable:
        started = time.perf_counter()
        identity = _identity(name, bits, channel) | {"applies": True}
        try:
            result = channel.run(marked)
            found = look(result.clip.frames, key, payload, alpha=settings.alpha, search=settings.search)
            size = {"encoded_bytes": result.encodings[-1].size_bytes if result.encodings else None}
            price = _price(clip, result.clip, channel) if (str(channel), bits) == (PRICE_CHANNEL, PRICE_BITS) else {}
        except MissingExtraError:
            raise
        except Exception as error:
            yield identity | _error(error)
            continue
        yield identity | quality | found | size | price | {"measured_in_seconds": round(time.perf_counter() - started, 2)}


def look(frames: Iterable[Frame], key: SecretKey, payload: Payload, *, alpha: float, search: Search = "none") -> Record:
    """Return what a detector finds in footage that carries ``payload`` under ``key``, and after how many seconds.

    ``presence_seconds`` and ``payload_seconds`` are the first of `LOOK_AT_SECONDS` (or the end) at which the mark was found and the
    payload read, None if never; a search, which takes seconds, is done at the end only. ``symbol_error_rate`` is that of the signs before
    any correction, as the video was marked; a symbol that is exactly zero counts half. ``payload_exact`` is None for the mark without
    payload.
    """
    detector = Detector([key], alpha=alpha, search=search)
    wanted = {"presence_seconds", "payload_seconds"} if payload.bits else {"presence_seconds"}
    seen: dict[str, float] = {}

    def ask(at_seconds: float) -> Detection:
        (detection,) = detector.results()
        if detection.marked:
            seen.setdefault("presence_seconds", at_seconds)
        if payload.bits and detection.payload == payload:
            seen.setdefault("payload_seconds", at_seconds)
        return detection

    looks = iter(LOOK_AT_SECONDS if search == "none" else ())
    due, start, end = next(looks, math.inf), None, 0.0
    for frame in frames:
        seconds = frame.pts_seconds or 0.0
        start = seconds if start is None else start
        while seconds - start >= due:
            if wanted - seen.keys():
                ask(due)
            due = next(looks, math.inf)
        detector.add(frame)
        end = round(seconds - start + float(frame.duration * frame.time_base), 3)
    detection = ask(end)
    agreement = detector.soft_symbols(0) * encode_payload(payload, key)
    return {
        "frames": detection.frames_used,
        "seconds": end,
        "marked": detection.marked,
        "z": round(detection.z, 3),
        "log10_p": round(detection.log10_p, 3),
        "payload_exact": detection.payload == payload if payload.bits else None,
        "payload_wrong": detection.payload not in (None, payload),
        "symbol_error_rate": round(float(np.mean(np.where(agreement == 0.0, 0.5, agreement < 0.0))), 4),
        "presence_seconds": seen.get("presence_seconds"),
        "payload_seconds": seen.get("payload_seconds"),
    } | ({} if search == "none" else {"geometry": asdict(detection.geometry)})


def _price(source: Clip, marked_encode: Clip, channel: Channel) -> Record:
    """Return VMAF of the marked and of the unmarked encode against the source, and the bytes of the unmarked one."""
    (codec,) = channel.steps
    if not isinstance(codec, Codec):
        return {}
    reference = tuple(codec.prepare(source.frames, source.info))
    unmarked = channel.run(source)
    rate = source.info.frame_rate
    return {
        "vmaf_marked": round(vmaf(marked_encode.frames, reference, frame_rate=rate), 3),
        "vmaf_unmarked": round(vmaf(unmarked.clip.frames, reference, frame_rate=rate), 3),
        "unmarked_bytes": unmarked.encodings[-1].size_bytes,
    }


def _identity(name: str, bits: int, channel: Channel) -> Record:
    return {"clip": name, "bits": bits, "channel": str(channel)}


def _error(error: Exception) -> Record:
    return {"error": f"{type(error).__name__}: {error}"}


def _draw(purpose: str, clip_name: str, settings: TrialSettings, size: int) -> bytes:
    return hashlib.shake_256(f"indelible/bench/robustness/{settings.seed}/{clip_name}/{purpose}".encode()).digest(size)


def _finite(value: float) -> float | None:
    """Return a value rounded for JSON, which has no infinity: None is the PSNR of pictures that are equal."""
    return round(value, 3) if math.isfinite(value) else None
