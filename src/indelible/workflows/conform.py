"""Checking the bitstream of a rendition against what was declared of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from indelible.errors import InputError
from indelible.verify.checks import Check, failed
from indelible.verify.conformance import check_aligned, check_profile, check_segments, check_variant
from indelible.verify.profile import DeclaredProfile
from indelible.video import Limits, Source
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.master import declared_segments, is_master, master_variants
from indelible.video.playlist import PLAYLIST_SUFFIX
from indelible.video.segments import is_segmented, segment_list
from indelible.video.survey import Survey, survey
from indelible.workflows.document import Document, document, label

__all__ = ["Conformance", "conform_file"]


@dataclass(frozen=True, slots=True)
class Conformance:
    """Which checks a rendition passes.

    Args:
        file: of the rendition, or the master playlist.
        checks: all of them.
        strict: whether "should" counts too.
    """

    file: str
    checks: tuple[Check, ...]
    strict: bool = False

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that count and were not passed."""
        return failed(self.checks, strict=self.strict)

    @property
    def verdict(self) -> Literal["CONFORMS", "VIOLATES", "UNDECIDED"]:
        """Whether all that counts is passed; UNDECIDED if nothing fails, but something that must hold is not known."""
        if self.failures:
            return "VIOLATES"
        return "UNDECIDED" if any(check.passed is None and check.severity == "must" for check in self.checks) else "CONFORMS"

    def to_json(self) -> Document:
        """Return the document ``indelible.conformance/1``."""
        return document(
            "conformance", file=self.file, verdict=self.verdict, strict=self.strict, checks=[asdict(check) for check in self.checks]
        )


def conform_file(
    source: Source, profile: DeclaredProfile | None = None, *, strict: bool = False, limits: Limits = DEFAULT_LIMITS
) -> Conformance:
    """Check a rendition against a profile, or every variant of a master playlist against what the playlist declares.

    Args:
        source: a path, also of a playlist or a folder of segments, ``-`` or a binary file object.
        profile: what is declared; may be left out for a playlist, which declares something itself. With a master playlist it holds for
            each variant, besides what the playlist says.
        strict: whether checks with "should" count in the verdict.
        limits: how much of it is read.

    Raises:
        InputError: if there is nothing to check against, or a declaration cannot be understood.
        MediaError: if a rendition cannot be read.
    """
    file = label(source)
    if not hasattr(source, "read") and is_master(file):
        return Conformance(file, _master_checks(file, profile, limits), strict)
    playlist = segment_list(file).playlist if not hasattr(source, "read") and is_segmented(file) else None
    if playlist is not None and playlist.suffix.lower() != PLAYLIST_SUFFIX:
        playlist = None  # what a manifest of DASH declares is not compared
    if profile is None and playlist is None:
        raise InputError(f"nothing is declared of {file}; give a profile (--profile FILE), or a playlist of HLS (.m3u8)")
    found = survey(source, limits=limits)
    checks = () if profile is None else check_profile(found, profile)
    if playlist is not None:
        checks += check_segments(found, declared_segments(playlist))
    return Conformance(file, checks, strict)


def _master_checks(file: str, profile: DeclaredProfile | None, limits: Limits) -> tuple[Check, ...]:
    surveys: dict[str, Survey] = {}
    checks: list[Check] = []
    for variant in master_variants(file):
        found = surveys[variant.name] if variant.name in surveys else survey(variant.playlist, limits=limits)
        surveys[variant.name] = found
        try:
            declared = declared_segments(Path(variant.playlist))
            checks += check_variant(found, variant.attributes, declared, separate_sound=variant.separate_sound, where=variant.name)
        except InputError as error:
            raise InputError(f"{file}, variant {variant.name}: {error}") from None
        if profile is not None:
            checks += check_profile(found, profile, where=variant.name)
    return (*checks, *check_aligned(surveys))
