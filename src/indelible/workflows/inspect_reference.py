"""Looking at files for manipulation beside their original, which is where a sure answer is possible."""

from __future__ import annotations

from dataclasses import dataclass, replace

from indelible.errors import InputError
from indelible.report.verify import Pictures
from indelible.video import Limits
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.document import Document, document
from indelible.workflows.excerpt import Excerpt, cut_out, find_excerpt
from indelible.workflows.progress import Progress
from indelible.workflows.verify import DEFAULT_ALPHA, DEFAULT_ENCODES, Verification, verify_file
from indelible.workflows.verify_report import pictures_of

__all__ = ["ReferenceInspection", "inspect_beside"]


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceInspection:
    """What was found of a file beside its original.

    Args:
        excerpt: the part of the original that it shows, as its fingerprint says; None if that is not in the original, and then nothing
            was compared.
        verification: of the file against re-encodes of just this part.
        pictures: those that differ most, beside the original's, and those of the heat map.
        file: as given.
        reference: the original, as given.
    """

    excerpt: Excerpt | None
    verification: Verification | None
    pictures: Pictures
    file: str
    reference: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was wrong with the files, a sentence each."""
        return () if self.verification is None else self.verification.warnings

    @property
    def verdict(self) -> str:
        """That of the verification; MISMATCH without one."""
        return "MISMATCH" if self.verification is None else self.verification.decision.verdict

    def to_json(self) -> Document:
        """Return the document ``indelible.reference-inspection/1``."""
        part = self.excerpt
        return document(
            "reference-inspection",
            file=self.file,
            reference=self.reference,
            verdict=self.verdict,
            excerpt=None
            if part is None
            else {
                "start_seconds": round(part.start_seconds, 3),
                "end_seconds": round(part.end_seconds, 3),
                "whole": part.whole,
                "log10_expected_false_matches": part.log10_expected_false_matches,
            },
            verification=None if self.verification is None else self.verification.to_json(),
        )


def inspect_beside(
    path: str,
    reference: str,
    *,
    alpha: float = DEFAULT_ALPHA,
    encodes: int = DEFAULT_ENCODES,
    seed: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> ReferenceInspection:
    """Find which part of an original a file shows, and rank the file among honest re-encodes of this part at its size and rate.

    Args:
        path: of the file.
        reference: of the original, at the file's speed; it may be much longer.
        alpha: how often an honest copy may be called manipulated.
        encodes: how many honest encodes, at least 1 / alpha - 1.
        seed: of these, 0 or more; None draws one.
        limits: how much of each file is read.
        progress: told of each honest encode done, and of how many.

    Raises:
        InputError: if a path is a pipe, or the encodes are too few for alpha.
        MediaError: if a file cannot be read.
    """
    if "-" in (path, reference):
        raise InputError("a pipe (-) cannot be inspected beside a reference: both are read several times; write it to a file first")
    excerpt = find_excerpt(reference, path, limits=limits)
    if excerpt is None:
        return ReferenceInspection(None, None, Pictures(()), path, reference)
    with cut_out(reference, excerpt, limits=limits) as part:
        found = verify_file(part, path, alpha=alpha, encodes=encodes, seed=seed, limits=limits, progress=progress)
        pictures = pictures_of(found, limits)
    late = 0.0 if excerpt.whole else excerpt.start_seconds
    worst = [replace(frame, source_seconds=frame.source_seconds + late) for frame in pictures.worst]
    return ReferenceInspection(excerpt, replace(found, source=reference), replace(pictures, worst=worst), path, reference)
