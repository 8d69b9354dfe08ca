"""One clip at one rung: an honest rendition, the same after each attack, and honest encodes to rank them among."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.bench.verify.baselines import pictures_at, published_features, sampled, simple_scores
from indelible.bench.verify.truth import agreement, truth_of
from indelible.channel import Channel, Clip, Effect, effect_of, parse_channel
from indelible.channel.chain import ChannelResult
from indelible.channel.codecs import Codec
from indelible.errors import IndelibleError
from indelible.runs.cache import Record
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip
from indelible.verify.decision import decide
from indelible.verify.descriptor import Look, look_at, shown_aspect
from indelible.verify.families import Measured, measure
from indelible.verify.honest import Target, draw_honest, honest_looks
from indelible.verify.localise import regions

#: What decides a record.
MEASURED_SOURCES = (
    *("channel", "video", "frames.py", "stats", "verify", "report/pictures.py"),
    *(f"bench/verify/{name}.py" for name in ("baselines", "signature", "trial", "truth")),
)
#: Another segment of the same video in the place of this one; no channel can make it.
OTHER_SEGMENT = "other-segment"
_LOCATED = ("overlay", "erase")


@dataclass(frozen=True, slots=True)
class VerifyTask:
    """What to measure of one clip.

    Args:
        clip: which.
        base: what an honest worker does, a channel that ends with an encoder.
        attacks: what a dishonest one does before, (group, specification) each.
        encodes: honest encodes for the null.
        honest_scores: of these, how many are also given to the baselines.
        max_seconds: of the clip.
        short_side: larger pictures are made so small before anything else.
        alpha: of verdicts.
        seed: of all that is random.
    """

    clip: CorpusClip
    base: str
    attacks: tuple[tuple[str, str], ...]
    encodes: int
    honest_scores: int
    max_seconds: float
    short_side: int
    alpha: float
    seed: int


def rungs_of(clip: CorpusClip, bases: Sequence[str], *, short_side: int) -> tuple[str, ...]:
    """Return those of some renditions that mean something for a clip."""
    info = _loaded(clip, short_side=short_side, max_seconds=0.1).info
    return tuple(base for base in bases if parse_channel(base).applies_to(info))


def measure_clip(task: VerifyTask) -> list[Record]:
    """Return a record of the honest rendition and of each attack that means something for the clip, and of some honest encodes.

    Attacks are delivered at the rate of the honest rendition, as a worker who wants to pass would, so that one null serves all of them.
    """
    return _Rung(task).records()


class _Rung:
    """The clip, what it is compared by, and the null of one rung."""

    def __init__(self, task: VerifyTask) -> None:
        self._task = task
        whole = _loaded(task.clip, short_side=task.short_side, max_seconds=2 * task.max_seconds)
        self._clip, self._later = _halves(whole, task.max_seconds)
        self._wide = shown_aspect(self._clip.info) >= 1.0
        self._source = self._look(self._clip)
        self._base = parse_channel(task.base)
        rng = np.random.default_rng((task.seed, int(task.clip.sha256[:8], 16)))
        self._sampled = sampled(self._clip, rng=rng)
        self._honest = self._base.run(self._clip, seed=task.seed)
        info, self._rate = self._honest.clip.info, self._honest.encodings[-1].bitrate_bps
        target = Target(info.width, info.height, frame_rate=info.frame_rate, codec=info.codec, bitrate_bps=self._rate)
        self._work = draw_honest(lambda: self._clip.frames, self._clip.info, target, count=task.encodes, rng=rng)
        looks = honest_looks(lambda: self._clip.frames, self._clip.info, self._work, wide=self._wide)
        self._null = [measure(self._source, look).values for look in looks]

    def records(self) -> list[Record]:
        """Return everything that is measured at this rung."""
        first = self._judged(measure(self._source, self._look(self._honest.clip)), self._honest)
        records = [self._named("honest") | first | {"null": [_rounded(values) for values in self._null]}]
        for work in self._work[: self._task.honest_scores]:
            made = Channel((*work.before, work.codec)).run(self._clip, seed=self._task.seed)
            records.append(self._named("calibration") | {"scores": self._scores(made)})
        for group, attack in self._task.attacks:
            try:
                record = self._attacked(group, attack)
            except IndelibleError as error:
                record = {"error": str(error)}
            if record is not None:
                records.append(self._named("attack", group, attack) | record)
        return records

    def _named(self, kind: str, group: str | None = None, attack: str | None = None) -> Record:
        return {"base": self._task.base, "kind": kind, "group": group, "attack": attack}

    def _attacked(self, group: str, attack: str) -> Record | None:
        if attack == OTHER_SEGMENT:
            if self._later is None:
                return None
            changed = self._later
        else:
            channel = parse_channel(attack)
            if not channel.applies_to(self._clip.info):
                return None
            changed = channel.apply(self._clip, seed=self._task.seed)
        delivery = _at_rate(self._base, self._rate)
        if not delivery.applies_to(changed.info):
            return None
        effect = effect_of(self._clip, changed)
        made = delivery.run(changed, seed=self._task.seed)
        look = self._look(made.clip)
        found = measure(self._source, look)
        octaves = math.log2(max(1.0, made.encodings[-1].bitrate_bps) / self._rate)
        record = {"effect": _effect(effect), "octaves": round(octaves, 2)} | self._judged(found, made)
        return record | (self._located(changed, found, look) if group in _LOCATED else {})

    def _judged(self, found: Measured, made: ChannelResult) -> Record:
        decision = decide(found, self._null, alpha=self._task.alpha)
        return {
            "verdict": decision.verdict,
            "log10_p": round(decision.log10_p, 4),
            "families": decision.scores,
            "values": _rounded(found.values),
            "likeness": round(found.likeness, 4),
            "scores": self._scores(made),
        }

    def _located(self, changed: Clip, found: Measured, look: Look) -> Record:
        """Return how well the regions agree with where the attack is; nothing where it cannot be known."""
        truth = truth_of(self._source, self._look(changed))
        if truth is None or len(look) != len(self._source):
            return {}
        said = regions(found, self._null, look.times, alpha=self._task.alpha)
        in_time, in_place = agreement(truth, said, look.times)
        return {"time_iou": round(in_time, 3), "block_f1": round(in_place, 3)}

    def _look(self, clip: Clip) -> Look:
        return look_at(clip.frames, replace(clip.info, rotation_deg=self._clip.info.rotation_deg), wide=self._wide)

    def _scores(self, made: ChannelResult) -> dict[str, Any]:
        """Return the baselines' scores, and under ``features`` what the one that needs training is trained on."""
        own = pictures_at(self._sampled, made.clip)
        area = made.clip.info.width * made.clip.info.height
        features = published_features(self._sampled, own, area=area, size_bytes=made.encodings[-1].size_bytes)
        simple = simple_scores(self._sampled, made.clip, own)
        return {name: _digits(value) for name, value in simple.items()} | {"features": [_digits(value) for value in features]}


def _loaded(clip: CorpusClip, *, short_side: int, max_seconds: float) -> Clip:
    loaded = load_clip(clip.path, max_seconds=max_seconds)
    smaller = parse_channel(f"scale=short:{short_side}:scaler=area")
    return smaller.apply(loaded) if smaller.applies_to(loaded.info) else loaded


def _halves(whole: Clip, seconds: float) -> tuple[Clip, Clip | None]:
    """Return the beginning of a clip and, where there is enough, as many pictures of what follows, with the times of the first."""
    start = whole.frames[0].pts_seconds or 0.0
    count = sum((frame.pts_seconds or 0.0) - start < seconds for frame in whole.frames)
    info = replace(whole.info, frames=count, duration_seconds=min(seconds, whole.info.duration_seconds or seconds))
    first, rest = whole.frames[:count], whole.frames[count : 2 * count]
    if len(rest) < count:
        return Clip(first, info), None
    moved = tuple(replace(late, pts=early.pts, duration=early.duration) for early, late in zip(first, rest, strict=True))
    return Clip(first, info), Clip(moved, info)


def _at_rate(base: Channel, bitrate_bps: float) -> Channel:
    """Return a channel whose last encoder is asked for a rate instead of a quality."""
    last = base.steps[-1]
    if not isinstance(last, Codec):
        return base
    return Channel((*base.steps[:-1], replace(last, crf=None, bitrate_bps=max(1000, round(bitrate_bps)))))


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "levels": round(effect.levels, 2),
        "frames_share": round(effect.frames_share, 4),
        "area_share": round(effect.area_share, 4),
        "seconds": round(effect.seconds, 3),
        "visible": effect.visible,
    }


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [_digits(float(value)) for value in values]


def _digits(value: float) -> float:
    """Return a number with five significant digits."""
    return float(f"{value:.5g}")
