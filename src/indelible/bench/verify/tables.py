"""The tables of the benchmark of verification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indelible.bench.verify.goals import ACCEPTED, EACH_GROUP, GOALS, OVERALL
from indelible.bench.verify.summary import OURS, OURS_AT_SAME_RATE
from indelible.runs.markdown import caption, interval, table


def verify_tables(result: Mapping[str, Any]) -> str:
    """Return who was accepted, whether p is one, and which attacks were caught by whom."""
    settings, summary = result["settings"], result["summary"]
    alpha, same_rate = settings["alpha"], settings["same_rate"]
    about = (
        f"The first {settings['max_seconds']:g} s of each clip, at most {settings['short_side']} lines, {settings['rungs']} rungs each, "
        f"{settings['encodes']} honest encodes for each null.\n"
    )
    accepted, alarms = summary["honest"]["accepted"], summary["honest"]["alarms_at_alpha"]
    verdicts = ", ".join(f"{count} {name}" for name, count in summary["honest"]["verdicts"].items())
    judges = [name for name in summary["all"] if name != OURS_AT_SAME_RATE or alpha != same_rate]
    header = ["", "goal", *(_heading(name, alpha, same_rate) for name in judges)]
    rows = [["false alarms", "", *(_share(summary["false_alarms"][name]) for name in judges)]]
    rows += [["all attacks", f"{100 * OVERALL:g} %", *(_share(summary["all"][name]) for name in judges)]]
    rows += [[row["group"], f"{100 * EACH_GROUP:g} %", *(_share(row["caught"][name]) for name in judges)] for row in summary["groups"]]
    parts = [
        caption(result),
        about,
        "**Honest renditions**\n",
        f"Accepted: {accepted['k']} of {accepted['n']} ({interval(accepted)}; the goal is {100 * ACCEPTED:g} %); "
        f"p at most {alpha:g}: {alarms['k']} of {alarms['n']} "
        f"({interval(alarms)}). Verdicts: {verdicts}.\n",
        table(
            ["p at most", "honest renditions", "95 %"],
            [[f"{row['level']:g}", _share(row["share"]), interval(row["share"])] for row in summary["calibration_of_p"]],
        ),
        "**Rungs**\n",
        table(
            ["rendition", "accepted", "95 %", "attacks caught", "95 %"],
            [[f"`{row['base']}`", *_cells(row["accepted"]), *_cells(row["caught"])] for row in summary["by_rung"]],
        ),
        "**Attacks caught, beside what others do**\n",
        table(header, rows),
        "**Attacks, one by one**\n",
        table(
            [
                "attack",
                "goal",
                "caught",
                "95 %",
                f"at {100 * same_rate:g} %",
                "best of others",
                "no effect",
                "time IoU",
                "block F1",
                "verdicts",
            ],
            [_attack(row) for row in summary["attacks"]],
        ),
    ]
    return "\n".join(parts)


def _heading(name: str, alpha: float, same_rate: float) -> str:
    return {OURS: f"verify at {100 * alpha:g} %", OURS_AT_SAME_RATE: f"verify at {100 * same_rate:g} %"}.get(name, name)


def _attack(row: Mapping[str, Any]) -> list[str]:
    caught = row["caught"]
    others = {name: found["k"] for name, found in caught.items() if name not in (OURS, OURS_AT_SAME_RATE)}
    best = max(others, key=lambda name: others[name])
    verdicts = ", ".join(f"{count} {name}" for name, count in row["verdicts"].items())
    return [
        f"`{row['attack']}`",
        f"{100 * GOALS[row['attack']]:g} %" if row["attack"] in GOALS else "",
        *_cells(caught[OURS]),
        _share(caught[OURS_AT_SAME_RATE]),
        f"{_share(caught[best])} ({best})" if others[best] else "none",
        str(row["invisible"]),
        _number(row["time_iou"]),
        _number(row["block_f1"]),
        verdicts,
    ]


def _cells(found: Mapping[str, Any]) -> list[str]:
    return [f"{found['k']} of {found['n']}", interval(found)] if found["n"] else ["-", "-"]


def _share(found: Mapping[str, Any]) -> str:
    return f"{100 * found['k'] / found['n']:.1f} %" if found["n"] else "-"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
