"""From records to the rows of the comparison: what each system costs, and what survives which channel beside ours on the same clips."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from indelible.bench.peers.systems import IN_MEMORY, UNMARKED, Match, Ours, Peer, all_systems, ours_beside
from indelible.runs.cache import Record
from indelible.stats.intervals import clopper_pearson

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Loss:
    """Where one of our variants survives on fewer clips than the peer, of the same clips.

    Args:
        what: ``presence`` or ``payload``.
        match: of the variant.
        ours: clips on which ours survives.
        theirs: clips on which the peer does.
        clips: of so many.
    """

    what: str
    match: Match | None
    ours: int
    theirs: int
    clips: int


def summarise_systems(records: Iterable[Record], peers: Sequence[Peer]) -> list[Row]:
    """Return a row for each system: distortion, price, and what it says of footage that was never marked."""
    of_system: dict[str, list[Record]] = {}
    for record in records:
        of_system.setdefault(record["system"], []).append(record)
    return [_system_row(system, of_system[system.name]) for system in all_systems(peers) if system.name in of_system]


def _system_row(system: Peer | Ours, records: list[Record]) -> Row:
    marked = list({record["clip"]: record for record in records if "psnr_rgb_db" in record}.values())
    unmarked = [record for record in records if record["channel"] == UNMARKED]
    priced = [record for record in records if "vmaf_marked" in record]
    ones = [record["ones"] for record in unmarked if "ones" in record]
    change = [100.0 * (record["encoded_bytes"] / record["unmarked_bytes"] - 1.0) for record in priced]
    return {
        "system": system.name,
        "frames": system.frames,
        "clips": len(marked),
        "psnr_y_db": _middle([_number(record["psnr_y_db"]) for record in marked], worst=min),
        "psnr_rgb_db": _middle([_number(record["psnr_rgb_db"]) for record in marked], worst=min),
        "vmaf_loss": _middle([record["vmaf_unmarked"] - record["vmaf_marked"] for record in priced], worst=max),
        "bitrate_change_percent": _middle(change, worst=max),
        "ones_unmarked": {"lowest": min(ones), "mean": round(fmean(ones), 3), "highest": max(ones)} if ones else None,
        "false_alarms": {"k": sum(record["present"] for record in unmarked), "n": len(unmarked)},
        "wrong_payloads": sum(record.get("payload_wrong", False) for record in records),
    }


def summarise_channels(records: Iterable[Record], peers: Sequence[Peer], channels: Sequence[str]) -> list[Row]:
    """Return a row for each peer and channel, with ours beside it.

    Under ``beside`` stand our variants: each with its own figures and, as ``peer_presence`` and ``peer_payload``, the peer's on exactly the
    clips that the variant was tried on, which are not all of them where a variant does not exist (a peer's Y-PSNR beyond our range).
    """
    found = {(record["system"], record["channel"], record["clip"]): record for record in records}
    clips = list(dict.fromkeys(clip for _, _, clip in found))
    rows = []
    for peer in peers:
        for channel in (IN_MEMORY, *channels):
            theirs = {clip: found[peer.name, channel, clip] for clip in clips if (peer.name, channel, clip) in found}
            if not theirs:
                continue
            rows.append(
                _peer_row(peer, channel, theirs) | {"beside": [_beside(ours, channel, theirs, found) for ours in ours_beside(peer)]}
            )
    return rows


def _peer_row(peer: Peer, channel: str, theirs: dict[str, Record]) -> Row:
    cell = list(theirs.values())
    return {
        "peer": peer.name,
        "channel": channel,
        "presence": _rate(cell, "present"),
        "payload": _rate(cell, "payload_exact"),
        "bit_accuracy": round(fmean(record["bits_right"] for record in cell) / peer.bits, 4),
        "median_deviations": round(median(record["deviations"] for record in cell), 2),
    }


def _beside(ours: Ours, channel: str, theirs: dict[str, Record], found: dict[tuple[str, str, str], Record]) -> Row:
    both = [(found[ours.name, channel, clip], record) for clip, record in theirs.items() if (ours.name, channel, clip) in found]
    row: Row = {"system": ours.name, "match": ours.match}
    if not both:
        return row | {"presence": None}
    mine, others = [one for one, _ in both], [other for _, other in both]
    return row | {
        "presence": _rate(mine, "present"),
        "payload": _rate(mine, "payload_exact"),
        "median_deviations": round(median(record["deviations"] for record in mine), 2),
        "peer_presence": _rate(others, "present"),
        "peer_payload": _rate(others, "payload_exact"),
    }


def behind(row: Row) -> list[Loss]:
    """Return what a row of `summarise_channels` loses."""
    return [
        Loss(what, ours["match"], ours[what]["k"], ours[f"peer_{what}"]["k"], ours[what]["n"])
        for ours in row["beside"]
        if ours["presence"] is not None
        for what in ("presence", "payload")
        if ours[what]["k"] < ours[f"peer_{what}"]["k"]
    ]


def _rate(cell: Sequence[Record], name: str) -> Row:
    k, n = sum(bool(record[name]) for record in cell), len(cell)
    return {"k": k, "n": n, "interval": [round(bound, 4) for bound in clopper_pearson(k, n)]}


def _middle(values: Sequence[float], *, worst: Any) -> dict[str, float | None] | None:
    """Return mean and worst; a PSNR that is infinite on one clip has no finite mean, so the median stands beside them."""
    if not values:
        return None
    return {"mean": _rounded(fmean(values)), "median": _rounded(median(values)), "worst": _rounded(worst(values))}


def _number(value: float | None) -> float:
    return math.inf if value is None else value


def _rounded(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None
