"""Comparing renditions with their source, and saying whether honest work could look like that."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.frames import VideoInfo
from indelible.verify.alignment import Alignment
from indelible.verify.calibration import Calibration
from indelible.verify.checks import Check, check_shape
from indelible.verify.decision import Decision, decide, rank, smallest_alpha
from indelible.verify.descriptor import Look, look_at
from indelible.verify.families import measure
from indelible.verify.honest import Target, draw_honest, honest_looks, in_order_of_work
from indelible.verify.localise import Heat, Region, heat_of, regions
from indelible.video import Limits, Source, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.source import is_pipe
from indelible.video.survey import Survey, survey
from indelible.workflows.document import Document, document, label
from indelible.workflows.original import Original, digest_of
from indelible.workflows.progress import Progress

__all__ = ["DEFAULT_ALPHA", "DEFAULT_ENCODES", "Verification", "verify_file"]

DEFAULT_ALPHA = 0.01
DEFAULT_ENCODES = 99
_SAME_RATE = 0.01
_RATES = (1, 240)  # pictures a second


@dataclass(frozen=True, slots=True, eq=False)
class HonestEncode:
    """What an honest worker might have delivered: the channel that made it, and its statistics as those of the rendition."""

    channel: str
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """What was found of one rendition.

    Args:
        source: as given.
        file: the rendition, as given.
        decision: verdict and p-values.
        alpha: how often an honest rendition may be called something else.
        alignment: in time.
        regions: where it differs; empty where the verdict is that of honest work.
        heat: how far each block lies beyond honest work; None where the verdict is that of honest work.
        checks: what must hold and has no p-value: one track of pictures, and the source's shape.
        seed: of the honest encodes.
        digests: SHA-256 of source and rendition.
        frame_residuals: root mean square of each picture's residual, codes of 8 bit, with the picture's second.
        duration_seconds: of the rendition.
        values: of `indelible.verify.families.STATISTICS`, in their order.
        likeness: of its pictures to the source's, see `indelible.verify.families.Measured`.
        honest: the encodes that the rendition was ranked among; none with a calibration.
        cell: what it was ranked among: ``self`` for encodes of this source, or a cell of a calibration.
        warnings: what was wrong with the files, a sentence each.
    """

    source: str
    file: str
    decision: Decision
    alpha: float
    alignment: Alignment
    regions: tuple[Region, ...]
    heat: Heat | None
    checks: tuple[Check, ...]
    seed: int
    digests: tuple[str, str]
    frame_residuals: tuple[tuple[float, float], ...]
    duration_seconds: float
    values: NDArray[np.float64]
    likeness: float
    honest: tuple[HonestEncode, ...]
    cell: str = "self"
    warnings: tuple[str, ...] = ()

    def to_json(self) -> Document:
        """Return the document ``indelible.verification/1``."""
        found, time = self.decision, self.alignment
        return document(
            "verification",
            source=self.source,
            file=self.file,
            verdict=found.verdict,
            reason=found.reason,
            log10_p=found.log10_p,
            alpha=self.alpha,
            calibration={"n": found.calibration_size, "cell": self.cell, "smallest_p": smallest_alpha(found.calibration_size)},
            families={name: {"log10_p": found.families[name], "score": found.scores[name]} for name in found.families},
            statistics=found.statistics,
            alignment={
                "lag_seconds": time.lag_seconds,
                "drift_ppm": time.drift_ppm,
                "moves": time.moves,
                "longest_repeat_seconds": time.longest_repeat_seconds,
                "lost_seconds": time.lost_seconds,
            },
            regions=[asdict(region) for region in self.regions],
            conformance=[asdict(check) for check in self.checks],
            evidence={"seed": self.seed, "source_sha256": self.digests[0], "rendition_sha256": self.digests[1]},
            duration_seconds=self.duration_seconds,
        )


def verify_file(
    source: Source | Original,
    rendition: Source,
    *,
    alpha: float = DEFAULT_ALPHA,
    encodes: int = DEFAULT_ENCODES,
    seed: int | None = None,
    calibration: Calibration | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Verification:
    """Say whether honest work on a source could look like this rendition.

    The rendition is compared with its source picture by picture, and so are honest encodes of the source, made on the spot at the
    rendition's size, frame rate and about its bitrate; p is the rendition's rank among them.

    Args:
        source: a path, also of a playlist or a folder of segments, or a binary file object that can be read from its start again; or what
            was read of it, for several renditions.
        rendition: the same of what is to be verified.
        alpha: how often an honest rendition may be called something else.
        encodes: how many honest encodes, at least 1 / alpha - 1.
        seed: of the honest encodes, 0 or more; None draws one that nobody could know before.
        calibration: honest renditions of other sources to rank it among, instead of encodes made on the spot.
        limits: how much of each file is read.
        progress: told of each honest encode done, and of how many.

    Raises:
        InputError: if the encodes are too few for alpha, or a path is a pipe.
        MediaError: if a file cannot be read.
    """
    source_read = source.source if isinstance(source, Original) else source
    for each in (source_read, rendition):
        if is_pipe(each):
            raise InputError("a pipe (-) cannot be verified: source and rendition are read several times; write it to a file first")
    chosen = checked_seed(seed, alpha=alpha, encodes=None if calibration is not None else encodes)
    original = source if isinstance(source, Original) else Original(source, limits)
    packets = survey(rendition, limits=limits)
    with open_video(rendition, limits=limits) as reader:
        info = reader.info
        look = look_at(reader, info, wide=original.wide)
        warnings = tuple(reader.warnings)
    found = measure(original.look, look)
    made: tuple[HonestEncode, ...] = ()
    if calibration is None:
        cell, target = "self", honest_target(original.info, info, packets)
        made = _honest_encodes(original, target, encodes=encodes, seed=chosen, progress=progress)
        null = [each.values for each in made]
        decision = decide(found, null, alpha=alpha)
    else:
        cell, known = calibration.null_for(min(info.width, info.height))
        null = list(known)
        decision = rank(found, null, alpha=alpha)
    checks = _checks(original.look, look, info, packets)
    decision = with_checks(decision, checks)
    differs = decision.verdict not in ("AUTHENTIC", "INCONCLUSIVE", "UNCALIBRATED")
    return Verification(
        source=label(original.source),
        file=label(rendition),
        decision=decision,
        alpha=alpha,
        alignment=found.alignment,
        regions=regions(found, null, look.times, alpha=alpha) if differs else (),
        heat=heat_of(found, null, look.times, alpha=alpha) if differs else None,
        checks=checks,
        seed=chosen,
        digests=(digest_of(original.source), digest_of(rendition)),
        frame_residuals=tuple(zip(look.times.tolist(), found.frame_residuals.tolist(), strict=True)),
        duration_seconds=packets.duration_seconds,
        values=found.values,
        likeness=found.likeness,
        honest=made,
        cell=cell,
        warnings=(*original.warnings, *warnings),
    )


def checked_seed(seed: int | None, *, alpha: float, encodes: int | None) -> int:
    """Return the seed of the honest encodes; without one, one that nobody could know before. None encodes nothing.

    Raises:
        InputError: if the encodes are too few for alpha, or the seed is negative.
    """
    if not 0.0 < alpha < 1.0:
        raise InputError(f"alpha is {alpha:g}; it must lie between 0 and 1")
    if encodes is not None and smallest_alpha(max(0, encodes)) > alpha * (1.0 + 1e-9):
        raise InputError(
            f"{encodes} honest encodes give no p-value below {smallest_alpha(max(0, encodes)):.3g}; alpha {alpha:g} needs more of them"
        )
    chosen = secrets.randbits(48) if seed is None else seed
    if chosen < 0:
        raise InputError(f"seed is {chosen}; it must be 0 or more")
    return chosen


def with_checks(decision: Decision, checks: Sequence[Check]) -> Decision:
    """Return a decision in which no rendition is authentic that fails a check without a p-value."""
    wrong = next((check for check in checks if check.passed is False), None)
    if decision.verdict != "AUTHENTIC" or wrong is None:
        return decision
    return replace(decision, verdict="SUSPECT", reason=f"{wrong.name}: expected {wrong.expected}, got {wrong.got}")


def _honest_encodes(original: Original, target: Target, *, encodes: int, seed: int, progress: Progress | None) -> tuple[HonestEncode, ...]:
    rng = np.random.default_rng(seed)
    work = in_order_of_work(draw_honest(original.frames, original.info, target, count=encodes, rng=rng))
    made = []
    for each, look in zip(work, honest_looks(original.frames, original.info, work, wide=original.wide), strict=True):
        made.append(HonestEncode(str(each), measure(original.look, look).values))
        if progress is not None:
            progress(len(made), encodes)
    return tuple(made)


def honest_target(source: VideoInfo, rendition: VideoInfo, packets: Survey) -> Target:
    """Return what an honest worker would have been asked for to deliver a file like this."""
    turned = round((source.rotation_deg - rendition.rotation_deg) / 90) % 2
    size = (rendition.height, rendition.width) if turned else (rendition.width, rendition.height)
    return Target(*size, frame_rate=_believed_rate(rendition, packets), codec=rendition.codec, bitrate_bps=max(1000.0, packets.average_bps))


def _believed_rate(info: VideoInfo, packets: Survey) -> Fraction | None:
    """Return the frame rate that a file says or, where its pictures have another, theirs; None for one that nobody asks for."""
    counted, said = packets.frame_rate, info.frame_rate
    if counted is not None and (said is None or abs(float(said) / counted - 1.0) > _SAME_RATE):
        said = Fraction(counted).limit_denominator(1001)
    return said if said is not None and _RATES[0] <= said <= _RATES[1] else None


def _checks(source: Look, look: Look, info: VideoInfo, packets: Survey) -> tuple[Check, ...]:
    """Return what honest encodes at the rendition's size cannot tell: they have its shape, and one track."""
    return (
        Check("one-video-stream", "must", packets.video_streams == 1, "1 stream of pictures", f"{packets.video_streams}"),
        check_shape(source.aspect, look.aspect, shorter_side=min(info.width, info.height)),
    )
