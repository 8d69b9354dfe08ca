"""The page of a certificate: what a marked file survives, with how much to spare, and where its mark was made stronger for that.

It shows what the signed document says, and nothing that is not in there.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from indelible.report.charts import Axis, Cell, Mark, Point, Rule, Series, line_chart, strip_chart
from indelible.report.demo import CODEC_NAMES
from indelible.report.evidence import p_plain, p_text, yes_no
from indelible.report.markup import Markup, element
from indelible.report.page import facts, footer, paragraph, section, table, verdict, write_page

_LOWEST_DB, _HIGHEST_DB = -12.0, 24.0  # of the chart; what lies beyond is put at its edge
_MEANING = (
    "The margin is how many dB of the mark's amplitude may still be lost; at 0 dB, 99 of 100 payloads are read. Certified means that at "
    "least {required:g} dB are left, because others use other builds and presets of an encoder than the one that was tried."
)


class Certified(Protocol):
    """What the page needs of a certificate, such as `indelible.workflows.certificate.Certificate`."""

    @property
    def body(self) -> Mapping[str, Any]: ...
    @property
    def signature(self) -> str: ...


def write_certificate_page(path: str | os.PathLike[str], certificate: Certified) -> None:
    """Write the page.

    Raises:
        OutputError: if it cannot be written.
    """
    body = certificate.body
    name = str(body["file"])
    parts = [
        element("h1", "Certificate of a marked video"),
        paragraph(name, ", SHA-256 ", element("code", str(body["sha256"])), soft=True),
        _verdict(body),
        _facts(body),
        _survival(body),
        _target(body),
        _rows(body),
        _made_with(body),
        footer(
            "Signed with the key (HMAC-SHA-256): ",
            element("code", certificate.signature),
            ". Check it with the JSON file beside this page: ",
            element("code", f"indelible certify --check CERTIFICATE.json --key FILE {name}"),
        ),
    ]
    write_page(path, title=f"Indelible: certificate of {name}", parts=parts)


def _verdict(body: Mapping[str, Any]) -> Markup:
    required = body["required_margin"]
    reached = [f"{CODEC_NAMES.get(codec, codec)} at CRF {crf:g}" for codec, crf in body["certified"].items() if crf is not None]
    others = [row["channel"] for row in body["rows"][1:] if row["certified"]]
    target = body["target"]
    if target is not None:
        failed = sum(not part["holds"] for part in target["parts"])
        by_itself = (
            f"{failed} of {len(target['parts'])} parts are not certified for it by themselves."
            if failed
            else "Every part is certified for it by itself."
        )
        words = "Certified for" if target["certified"] else "Not certified for"
        return verdict(f"{words} {target['channel']}", by_itself, good=bool(target["certified"]))
    if reached:
        return verdict("Certified up to " + ", ".join(reached), f"The payload was read there with {required:g} dB to spare.", good=True)
    if others:
        return verdict("Certified for " + ", ".join(others), f"The payload was read there with {required:g} dB to spare.", good=True)
    return verdict("Not certified", f"After no channel was the payload read with {required:g} dB to spare.", good=False)


def _facts(body: Mapping[str, Any]) -> Markup:
    known = {
        "payload": _payload(body),
        "key": body["key_id"],
        "certified_on": str(body["created"]).replace("T", " ").replace("+00:00", " UTC"),
        "footage": f"{body['duration_seconds']:.1f} s",
        "found_means": f"p at most {body['alpha']:g}",
    }
    if body["psnr_y_db"] is not None:
        known["change_of_the_picture"] = f"{body['psnr_y_db']:.1f} dB Y-PSNR"
    return facts(**known)


def _payload(body: Mapping[str, Any]) -> str:
    if body["payload_hex"] is None:
        return "not read"
    says = body["payload_hex"] or "none" if body["payload_text"] is None else f"\u201c{body['payload_text']}\u201d"
    return f"{says}, {body['payload_bits']} bits"


def _survival(body: Mapping[str, Any]) -> Markup:
    """Return the margin over the CRF for each codec."""
    curves: dict[str, list[tuple[float, Mapping[str, Any]]]] = {}
    for row in body["rows"]:
        codec, _, rest = str(row["channel"]).partition(":")
        options = dict(option.partition("=")[::2] for option in rest.split(":"))
        if codec in body["survives"] and "crf" in options and "|" not in row["channel"]:
            curves.setdefault(codec, []).append((float(options["crf"]), row))
    if not curves:
        return Markup()
    series = [
        Series(CODEC_NAMES.get(codec, codec), tuple(_point(crf, row) for crf, row in sorted(rows, key=lambda pair: pair[0])), color=color)
        for color, (codec, rows) in enumerate(curves.items())
    ]
    crfs = [crf for rows in curves.values() for crf, _ in rows]
    low = 5 * math.floor(min(crfs) / 5)
    high = max(5 * math.ceil(max(crfs) / 5), low + 5)
    chart = line_chart(
        series,
        x=Axis("CRF: higher is smaller and worse; each codec has a scale of its own", _ticks(low, high, 5), low, high),
        y=Axis("margin, dB", _ticks(int(_LOWEST_DB), int(_HIGHEST_DB), 6), _LOWEST_DB, _HIGHEST_DB),
        title="Margin of the mark after each encoder",
        rules=[Rule(body["required_margin"], "certified above this"), Rule(0.0, "the edge of being read")],
    )
    legend = "Filled: certified. Ring: payload read, too little to spare. Cross: payload not read."
    return section("How much compression it survives", paragraph(legend, soft=True), chart)


def _ticks(low: int, high: int, step: int) -> tuple[tuple[float, str], ...]:
    return tuple((float(value), str(value).replace("-", "\u2212")) for value in range(low, high + 1, step))


def _point(crf: float, row: Mapping[str, Any]) -> Point:
    mark: Mark = "full" if row["certified"] else "hollow" if row["payload_ok"] else "cross"
    margin = row["margin"]
    return Point(crf, _LOWEST_DB if margin is None else margin, mark, f"{row['channel']}: {_db(margin)}, p = {p_plain(row['log10_p'])}")


def _target(body: Mapping[str, Any]) -> Markup:
    """Return which parts of the video are certified for the target, and which were made stronger for it."""
    target = body["target"]
    if target is None:
        return Markup()
    parts: Sequence[Mapping[str, Any]] = target["parts"]
    raised = [part for part in parts if part["raised_db"]]
    if target["floor_db"] is None:
        remark = "How strong the mark is in each part was decided when the file was marked."
    elif raised:
        remark = f"The mark was made stronger in {len(raised)} of {len(parts)} parts, to no less than {target['floor_db']:g} dB of quality."
    else:
        remark = "The mark was strong enough in every part, and made stronger in none."
    strips = [("margin", [_cell(part, (part["margin"] or 0.0) / (2 * body["required_margin"]), _db(part["margin"])) for part in parts])]
    if raised:
        largest = max(part["raised_db"] for part in raised)
        strips.append(("stronger by", [_cell(part, part["raised_db"] / largest, _db(part["raised_db"])) for part in raised]))
    seconds = max((part["end_seconds"] for part in parts), default=0.0)
    chart = strip_chart(strips, seconds=seconds, title=f"Margin of each part after {target['channel']}")
    rows = [
        [
            f"{part['start_seconds']:.1f} to {part['end_seconds']:.1f} s",
            _db(part["margin"]),
            yes_no(part["payload_ok"], "exact", "not read"),
            yes_no(part["holds"]),
            *([_db(part["raised_db"]) if part["raised_db"] else "not raised"] if raised else []),
        ]
        for part in parts
    ]
    header = ["part", "margin", "payload", "certified by itself", *(["mark stronger by"] if raised else [])]
    return section(f"Part by part, after {target['channel']}", paragraph(remark, soft=True), chart, table(header, rows))


def _cell(part: Mapping[str, Any], strength: float, note: str) -> Cell:
    return Cell(part["start_seconds"], part["end_seconds"], min(1.0, max(0.0, strength)), f"{part['start_seconds']:g} s: {note}")


def _rows(body: Mapping[str, Any]) -> Markup:
    lines = [
        [
            element("code", row["channel"]),
            "" if row["bitrate_bps"] is None else f"{row['bitrate_bps'] / 1000:.0f}",
            p_text(row["log10_p"]),
            yes_no(row["payload_ok"], "exact", "not read"),
            "" if row["bit_error_rate"] is None else f"{100 * row['bit_error_rate']:.1f} %",
            _db(row["presence_margin"]),
            _db(row["payload_margin"]),
            yes_no(row["certified"]),
        ]
        for row in body["rows"]
    ]
    header = ["channel", "kbit/s", "p-value", "payload", "symbol errors", "margin of presence", "margin of payload", "certified"]
    return section("Every channel", paragraph(_MEANING.format(required=body["required_margin"]), soft=True), table(header, lines))


def _made_with(body: Mapping[str, Any]) -> Markup:
    programs = [*body["versions"].items(), *((f"encoder {codec}", library) for codec, library in body["encoders"].items())]
    return section("Made with", table(["part", "version"], [[name, version] for name, version in programs]))


def _db(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f} dB".replace("-", "\u2212")
