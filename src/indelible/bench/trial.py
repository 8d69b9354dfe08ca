"""One clip through the benchmark of robustness: marked once for each payload, sent through channels, looked at in several ways.

What a trial yields are plain records for JSON, because they are cached line by line (`indelible.runs.cache`).
"""

from __future__ import annotations

import hashlib
import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indelible.bench.look import Original, Way, look
from indelible.channel import Channel, Clip, parse_channel
from indelible.channel.codecs import Codec
from indelible.errors import MissingExtraError
from indelible.keys import SecretKey
from indelible.mark import Embedder, Payload
from indelible.mark.detect import ALPHA
from indelible.mark.embed import Strength
from indelible.runs.cache import Cache, Record
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip
from indelible.runs.vmaf import vmaf

#: Where the price of the mark is measured, loss of VMAF and change of bitrate, and with which look it is noted.
PRICE_CHANNEL, PRICE_BITS, PRICE_WAY = "x264:crf=28", 64, "plain"

#: To be raised when a record gets another meaning; caches of the version before are not read then.
RECORD_VERSION = 2


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """What is the same for all trials of a run.

    Args:
        seed: keys and payloads are drawn from it and the clip's name.
        strength: of the mark, as `indelible.mark.Embedder` names it.
        quality_db: Y-PSNR that the mark aims at; None for that of the strength.
        alpha: p-value at which a mark counts as present.
        max_seconds: longer clips are cut to this.
    """

    seed: int = 1
    strength: Strength = "standard"
    quality_db: float | None = None
    alpha: float = ALPHA
    max_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Passing:
    """What is done once for several measurements: the clip with such a payload goes through a channel, and is looked at in some ways."""

    bits: int
    channel: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class TrialTask:
    """What is still to be measured of one clip, payload by payload, and where its records go."""

    clip: CorpusClip
    passings: tuple[Passing, ...]
    settings: TrialSettings
    cache: Cache


def clip_key(clip_name: str, settings: TrialSettings) -> SecretKey:
    """Return the key that marks this clip."""
    return SecretKey(_draw("key", clip_name, settings, 32))


def clip_payload(clip_name: str, bits: int, settings: TrialSettings) -> Payload:
    """Return the payload of ``bits`` bits, random-looking, that this clip gets."""
    return Payload(_draw(f"payload/{bits}", clip_name, settings, bits // 8))


def clip_seed(clip_name: str, settings: TrialSettings) -> int:
    """Return the seed of what is random in this clip's channels, so that not every clip is cut in the same place."""
    return int.from_bytes(_draw("channel", clip_name, settings, 4))


def run_trials(task: TrialTask) -> int:
    """Measure what a task asks for, each record into the cache as soon as it is known; return how many failed."""
    failures = 0
    for record in _records(task):
        failures += "error" in record
        task.cache.append(task.clip, record)
    return failures


def _records(task: TrialTask) -> Iterator[Record]:
    """Yield a record for each way of looking: a measurement, ``applies`` false, or the ``error`` that prevented it."""
    name, settings = task.clip.name, task.settings
    try:
        clip = load_clip(task.clip.path, max_seconds=settings.max_seconds)
        original = Original(clip.frames)
        for bits, passings in itertools.groupby(task.passings, key=lambda passing: passing.bits):
            yield from _variant_records(clip, original, name, bits, tuple(passings), settings)
    except MissingExtraError:
        raise
    except Exception as error:  # one bad clip must not cost the others' hours
        yield from (_identity(name, passing, way) | _error(error) for passing in task.passings for way in passing.ways)


def _variant_records(
    clip: Clip, original: Original, name: str, bits: int, passings: Sequence[Passing], settings: TrialSettings
) -> Iterator[Record]:
    applicable = []
    for passing in passings:
        if parse_channel(passing.channel).applies_to(clip.info):
            applicable.append(passing)
        else:
            yield from (_identity(name, passing, way) | {"applies": False} for way in passing.ways)
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
    for passing in applicable:
        channel = parse_channel(passing.channel)
        started = time.process_time()
        try:
            result = channel.run(marked, seed=clip_seed(name, settings))
            sent = {"encoded_bytes": result.encodings[-1].size_bytes if result.encodings else None, "sent_cpu_seconds": _since(started)}
        except MissingExtraError:
            raise
        except Exception as error:
            yield from (_identity(name, passing, way) | {"applies": True} | _error(error) for way in passing.ways)
            continue
        for way in passing.ways:
            identity = _identity(name, passing, way) | {"applies": True}
            started = time.process_time()
            try:
                found = look(result.clip.frames, key, payload, alpha=settings.alpha, way=way, original=original)
                taken = {"looked_cpu_seconds": _since(started)}
                priced = (passing.channel, bits, way) == (PRICE_CHANNEL, PRICE_BITS, PRICE_WAY)
                price = _price(clip, result.clip, channel) if priced else {}
            except MissingExtraError:
                raise
            except Exception as error:
                yield identity | _error(error)
                continue
            yield identity | quality | found | sent | taken | price


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


def _identity(name: str, passing: Passing, way: Way) -> Record:
    return {"clip": name, "bits": passing.bits, "channel": passing.channel, "way": way}


def _since(started: float) -> float:
    return round(time.process_time() - started, 2)


def _error(error: Exception) -> Record:
    return {"error": f"{type(error).__name__}: {error}"}


def _draw(purpose: str, clip_name: str, settings: TrialSettings, size: int) -> bytes:
    return hashlib.shake_256(f"indelible/bench/robustness/{settings.seed}/{clip_name}/{purpose}".encode()).digest(size)


def _finite(value: float) -> float | None:
    """Return a value rounded for JSON, which has no infinity: None is the PSNR of pictures that are equal."""
    return round(value, 3) if math.isfinite(value) else None
