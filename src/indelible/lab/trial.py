"""The harness: a clip marked by several entrants, sent through real channels and scored, marked and unmarked side by side."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from indelible.channel import Clip, parse_channel
from indelible.errors import MissingExtraError
from indelible.frames import Frame
from indelible.lab.method import Score
from indelible.lab.methods import method_named
from indelible.lab.signature import Signature
from indelible.runs.cache import Cache, Record
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip

#: To be raised when a record gets another meaning.
RECORD_VERSION = 1


@dataclass(frozen=True, slots=True)
class Footage:
    """How much of a clip is used: what is common to all that are compared.

    Args:
        frames: at most so many, from the first.
        width: pixels; wider clips are scaled down to it, their aspect kept.
    """

    frames: int = 72
    width: int = 480

    def load(self, path: Path) -> Clip:
        """Return the beginning of a video as 8-bit 4:2:0 of even size.

        Raises:
            MediaError: if it cannot be read.
        """
        clip = load_clip(path, max_frames=self.frames)
        width = min(self.width, clip.info.width) // 2 * 2
        height = max(2, round(clip.info.height * width / clip.info.width / 2) * 2)
        resize = "" if (width, height) == (clip.info.width, clip.info.height) else f"|scale={width}x{height}"
        return parse_channel(f"format=yuv420p{resize}").apply(clip)


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody in a comparison.

    Args:
        name: in tables.
        method: name of the method.
        signature: that marks all clips; None for another random one for each.
        epsilon: strength of random signatures; None for the method's usual.
    """

    name: str
    method: str
    signature: Signature | None = None
    epsilon: float | None = None

    @property
    def marks_with(self) -> str:
        """What decides its measurements, whatever its name: method, signature and strength."""
        if self.signature is not None:
            return f"{self.method}/{self.signature.digest}"
        return f"{self.method}/drawn" if self.epsilon is None else f"{self.method}/drawn/{self.epsilon:g}"

    def signature_for(self, clip_name: str, seed: int) -> Signature:
        """Return the signature that marks a clip: the given one, or one drawn from the seed, the method and the clip's name."""
        if self.signature is not None:
            return self.signature
        drawn = method_named(self.method).draw(rng_of(seed, "signature", self.method, clip_name))
        return drawn if self.epsilon is None else replace(drawn, epsilon=self.epsilon)


@dataclass(frozen=True, slots=True)
class TrialTask:
    """What is still to be measured of one clip, and where its records go."""

    clip: CorpusClip
    cells: tuple[tuple[Entrant, str], ...]
    footage: Footage
    seed: int
    cache: Cache


def rng_of(seed: int, *purpose: str) -> np.random.Generator:
    """Return a generator of its own for each seed and purpose, the same everywhere."""
    digest = hashlib.sha256("\0".join(("indelible/lab", str(seed), *purpose)).encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, "<u4"))


def run_trials(task: TrialTask) -> int:
    """Measure what a task asks for, each record into the cache as soon as it is known; return how many failed."""
    failures = 0
    for record in _records(task):
        failures += "error" in record
        task.cache.append(task.clip, record)
    return failures


def psnr_y_db(original: Sequence[Frame], marked: Sequence[Frame]) -> float:
    """Return the PSNR of luma, squared errors pooled over all frames, infinity where nothing changed; 8 bit."""
    squares = sum(cv2.norm(one.y, other.y, cv2.NORM_L2SQR) for one, other in zip(original, marked, strict=True))
    return 10.0 * math.log10(255.0**2 * sum(one.y.size for one in original) / squares) if squares else math.inf


def _records(task: TrialTask) -> Iterator[Record]:
    """Yield a record for each entrant and channel: a measurement, or the ``error`` that prevented it."""
    by_channel: dict[str, list[Entrant]] = {}
    for entrant, channel in task.cells:
        by_channel.setdefault(channel, []).append(entrant)
    try:
        bench = _Bench(task)
    except Exception as error:  # one bad clip must not cost the others' hours
        yield from (_identity(task.clip, entrant, channel) | _error(error) for entrant, channel in task.cells)
        return
    for channel, entrants in by_channel.items():
        yield from bench.records(channel, entrants)


class _Bench:
    """A clip with what was made of it and is needed more than once: the marked versions, and the unmarked one behind each channel."""

    def __init__(self, task: TrialTask) -> None:
        self._task = task
        self._clip = task.footage.load(task.clip.path)
        self._marked: dict[str, tuple[Clip, float]] = {}

    def records(self, channel: str, entrants: Sequence[Entrant]) -> Iterator[Record]:
        parsed = parse_channel(channel)
        unmarked: Clip | None = None
        evidence: dict[type, Any] = {}  # variants of a method read alike
        for entrant in entrants:
            started = time.perf_counter()
            identity = _identity(self._task.clip, entrant, channel)
            try:
                method = method_named(entrant.method)
                signature = entrant.signature_for(self._task.clip.name, self._task.seed)
                unmarked = unmarked or parsed.apply(self._clip, seed=self._task.seed)
                if type(method) not in evidence:
                    evidence[type(method)] = method.read(unmarked.frames)
                marked, psnr_db = self._marked_by(entrant, signature)
                received = parsed.apply(marked, seed=self._task.seed)
                scores = _paired(method.scores(evidence[type(method)], signature), method.scores(method.read(received.frames), signature))
            except MissingExtraError:
                raise
            except Exception as error:
                yield identity | _error(error)
                continue
            yield identity | {
                "frames": len(received.frames),
                "psnr_y_db": round(psnr_db, 3) if math.isfinite(psnr_db) else None,
                "scores": scores,
                "measured_in_seconds": round(time.perf_counter() - started, 2),
            }

    def _marked_by(self, entrant: Entrant, signature: Signature) -> tuple[Clip, float]:
        if entrant.name not in self._marked:
            frames = tuple(method_named(entrant.method).mark(self._clip.frames, signature))
            self._marked[entrant.name] = Clip(frames, self._clip.info), psnr_y_db(self._clip.frames, frames)
        return self._marked[entrant.name]


def _paired(clean: Mapping[str, Score], marked: Mapping[str, Score]) -> dict[str, Record]:
    return {
        name: {
            "clean": round(clean[name].value, 5),
            "marked": round(marked[name].value, 5),
            "clean_log10_p": _rounded(clean[name].log10_p),
            "marked_log10_p": _rounded(marked[name].log10_p),
        }
        for name in marked
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(max(value, -9999.0), 3)


def _identity(clip: CorpusClip, entrant: Entrant, channel: str) -> Record:
    return {"clip": clip.name, "marked_with": entrant.marks_with, "channel": channel}


def _error(error: Exception) -> Record:
    return {"error": f"{type(error).__name__}: {error}"}
