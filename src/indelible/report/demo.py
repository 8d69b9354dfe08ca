"""The page of ``indelible demo``: what was marked, how it looks, and how much compression the mark survived."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from indelible.mark import Detection, EmbedReport, Payload
from indelible.report.charts import Axis, Mark, Point, Rule, Series, line_chart, strip_chart
from indelible.report.evidence import p_axis, p_plain, p_text, payload_text, timeline, yes_no
from indelible.report.markup import Markup, element
from indelible.report.page import facts, footer, paragraph, section, table, verdict, write_page
from indelible.report.pictures import GAIN, PicturePair, side_by_side

KEY_CHANNEL = "x264:crf=28"
CODEC_NAMES = {"x264": "H.264 (x264)", "x265": "HEVC (x265)", "av1": "AV1 (SVT-AV1)", "vp9": "VP9 (libvpx)"}
ALPHA = 1e-6


@dataclass(frozen=True, slots=True)
class DemoRow:
    """One encoder setting: how the marked video came through it.

    Args:
        channel: canonical specification.
        codec: its name in the grammar.
        crf: its quality setting.
        bitrate_bps: of the encoded video.
        detection: what was found afterwards.
    """

    channel: str
    codec: str
    crf: float
    bitrate_bps: float
    detection: Detection


@dataclass(frozen=True, slots=True)
class DemoReport:
    """All that a demonstration found.

    Args:
        source: what the footage is, for people.
        marked_file: name of the marked video.
        key_file: name of the key's file.
        payload: what was embedded.
        embedding: distortion of the mark.
        as_written: detection in the marked video itself.
        rows: after each encoder, in the order of the ladder.
        wrong_key: detection in the marked video with a key that did not mark it.
        unmarked: detection with the right key in the original.
        pictures: to look at.
    """

    source: str
    marked_file: str
    key_file: str
    payload: Payload
    embedding: EmbedReport
    as_written: Detection
    rows: tuple[DemoRow, ...]
    wrong_key: Detection
    unmarked: Detection
    pictures: tuple[PicturePair, ...] = ()

    @property
    def key_row(self) -> DemoRow | None:
        """The row of x264 at CRF 28."""
        return next((row for row in self.rows if row.channel == KEY_CHANNEL), None)

    @property
    def survived(self) -> bool:
        """Whether the mark was found after x264 at CRF 28."""
        return self.key_row is not None and self.key_row.detection.marked

    def read(self, detection: Detection) -> bool:
        """Whether a detection's payload is the one embedded."""
        return detection.payload == self.payload


def write_demo_report(path: str | os.PathLike[str], report: DemoReport) -> None:
    """Write the page.

    Raises:
        OutputError: if it cannot be written.
    """
    parts = [
        element("h1", "A mark that survives compression"),
        paragraph(report.source, soft=True),
        _verdict(report),
        _facts(report),
        _pictures(report),
        _survival(report),
        _timeline(report),
        _rows(report),
        _controls(report),
        footer("Check it yourself: ", element("code", f"indelible detect {report.marked_file} --key {report.key_file}")),
    ]
    write_page(path, title="Indelible: demo", parts=parts)


def _verdict(report: DemoReport) -> Markup:
    row = report.key_row
    if row is None or not row.detection.marked:
        return verdict("Not found after H.264 at CRF 28", "This footage cannot carry the mark that far.", good=False)
    words = "payload read" if report.read(row.detection) else "payload not read"
    chance = element("span", "p = ", p_text(row.detection.log10_p))
    return verdict(
        f"Found after H.264 at CRF 28, {words}",
        chance,
        ": the probability that footage without this mark looks so marked, whatever it shows.",
        good=True,
    )


def _facts(report: DemoReport) -> Markup:
    return facts(
        payload=f"{payload_text(report.payload)}, {report.payload.bits} bits",
        key=report.as_written.key_id,
        change_of_the_picture=f"{_db(report.embedding.psnr_y_db)} Y-PSNR",
        footage=f"{report.embedding.duration_seconds:.1f} s, {report.embedding.frames} frames",
    )


def _pictures(report: DemoReport) -> Markup:
    if not report.pictures:
        return Markup()
    return section(
        "Before and after",
        paragraph(f"Only luma changes. The difference is shown {GAIN} times as strong, around grey.", soft=True),
        *map(side_by_side, report.pictures),
    )


def _survival(report: DemoReport) -> Markup:
    codecs = list(dict.fromkeys(row.codec for row in report.rows))
    series = []
    for color, codec in enumerate(codecs):
        rows = sorted((row for row in report.rows if row.codec == codec), key=lambda row: row.crf)
        series.append(Series(CODEC_NAMES.get(codec, codec), tuple(_point(report, row) for row in rows), color=color))
    crfs = [row.crf for row in report.rows]
    low, high = 5 * math.floor(min(crfs) / 5), 5 * math.ceil(max(crfs) / 5)
    x = Axis("CRF: higher is smaller and worse; each codec has a scale of its own", _crf_ticks(low, high), low, max(high, low + 5))
    y = p_axis(min(row.detection.log10_p for row in report.rows))
    chart = line_chart(
        series, x=x, y=y, title="Evidence of the mark after each encoder", rules=[Rule(-math.log10(ALPHA), "found below p = 1e-6")]
    )
    legend = "Filled: payload read exactly. Ring: mark found, payload not read. Cross: mark not found."
    return section("How much compression it survives", paragraph(legend, soft=True), chart)


def _crf_ticks(low: int, high: int) -> tuple[tuple[float, str], ...]:
    return tuple((float(crf), str(crf)) for crf in range(low, max(high, low + 5) + 1, 5))


def _point(report: DemoReport, row: DemoRow) -> Point:
    found = row.detection
    mark: Mark = "cross" if not found.marked else "full" if report.read(found) else "hollow"
    note = f"{row.channel}: p = {p_plain(found.log10_p)}, {row.bitrate_bps / 1000:.0f} kbit/s"
    return Point(row.crf, -found.log10_p, mark, note)


def _timeline(report: DemoReport) -> Markup:
    log10_alpha = math.log10(ALPHA)
    shown = [("marked file", report.as_written)]
    shown += [(row.channel, row.detection) for row in report.rows if row.codec == report.rows[0].codec]
    shown += [("original, unmarked", report.unmarked)]
    strips = [(name, timeline(detection, log10_alpha=log10_alpha)) for name, detection in shown]
    remark = "Each piece by itself: full colour where it alone is enough. Together they are worth more, as the p-values below say."
    chart = strip_chart(strips, seconds=report.as_written.duration_seconds, title="Evidence of the mark along the video")
    return section("Where in the video", paragraph(remark, soft=True), chart)


def _rows(report: DemoReport) -> Markup:
    lines = [_line(report, f"as written ({report.marked_file})", None, report.as_written)]
    lines += [_line(report, row.channel, row.bitrate_bps, row.detection) for row in report.rows]
    remark = "Each encoder read the marked file and a fresh detector the result, blind: it knows the key, not the original."
    header = ["encoder", "kbit/s", "found", "p-value", "z", "payload", "symbol errors"]
    return section("Every encoder", paragraph(remark, soft=True), table(header, lines))


def _line(report: DemoReport, name: str, bitrate_bps: float | None, found: Detection) -> list[str]:
    errors = found.symbol_error_rate
    return [
        element("code", name),
        "" if bitrate_bps is None else f"{bitrate_bps / 1000:.0f}",
        yes_no(found.marked),
        p_text(found.log10_p),
        f"{found.z:.1f}",
        yes_no(report.read(found), "exact", "not read"),
        "" if errors is None else f"{100 * errors:.1f} %",
    ]


def _controls(report: DemoReport) -> Markup:
    rows = [
        [
            "marked video, a key that did not mark it",
            yes_no(not report.wrong_key.marked, "not found", "found"),
            p_text(report.wrong_key.log10_p),
        ],
        ["original video, the right key", yes_no(not report.unmarked.marked, "not found", "found"), p_text(report.unmarked.log10_p)],
    ]
    return section("What must not be found", table(["looked for", "result", "p-value"], rows))


def _db(value: float) -> str:
    return f"{value:.1f} dB" if math.isfinite(value) else "none at all,"
