"""What every attack starts from and ends with: a short clip, an owner with registered copies, a codec, and a look for marks."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from indelible.channel import Clip, parse_channel
from indelible.frames import Frame
from indelible.keys import NONCE_BYTES, SecretKey
from indelible.mark import Detector, Embedder, KnownMark, Lineup, Payload
from indelible.registry.likeness import SAME, Likeness, likeness
from indelible.runs.footage import load_clip

#: How copies are told from others: a subkey for each, in a registry; or not at all, one key for all files.
REGISTERED, ONE_KEY = "registered", "one key"


@dataclass(frozen=True, slots=True)
class SecuritySettings:
    """What is the same for a whole run.

    Args:
        seed: keys, nonces and the attackers' dice are drawn from it.
        seconds: longer clips are cut to this.
        short_side: larger pictures are scaled to this.
        registered: copies in the owner's registry.
        windows: how many marked windows an attacker averages; the largest is what he has.
        frames_of_window: pictures that he has of each.
        codec: what everything goes through before it is looked at.
        queries: that an attacker may put to a public detector.
        oracle_clips: with so many clips he does so, spread over the corpus.
    """

    seed: int = 1
    seconds: float = 1.5
    short_side: int = 270
    registered: int = 1000
    windows: tuple[int, ...] = (10, 100, 1000)
    frames_of_window: int = 10
    codec: str = "x264:crf=23"
    queries: int = 4000
    oracle_clips: int = 5


@dataclass(frozen=True, slots=True)
class Look:
    """What a detector with the key and the registry says of some footage.

    Args:
        own: whether the mark of the key itself is there.
        z: its statistic.
        named: places in the registry of the copies that are there.
        best: the most evident copy's place and statistic.
    """

    own: bool
    z: float
    named: tuple[int, ...]
    best: tuple[int, float]


@dataclass(frozen=True, slots=True)
class Scene:
    """A clip with those who mark it and look into it."""

    clip: Clip
    name: str
    settings: SecuritySettings

    @classmethod
    def load(cls, path: Path, settings: SecuritySettings, *, short_side: int | None = None) -> Scene:
        """Decode the beginning of a video and make it small."""
        clip = load_clip(path, max_seconds=settings.seconds)
        smaller = parse_channel(f"scale=short:{short_side or settings.short_side}")
        return cls(smaller.apply(clip) if smaller.applies_to(clip.info) else clip, path.name, settings)

    @property
    def owner(self) -> SecretKey:
        """The owner's key."""
        return stranger(self.settings, "owner")

    @property
    def places(self) -> tuple[int, ...]:
        """The places in the registry of this clip's own copies, in an order of their own; the first is the one that is attacked."""
        count = self.settings.registered
        return tuple(self.rng("places").permutation(count)[: min(count, 8)].tolist())

    def rng(self, purpose: str) -> np.random.Generator:
        """Return an attacker's dice."""
        return np.random.default_rng(list(_draw(self.settings, f"{self.name}/{purpose}")))

    def key(self, marks: str) -> SecretKey:
        """Return the key that this clip is marked with, with or without a registry."""
        return self.owner if marks == ONE_KEY else subkeys(self.settings)[self.places[0]]

    def marked(self, key: SecretKey) -> tuple[Frame, ...]:
        """Return the clip's frames with a mark without payload, of standard strength."""
        return tuple(Embedder(key).embed(self.clip.frames))

    def coded(self, frames: Sequence[Frame]) -> tuple[Frame, ...]:
        """Return frames of this clip's size after the codec."""
        return parse_channel(self.settings.codec).apply(Clip(tuple(frames), self.clip.info)).frames

    def look(self, frames: Iterable[Frame], marks: str) -> Look:
        """Return what is found in frames, as they are, at p <= 1e-6 after correction for all that is searched."""
        detector = Detector([self.owner], lineup=lineup(self.settings) if marks == REGISTERED else None)
        for frame in frames:
            detector.add(frame)
        (own,) = detector.results()
        copies = detector.lineup_results()
        best = (copies[0][0], copies[0][1].z) if copies else (-1, 0.0)
        return Look(own.marked, own.z, tuple(place for place, detection in copies if detection.marked), best)

    def flags(self, frames: Iterable[Frame]) -> bool:
        """Return whether a registered copy's mark, found in these frames, is said to have been copied there."""
        kept, seen = Likeness(), Likeness()
        for frame in self.clip.frames:
            kept.add(frame)
        for frame in frames:
            seen.add(frame)
        value = likeness(seen.windows, kept.windows, dict.fromkeys(kept.windows, 1.0))
        return value is not None and value < SAME

    def finds(self, frames: Sequence[Frame], marks: str) -> tuple[bool, float]:
        """Return whether the mark of this clip is found after the codec, and the best statistic that there is."""
        look = self.look(self.coded(frames), marks)
        return (look.own, look.z) if marks == ONE_KEY else (self.places[0] in look.named, look.best[1])


def subkeys(settings: SecuritySettings) -> tuple[SecretKey, ...]:
    """Return the subkeys of all registered copies."""
    return tuple(mark.key for mark in lineup(settings).marks)


@lru_cache(maxsize=2)
def lineup(settings: SecuritySettings) -> Lineup:
    """Return the owner's registered copies, ready to be looked for."""
    owner = stranger(settings, "owner")
    nonces = (_draw(settings, f"nonce/{place}")[:NONCE_BYTES] for place in range(settings.registered))
    return Lineup([KnownMark(owner.subkey(nonce), Payload()) for nonce in nonces])


def stranger(settings: SecuritySettings, name: str) -> SecretKey:
    """Return somebody's key."""
    return SecretKey(_draw(settings, f"key/{name}"))


def psnr_y_db(before: Sequence[Frame], after: Sequence[Frame]) -> float | None:
    """Return the Y-PSNR between equally many frames, their error pooled; None where they are equal."""
    squares = sum(cv2.norm(a.y, b.y, cv2.NORM_L2SQR) * 4.0 ** (8 - a.bit_depth) for a, b in zip(before, after, strict=True))
    samples = sum(frame.y.size for frame in before)
    return round(10.0 * math.log10(255.0**2 * samples / squares), 2) if squares else None


def _draw(settings: SecuritySettings, purpose: str) -> bytes:
    return hashlib.sha256(f"indelible/bench/security/{settings.seed}/{purpose}".encode()).digest()
