"""Markdown tables of benchmark results, so that every table in the documentation has a command that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from indelible.audit.demo.tables import demo_tables
from indelible.bench.audit.tables import audit_tables
from indelible.bench.fingerprint.tables import fingerprint_tables
from indelible.bench.index.tables import index_table
from indelible.bench.look import IN_WORDS
from indelible.bench.peers.tables import peers_tables
from indelible.bench.robustness import cell_of
from indelible.bench.security.tables import security_tables
from indelible.bench.strangers import NULL_IN_WORDS, NullWay
from indelible.bench.verify.tables import verify_tables
from indelible.errors import InputError
from indelible.lab.mismatch_tables import mismatch_tables
from indelible.lab.recipe_tables import ablation_tables, tuning_tables
from indelible.lab.tables import comparison_tables, model_tables, validation_tables
from indelible.runs.markdown import caption, interval, table


def result_table(result: Mapping[str, Any]) -> str:
    """Return the tables of a result that a benchmark wrote.

    Raises:
        InputError: if this is not a result of a known benchmark.
    """
    schema = result.get("schema")
    if schema not in _WRITERS:
        raise InputError(f"schema {schema!r} has no table; known are {', '.join(_WRITERS)}")
    return _WRITERS[schema](result)


def _robustness(result: Mapping[str, Any]) -> str:
    parts = [caption(result)]
    summary = result["summary"]
    for bits, way in dict.fromkeys(cell_of(row)[:2] for row in summary):
        rows = [row for row in summary if cell_of(row)[:2] == (bits, way)]
        payload = f"{bits}-bit payload" if bits else "No payload (presence only)"
        parts.append(f"**{payload}**\n" if way == "plain" else f"**{payload}, {IN_WORDS[way]}**\n")
        parts.append(_survival(rows, with_payload=bool(bits), in_time=way == "plain"))
    parts += [_price(summary), _failures(result)]
    return "\n".join(part for part in parts if part)


def _survival(rows: Sequence[Mapping[str, Any]], *, with_payload: bool, in_time: bool) -> str:
    """Return what survives; how soon it is found was measured only where the detector was asked again and again."""
    header = ["channel", "present", "95 %", "median z", "median log10 p", *(["seconds to p"] if in_time else [])]
    if with_payload:
        header += ["payload exact", "95 %", "symbol errors", *(["seconds to payload"] if in_time else [])]
    lines = []
    for row in rows:
        line = [f"`{row['channel']}`", _of(row["presence"]), interval(row["presence"]), _number(row["median_z"])]
        line += [_number(row["median_log10_p"]), *([_seconds(row["median_presence_seconds"])] if in_time else [])]
        if with_payload:
            line += [_of(row["payload"]), interval(row["payload"]), _percent(row["mean_symbol_error_rate"])]
            line += [_seconds(row["median_payload_seconds"])] if in_time else []
        lines.append(line)
    return table(header, lines)


def _price(summary: Sequence[Mapping[str, Any]]) -> str:
    """Return what the mark costs: distortion for every payload, VMAF and bitrate where they were measured."""
    lines = []
    for bits in dict.fromkeys(row["bits"] for row in summary):
        rows = [row for row in summary if row["bits"] == bits]
        quality = max(rows, key=lambda row: row["n"])  # the channel that applies to most clips
        priced = next((row for row in rows if "vmaf_loss" in row), {})
        lines.append(
            [
                f"{bits} bits",
                *(_pair(quality["psnr_y_db"], "{:.1f}") + _pair(quality["psnr_rgb_db"], "{:.1f}")),
                *(_pair(priced.get("vmaf_loss"), "{:.2f}") + _pair(priced.get("bitrate_change_percent"), "{:+.1f} %")),
            ]
        )
    header = ["payload", "Y-PSNR mean", "lowest", "RGB-PSNR mean", "lowest", "VMAF loss mean", "worst", "bitrate mean", "worst"]
    return "**Price of the mark** (dB before encoding; VMAF and bitrate at `x264:crf=28` against the unmarked encode)\n\n" + table(
        header, lines
    )


def _failures(result: Mapping[str, Any]) -> str:
    wrong = sum(row["wrong_payloads"] for row in result["summary"])
    sentences = [f"Wrong payloads reported: {wrong}."]
    if result["errors"]:
        sentences.append(f"Channels that failed and are left out: {len(result['errors'])}.")
    return " ".join(sentences) + "\n"


def _null(result: Mapping[str, Any]) -> str:
    conditions = result["summary"]
    header = ["footage", "pairs", *(f"p <= {level['nominal']:g}" for level in conditions[0]["levels"]), "max(F(p) - p)", "band", "payloads"]
    lines = []
    for row in conditions:
        rates = [f"{level['k']} ({level['rate']:.1e}, at most {level['upper']:.1e})" for level in row["levels"]]
        verdict = "" if row["valid"] else " **not valid**"
        lines.append(
            [
                row["footage"] + verdict,
                f"{row['n']:,}",
                *rates,
                f"{row['excess']:+.5f}",
                f"{row['band']:.5f}",
                str(row["payloads_reported"]),
            ]
        )
    way: NullWay = result["settings"].get("way", "plain")
    looked = "" if way == "plain" else f"\nKeys are looked for {NULL_IN_WORDS[way]}.\n"
    return f"{caption(result)}{looked}\n{table(header, lines)}"


def _speed(result: Mapping[str, Any]) -> str:
    header = ["what", "beside", "size", "pairs", "wall time ratio", "processor time ratio", "frames/s", "beside", "peak MiB", "beside", "z"]
    lines = []
    for row in result["summary"]:
        if row["beside"] is None:
            continue
        line = [row["what"], row["beside"], row["size"], str(row["pairs"]), _ratio(row["wall_ratio"]), _ratio(row["cpu_ratio"])]
        line += [f"{row['frames_per_second']:.0f}", f"{row['frames_per_second_beside']:.0f}"]
        lines.append([*line, f"{row['peak_mib']:.0f}", f"{row['peak_mib_beside']:.0f}", _number(row["z"])])
    alone = [
        [row["size"], f"{row['frames_per_second']:.0f}", f"{row['frames_per_second_per_core']:.0f}", f"{row['peak_mib']:.0f}"]
        for row in result["summary"]
        if row["beside"] is None
    ]
    start = [[f"`{row['what']}`", _ratio(row["cpu_seconds"])] for row in result["start_up"]]
    return "\n".join(
        [
            caption(result),
            table(header, lines),
            "**The mark alone** (frames decoded before, nothing encoded)\n",
            table(["size", "frames/s", "frames/s per core", "peak MiB (the frames held included)"], alone),
            "**Start-up**\n",
            table(["command", "processor seconds"], start),
        ]
    )


_WRITERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "indelible.bench.robustness/1": _robustness,
    "indelible.bench.null/1": _null,
    "indelible.bench.speed/1": _speed,
    "indelible.bench.peers/1": peers_tables,
    "indelible.bench.security/1": security_tables,
    "indelible.lab.ablation/1": ablation_tables,
    "indelible.lab.comparison/1": comparison_tables,
    "indelible.lab.mismatch/1": mismatch_tables,
    "indelible.lab.model/1": model_tables,
    "indelible.lab.tuning/1": tuning_tables,
    "indelible.lab.validation/1": validation_tables,
    "indelible.bench.fingerprint/1": fingerprint_tables,
    "indelible.bench.index/1": index_table,
    "indelible.bench.audit/1": audit_tables,
    "indelible.audit-demo/1": demo_tables,
    "indelible.bench.verify/1": verify_tables,
}


def _of(rate: Mapping[str, Any]) -> str:
    return f"{rate['k']} of {rate['n']}"


def _ratio(spread: Mapping[str, float]) -> str:
    return f"{spread['median']:.3f} ({spread['lowest']:.2f}-{spread['highest']:.2f})"


def _pair(values: Mapping[str, float] | None, style: str) -> list[str]:
    return ["-", "-"] if values is None else [style.format(values["mean"]), style.format(values["worst"])]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
