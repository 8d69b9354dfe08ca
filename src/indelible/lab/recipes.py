"""Recipes of our own mark (`indelible.mark.recipe`) on real clips and codecs: how far each mark is from being lost, and what it costs.

All recipes mark a clip at the same Y-PSNR, that of standard strength, which follows size and content and no recipe. Key, payload, frames
and the unmarked encodes are common to all of them, so two recipes differ only because they differ.

What a key's signs say of the unmarked encode is chance, zero on average over keys, and much of it is in what they say of the marked encode
too. So the mark's own part of z is measured as the difference: it has the same mean as z, and less noise where little is left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indelible.channel import Clip, parse_channel
from indelible.errors import InputError
from indelible.frames import Frame
from indelible.keys import KEY_BYTES, SecretKey
from indelible.lab.trial import Footage, psnr_y_db, rng_of
from indelible.mark import Embedder, Payload
from indelible.mark.clock import steps, window_of
from indelible.mark.detect import ALPHA
from indelible.mark.margin import measure_margin, smallest_z
from indelible.mark.payload import encode_payload
from indelible.mark.recipe import V1, Recipe
from indelible.mark.steps import StepMean, Window
from indelible.mark.tally import Tally
from indelible.runs.cache import Record
from indelible.runs.corpus import CorpusClip
from indelible.runs.result_file import read_result
from indelible.runs.vmaf import vmaf

#: Where the loss of VMAF is measured.
PRICE_CHANNEL = "x264:crf=28"

#: Bits of the payload that margins are about.
BITS = 64

#: The smallest z of a whole known pattern at which a mark counts as present.
NEEDED_Z = smallest_z(math.log10(ALPHA))

#: What a mark of which nothing is left counts as, dB.
LOWEST_MARGIN_DB = -20.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is common to all recipes.

    Args:
        channels: what marks go through.
        footage: how much of each clip.
        seed: of keys and payloads.

    Raises:
        SpecError: if a channel cannot be understood.
    """

    channels: tuple[str, ...]
    footage: Footage
    seed: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(str(parse_channel(channel)) for channel in self.channels))


class Way(Protocol):
    """A way to mark and read."""

    @property
    def maker(self) -> object:
        """What decides the marks; two ways of equal makers mark alike."""

    @property
    def record(self) -> Record:
        """What decides marks and readings, as plain values for JSON."""

    def marked(self, frames: Sequence[Frame], key: SecretKey, payload: Payload) -> tuple[Frame, ...]:
        """Return frames with a mark."""

    def read(self, frames: Sequence[Frame], key: SecretKey, payload: Payload) -> tuple[float, bool | None]:
        """Return z of the whole known pattern, and whether 99 % of such payloads would be read (None of a mark without one)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Who marks and who reads: a detector may be of another recipe than the marks that are there."""

    marked_by: Recipe
    read_by: Recipe

    @classmethod
    def of(cls, recipe: Recipe) -> Pair:
        """Return a pair of one recipe."""
        return cls(recipe, recipe)

    @property
    def maker(self) -> Recipe:
        return self.marked_by

    @property
    def record(self) -> Record:
        return {"marked_by": recipe_record(self.marked_by), "read_by": recipe_record(self.read_by)}

    def marked(self, frames: Sequence[Frame], key: SecretKey, payload: Payload) -> tuple[Frame, ...]:
        return tuple(Embedder(key, payload, recipe=self.marked_by).embed(frames))

    def read(self, frames: Sequence[Frame], key: SecretKey, payload: Payload) -> tuple[float, bool]:
        tally = tallied(frames, key, self.read_by)
        total = tally.pilot + float(tally.soft @ encode_payload(payload, key))
        power = tally.pilot_power + tally.rest_power
        readable = measure_margin(tally.scores, tally.soft, payload, key).payload_db >= 0.0
        return total / math.sqrt(power) if power else 0.0, readable


@dataclass(frozen=True, slots=True, eq=False)
class _Marked:
    """A marked clip: what the mark costs, and what arrives."""

    maker: object
    psnr_y_db: float
    vmaf_loss: float
    received: Mapping[str, Sequence[Frame]]


class Stand:
    """A clip on which recipes are tried. Ways that mark alike should come one after the other: the last marked clip is remembered.

    Args:
        clip: which.
        conditions: common to all.

    Raises:
        MediaError: if it cannot be read.
    """

    def __init__(self, clip: CorpusClip, conditions: Conditions) -> None:
        self._conditions = conditions
        self._clip = conditions.footage.load(clip.path)
        rng = rng_of(conditions.seed, "recipe", clip.name)
        self._key, self._payload = SecretKey(rng.bytes(KEY_BYTES)), Payload(rng.bytes(BITS // 8))
        channels = dict.fromkeys((PRICE_CHANNEL, *conditions.channels))
        self._unmarked = {channel: self._through(channel, self._clip) for channel in channels}
        self._unmarked_vmaf = self._vmaf(self._unmarked[PRICE_CHANNEL])
        self._marked: _Marked | None = None

    def measure(self, way: Way) -> Record:
        """Return ``psnr_y_db`` before encoding (None where nothing was marked), ``vmaf_loss``, and for each channel the ``margins``.

        These are ``z`` of the whole known pattern, the mark's own part of it, ``mark_z``, and 20 log10 of that over `NEEDED_Z`,
        ``margin_db``, not under `LOWEST_MARGIN_DB`; and whether the pattern is ``present``, and its payload ``readable`` in 99 % of cases.
        """
        marked = self._marked
        if marked is None or marked.maker != way.maker:
            marked = self._marked = self._marked_by(way)
        return {
            "psnr_y_db": round(marked.psnr_y_db, 4) if math.isfinite(marked.psnr_y_db) else None,
            "vmaf_loss": round(marked.vmaf_loss, 4),
            "margins": {channel: self._margin(channel, marked.received[channel], way) for channel in self._conditions.channels},
        }

    def _marked_by(self, way: Way) -> _Marked:
        marked = Clip(way.marked(self._clip.frames, self._key, self._payload), self._clip.info)
        received = {channel: self._through(channel, marked) for channel in self._unmarked}
        loss = self._unmarked_vmaf - self._vmaf(received[PRICE_CHANNEL])
        return _Marked(way.maker, psnr_y_db(self._clip.frames, marked.frames), loss, received)

    def _through(self, channel: str, clip: Clip) -> Sequence[Frame]:
        return parse_channel(channel).apply(clip, seed=self._conditions.seed).frames

    def _vmaf(self, frames: Sequence[Frame]) -> float:
        rate: Fraction | None = self._clip.info.frame_rate
        return vmaf(frames, self._clip.frames, frame_rate=rate)

    def _margin(self, channel: str, received: Sequence[Frame], way: Way) -> Record:
        z, readable = way.read(received, self._key, self._payload)
        mark_z = z - way.read(self._unmarked[channel], self._key, self._payload)[0]
        margin_db = 20.0 * math.log10(mark_z / NEEDED_Z) if mark_z > 0.0 else -math.inf
        return {
            "z": round(z, 4),
            "mark_z": round(mark_z, 4),
            "margin_db": round(max(margin_db, LOWEST_MARGIN_DB), 4),
            "present": z >= NEEDED_Z,
            "readable": readable,
        }


def recipe_record(recipe: Recipe) -> Record:
    """Return a recipe as plain values for JSON, floats to four places."""
    return {name: np.round(value, 4).tolist() for name, value in asdict(recipe).items()}


def read_recipe(path: Path) -> Recipe:
    """Return the recipe in a result of ``lab tune``.

    Raises:
        InputError: if there is none.
    """
    try:
        record = read_result(path)["recipe"]
        return Recipe(**record | {"band_db": tuple(record["band_db"])})
    except (KeyError, TypeError) as error:
        raise InputError(f"{path} holds no recipe; give a result that `indelible lab tune` wrote") from error


def differences(recipe: Recipe) -> Record:
    """Return in what a recipe differs from that of version 1."""
    shipped = recipe_record(V1)
    return {name: value for name, value in recipe_record(recipe).items() if value != shipped[name]}


def worst_decile(values: Sequence[float] | NDArray[np.float64]) -> float:
    """Return the mean of the lowest tenth of values, of the lowest one if there are fewer than twenty."""
    return float(np.mean(np.sort(values)[: max(1, len(values) // 10)]))


def tallied(received: Sequence[Frame], key: SecretKey, recipe: Recipe) -> Tally:
    """Return what a detector of the recipe gathers, as `indelible.mark.Detector` does by that of version 1."""
    tally, window = Tally.start(key), Window(0)
    for step, held in steps(received):
        if window_of(step, recipe.window_seconds) != window.index:
            tally = _with(tally, window)
            window = Window(window_of(step, recipe.window_seconds))
        mean = StepMean(step, recipe)
        for frame in held:
            mean.add(frame)
        window = window.with_step(mean)
    return _with(tally, window)


def _with(tally: Tally, window: Window) -> Tally:
    return tally.with_window(window.index, window.whole, ()) if window.steps else tally
