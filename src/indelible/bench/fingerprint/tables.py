"""Markdown tables of the benchmark of fingerprints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from indelible.runs.markdown import caption, table


def fingerprint_tables(result: Mapping[str, Any]) -> str:
    """Return which copies were found, and what the codes are worth."""
    settings = result["settings"]
    found = [
        [
            row["edit"],
            f"{100 * row['goal']:.0f} %",
            _share(row["found"]),
            _share(row["found_at_empirical_rate"]),
            _share(row["found_by_key_frames"]),
            _number(row["median_distance"]),
            _number(row["median_log10_expected"]),
            str(row["false_videos"]),
            str(row["false_videos_by_key_frames"]),
            str(row["related_videos"]),
        ]
        for row in result["summary"]
    ]
    header = [
        "edit",
        "goal",
        "found",
        "found, FPR 1e-3",
        "found by key frames",
        "median bits",
        "median log10 NFA",
        "false",
        "by key frames",
        "same source",
    ]
    views = ["the whole picture", "the middle"]
    codes = [
        [
            views[row["view"]],
            f"{row['effective_bits']:.0f}",
            f"{row['mean_distance']:.1f}",
            f"{row['sd_distance']:.1f}",
            str(row["least_distance"]),
            f"{row['share_of_ones']['least']:.2f}-{row['share_of_ones']['greatest']:.2f}",
            f"{row['offset_bits']['median']:.1f}",
        ]
        for row in result["codes"]
    ]
    code_header = [
        "codes of",
        "effective bits",
        "unrelated: mean bits",
        "sd",
        "least",
        "share of ones of a bit",
        "bits changed by 0.25 s (median)",
    ]
    return "\n".join(
        [
            caption(result),
            f"Found: at most {settings['most_false_matches']:g} false matches expected among {settings['database_codes']:,} codes.\n",
            table(header, found),
            _beside_others(result["summary"]),
            _compilations(result["compilations"]),
            table(code_header, codes),
        ]
    )


def _beside_others(summary: Sequence[Mapping[str, Any]]) -> str:
    """Return who finds how many, each at the threshold below which one in a thousand unrelated pairs lies."""
    names = list(summary[0]["hashes"]) if summary else []
    rows = [
        [
            row["edit"],
            _share(row["found_at_empirical_rate"]),
            *(_share(each["found_at_empirical_rate"]) for each in row["hashes"].values()),
        ]
        for row in summary
    ]
    return "At a false-positive rate of 1e-3:\n\n" + table(["edit", "fingerprint_v1", *names], rows)


def _compilations(row: Mapping[str, Any]) -> str:
    if row["mean_overlap"] is None:
        return "No compilations: no clip is long enough.\n"
    found = f"{_share(row['found'])} found (goal {100 * row['goal']:.0f} %)"
    overlap = f"mean overlap in time {row['mean_overlap']:.2f}, of those found {row['mean_overlap_of_found']:.2f}"
    return f"Excerpts of 3 s in compilations: {found}, {overlap}; false: {row['false_videos']}.\n"


def _share(rate: Mapping[str, Any]) -> str:
    return f"{rate['k']} of {rate['n']}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
