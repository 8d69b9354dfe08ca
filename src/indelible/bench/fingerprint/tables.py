"""Markdown tables of the benchmark of fingerprints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from indelible.runs.markdown import caption, interval, table


def fingerprint_tables(result: Mapping[str, Any]) -> str:
    """Return which copies were found, and what the codes are worth."""
    settings = result["settings"]
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
    parts = [caption(result)]
    if result["summary"]:
        part, parts_in_all = settings["part"]
        of_clips = f"Copies of {settings['edited_clips']} clips" + (f" (part {part} of {parts_in_all})" if parts_in_all > 1 else "")
        parts.append(f"{of_clips}, looked for among {settings['database_codes']:,} codes, those of all clips included.\n")
        parts += [f"**Found**, at most {settings['most_false_matches']:g} false matches expected\n", _found(result["summary"])]
        parts += ["**Beside others**, each at a false-positive rate of 1e-3\n", _beside_others(result["summary"])]
    if result["compilations"] is not None:
        parts += ["**Excerpts of 3 s in compilations**\n", _compilations(result["compilations"])]
    return "\n".join([*parts, "**The codes**\n", table(code_header, codes)])


def _found(summary: Sequence[Mapping[str, Any]]) -> str:
    header = [
        "edit",
        "goal",
        "found",
        "95 %",
        "found, FPR 1e-3",
        "found by key frames",
        "median bits",
        "median log10 NFA",
        "false",
        "by key frames",
        "same source",
    ]
    rows = [
        [
            row["edit"],
            f"{100 * row['goal']:.0f} %",
            _share(row["found"]),
            interval(row["found"]),
            _share(row["found_at_empirical_rate"]),
            _share(row["found_by_key_frames"]),
            _number(row["median_distance"]),
            _number(row["median_log10_expected"]),
            str(row["false_videos"]),
            str(row["false_videos_by_key_frames"]),
            str(row["related_videos"]),
        ]
        for row in summary
    ]
    return table(header, rows)


def _beside_others(summary: Sequence[Mapping[str, Any]]) -> str:
    """Return who finds how many, each at the threshold below which one in a thousand unrelated pairs lies; the last row is the sum."""
    names = list(summary[0]["hashes"])
    counts = [[row["found"]["n"], *(each["k"] for each in (row["found_at_empirical_rate"], *_of_others(row, names)))] for row in summary]
    rows = [[row["edit"], *map(str, numbers)] for row, numbers in zip(summary, counts, strict=True)]
    rows.append(["all", *(str(sum(column)) for column in zip(*counts, strict=True))])
    return table(["edit", "copies", "fingerprint_v1", *names], rows)


def _of_others(row: Mapping[str, Any], names: Sequence[str]) -> list[Mapping[str, Any]]:
    return [row["hashes"][name]["found_at_empirical_rate"] for name in names]


def _compilations(row: Mapping[str, Any]) -> str:
    header = ["goal", "found", "95 %", "mean overlap in time", "of those found", "false"]
    line = [f"{100 * row['goal']:.0f} %", _share(row["found"]), interval(row["found"])]
    return table(header, [[*line, f"{row['mean_overlap']:.2f}", f"{row['mean_overlap_of_found']:.2f}", str(row["false_videos"])]])


def _share(rate: Mapping[str, Any]) -> str:
    return f"{rate['k']} of {rate['n']}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
