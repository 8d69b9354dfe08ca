"""The evidence of a verification: everything that its verdict was made of, so that somebody else can make it again.

Not signed: whoever doubts it needs no signature but the two files, and a few minutes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.drafts import write_whole
from indelible.errors import InputError, OutputError
from indelible.verify.checks import Check
from indelible.verify.decision import Decision, decide_on
from indelible.verify.families import STATISTICS
from indelible.video import Limits
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.doctor import versions
from indelible.workflows.document import Document, canonical, document, read_document
from indelible.workflows.original import digest_of
from indelible.workflows.page import check_free
from indelible.workflows.progress import Progress
from indelible.workflows.verify import Verification, verify_file, with_checks

__all__ = ["EvidenceCheck", "check_evidence", "check_evidence_place", "write_evidence"]

_SCHEMA = "indelible.verification-evidence/1"
_MOST_ENCODES = 10_000
# Decoders give the same pictures everywhere, but scaling and sums differ in the last digits between processors.
_RELATIVE, _ABSOLUTE = 1e-3, 1e-3
_SCORE_STEP = 2e-3  # scores are written with three decimals


@dataclass(frozen=True, slots=True)
class EvidenceCheck:
    """Whether the verdict of a verification follows from its evidence, and that from the files.

    Args:
        evidence: path of the file.
        verdict: that was claimed.
        files_compared: whether source and rendition were measured, and the honest encodes made, again.
        problems: what is wrong, a sentence each.
        remarks: what could not be compared, a sentence each.
    """

    evidence: str
    verdict: str
    files_compared: bool
    problems: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_json(self) -> Document:
        """Return the document ``indelible.evidence-check/1``."""
        return document(
            "evidence-check",
            evidence=self.evidence,
            verdict=self.verdict,
            holds=self.holds,
            files_compared=self.files_compared,
            problems=list(self.problems),
            remarks=list(self.remarks),
        )


def check_evidence_place(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Check before the work begins that evidence can be written afterwards, and will replace nothing by mistake.

    Raises:
        OutputError: if the name is not that of JSON, its folder is missing, or it exists and may not be replaced.
    """
    place = Path(path)
    if place.suffix.lower() != ".json":
        raise OutputError(f"the evidence {place} is JSON; give it a name that ends in .json")
    check_free(place, overwrite=overwrite)


def write_evidence(path: str | os.PathLike[str], result: Verification) -> None:
    """Write the evidence of a verification; it replaces what was there.

    Raises:
        InputError: if it was not ranked among encodes of its own source.
        OutputError: if it cannot be written.
    """
    if not result.honest:
        raise InputError("a verdict with a calibration has no evidence of its own; keep the calibration, or verify without it")
    body = document(
        "verification-evidence",
        verification=result.to_json(),
        versions=versions(),
        statistics=_kinds(),
        rendition={"values": result.values.tolist(), "likeness": result.likeness, "frames": len(result.frame_residuals)},
        honest=[{"channel": each.channel, "values": each.values.tolist()} for each in result.honest],
    )
    write_whole(path, json.dumps(body, allow_nan=False, indent=1) + "\n")


def check_evidence(
    path: str | os.PathLike[str],
    files: tuple[str, str] | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> EvidenceCheck:
    """Make the verdict of a verification again, from its evidence alone or from the files.

    Without the files it is found out whether the verdict follows from the statistics in the evidence. With them, whether these are the
    files that were verified, and everything is measured and encoded again with the seed in the evidence, which takes as long as before.

    Args:
        path: of the evidence.
        files: source and rendition, to do everything again.
        limits: how much of the files is read.
        progress: told of each honest encode done, and of how many.

    Raises:
        InputError: if the file is missing or no evidence that this version can read.
        MediaError: if source or rendition cannot be read.
    """
    said = _Said(path)
    problems = list(_against_own_statistics(said))
    remarks: list[str] = []
    if files is not None:
        digests = tuple(map(digest_of, files))
        strange = [file for file, got, expected in zip(files, digests, said.digests, strict=True) if got != expected]
        problems += [f"{file} is not the file that was verified: their SHA-256 differ" for file in strange]
        if not strange:
            fresh = verify_file(*files, alpha=said.alpha, encodes=len(said.honest), seed=said.seed, limits=limits, progress=progress)
            same_tools = said.versions == versions()
            if not same_tools:
                remarks.append("other versions of indelible or its libraries are installed here: the honest encodes may differ in detail")
            problems += _against_the_files(said, fresh, same_tools=same_tools)
    return EvidenceCheck(os.fspath(path), str(said.verification.get("verdict")), files is not None, tuple(problems), tuple(remarks))


class _Said:
    """What an evidence file says, of the right types."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        body = read_document(path, schemas=(_SCHEMA,), called="file of evidence", made_by="indelible verify --evidence")
        try:
            if body["statistics"] != canonical(_kinds()):
                raise InputError(f"{os.fspath(path)} was made with other statistics than this version has; check it with that version")
            self.versions: dict[str, Any] = body["versions"]
            self.verification: dict[str, Any] = dict(body["verification"])
            self.alpha = float(self.verification["alpha"])
            self.seed = int(self.verification["evidence"]["seed"])
            self.digests = (self.verification["evidence"]["source_sha256"], self.verification["evidence"]["rendition_sha256"])
            self.checks = tuple(Check(**check) for check in self.verification["conformance"])
            self.values = _values(body["rendition"]["values"])
            self.likeness, self.frames = float(body["rendition"]["likeness"]), int(body["rendition"]["frames"])
            self.honest = [_values(each["values"]) for each in body["honest"]]
            self.channels = [str(each["channel"]) for each in body["honest"]]
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError(f"{os.fspath(path)} is not a whole file of evidence ({type(error).__name__}: {error})") from error
        if not 1 <= len(self.honest) <= _MOST_ENCODES or self.seed < 0:
            raise InputError(f"{os.fspath(path)} has {len(self.honest)} honest encodes and seed {self.seed}; it is not whole")

    def decide(self) -> Decision:
        """Return what follows from the statistics."""
        decision = decide_on(self.values, self.honest, likeness=self.likeness, frames=self.frames, alpha=self.alpha)
        return with_checks(decision, self.checks)


def _values(given: Sequence[float]) -> NDArray[np.float64]:
    values = np.array(given, np.float64)
    if values.shape != (len(STATISTICS),) or not (values >= 0.0).all():
        raise ValueError(f"statistics are {len(STATISTICS)} numbers, none below 0")
    return values


def _kinds() -> list[dict[str, Any]]:
    return [asdict(each) for each in STATISTICS]


def _against_own_statistics(said: _Said) -> Iterator[str]:
    found = said.decide()
    claimed = said.verification
    if claimed.get("verdict") != found.verdict:
        yield f"the verdict {claimed.get('verdict')} does not follow from the statistics; they give {found.verdict}"
    if not _near(claimed.get("log10_p"), found.log10_p):
        yield f"log10 p is said to be {claimed.get('log10_p')}; the statistics give {found.log10_p:.6g}"
    families, statistics = claimed.get("families"), claimed.get("statistics")
    for family, score in found.scores.items():
        own = families.get(family) if isinstance(families, Mapping) else None
        if not isinstance(own, Mapping) or not _near(own.get("score"), score) or not _near(own.get("log10_p"), found.families[family]):
            yield f"p or score of the family {family} do not follow from the statistics"
    for name, value in found.statistics.items():
        if not isinstance(statistics, Mapping) or not _near(statistics.get(name), value):
            yield f"the statistic {name} is given with two values"


def _against_the_files(said: _Said, fresh: Verification, *, same_tools: bool) -> Iterator[str]:
    if fresh.decision.verdict != said.verification.get("verdict"):
        yield f"the files give {fresh.decision.verdict} and not {said.verification.get('verdict')}"
    if not np.allclose(fresh.values, said.values, rtol=_RELATIVE, atol=_ABSOLUTE):
        yield "the statistics of the rendition are not those in the evidence"
    if not same_tools:
        return
    if [each.channel for each in fresh.honest] != said.channels:
        yield "the seed does not give the honest encodes in the evidence"
    elif not all(
        np.allclose(each.values, values, rtol=_RELATIVE, atol=_ABSOLUTE) for each, values in zip(fresh.honest, said.honest, strict=True)
    ):
        yield "the statistics of the honest encodes are not those in the evidence"
    places = [_places(body.get("regions")) for body in (fresh.to_json(), said.verification)]
    if places[0] != places[1]:
        yield "the regions are not those in the evidence"


def _places(regions: Any) -> Any:
    """Return where regions lie, rounded."""
    if not isinstance(regions, list) or not all(isinstance(each, Mapping) for each in regions):
        return None
    names = ("start_seconds", "end_seconds", "x", "y", "w", "h")
    numbers = [[each.get(name) for name in names] for each in regions]
    if not all(isinstance(number, int | float) for region in numbers for number in region):
        return None
    return sorted(
        ([round(float(number), 3) for number in region], str(each.get("family"))) for region, each in zip(numbers, regions, strict=True)
    )


def _near(claimed: object, expected: float) -> bool:
    return isinstance(claimed, int | float) and abs(claimed - expected) <= _SCORE_STEP
