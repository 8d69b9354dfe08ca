"""Proofs of training: evidence that a model learned from footage marked with a key, its controls, and the signed document of both."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indelible.audit.bands import PROTOCOL, commitment
from indelible.audit.detect import LookingGlass
from indelible.audit.twins import judge_twins
from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.stats.intervals import monte_carlo_p, uniform_excess
from indelible.stats.tails import log10_union
from indelible.video import Limits
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.certificate import PROOF_SCHEMA, Certificate, sha256_of, sign
from indelible.workflows.doctor import versions
from indelible.workflows.training_detect import detect_training_file, material_files, spectrum_of
from indelible.workflows.training_mark import DEFAULT_TEST_ALPHA, TrainingMark, mark_training_file
from indelible.workflows.twins import TwinRecord, twin_evidence

__all__ = [
    "CONTROLS",
    "Evidence",
    "Terms",
    "certified_proof",
    "evidence_of_outputs",
    "evidence_of_rank",
    "evidence_of_twins",
    "rank_of_key",
]

CONTROLS = 1000  # wrong keys, or runs of other coins
_CONTROL_CONFIDENCE = 0.999
_QUERIES_LOG10_ALPHA = -2.0  # queries that look marked at this level are refused: rather one innocent in a hundred than a leak


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a test says, before it is corrected for other tests.

    Args:
        kind: ``outputs``, ``rank`` or ``twins``.
        log10_p: exact.
        log10_floor: the smallest that was possible.
        statistic: in numbers.
        material: what was looked at: count, and SHA-256 over the names and bytes of all.
        queries: likewise what was asked, with the p-value of the check that it carries no mark; None where there was none.
        controls: log10 p of wrong keys, by the same test; empty where its null leaves no other key to try.
    """

    kind: str
    log10_p: float
    log10_floor: float
    statistic: Mapping[str, Any]
    material: Mapping[str, Any]
    queries: Mapping[str, Any] | None = None
    controls: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed on before the test.

    Args:
        alpha: level at which p counts as evidence.
        tests: how many tests of this claim are made in all, this one included; p is corrected for them.
        manifest: the manifest of `indelible audit mark`, whose commitment is compared; None without one.
        model: what was tested, in words.

    Raises:
        InputError: if a number is out of range.
    """

    alpha: float = DEFAULT_TEST_ALPHA
    tests: int = 1
    manifest: str | None = None
    model: str = ""

    def __post_init__(self) -> None:
        if not 0.0 < self.alpha < 1.0 or self.tests < 1:
            raise InputError(f"alpha is {self.alpha:g} and tests are {self.tests}; alpha must lie between 0 and 1, and 1 test is the least")


def evidence_of_outputs(
    outputs: str | os.PathLike[str],
    key: SecretKey,
    *,
    queries: str | os.PathLike[str] | None = None,
    lines: float | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Evidence:
    """Test what a model made: a folder of clips or pictures.

    Args:
        outputs: videos and pictures; all that the model made, not a choice of them.
        key: whose mark is looked for.
        queries: what it made them from (the inputs of a restorer, the first pictures of a generator), which must carry no mark; what
            their bands say is taken away from what those of the outputs say.
        lines: shorter side of the footage that outputs are patches of, as it was when the model was trained. Their scale is known then, so
            that no other and no mirror image is tried; without, they are, and paid for.
        limits: how much of a video is read.

    Raises:
        InputError: if there is nothing to look at, or the queries carry the mark: then the outputs say nothing of training.
        MediaError: if a file cannot be read.
    """
    made = material_files(outputs)
    asked, checked = None, None
    if queries is not None:
        files = material_files(queries)
        asked = spectrum_of(files, lines=lines, limits=limits)
        seen = LookingGlass(asked).look(key).log10_p
        if seen <= _QUERIES_LOG10_ALPHA:
            raise InputError(
                f"the queries in {os.fspath(queries)} carry the mark themselves (p = 10^{seen:.1f}); a model that copies its input would "
                "look guilty. Ask it with footage that was never marked"
            )
        checked = {**_material(files), "log10_p": round(seen, 3)}
    material = _material(made)
    glass = LookingGlass(spectrum_of(made, lines=lines, limits=limits), less=asked, search=lines is None)
    found = glass.look(key)
    controls = tuple(glass.look(wrong).log10_p for wrong in _wrong_keys(material["sha256"]))
    statistic = {
        "coins": found.coins,
        "coins_right": round(found.right, 4),
        "scale": found.scale,
        "mirrored": found.mirrored,
        "searched": found.searched,
    }
    return Evidence("outputs", found.log10_p, found.log10_floor, statistic, material, checked, controls)


def rank_of_key(score: Callable[[SecretKey], float], key: SecretKey, *, fresh: int = 99, lower: bool = False) -> tuple[float, list[float]]:
    """Return (p, scores): the rank of a key's score among those of fresh keys, exact because any of them could have been the true one.

    Args:
        score: of a model, for footage marked with the key it is given. It must treat all keys alike: same footage, same random numbers.
        key: the true one.
        fresh: other keys to draw, at least 1; p is at least 1 / (fresh + 1).
        lower: whether lower scores (losses) mean "more like what I was trained on".

    Raises:
        InputError: if ``fresh`` is less than 1.
    """
    if fresh < 1:
        raise InputError(f"{fresh} fresh keys; at least 1 is needed, and p can be no smaller than 1 / (that + 1)")
    sign = -1.0 if lower else 1.0
    scores = [score(each) for each in (key, *(SecretKey.generate() for _ in range(fresh)))]
    return monte_carlo_p(sign * scores[0], [sign * each for each in scores[1:]]), scores


def evidence_of_rank(
    query: str | os.PathLike[str],
    score: Callable[[Path], float],
    mark: TrainingMark,
    *,
    fresh: int = 99,
    lower: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Evidence:
    """Test by a score: mark footage that the model never saw with the key and with fresh ones, and rank the scores.

    Args:
        query: a video without the mark, and not from the training set.
        score: of a video, by the model.
        mark: key, quality and encoder; the same for all.
        fresh: as `rank_of_key`.
        lower: likewise.
        limits: how much of the video is read.

    Raises:
        InputError: if the query carries the mark, or a score cannot be had.
        MediaError: if it cannot be read.
    """
    (seen,) = detect_training_file(query, [mark.key], limits=limits)
    if seen.detection.log10_p <= _QUERIES_LOG10_ALPHA:
        raise InputError(f"{os.fspath(query)} carries the mark itself (p = 10^{seen.detection.log10_p:.1f}); ask with footage never marked")
    with tempfile.TemporaryDirectory(prefix="indelible-audit-") as folder:
        place = Path(folder) / "query.mp4"

        def score_of(key: SecretKey) -> float:
            embedded = TrainingMark(key, mark.quality_db, mark.settings)
            mark_training_file(query, place, embedded, overwrite=True, limits=limits)
            return score(place)

        p, scores = rank_of_key(score_of, mark.key, fresh=fresh, lower=lower)
    floor = float(np.log10(1.0 / (fresh + 1)))
    statistic = {"score": scores[0], "fresh_keys": fresh, "lower_is_more": lower, "fresh_scores": scores[1:]}
    queries = {**_material([Path(query)]), "log10_p": round(seen.detection.log10_p, 3)}
    return Evidence("rank", float(np.log10(p)), floor, statistic, queries, queries)


def evidence_of_twins(record: TwinRecord, scores: Mapping[str, float], *, lower: bool = False) -> Evidence:
    """Test the scores of published twins against their sealed ones; the signed-rank test counts, the others stand beside it.

    Raises:
        InputError: as `twin_evidence`.
    """
    found = twin_evidence(record, scores, lower=lower)
    gaps = [scores[each["published"]] - scores[each["sealed"]] for each in record.clips if each["published"] in scores]
    rng = np.random.default_rng(list(bytes.fromhex(record.commitment)))
    flips = (rng.choice((-1.0, 1.0), len(gaps)) for _ in range(CONTROLS))
    controls = tuple(judge_twins([float(gap) for gap in np.multiply(gaps, coins)]).log10_p for coins in flips)
    statistic = {
        "pairs": found.pairs,
        "wins": found.wins,
        "lower_is_more": lower,
        "log10_p_sign_test": round(found.log10_p_wins, 4),
        "log10_p_anytime": round(found.log10_p_anytime, 4),
    }
    told = hashlib.sha256(json.dumps(dict(sorted(scores.items()))).encode()).hexdigest()
    material = {"count": len(scores), "sha256": told, "twins_commitment": record.commitment}
    return Evidence("twins", found.log10_p, found.log10_floor, statistic, material, None, controls)


def certified_proof(evidence: Evidence, key: SecretKey, terms: Terms) -> Certificate:
    """Return the signed document ``indelible.audit-proof/1`` of a test.

    Raises:
        InputError: if the manifest is none, or commits to another key or level.
    """
    log10_p = log10_union(evidence.log10_p, terms.tests)
    committed = _check_manifest(terms.manifest, key, terms.alpha) if terms.manifest is not None else None
    control = _control(evidence.controls)
    sound = control is None or control["valid"]
    body = {
        "schema": PROOF_SCHEMA,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "protocol": PROTOCOL,
        "key_id": key.key_id,
        "model": terms.model,
        "kind": evidence.kind,
        "alpha": terms.alpha,
        "committed": committed,
        "commitment": commitment(key, alpha=terms.alpha),
        "log10_p_alone": round(evidence.log10_p, 4),
        "tests": terms.tests,
        "log10_p": round(log10_p, 4),
        "log10_floor": round(log10_union(evidence.log10_floor, terms.tests), 4),
        "verdict": _verdict(log10_p, terms.alpha) if sound else "undecided",
        "statistic": dict(evidence.statistic),
        "material": dict(evidence.material),
        "queries": None if evidence.queries is None else dict(evidence.queries),
        "control": control,
        "versions": versions(),
    }
    return sign(body, key)


def _verdict(log10_p: float, alpha: float) -> str:
    if log10_p > np.log10(alpha):
        return "none"
    return "weak" if log10_p > -4.0 else "strong" if log10_p > -8.0 else "very strong"


def _control(log10_ps: Sequence[float]) -> dict[str, Any] | None:
    if not log10_ps:
        return None
    p = np.power(10.0, np.asarray(log10_ps))
    excess, band = uniform_excess(p, confidence=_CONTROL_CONFIDENCE)
    return {
        "wrong_keys": len(log10_ps),
        "excess": round(excess, 4),
        "band": round(band, 4),
        "valid": excess <= band,
        "smallest_log10_p": round(min(log10_ps), 3),
        "quantiles": [round(float(each), 4) for each in np.quantile(p, np.linspace(0.0, 1.0, 41))],
    }


def _wrong_keys(seed: str) -> list[SecretKey]:
    """Return keys that anybody can draw again from the material itself."""
    return [SecretKey(hashlib.sha256(f"indelible/audit/wrong/{seed}/{index}".encode()).digest()) for index in range(CONTROLS)]


def _material(files: Sequence[Path]) -> dict[str, Any]:
    lines = "".join(f"{sha256_of(file)}  {file.name}\n" for file in files)
    return {"count": len(files), "sha256": hashlib.sha256(lines.encode()).hexdigest()}


def _check_manifest(path: str, key: SecretKey, alpha: float) -> str:
    """Return the day of a manifest that commits to this key and level."""
    try:
        said = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"cannot read the manifest {path}: {error}") from error
    if not isinstance(said, dict) or said.get("schema") != "indelible.audit-manifest/1":
        raise InputError(f"{path} is no manifest of indelible audit mark")
    if said.get("commitment") != commitment(key, alpha=alpha):
        raise InputError(
            f"{path} commits to another key, protocol or level than key {key.key_id}, {PROTOCOL} and alpha {alpha:g}; "
            f"it names level {said.get('alpha')!r}"
        )
    return str(said.get("created"))
