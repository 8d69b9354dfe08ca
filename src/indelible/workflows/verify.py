"""Comparing renditions with their source, and saying whether honest work could look like that."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.frames import VideoInfo
from indelible.verify.alignment import Alignment
from indelible.verify.calibration import Calibration
from indelible.verify.checks import Check
from indelible.verify.decision import Decision, decide, rank, smallest_alpha
from indelible.verify.descriptor import Look, look_at
from indelible.verify.families import measure
from indelible.verify.honest import Target, draw_honest, honest_looks
from indelible.verify.localise import Region, regions
from indelible.video import Limits, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.playlist import is_segmented
from indelible.video.survey import Survey, survey
from indelible.workflows.document import Document, document
from indelible.workflows.original import Original
from indelible.workflows.progress import Progress

__all__ = ["DEFAULT_ALPHA", "DEFAULT_ENCODES", "Verification", "verify_file"]

DEFAULT_ALPHA = 0.01
DEFAULT_ENCODES = 99
_ASPECT_SHARE = 0.01
_ASPECT_PIXELS = 2.0


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
        checks: what must hold and has no p-value: one track of pictures, and the source's shape.
        seed: of the honest encodes.
        digests: SHA-256 of source and rendition; None for segments.
        frame_residuals: root mean square of each picture's residual, codes of 8 bit, with the picture's second.
        duration_seconds: of the rendition.
        cell: what it was ranked among: ``self`` for encodes of this source, or a cell of a calibration.
        warnings: what was wrong with the files, a sentence each.
    """

    source: str
    file: str
    decision: Decision
    alpha: float
    alignment: Alignment
    regions: tuple[Region, ...]
    checks: tuple[Check, ...]
    seed: int
    digests: tuple[str | None, str | None]
    frame_residuals: tuple[tuple[float, float], ...]
    duration_seconds: float
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
    source: str | Original,
    rendition: str,
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
        source: path of a file, a playlist or a folder of segments; or what was read of it, for several renditions.
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
    path_of_source = source.path if isinstance(source, Original) else source
    for path in (path_of_source, rendition):
        if path == "-":
            raise InputError("a pipe (-) cannot be verified: source and rendition are read several times; write it to a file first")
    if not 0.0 < alpha < 1.0 or (calibration is None and smallest_alpha(max(0, encodes)) > alpha * (1.0 + 1e-9)):
        raise InputError(
            f"{encodes} honest encodes give no p-value below {smallest_alpha(max(0, encodes)):.3g}; alpha {alpha:g} needs more of them"
        )
    chosen = secrets.randbits(48) if seed is None else seed
    if chosen < 0:
        raise InputError(f"seed is {chosen}; it must be 0 or more")
    original = source if isinstance(source, Original) else Original(source, limits)
    packets = survey(rendition, limits=limits)
    with open_video(rendition, limits=limits) as reader:
        info = reader.info
        look = look_at(reader, info, wide=original.wide)
        warnings = tuple(reader.warnings)
    found = measure(original.look, look)
    if calibration is None:
        cell, target = "self", honest_target(original.info, info, packets)
        honest = _honest_values(original, target, encodes=encodes, seed=chosen, progress=progress)
        decision = decide(found, honest, alpha=alpha)
    else:
        cell, honest = calibration.null_for(min(info.width, info.height))
        decision = rank(found, honest, alpha=alpha)
    checks = _checks(original.look, look, info, packets)
    if decision.verdict == "AUTHENTIC" and any(check.passed is False for check in checks):
        wrong = next(check for check in checks if check.passed is False)
        decision = replace(decision, verdict="SUSPECT", reason=f"{wrong.name}: expected {wrong.expected}, got {wrong.got}")
    differs = decision.verdict not in ("AUTHENTIC", "INCONCLUSIVE", "UNCALIBRATED")
    return Verification(
        source=original.path,
        file=rendition,
        decision=decision,
        alpha=alpha,
        alignment=found.alignment,
        regions=regions(found, honest, look.times, alpha=alpha) if differs else (),
        checks=checks,
        seed=chosen,
        digests=(_digest(original.path), _digest(rendition)),
        frame_residuals=tuple(zip(look.times.tolist(), found.frame_residuals.tolist(), strict=True)),
        duration_seconds=packets.duration_seconds,
        cell=cell,
        warnings=(*original.warnings, *warnings),
    )


def _honest_values(original: Original, target: Target, *, encodes: int, seed: int, progress: Progress | None) -> list[NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    work = draw_honest(original.frames, original.info, target, count=encodes, rng=rng)
    values = []
    for done, look in enumerate(honest_looks(original.frames, original.info, work, wide=original.wide), start=1):
        values.append(measure(original.look, look).values)
        if progress is not None:
            progress(done, encodes)
    return values


def honest_target(source: VideoInfo, rendition: VideoInfo, packets: Survey) -> Target:
    """Return what an honest worker would have been asked for to deliver a file like this."""
    turned = round((source.rotation_deg - rendition.rotation_deg) / 90) % 2
    size = (rendition.height, rendition.width) if turned else (rendition.width, rendition.height)
    return Target(*size, frame_rate=rendition.frame_rate, codec=rendition.codec, bitrate_bps=max(1000.0, packets.average_bps))


def _checks(source: Look, look: Look, info: VideoInfo, packets: Survey) -> tuple[Check, ...]:
    """Return what honest encodes at the rendition's size cannot tell: they have its shape, and one track."""
    allowed = max(_ASPECT_SHARE, _ASPECT_PIXELS / min(info.width, info.height))
    same = abs(look.aspect / source.aspect - 1.0) <= allowed
    return (
        Check("one-video-stream", "must", packets.video_streams == 1, "1 stream of pictures", f"{packets.video_streams}"),
        Check("aspect", "must", same, f"{source.aspect:.4g} wide to high, as shown", f"{look.aspect:.4g}"),
    )


def _digest(path: str) -> str | None:
    if is_segmented(path):
        return None
    with Path(os.fspath(path)).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
