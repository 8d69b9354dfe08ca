"""Renditions of one segment without their source, each pair compared once, however many questions are asked about them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.errors import IndelibleError, MediaError
from indelible.frames import VideoInfo
from indelible.verify.alignment import Alignment
from indelible.verify.checks import Check, check_shape
from indelible.verify.decision import Decision, decide
from indelible.verify.descriptor import Look, look_at, shown_aspect
from indelible.verify.families import measure
from indelible.verify.honest import draw_honest, honest_looks
from indelible.verify.localise import Heat, Region, heat_of, regions
from indelible.video import Limits, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.survey import Survey, survey
from indelible.workflows.original import Original, digest_of
from indelible.workflows.progress import Progress
from indelible.workflows.verify import checked_seed, honest_target

__all__ = ["Pair", "Panel"]

# A rendition is no source: it has lost something already, and loses less the next time. So its encodes get fewer bits than the renditions
# that they stand for, by up to an octave.
_OCTAVES = (-1.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two renditions beside each other.

    Args:
        source: the better one, which was taken as the source.
        file: the other.
        decision: as if the other were a rendition of the better one; p is that of two honest encodes of one video being as unlike.
        stand_in: of whose encodes that was found out.
        alpha: a pair of honest renditions may disagree so often.
        alignment: of the two in time.
        regions: where they differ more than honest encodes do; empty where they do not.
        heat: how far each block differs beyond honest encodes; None where they do not.
        checks: what must hold and has no p-value: one shape.
        seed: of the honest encodes.
        frame_residuals: root mean square of each picture's difference, codes of 8 bit, with the picture's second.
        duration_seconds: of the other.
        copied: whether their pictures are the same, bit for bit, and honest encodes of them are not: one made a copy.
        warnings: what was wrong with the two, a sentence each.
    """

    source: str
    file: str
    decision: Decision
    stand_in: str
    alpha: float
    alignment: Alignment
    regions: tuple[Region, ...]
    heat: Heat | None
    checks: tuple[Check, ...]
    seed: int
    frame_residuals: tuple[tuple[float, float], ...]
    duration_seconds: float
    copied: bool
    warnings: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether both could be honest work on one source."""
        return self.decision.verdict in ("AUTHENTIC", "SUSPECT") and all(check.passed for check in self.checks)

    @property
    def unlikeness(self) -> float:
        """The largest score of the families: a few for honest work."""
        return max(self.decision.scores.values())


@dataclass(frozen=True, slots=True, eq=False)
class _Rendition:
    file: str
    digest: str
    info: VideoInfo
    packets: Survey
    look: Look
    warnings: tuple[str, ...]


class Panel:
    """What is known of the renditions of one segment.

    Two renditions agree if they are as much alike as honest encodes of one video. Which video? The better of the two, or a better one yet
    that agrees with it: it is encoded again at the size, frame rate and about the rate of each, and pairs of these encodes are what the
    pair is ranked among. Encodes of one rendition serve all pairs, unless it agrees with nobody.

    Args:
        alpha: a pair of honest renditions disagrees if its p is at most this.
        encodes: honest encodes of each, at least 1 / alpha - 1.
        seed: of the honest encodes, 0 or more; None draws one. What is drawn depends on it and on the files alone, not on their order.
        limits: how much of each file is read.
        progress: told of each round of honest encodes done, and of how many.

    Raises:
        InputError: if alpha, encodes or seed are not allowed.
    """

    def __init__(
        self, *, alpha: float, encodes: int, seed: int | None = None, limits: Limits = DEFAULT_LIMITS, progress: Progress | None = None
    ) -> None:
        self.alpha, self.encodes = alpha, encodes
        self.seed = checked_seed(seed, alpha=alpha, encodes=encodes)
        self._limits, self._progress = limits, progress
        self._wide: bool | None = None
        self._renditions: dict[str, _Rendition] = {}
        self._faults: dict[str, MediaError] = {}
        self._pairs: dict[tuple[str, str, str], Pair] = {}  # stand-in, better, other

    def fault(self, file: str) -> MediaError | None:
        """Read a rendition, and return why it cannot be compared with any."""
        if file not in self._renditions and file not in self._faults:
            try:
                self._renditions[file] = self._read(file)
            except MediaError as error:
                self._faults[file] = error
        return self._faults.get(file)

    def digest(self, file: str) -> str:
        """Return the SHA-256 of a rendition that `fault` found none in."""
        return self._renditions[file].digest

    def warnings(self, file: str) -> tuple[str, ...]:
        """Return what was wrong with a rendition, a sentence each, without hindering its comparison."""
        found = self._renditions.get(file)
        return () if found is None else found.warnings

    def ranked(self, files: Iterable[str]) -> list[str]:
        """Return renditions of none of which `fault` found any, the best first."""
        return sorted(files, key=lambda file: _goodness(self._renditions[file]), reverse=True)

    def compare(self, files: Sequence[str]) -> dict[frozenset[str], Pair]:
        """Return each pair of some renditions, of none of which `fault` found any.

        Raises:
            MediaError: if nothing like one of them can be encoded; `fault` says so of it from then on.
        """
        ranked = [self._renditions[file] for file in self.ranked(files)]
        found: dict[frozenset[str], Pair] = {}
        for place, stand_in in enumerate(ranked):
            rest = ranked[place:]
            # It stands in for itself and for whom it agrees with; those after it are known to agree only when their pairs with it are.
            open_pairs = [pair for pair in itertools.combinations(rest, 2) if frozenset(each.file for each in pair) not in found]
            if not open_pairs or not any(stand_in in pair for pair in open_pairs):
                continue
            self._judge(stand_in, open_pairs)
            for better, other in sorted(open_pairs, key=lambda pair: pair[0] is not stand_in):  # its own first
                own = found.get(frozenset((stand_in.file, better.file)))
                if better is stand_in or (own is not None and own.agrees):
                    found[frozenset((better.file, other.file))] = self._pairs[stand_in.file, better.file, other.file]
        return found

    def _read(self, file: str) -> _Rendition:
        packets = survey(file, limits=self._limits)
        if packets.video_streams != 1:
            raise MediaError(f"{file} has {packets.video_streams} streams of pictures; nobody knows which of them will be shown")
        with open_video(file, limits=self._limits) as reader:
            if self._wide is None:
                self._wide = shown_aspect(reader.info) >= 1.0
            look = look_at(reader, reader.info, wide=self._wide)
            return _Rendition(file, digest_of(file), reader.info, packets, look, tuple(f"{file}: {each}" for each in reader.warnings))

    def _judge(self, stand_in: _Rendition, pairs: Sequence[tuple[_Rendition, _Rendition]]) -> None:
        """Compare pairs that are not known yet with pairs of honest encodes of a stand-in."""
        unknown = [pair for pair in pairs if (stand_in.file, pair[0].file, pair[1].file) not in self._pairs]
        null: list[list[NDArray[np.float64]]] = [[] for _ in unknown]
        copies = [0] * len(unknown)
        members = {each.file: each for pair in unknown for each in pair}
        if not members:
            return
        original = Original(stand_in.file, self._limits)
        encodes = [self._imitated(original, stand_in, each) for each in members.values()]
        for done, looks in enumerate(zip(*encodes, strict=True), start=1):
            made = dict(zip(members, looks, strict=True))
            for place, (one, other) in enumerate(unknown):
                null[place].append(measure(made[one.file], made[other.file]).values)
                copies[place] += _same(made[one.file], made[other.file])
            if self._progress is not None:
                self._progress(done, self.encodes)
        for place, (one, other) in enumerate(unknown):
            self._pairs[stand_in.file, one.file, other.file] = self._pair(stand_in, one, other, null[place], copies=copies[place])

    def _imitated(self, original: Original, stand_in: _Rendition, target: _Rendition) -> Iterator[Look]:
        """Return what `_encodes` yields; a rendition like which nothing can be encoded is one worker's fault, and not the others'."""
        try:
            return self._encodes(original, stand_in, target)
        except IndelibleError as error:
            self._faults[target.file] = MediaError(f"{target.file} cannot be compared: nothing like it can be encoded ({error})")
            raise self._faults[target.file] from error

    def _encodes(self, original: Original, stand_in: _Rendition, target: _Rendition) -> Iterator[Look]:
        """Yield looks at honest encodes of one rendition as another, each drawn independently."""
        rng = np.random.default_rng([self.seed, int(stand_in.digest, 16), int(target.digest, 16)])
        asked = honest_target(original.info, target.info, target.packets)
        work = draw_honest(original.frames, original.info, asked, count=self.encodes, rng=rng, octaves=_OCTAVES)
        # One by one: together they would come sorted by scaler, and the encodes of a pair must be of independent workers.
        one_by_one: Iterable[Iterator[Look]] = (
            honest_looks(original.frames, original.info, [each], wide=bool(self._wide)) for each in work
        )
        return itertools.chain.from_iterable(one_by_one)

    def _pair(
        self, stand_in: _Rendition, better: _Rendition, other: _Rendition, null: Sequence[NDArray[np.float64]], *, copies: int
    ) -> Pair:
        found = measure(better.look, other.look)
        decision = decide(found, null, alpha=self.alpha)
        differs = decision.log10_p <= math.log10(self.alpha) + 1e-9
        sides = [each for info in (better.info, other.info) for each in (info.width, info.height)]
        return Pair(
            source=better.file,
            file=other.file,
            decision=decision,
            stand_in=stand_in.file,
            alpha=self.alpha,
            alignment=found.alignment,
            regions=regions(found, null, other.look.times, alpha=self.alpha) if differs else (),
            heat=heat_of(found, null, other.look.times, alpha=self.alpha) if differs else None,
            checks=(check_shape(better.look.aspect, other.look.aspect, shorter_side=min(sides)),),
            seed=self.seed,
            frame_residuals=tuple(zip(other.look.times.tolist(), found.frame_residuals.tolist(), strict=True)),
            duration_seconds=other.packets.duration_seconds,
            copied=not copies and _same_size(better, other) and _same(better.look, other.look),
            warnings=(*better.warnings, *other.warnings),
        )


def _goodness(rendition: _Rendition) -> tuple[int, int, float, str]:
    """Return what tells the better of two: honest work leaves out pictures, then pixels, then bits."""
    rate = rendition.packets.frame_rate or 0.0
    pixels = rendition.info.width * rendition.info.height
    return round(rate), pixels, rendition.packets.average_bps, rendition.digest


def _same_size(one: _Rendition, other: _Rendition) -> bool:
    return (one.info.width, one.info.height) == (other.info.width, other.info.height)


def _same(one: Look, other: Look) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("luma", "chroma", "detail"))
