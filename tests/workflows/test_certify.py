"""Certifying real files, and making marks as strong as a channel asks for, in the windows that need it."""

import json
import math
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import indelible
from indelible import Certification
from indelible.channel import parse_channel
from indelible.errors import InputError, MediaError, OutputError
from indelible.frames import ColorTags, VideoInfo
from indelible.video import EncoderSettings
from indelible.workflows import certify, survive
from indelible.workflows.certificate import REQUIRED_MARGIN_DB
from indelible.workflows.survive import Marking, raise_windows, target_channel
from tests.photographs import film

KEY = indelible.SecretKey(bytes(range(32)))
PAYLOAD = indelible.Payload(b"12345678")
FAST = EncoderSettings("x264", crf=20, preset="ultrafast")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("source") / "film.mp4", width=320, height=180, frames=36)


def test_a_marked_file_is_certified(source, tmp_path):
    target = tmp_path / "marked.mp4"
    channels = ("x264:crf=26", "x264:crf=51", "scale=0.5|x264:crf=20")
    result = indelible.mark_file(
        source, target, KEY, payload=PAYLOAD, strength="strong", settings=FAST, certification=Certification(channels=channels)
    )
    certificate = result.certificate
    assert certificate is not None
    assert certificate.marked
    assert certificate.holds
    rows = {row["channel"]: row for row in certificate.rows}
    assert list(rows) == ["none", *channels]
    assert rows["none"]["margin"] > rows["x264:crf=26"]["margin"] > REQUIRED_MARGIN_DB
    assert rows["none"]["bit_error_rate"] < rows["x264:crf=26"]["bit_error_rate"] < rows["x264:crf=51"]["bit_error_rate"]
    assert not rows["x264:crf=51"]["payload_ok"]
    for row in rows.values():
        assert row["certified"] == (row["payload_ok"] and row["margin"] >= REQUIRED_MARGIN_DB)
    assert certificate.body["survives"] == certificate.body["certified"] == {"x264": 26.0}
    assert certificate.body["target"] is None
    assert certificate.body["psnr_y_db"] == pytest.approx(result.embedding.psnr_y_db, abs=0.01)

    written = tmp_path / "marked.certificate.json"
    assert json.loads(written.read_text(encoding="utf-8")) == result.to_json()["certificate"] == certificate.to_json()
    assert indelible.check_certificate(written, KEY, video=target).valid
    assert not indelible.check_certificate(written, KEY, video=source).valid
    assert "Certified up to H.264 (x264) at CRF 26" in (tmp_path / "marked.certificate.html").read_text(encoding="utf-8")


def test_a_target_raises_the_mark(source, tmp_path):
    target = tmp_path / "marked.mp4"
    wish = Certification(channels=("none",), survive="x264:crf=30", floor_db=40.0)
    result = indelible.mark_file(source, target, KEY, payload=PAYLOAD, quality_db=54, settings=FAST, certification=wish)
    certificate = result.certificate
    assert certificate is not None
    assert certificate.holds
    (part,) = certificate.body["target"]["parts"]
    assert part["holds"]
    assert part["raised_db"] > 1
    assert part["margin"] >= REQUIRED_MARGIN_DB
    assert result.embedding.psnr_y_db == pytest.approx(54 - part["raised_db"], abs=1.0)
    assert certificate.failed_parts == []


def test_the_floor_is_kept_and_what_failed_is_said(source, tmp_path):
    wish = Certification(channels=("none",), survive="x264:crf=48", floor_db=50.0)
    result = indelible.mark_file(source, tmp_path / "marked.mp4", KEY, payload=PAYLOAD, quality_db=51, settings=FAST, certification=wish)
    assert result.certificate is not None
    assert not result.certificate.holds
    (part,) = result.certificate.failed_parts
    assert part["raised_db"] > 0
    assert 50.0 - 0.02 <= result.embedding.psnr_y_db < 50.3
    assert part["raised_db"] < 1.5, "no more than there was room for"


def test_only_the_windows_that_need_it_are_raised(monkeypatch):
    """Three parts: one holds, one lacks 3 dB, one can never hold; an encoder that gives 1.5 dB of margin for each dB of strength."""
    passes = []

    def trials(source, marking, channel, raised, wanted, **options):
        passes.append(None if wanted is None else set(wanted))
        for part, lacks_db in enumerate((-1.0, 3.0, 60.0)):
            if wanted is None or part in wanted:
                windows = (part,) if part < 2 else (2, 3)  # the last one with a short end
                by_db = raised.by_db.get(part, 0.0)
                yield survive.Trial(part, windows, lacks_db - 1.5 * by_db, raised.aim_db(part, 47.0))

    monkeypatch.setattr(survive, "_trials", trials)
    raised = raise_windows("film.mp4", Marking(KEY, PAYLOAD, "standard", None, FAST), parse_channel("x264:crf=34"), floor_db=42.0)
    assert set(raised.by_db) == {1, 2, 3}
    assert 2.0 <= raised.by_db[1] < 3.0
    assert raised.by_db[2] == raised.by_db[3] >= 5.0, "down to the floor"
    assert passes[0] is None
    assert passes[1] == {1, 2}
    assert len(passes) <= survive.MOST_PASSES


@pytest.mark.parametrize(
    ("psnr_y_db", "before_db", "more"),
    [(47.0, None, True), (42.0, None, False), (math.inf, None, False), (45.0, 47.0, True), (46.95, 47.0, False)],
    ids=["room", "at the floor", "nothing marked", "grew", "did not grow"],
)
def test_a_mark_grows_as_long_as_there_is_room(psnr_y_db, before_db, more):
    before = None if before_db is None else survive.Trial(0, (0,), 3.0, before_db)
    assert survive.Trial(0, (0,), 3.0, psnr_y_db).can_grow(before, 42.0) is more


@pytest.mark.parametrize(
    ("lacks_db", "psnr_y_db", "raise_db"), [(5.0, 47.0, 3.0), (0.1, 47.0, 0.5), (math.inf, 47.0, 4.0), (9.0, 43.5, 1.5)]
)
def test_a_mark_is_raised_by_what_it_lacks_and_not_through_the_floor(lacks_db, psnr_y_db, raise_db):
    assert survive.Trial(0, (0,), lacks_db, psnr_y_db).next_raise_db(42.0) == pytest.approx(raise_db)


def test_windows_are_raised_on_a_real_film(source):
    marking = Marking(KEY, PAYLOAD, "standard", 54.0, FAST)
    assert set(raise_windows(source, marking, parse_channel("x264:crf=30"), floor_db=52.0).by_db) == {0}
    easy = Marking(KEY, PAYLOAD, "strong", None, FAST)
    assert raise_windows(source, easy, parse_channel("x264:crf=20"), floor_db=40.0).by_db == {}


def test_what_a_file_says_is_what_it_is_certified_for(source, tmp_path):
    """Without the payload at hand, that of the file itself counts; an unmarked file has none."""
    target = tmp_path / "marked.mp4"
    indelible.mark_file(source, target, KEY, payload=PAYLOAD, strength="strong", settings=FAST)
    certificate = indelible.certify_file(target, KEY, Certification(channels=("x264:crf=24",)))
    assert certificate.body["payload_hex"] == PAYLOAD.hex
    assert certificate.holds
    unmarked = indelible.certify_file(source, KEY, Certification(channels=("none",)))
    assert not unmarked.marked
    assert not unmarked.holds
    assert unmarked.rows[0]["margin"] is unmarked.rows[0]["bit_error_rate"] is None


def test_channels_that_do_not_apply():
    info = _info(36)
    tried = [str(channel) for channel in Certification(ladder="social", survive="x264:crf=28").tried(info)]
    assert tried[0] == "none"
    assert tried[-1] == "x264:crf=28"
    assert "scale=short:360|x264:bitrate=832k" not in tried
    with pytest.raises(InputError, match="does not apply"):
        Certification(channels=("scale=short:360|x264:crf=28",)).tried(info)


def test_a_target_keeps_times():
    with pytest.raises(InputError, match="changes the times"):
        target_channel("speed=1.1|x264:crf=28")


@pytest.mark.parametrize(
    "wish",
    [Certification(ladder="no such"), Certification(channels=("x264:crf=99",)), Certification(survive="x26"), Certification(floor_db=20.0)],
)
def test_wishes_are_checked_before_the_work(source, tmp_path, wish):
    with pytest.raises(InputError):
        indelible.mark_file(source, tmp_path / "marked.mp4", KEY, certification=wish)
    assert not list(tmp_path.iterdir())


def test_nothing_is_replaced_by_mistake(source, tmp_path):
    (tmp_path / "marked.certificate.html").write_text("precious", encoding="utf-8")
    with pytest.raises(OutputError, match="exists"):
        indelible.mark_file(source, tmp_path / "marked.mp4", KEY, certification=Certification(channels=("none",)))
    assert [path.name for path in tmp_path.iterdir()] == ["marked.certificate.html"]


def test_the_output_is_checked_before_the_passes(source, tmp_path, monkeypatch):
    monkeypatch.setattr("indelible.workflows.mark.raise_windows", lambda *arguments, **options: pytest.fail("worked in vain"))
    (tmp_path / "marked.mp4").write_text("precious", encoding="utf-8")
    wish = Certification(survive="x264:crf=28")
    for target, error in (("marked.mp4", "exists"), ("marked.webm", "does not hold"), ("marked.txt", "container"), ("no/m.mp4", "folder")):
        with pytest.raises(InputError, match=error):
            indelible.mark_file(source, tmp_path / target, KEY, certification=wish)
    with pytest.raises(OutputError, match="another name for the report"):
        indelible.mark_file(source, tmp_path / "film.mp4", KEY, certification=wish, report=tmp_path / "film.certificate.html")
    assert [path.name for path in tmp_path.iterdir()] == ["marked.mp4"]


def test_when_one_channel_fails_the_others_end_too(source, tmp_path, monkeypatch):
    """With two at a time: the first channel fails when the second has begun, whose next frame is its last."""
    begun, failed = threading.Event(), threading.Event()
    received = []

    class Failing:
        frames, encodings = (), ()

        def __init__(self, frames):
            begun.wait(10)
            raise MediaError("no space left")

    class Endless:
        encodings = ()

        def __init__(self, frames):
            first = next(iter(frames))
            self.frames = self.ever(first)

        def ever(self, frame):
            while len(received) < 1000:
                begun.set()
                received.append(frame)
                yield frame
                failed.wait(0.02)

    streams = {"x264:crf=28": Failing, "x264:crf=30": Endless}
    monkeypatch.setattr("indelible.workflows.certify.os.cpu_count", lambda: 2)
    monkeypatch.setattr("indelible.channel.Channel.stream", lambda channel, frames, info: streams[str(channel)](frames))
    with pytest.raises(MediaError, match="no space"):
        indelible.certify_file(source, KEY, Certification(channels=tuple(streams)))
    assert len(received) < 1000


def test_fewer_channels_at_a_time_for_very_large_pictures(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    sizes = ((320, 180), (1920, 1080), (3840, 2160), (8192, 8192))
    assert [certify._at_a_time(replace(_info(1), width=width, height=height)) for width, height in sizes] == [64, 12, 3, 1]


def test_pipes_have_no_certificate(source):
    with pytest.raises(InputError, match="pipe"):
        indelible.mark_file(source, "-", KEY, certification=Certification())
    with pytest.raises(InputError, match="pipe"):
        indelible.certify_file("-", KEY)
    with pytest.raises(InputError, match="several times"), source.open("rb") as stream:
        indelible.mark_file(stream, "never.mp4", KEY, certification=Certification(survive="x264:crf=28"))


def _info(frames: int) -> VideoInfo:
    return VideoInfo(
        width=320,
        height=180,
        pixel_format="yuv420p",
        codec="rawvideo",
        container="memory",
        frame_rate=Fraction(1),
        time_base=Fraction(1),
        duration_seconds=float(frames),
        frames=frames,
        bitrate_bps=None,
        rotation_deg=0,
        sample_aspect_ratio=Fraction(1),
        color=ColorTags(),
    )
