"""Embedding: a keyed pattern added to the luma, step by step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.frames import Frame, Plane
from indelible.keys import SecretKey
from indelible.mark.carrier import chips, grid_coefficients, modulation, symbol_of_chip
from indelible.mark.clock import Clock, steps, window_of
from indelible.mark.grid import GRID, Picture, analyse, averaged, from_grid, synthesise, without_local_mean
from indelible.mark.payload import Payload, encode_payload
from indelible.mark.perception import LOCAL_MEAN_SIGMA, evidence, standard_quality_db, strength
from indelible.mark.recipe import V1, Recipe

Strength = Literal["light", "standard", "strong"]
ABOVE_STANDARD_DB: dict[Strength, float] = {"light": 3.0, "standard": 0.0, "strong": -3.0}
QUALITY_RANGE_DB = (36.0, 60.0)
SAMPLED_FRAMES = 4  # of a step, for what its single frames hide
LARGEST_GAIN = 6.0  # luma levels per unit of relative strength: a flat picture gets no visible mark, whatever quality is asked for


@dataclass(frozen=True, slots=True)
class EmbedReport:
    """What embedding did to the pictures.

    ``psnr_y_db`` pools the squared error of all luma samples (scaled to 8 bit), infinity where nothing changed. ``psnr_rgb_db`` is what
    the same error becomes in BT.709 RGB: a change of luma alone moves R, G and B alike, by 255/219 of it for limited range. Seconds in
    which nothing could be hidden (flat pictures) count as unmarked. A frame of unknown duration counts the time since the one before it.
    """

    frames: int
    duration_seconds: float
    psnr_y_db: float
    psnr_rgb_db: float
    unmarked_seconds: float


@dataclass(frozen=True, slots=True)
class Raised:
    """Windows whose mark is to be stronger than that of the others.

    Args:
        by_db: by how much, for each window's index.
        floor_db: Y-PSNR, after rounding to 8 bit, below which no step's mark is raised; one that is already below stays as it is.

    Raises:
        InputError: if the floor is not one of the qualities that a mark may have.
    """

    by_db: Mapping[int, float]
    floor_db: float = 42.0

    def __post_init__(self) -> None:
        _check_quality(self.floor_db)

    def aim_db(self, window: int, ordinary_db: float) -> float:
        """Return the Y-PSNR to aim at in a window instead of the ordinary one."""
        # What is aimed at is the pattern's; rounding adds a twelfth of a level's square.
        spared = 255.0**2 * 10.0 ** (-self.floor_db / 10.0) - 1.0 / 12.0
        lowest_db = 10.0 * math.log10(255.0**2 / spared) if spared > 0.0 else math.inf
        return min(ordinary_db, max(lowest_db, ordinary_db - self.by_db.get(window, 0.0)))


class Embedder:
    """Adds a keyed mark to the luma of a stream of frames.

    Args:
        key: the secret.
        payload: what the mark says besides "marked"; none by default.
        strength: how strong, by name, around a standard that follows size and content.
        quality_db: the Y-PSNR that each step's mark aims at, 36 to 60 dB; overrides ``strength``.
        raised: windows whose mark is to be stronger than that.
        recipe: how the mark is shaped; a detector expects that of version 1.

    Raises:
        InputError: if ``strength`` is unknown or ``quality_db`` out of range.
    """

    def __init__(
        self,
        key: SecretKey,
        payload: Payload | None = None,
        *,
        strength: Strength = "standard",
        quality_db: float | None = None,
        raised: Raised | None = None,
        recipe: Recipe = V1,
    ) -> None:
        if strength not in ABOVE_STANDARD_DB:
            raise InputError(f"strength {strength!r} is unknown; allowed are {', '.join(ABOVE_STANDARD_DB)}")
        if quality_db is not None:
            _check_quality(quality_db)
        self._key = key
        self._modulation = modulation(encode_payload(payload or Payload(), key))
        self._above_standard_db = ABOVE_STANDARD_DB[strength]
        self._quality_db = quality_db
        self._raised = raised
        self._recipe = recipe
        self._error = _ErrorMeter()

    @property
    def report(self) -> EmbedReport:
        """What has been done so far."""
        return self._error.report()

    def embed(self, frames: Iterable[Frame], *, origin_seconds: float | None = None) -> Iterator[Frame]:
        """Yield the frames with marked luma, in order; looks one step (about a second) ahead.

        Only luma changes: everything else of a frame is passed on as it is, and the input arrays are not written to. Windows are counted
        from the first frame, or from ``origin_seconds`` where the frames are a part of a video.
        """
        for step, held in steps(frames, origin_seconds=origin_seconds):
            pattern = self._pattern(held, window_of(step, self._recipe.window_seconds))
            while held:
                frame = held.pop(0)  # and let go: while the next step is collected, nothing of this one is held
                marked = frame if pattern is None else frame.with_luma(pattern.add(frame.y))
                self._error.add(frame, marked)
                yield marked

    def _pattern(self, held: list[Frame], window: int) -> _Pattern | None:
        """Return what is to be added to each frame of a step, None where nothing can be hidden."""
        host = _Host.of(held, self._recipe)
        relative = strength(host.power, host.frame_power, self._recipe)
        norm = float(np.linalg.norm(relative))
        if norm == 0.0:
            return None
        height, width = held[0].y.shape
        # The transform is orthonormal, so a pattern's energy per cell is that of its coefficients; enlarging the grid hardly changes it.
        wanted = 255.0 * 10.0 ** (-self._aim_db(host, height, width, window) / 20.0)
        gain = min(LARGEST_GAIN, wanted * GRID / norm)
        signs = chips(self._key, window) * self._modulation
        values = _reject_host(host.coefficients, signs * relative * np.float32(gain), signs, self._recipe)
        pattern = from_grid(synthesise(grid_coefficients(values)), height=height, width=width)
        actual = cv2.norm(pattern) / math.sqrt(pattern.size)
        return _Pattern.of(pattern, factor=min(wanted, gain * norm / GRID) / actual, bit_depth=held[0].bit_depth)

    def _aim_db(self, host: _Host, height: int, width: int, window: int) -> float:
        ordinary = self._quality_db
        if ordinary is None:
            ordinary = standard_quality_db(host.frame_power, height=height, width=width) + self._above_standard_db
        return ordinary if self._raised is None else self._raised.aim_db(window, ordinary)


def _check_quality(quality_db: float) -> None:
    low, high = QUALITY_RANGE_DB
    if not low <= quality_db <= high:
        raise InputError(f"a quality of {quality_db:g} dB is out of range; {low:g} to {high:g} dB are allowed")


def _reject_host(host: Picture, values: NDArray[np.float32], signs: NDArray[np.int8], recipe: Recipe) -> NDArray[np.float32]:
    """Return the chips' values, each payload symbol's raised or lowered so that the host's own part in it is partly made up for.

    Improved spread spectrum (Malvar and Florencio 2003) with a fixed rejection, on what the detector will see. The pilot, one sum over
    thousands of chips, has nothing to gain from it.
    """
    unmarked = evidence(host, recipe)
    marked = evidence(host + grid_coefficients(values), recipe)
    deal = symbol_of_chip() + 1  # the pilot comes first
    by_host = np.bincount(deal, weights=unmarked * signs)
    by_mark = np.bincount(deal, weights=(marked - unmarked) * signs)
    factor = np.clip(1.0 - recipe.host_rejection * by_host / np.maximum(by_mark, 1e-6), 0.2, 2.2)
    factor[0] = 1.0
    return values * factor[deal].astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Host:
    """What a step's pictures look like on the grid's transform, in 8-bit luma levels: to a detector, and to an eye."""

    coefficients: Picture  # of the mean picture, as a detector sees them
    power: Picture  # of the mean picture, as an eye would
    frame_power: Picture  # of single frames, on average

    @classmethod
    def of(cls, held: list[Frame], recipe: Recipe) -> _Host:
        cells = averaged(_mean_luma(held))
        sampled = [averaged(frame.y) * _levels(frame) for frame in held[:: max(1, len(held) // SAMPLED_FRAMES)]]
        as_detected = analyse(without_local_mean(cells, local_mean_sigma=recipe.local_mean_sigma))
        return cls(as_detected, _power(cells), np.stack([_power(each) for each in sampled]).mean(axis=0))


def _power(cells: Picture) -> Picture:
    return analyse(without_local_mean(cells, local_mean_sigma=LOCAL_MEAN_SIGMA)) ** 2


def _mean_luma(held: list[Frame]) -> NDArray[np.float32]:
    """Return the mean of the frames' luma in 8-bit levels, float32, shape (height, width)."""
    total = np.zeros(held[0].y.shape, np.float32)
    for frame in held:
        cv2.accumulate(frame.y, total)
    return np.multiply(total, _levels(held[0]) / np.float32(len(held)), out=total)


def _levels(frame: Frame) -> np.float32:
    """Return how many 8-bit levels a step of the frame's sample type is."""
    return np.float32(2.0 ** (8 - frame.bit_depth))


@dataclass(frozen=True, slots=True, eq=False)
class _Pattern:
    """A whole-numbered pattern as two planes, what is added and what is taken away, so that both saturate in the frame's own type."""

    added: Plane
    removed: Plane
    peak: int

    @classmethod
    def of(cls, values: NDArray[np.float32], *, factor: float, bit_depth: int) -> _Pattern | None:
        """Round ``factor`` times the values, in 8-bit levels, to steps of the sample type; None where nothing is left."""
        scale = factor * 2.0 ** (bit_depth - 8)
        dtype = cv2.CV_8U if bit_depth == 8 else cv2.CV_16U
        # Rounds, and cuts off what is below 0.
        added, removed = (cast("Plane", cv2.addWeighted(values, sign * scale, values, 0.0, 0.0, dtype=dtype)) for sign in (1, -1))
        if not (cv2.countNonZero(added) or cv2.countNonZero(removed)):
            return None
        return cls(added, removed, (1 << bit_depth) - 1)

    def add(self, luma: Plane) -> Plane:
        """Return the marked luma, in the type of the luma given."""
        if luma.dtype == np.uint8:
            return np.asarray(cv2.subtract(cv2.add(luma, self.added), self.removed), np.uint8)
        return np.asarray(np.minimum(cv2.subtract(cv2.add(luma, self.added), self.removed), self.peak), np.uint16)


class _ErrorMeter:
    """Sums the squared error of luma over a stream."""

    def __init__(self) -> None:
        self._squares = 0.0
        self._rgb_squares = 0.0
        self._samples = 0
        self._frames = 0
        self._clock = Clock()
        self._last_seconds = 0.0
        self._unmarked_seconds = 0.0
        self._duration_seconds = 0.0

    def add(self, frame: Frame, marked: Frame) -> None:
        seconds = self._shown_seconds(frame)
        self._frames += 1
        self._samples += frame.y.size
        self._duration_seconds += seconds
        if marked is frame:
            self._unmarked_seconds += seconds
            return
        squares = cv2.norm(frame.y, marked.y, cv2.NORM_L2SQR) * 4.0 ** (8 - frame.bit_depth)
        self._squares += squares
        self._rgb_squares += squares * (1.0 if frame.color.full_range else (255.0 / 219.0) ** 2)

    def _shown_seconds(self, frame: Frame) -> float:
        now = self._clock.seconds(frame)
        since, self._last_seconds = max(0.0, now - self._last_seconds), now
        return float(frame.duration * frame.time_base) or since

    def report(self) -> EmbedReport:
        return EmbedReport(
            self._frames,
            self._duration_seconds,
            self._psnr_db(self._squares),
            self._psnr_db(self._rgb_squares),
            self._unmarked_seconds,
        )

    def _psnr_db(self, squares: float) -> float:
        return 10.0 * math.log10(255.0**2 * self._samples / squares) if squares else math.inf
