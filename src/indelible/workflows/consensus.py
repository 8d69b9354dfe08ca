"""Which of several renditions of one segment agree, without their source."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from indelible.errors import InputError, MediaError
from indelible.verify.consensus import Agreement, agree, check_quorum
from indelible.verify.decision import smallest_alpha
from indelible.video import Limits
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.document import Document, document
from indelible.workflows.panel import Pair, Panel
from indelible.workflows.progress import Progress
from indelible.workflows.verify import DEFAULT_ALPHA, DEFAULT_ENCODES

__all__ = ["Consensus", "Outlier", "consensus_of", "consensus_on"]


@dataclass(frozen=True, slots=True, eq=False)
class Outlier:
    """A rendition that does not agree with those that win.

    Args:
        file: as given.
        reason: in words.
        pair: with the winner or, if it agrees with that, with the one of the clique that it is most unlike; None if it cannot be compared.
    """

    file: str
    reason: str
    pair: Pair | None


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """What several renditions say of each other.

    Args:
        files: as given.
        quorum: how many witnesses were asked for.
        clique: those that agree with each other, copies included; empty without a quorum.
        witnesses: how many of them count: all copies of a file are one witness.
        winner: the one in the middle of them; None without a quorum.
        outliers: all others that were looked at; empty without a quorum, when nobody knows who is one.
        pairs: of all that could be compared.
        copies: groups of files of which one is a copy of the other.
        faults: why a rendition could not be compared, by file.
        unread: files that were not waited for.
        alpha: a pair of honest renditions may disagree so often.
        encodes: honest encodes that each pair was ranked among.
        seed: of the honest encodes.
        warnings: what was wrong with the files, a sentence each.
    """

    files: tuple[str, ...]
    quorum: int
    clique: tuple[str, ...]
    witnesses: int
    winner: str | None
    outliers: tuple[Outlier, ...]
    pairs: tuple[Pair, ...]
    copies: tuple[tuple[str, ...], ...]
    faults: Mapping[str, str]
    unread: tuple[str, ...]
    alpha: float
    encodes: int
    seed: int
    warnings: tuple[str, ...]

    @property
    def verdict(self) -> Literal["AGREE", "NO_QUORUM"]:
        """Whether so many agree as were asked for."""
        return "NO_QUORUM" if self.winner is None else "AGREE"

    def to_json(self) -> Document:
        """Return the document ``indelible.consensus/1``."""
        return document(
            "consensus",
            files=list(self.files),
            verdict=self.verdict,
            quorum=self.quorum,
            tolerated=len(self.files) - self.quorum,
            witnesses=self.witnesses,
            winner=self.winner,
            clique=list(self.clique),
            outliers=[
                {
                    "file": each.file,
                    "reason": each.reason,
                    "log10_p": None if each.pair is None else each.pair.decision.log10_p,
                    "regions": [] if each.pair is None else [asdict(region) for region in each.pair.regions],
                }
                for each in self.outliers
            ],
            pairs=[
                {
                    "files": [pair.source, pair.file],
                    "agrees": pair.agrees,
                    "log10_p": pair.decision.log10_p,
                    "verdict": pair.decision.verdict,
                    "reason": pair.decision.reason,
                    "families": pair.decision.scores,
                    "conformance": [asdict(check) for check in pair.checks],
                    "stand_in": pair.stand_in,
                }
                for pair in self.pairs
            ],
            copies=[list(group) for group in self.copies],
            faults=dict(self.faults),
            unread=list(self.unread),
            alpha=self.alpha,
            calibration={"n": self.encodes, "smallest_p": smallest_alpha(self.encodes)},
            evidence={"seed": self.seed},
        )


def consensus_of(
    files: Sequence[str],
    *,
    quorum: int | None = None,
    first: bool = False,
    alpha: float = DEFAULT_ALPHA,
    encodes: int = DEFAULT_ENCODES,
    seed: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Consensus:
    """Say which renditions of one segment agree, and which of them is in the middle.

    Args:
        files: paths of 2 to 15 renditions, in any codecs, sizes and frame rates.
        quorum: how many must agree, more than half; None for the smallest majority.
        first: take the files in the order given, as they arrived, and answer as soon as a quorum agrees.
        alpha: a pair of honest renditions disagrees if its p is at most this.
        encodes: honest encodes of each, at least 1 / alpha - 1.
        seed: of the honest encodes, 0 or more; None draws one.
        limits: how much of each file is read.
        progress: told of each round of honest encodes done, and of how many.

    Raises:
        InputError: if files, quorum, alpha, encodes or seed are not allowed.
        MediaError: if no file can be read.
    """
    panel = Panel(alpha=alpha, encodes=encodes, seed=seed, limits=limits, progress=progress)
    return consensus_on(panel, files, quorum=quorum, first=first)


def consensus_on(panel: Panel, files: Sequence[str], *, quorum: int | None = None, first: bool = False) -> Consensus:
    """Do the same with a panel, which compares no pair twice: for several questions about some of its renditions; see `consensus_of`."""
    asked = check_quorum(len(files), quorum)
    if "-" in files or len(set(files)) < len(files):
        raise InputError("each rendition must be a file of its own, given once, and none a pipe (-)")
    result = None
    for count in range(asked, len(files) + 1) if first else (len(files),):
        result = _among(panel, files, arrived=count, quorum=asked)
        if result.winner is not None:
            break
    if result is None or len(result.faults) == len(files):
        raise panel.fault(files[0]) or InputError("no rendition was given")
    return result


def _among(panel: Panel, files: Sequence[str], *, arrived: int, quorum: int) -> Consensus:
    """Return what those that arrived say of each other."""
    here = files[:arrived]
    groups, pairs = _compared(panel, here)
    faults = {file: str(error) for file in here if (error := panel.fault(file)) is not None}
    witnesses: list[list[str]] = []  # each with its copies, the best first
    for group in map(groups.__getitem__, panel.ranked(groups)):
        original = next((each for each in witnesses if pairs[frozenset((each[0], group[0]))].copied), None)
        if original is None:
            witnesses.append(list(group))
        else:  # the same pictures in another file: to pack them anew costs a copier nothing
            original += group
    found = _agreement([group[0] for group in witnesses], pairs, quorum=quorum)
    agreeing = [witnesses[place] for place in found.clique]
    others = [group for group in witnesses if group not in agreeing]
    winner = None if found.winner is None else witnesses[found.winner][0]
    chosen = {file for group in agreeing for file in group}
    return Consensus(
        files=tuple(files),
        quorum=quorum,
        clique=tuple(file for file in here if file in chosen),
        witnesses=len(agreeing),
        winner=winner,
        outliers=(*_outliers(others, agreeing, pairs, winner), *(Outlier(*fault, None) for fault in faults.items())) if agreeing else (),
        pairs=tuple(pairs.values()),
        copies=tuple(tuple(file for file in here if file in group) for group in witnesses if len(group) > 1),
        faults=faults,
        unread=tuple(files[arrived:]),
        alpha=panel.alpha,
        encodes=panel.encodes,
        seed=panel.seed,
        warnings=tuple(sentence for file in here for sentence in panel.warnings(file)),
    )


def _compared(panel: Panel, files: Sequence[str]) -> tuple[dict[str, list[str]], dict[frozenset[str], Pair]]:
    """Return the files that can be compared, by the first of each group with the same bytes, and the pairs of these first ones."""
    while True:
        by_bytes: dict[str, list[str]] = {}
        for file in files:
            if panel.fault(file) is None:
                by_bytes.setdefault(panel.digest(file), []).append(file)
        groups = {group[0]: group for group in by_bytes.values()}
        try:
            return groups, panel.compare(list(groups))
        except MediaError:
            if all(panel.fault(file) is None for file in groups):
                raise


def _agreement(files: Sequence[str], pairs: Mapping[frozenset[str], Pair], *, quorum: int) -> Agreement:
    agrees, unlikeness = np.eye(len(files), dtype=np.bool_), np.zeros((len(files), len(files)))
    for (one, a), (other, b) in itertools.combinations(enumerate(files), 2):
        pair = pairs[frozenset((a, b))]
        agrees[one, other] = agrees[other, one] = pair.agrees
        unlikeness[one, other] = unlikeness[other, one] = pair.unlikeness
    return agree(agrees, unlikeness, quorum=quorum)


def _outliers(
    groups: Sequence[Sequence[str]], agreeing: Sequence[Sequence[str]], pairs: Mapping[frozenset[str], Pair], winner: str | None
) -> Iterator[Outlier]:
    for group in groups:
        beside = [pairs[frozenset((group[0], other[0]))] for other in agreeing]
        apart = [pair for pair in beside if not pair.agrees]
        pair = max(apart, key=lambda each: (winner in (each.source, each.file), -each.decision.log10_p, each.unlikeness))
        wrong = next((check for check in pair.checks if not check.passed), None)
        reason = pair.decision.reason if wrong is None else f"{wrong.name}: expected {wrong.expected}, got {wrong.got}"
        yield from (Outlier(file, reason, pair) for file in group)
