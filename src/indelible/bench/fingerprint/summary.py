"""What the records of a run say together: shares of copies and of excerpts that were found, with their intervals."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from indelible.bench.fingerprint.edits import Edit
from indelible.bench.fingerprint.hashes import VideoHash, unrelated_distances
from indelible.bench.fingerprint.trial import Original
from indelible.fingerprint.match.search import MOST_FALSE_MATCHES
from indelible.runs.cache import Record
from indelible.runs.corpus import CorpusClip
from indelible.runs.rates import rate

FALSE_POSITIVE_RATE = 1e-3


def summarise_edits(
    records: Sequence[Record],
    originals: Sequence[Original],
    clips: Sequence[CorpusClip],
    edits: Iterable[Edit],
    hashes: Sequence[VideoHash],
) -> list[dict[str, Any]]:
    """Return one row for each edit that means something for a clip: who was found at the promised number of false matches, and at an
    empirical rate of them.

    That rate is ours among (copy, clip of another source); what is found among the made codes counts against us besides. Of other hashes
    it is that among pairs of clips of different sources.
    """
    by_edit: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_edit[record["edit"]].append(record)
    source_of = {clip.name: clip.source for clip in clips}
    unrelated = [value for record in records for value in record["others"].values()]
    trials = sum(len(clips) - record["related_videos"] - 1 for record in records)
    empirical = threshold_at(unrelated, trials, FALSE_POSITIVE_RATE)
    limits = {}
    for kind in hashes:
        apart = unrelated_distances(kind, [original.hashes for original in originals], [clip.source for clip in clips])
        limits[kind.name] = threshold_at(apart.tolist(), len(apart), FALSE_POSITIVE_RATE)
    limit = math.log10(MOST_FALSE_MATCHES)
    rows = []
    for edit in edits:
        cell = by_edit[edit.name]
        if not cell:
            continue
        sources = [source_of[record["clip"]] for record in cell]
        reached = [math.inf if record["right"] is None else record["right"] for record in cell]
        rows.append(
            {
                "edit": edit.name,
                "goal": edit.goal,
                "found": rate([each <= limit for each in reached], sources),
                "found_at_empirical_rate": rate([each <= empirical for each in reached], sources),
                "found_by_key_frames": rate([record["right_by_key_frames"] is not None for record in cell], sources),
                "false_videos_by_key_frames": sum(record["others_by_key_frames"] for record in cell),
                "hashes": {
                    kind.name: {
                        "found_at_empirical_rate": rate([record["hashes"][kind.name] <= limits[kind.name] for record in cell], sources),
                        "found_at_its_own": None
                        if kind.same is None
                        else rate([record["hashes"][kind.name] <= kind.same for record in cell], sources),
                    }
                    for kind in hashes
                },
                "median_distance": _median([record["distance"] for record in cell if record["distance"] is not None]),
                "median_log10_expected": _median([each for each in reached if math.isfinite(each)]),
                "false_videos": sum(value <= limit for record in cell for value in record["others"].values()),
                "related_videos": sum(value <= limit for record in cell for value in record["related"].values()),
            }
        )
    return rows


def threshold_at(values: Sequence[float], trials: int, share: float) -> float:
    """Return the largest threshold at or below which at most this share of the trials lies; values not given count as infinite."""
    allowed = math.floor(trials * share)
    ordered = sorted(values)
    return math.inf if len(ordered) <= allowed else math.nextafter(ordered[allowed], -math.inf)


def summarise_excerpts(records: Sequence[Record], clips: Sequence[CorpusClip]) -> dict[str, Any] | None:
    """Return how many excerpts were found in compilations, and how well in time; None if there is none.

    Those that were not found count as not overlapping at all.
    """
    excerpts = [record for record in records if "found" in record]
    if not excerpts:
        return None
    source_of = {clip.name: clip.source for clip in clips}
    overlaps = [record["overlap"] for record in excerpts]
    return {
        "goal": 0.95,
        "found": rate([record["found"] for record in excerpts], [source_of[record["clip"]] for record in excerpts]),
        "mean_overlap": round(float(np.mean(overlaps)), 3),
        "mean_overlap_of_found": round(float(np.mean([each for each in overlaps if each > 0.0] or [0.0])), 3),
        "false_videos": sum(record["strangers"] for record in records if "strangers" in record),
        "missed": [record["clip"] for record in excerpts if not record["found"]],
    }


def _median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 2) if values else None
