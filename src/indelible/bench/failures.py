"""Why clips fail: how much of a mark the host, the codec and the code have cost each, as Markdown tables."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from indelible.bench.cache import Record
from indelible.bench.look import IN_WORDS, Way
from indelible.bench.markdown import caption, table
from indelible.bench.robustness import SCHEMA, Cell, cell_of
from indelible.channel import parse_channel
from indelible.channel.chain import NONE
from indelible.errors import InputError
from indelible.mark import Scores
from indelible.mark.carrier import PILOT, symbol_of_chip

# Amplitude of a symbol, in standard deviations of its noise, at which 90 % of payloads are read: docs/decisions/0002-payload-code.md.
_READABLE_AMPLITUDE = {64: 0.415, 128: 0.549, 256: 0.761}

_DEFINITIONS = """A clip is listed where its mark was not found (p above {alpha:g}) or its payload not read.

- **z**: the statistic, in standard deviations under a random key. A pattern without any noise would score the square root of the number
  of chips that are known beforehand: {ideal}.
- **host**: 20 log10(that / z unattacked), in dB: what the picture around the mark costs.
- **codec**: 20 log10(z unattacked / z after the channel), in dB. A z of 2 or less is noise, and the cost then at least what is shown.
- **budget**: what host and codec may cost together before presence is lost: {budget}.
- **code**: 20 log10(a / Q^-1(symbol error rate)), in dB, with Q the tail of a standard normal and a the amplitude at which the code still
  reads 90 % of payloads in Gaussian noise (decision 0002): by how much the symbols fall short (negative: they would do).
  The largest symbol error rate that will do is Q(a): {limits}.
- **why**: *flat* if nothing was marked, *host* if the same is lost unattacked, *codec* if it is lost only after the channel, *code* if a
  payload is lost whose symbols would do in nine of ten cases.
"""


def failure_tables(result: Mapping[str, Any], *, channels: Sequence[str] = (), bits: Sequence[int] = ()) -> str:
    """Return a table of the clips that fail for each cell of a robustness result, with its definitions above.

    Args:
        result: what ``indelible bench robustness`` wrote.
        channels: only these, in any spelling; none for all.
        bits: only payloads of these sizes; none for all.

    Raises:
        InputError: if this is another result, or nothing in it has such a channel or size.
    """
    if result.get("schema") != SCHEMA:
        raise InputError(f"schema {result.get('schema')!r} tells of no failing clips; give a result of `indelible bench robustness`")
    records: list[Record] = result["records"]
    wanted = [str(parse_channel(text)) for text in channels]
    _check(wanted, [record["channel"] for record in records], "channel")
    _check(bits, [record["bits"] for record in records], "payload bits")
    cells: dict[Cell, list[Record]] = {}
    for record in records:
        if (not wanted or record["channel"] in wanted) and (not bits or record["bits"] in bits):
            cells.setdefault(cell_of(record), []).append(record)
    unattacked = {(*cell_of(record)[:2], record["clip"]): record for record in records if record["channel"] == NONE}
    parts = [caption(result), _definitions(sorted({size for size, *_ in cells}), result["settings"]["alpha"])]
    return "\n".join([*parts, *(_cell(which, cell, unattacked) for which, cell in cells.items())])


def ideal_z(bits: int) -> float:
    """Return the statistic of a pattern without noise: the root of the pilot's chips, or of all chips of a mark without payload."""
    deal = symbol_of_chip()
    return math.sqrt(np.count_nonzero(deal == PILOT) if bits else deal.size)


def largest_symbol_error_rate(bits: int) -> float:
    """Return the symbol error rate at which the code of a payload of 64, 128 or 256 bits still reads 90 % in Gaussian noise."""
    return NormalDist().cdf(-_READABLE_AMPLITUDE[bits])


def _check(wanted: Sequence[object], there: Sequence[object], what: str) -> None:
    for each in wanted:
        if each not in there:
            known = ", ".join(map(str, dict.fromkeys(there))) or "none at all"
            raise InputError(f"{what} {each} was not measured in this result; it has {known}")


def _definitions(sizes: Sequence[int], alpha: float) -> str:
    ideal, budget = [], []
    for size in sizes:
        needed = _presence_z(size, alpha)
        ideal.append(f"{ideal_z(size):.1f} ({size} bits)")
        budget.append(f"{_db(ideal_z(size), needed)} dB, down to z = {needed:.2f} ({size} bits)")
    limits = ", ".join(f"{100 * largest_symbol_error_rate(size):.1f} % ({size} bits)" for size in sizes if size)
    return _DEFINITIONS.format(
        alpha=alpha, ideal=", ".join(ideal), budget=", ".join(budget), limits=limits or "a mark without payload has none"
    )


def _presence_z(bits: int, alpha: float) -> float:
    """Return the smallest statistic, to a hundredth, at which a mark counts as present: the pilot's, or without payload the whole's."""
    hundredths = np.arange(1, 100_000) / 100.0
    return float(next(z for z in hundredths if Scores((z, 0.0) if bits else (0.0, z)).log10_p()[0] <= math.log10(alpha)))


def _cell(which: Cell, cell: Sequence[Record], unattacked: Mapping[tuple[int, Way, str], Record]) -> str:
    bits, way, channel = which
    failed = sorted((record for record in cell if _lost(record)), key=lambda record: float(record["z"]))
    looked = "" if way == "plain" else f", {IN_WORDS[way]}"
    heading = f"**{bits} bits, `{channel}`{looked}**: {len(failed)} of {len(cell)} clips fail"
    if not failed:
        return f"{heading}.\n"
    rows = [list(_row(record, unattacked.get((bits, way, record["clip"])))) for record in failed]
    reasons = ", ".join(f"{reason} {count}" for reason, count in Counter(row[-1] for row in rows).most_common())
    header = ["clip", "lost", "z", "z unattacked", "host, dB", "codec, dB", "symbol errors", "code, dB", "why"]
    return f"{heading} ({reasons}).\n\n{table(header, rows)}"


def _row(record: Record, before: Record | None) -> Iterator[str]:
    bits, rate = record["bits"], record["symbol_error_rate"]
    yield record["clip"]
    yield " and ".join(_lost(record))
    yield f"{record['z']:.1f}"
    yield "-" if before is None else f"{before['z']:.1f}"
    yield "-" if before is None else _db(ideal_z(bits), before["z"])
    yield "-" if before is None else _db(before["z"], record["z"])
    yield "-" if rate is None else f"{100 * rate:.1f} %"
    yield _db(_READABLE_AMPLITUDE[bits], _amplitude(rate)) if bits and rate is not None else "-"
    yield _reason(record, before)


def _lost(record: Record) -> list[str]:
    presence = [] if record["marked"] else ["presence"]
    return presence + (["payload"] if record["bits"] and not record["payload_exact"] else [])


def _reason(record: Record, before: Record | None) -> str:
    if record["psnr_y_db"] is None:
        return "flat"
    rate = record["symbol_error_rate"]
    if record["marked"] and rate is not None and rate <= largest_symbol_error_rate(record["bits"]):
        return "code"
    if before is None or (record["marked"] and rate is None):
        return "-"
    # What is lost first: without presence nobody looks for a payload.
    lost_before = set(_lost(before)) & {_lost(record)[0]}
    return "host" if lost_before else "codec"


def _amplitude(symbol_error_rate: float) -> float:
    """Return the amplitude, in standard deviations of Gaussian noise, that makes such an error rate."""
    return -NormalDist().inv_cdf(min(max(symbol_error_rate, 1e-9), 1.0 - 1e-9))


def _db(wanted: float, got: float) -> str:
    """Return 20 log10(wanted / got), "all" where nothing is left."""
    if got <= 0.0 or wanted <= 0.0:
        return "all" if wanted > 0.0 else "-"
    return f"{20.0 * math.log10(wanted / got):.1f}"
