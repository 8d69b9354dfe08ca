"""Pages hold the data of their results, and nothing from anywhere else."""

from types import SimpleNamespace

import pytest

from indelible.errors import OutputError
from indelible.mark import Detection, EmbedReport, Geometry, Payload, Segment
from indelible.report.demo import DemoReport, DemoRow, write_demo_report
from indelible.report.detect import write_detect_report
from indelible.report.mark import write_mark_report
from indelible.report.pictures import PicturePair
from tests.report.pages import Page

PAYLOAD = Payload.from_text("copy <17>")
EMBEDDING = EmbedReport(100, 4.0, 46.7, 45.4, 0.5)


def detection(log10_p: float, payload: Payload | None = None, seconds: int = 4) -> Detection:
    return Detection(
        key_id="0123456789abcdef",
        marked=log10_p <= -6,
        log10_p=log10_p,
        z=3.0,
        searched=2,
        log10_correction=0.3,
        payload=payload,
        symbol_error_rate=None if payload is None else 0.125,
        geometry=Geometry(),
        segments=tuple(Segment(float(at), at + 1.0, float(at), log10_p / seconds) for at in range(seconds)),
        frames_used=100,
        duration_seconds=float(seconds),
    )


@pytest.fixture
def pair(make_frames):
    first, second = make_frames(2)
    return PicturePair(first, second, 1.0)


@pytest.fixture
def demo(pair):
    rows = (
        DemoRow("x264:crf=23", "x264", 23, 900e3, detection(-100, PAYLOAD)),
        DemoRow("x264:crf=28", "x264", 28, 400e3, detection(-40, PAYLOAD)),
        DemoRow("x264:crf=45", "x264", 45, 90e3, detection(-1)),
        DemoRow("av1:crf=40", "av1", 40, 300e3, detection(-9)),
    )
    return DemoReport(
        source="<film> & more.mp4",
        marked_file="marked.mp4",
        key_file="demo.key",
        payload=PAYLOAD,
        embedding=EMBEDDING,
        as_written=detection(-300, PAYLOAD),
        rows=rows,
        wrong_key=detection(-0.2),
        unmarked=detection(0.0),
        pictures=(pair,),
    )


def test_demo_page_shows_all_of_it(demo, tmp_path):
    write_demo_report(tmp_path / "report.html", demo)
    page = Page.of(tmp_path / "report.html")
    assert page.references == []
    assert "Found after H.264 at CRF 28, payload read" in page.words
    assert "<film> & more.mp4" in page.words
    assert len(page.images) == 3
    curve, timeline = page.charts
    assert len(list(curve.iter("polyline"))) == 2  # codecs
    shapes = [circle.attrib["class"] for circle in curve.iter("circle")]
    assert shapes == ["f0", "f0", "h1"]  # read, read, and found without its payload
    notes = [note.text for note in curve.iter("title")][1:]
    assert notes[2] == "x264:crf=45: p = 0.1, 90 kbit/s"
    assert len(list(timeline.iter("rect"))) == 5 * (1 + 4)  # marked file, three settings of x264, original; four seconds each
    for row in demo.rows:
        assert row.channel in page.words


@pytest.mark.parametrize("log10_p", [-5.0, None])
def test_demo_page_admits_a_loss(demo, tmp_path, log10_p):
    rows = () if log10_p is None else (DemoRow("x264:crf=28", "x264", 28, 1e5, detection(log10_p)),)
    lost = DemoReport(
        **{
            name: getattr(demo, name)
            for name in ("source", "marked_file", "key_file", "payload", "embedding", "as_written", "wrong_key", "unmarked")
        },
        rows=rows or (DemoRow("av1:crf=40", "av1", 40, 1e5, detection(-50, PAYLOAD)),),
    )
    assert not lost.survived
    write_demo_report(tmp_path / "report.html", lost)
    assert "Not found after H.264 at CRF 28" in Page.of(tmp_path / "report.html").words


@pytest.fixture
def marking():
    return SimpleNamespace(
        output="<b>out</b>.mp4",
        key_id="0123456789abcdef",
        payload=PAYLOAD,
        embedding=EMBEDDING,
        marked=True,
        xpsnr_db=None,
        bitrate_change=None,
        warnings=("no <sound>",),
    )


def test_mark_page_shows_what_was_measured(tmp_path, marking):
    write_mark_report(tmp_path / "mark.html", marking)
    assert "XPSNR" not in Page.of(tmp_path / "mark.html").words
    marking.xpsnr_db, marking.bitrate_change = 48.25, 0.034
    write_mark_report(tmp_path / "mark.html", marking)
    words = Page.of(tmp_path / "mark.html").words
    assert "48.2 dB XPSNR" in words
    assert "+3.4 % against" in words


def test_mark_page(tmp_path, pair, marking):
    write_mark_report(tmp_path / "mark.html", marking, [pair])
    page = Page.of(tmp_path / "mark.html")
    assert page.references == []
    assert page.words.count("<b>out</b>.mp4") == 2
    assert all(word in page.words for word in ("copy <17>", "46.7 dB", "45.4 dB", "no <sound>", "0123456789abcdef"))
    assert len(page.images) == 3


def test_detect_page(tmp_path):
    results = [
        SimpleNamespace(file="a.mp4", detection=detection(-40, PAYLOAD), alpha=1e-6, recipients=("<Ann>", "Ben"), warnings=()),
        SimpleNamespace(file="<b>.mp4", detection=detection(-1), alpha=1e-6, recipients=(), warnings=("damaged",)),
    ]
    write_detect_report(tmp_path / "detect.html", results)
    page = Page.of(tmp_path / "detect.html")
    assert page.references == []
    assert all(
        word in page.words for word in ("1 of 2 marks found", "copy <17>", "<Ann>, Ben", "No mark of this key found", "<b>.mp4", "damaged")
    )
    assert [len(list(chart.iter("rect"))) for chart in page.charts] == [5, 5]


def test_a_page_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(OutputError, match=r"cannot create .*its folder must exist"):
        write_detect_report(tmp_path / "missing" / "detect.html", [])
    assert list(tmp_path.iterdir()) == []
