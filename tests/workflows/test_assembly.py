"""Videos marked piece by piece: in segments, and resumed after an end before their time."""

import dataclasses
import json
import shutil

import av
import numpy as np
import pytest

import indelible
from indelible.errors import InputError, MediaError, OutputError
from indelible.mark import EmbedReport, Payload
from indelible.registry import Registry
from indelible.video import EncoderSettings, open_video, probe
from indelible.workflows import assembly, resume
from indelible.workflows.pieces import pooled
from tests.photographs import film
from tests.segments import hls, payloads, times

KEY = indelible.SecretKey(bytes(range(32)))
OTHER = indelible.SecretKey(bytes(32))
FAST = EncoderSettings("x264", crf=18, preset="ultrafast")
COPY = Payload.from_text("copy 17")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Eighteen seconds with sound: two windows and a part of a third."""
    return film(tmp_path_factory.mktemp("source") / "film.mp4", width=256, height=144, frames=432, sound=True)


@pytest.fixture(scope="module", params=["ts", "fmp4"])
def stream(request, source, tmp_path_factory):
    return hls(source, tmp_path_factory.mktemp(request.param) / "in", fmp4=request.param == "fmp4", seconds=3)


@pytest.fixture(scope="module")
def marked(stream, tmp_path_factory):
    """The stream, marked into a folder, and the result."""
    folder = tmp_path_factory.mktemp("marked") / "out"
    return folder, indelible.mark_file(stream, folder, KEY, payload=COPY, settings=FAST)


def weakest(detection):
    """The least evident of the whole seconds."""
    return max(part.log10_p for part in detection.segments if part.end_seconds - part.start_seconds > 0.5)


def test_segments_carry_one_mark(stream, marked):
    folder, result = marked
    assert result.marked
    assert (result.output, result.embedding.frames, result.warnings) == (str(folder), 432, ())
    assert result.duration_seconds == pytest.approx(18.0, abs=0.05)
    assert sorted(file.name for file in folder.iterdir()) == sorted(file.name for file in stream.parent.iterdir())
    assert times(folder / stream.name) == times(stream)
    assert payloads(folder / stream.name) == payloads(stream)
    for place in (folder, folder / stream.name):
        (found,) = indelible.detect_file(place, [KEY])
        assert found.marked
        assert found.detection.payload == COPY
        assert found.detection.frames_used == 432
        assert weakest(found.detection) < -6, "the windows go on where segments end"
    (plain,) = indelible.detect_file(stream, [KEY])
    (other,) = indelible.detect_file(folder, [OTHER])
    assert not plain.marked
    assert not other.marked


def test_a_segment_alone_is_found_by_a_search_in_time(stream, marked, tmp_path):
    folder, _ = marked
    segment = folder / ("seg4.m4s" if (folder / "init.mp4").exists() else "seg4.ts")
    header = (folder / "init.mp4").read_bytes() if (folder / "init.mp4").exists() else b""
    alone = tmp_path / "alone"
    alone.write_bytes(header + segment.read_bytes())
    (found,) = indelible.detect_file(alone, [KEY], search="fast")
    assert found.marked
    assert found.detection.payload == COPY
    assert 8 <= found.detection.geometry.timing.start_seconds < 16


def test_segments_into_one_file(stream, tmp_path):
    result = indelible.mark_file(stream, tmp_path / "one.mp4", KEY, payload=COPY, settings=FAST)
    assert result.embedding.frames == 432
    ours, theirs = payloads(tmp_path / "one.mp4"), payloads(stream)
    assert all(packet.endswith(own) for own, packet in zip(ours, theirs, strict=True))  # MPEG-TS puts a header before each
    (found,) = indelible.detect_file(tmp_path / "one.mp4", [KEY])
    assert found.detection.payload == COPY


def test_a_folder_that_is_there_is_never_touched(stream, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").write_text("precious")
    for overwrite in (False, True):
        with pytest.raises(OutputError, match="exists"):
            indelible.mark_file(stream, tmp_path / "out", KEY, settings=FAST, overwrite=overwrite)
    with pytest.raises(OutputError, match="there is no folder"):
        indelible.mark_file(stream, tmp_path / "no" / "out", KEY, settings=FAST)
    with pytest.raises(OutputError, match="exists"):
        indelible.mark_file(stream, stream.parent, KEY, settings=FAST)
    with pytest.raises(InputError, match="leave those out"):
        indelible.mark_file(stream, tmp_path / "new", KEY, settings=FAST, report=tmp_path / "page.html")
    with pytest.raises(InputError, match="not encoded in pieces"):
        indelible.mark_file(stream, tmp_path / "new", KEY, settings=EncoderSettings("ffv1"))
    with pytest.raises(InputError, match="about one file"):
        indelible.certify_file(stream, KEY)
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def stop_after(seconds):
    def progress(done, _total):
        if done >= seconds:
            raise KeyboardInterrupt

    return progress


def test_an_interrupt_leaves_no_folder(stream, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        indelible.mark_file(stream, tmp_path / "out", KEY, settings=FAST, progress=stop_after(8))
    assert not list(tmp_path.iterdir())


def test_a_damaged_segment_is_an_error(stream, tmp_path):
    shutil.copytree(stream.parent, tmp_path / "in")
    broken = sorted((tmp_path / "in").glob("seg2.*"))[0]
    broken.write_bytes(np.random.default_rng(0).bytes(broken.stat().st_size))
    with pytest.raises(MediaError):
        indelible.mark_file(tmp_path / "in", tmp_path / "out", KEY, settings=FAST)
    assert [file.name for file in tmp_path.iterdir()] == ["in"]


def test_registered_copies_of_segments(stream, tmp_path):
    registry = tmp_path / "copies.db"
    registration = indelible.Registration(registry, "Ann")
    result = indelible.mark_file(stream, tmp_path / "out", KEY, registration=registration, settings=FAST)
    assert (result.recipient, result.warnings) == ("Ann", ())
    with Registry.open(registry) as file:
        (entry,) = file.entries()
    assert (entry.status, entry.output_sha256) == ("done", None)
    assert entry.settings["codec"] == "x264"
    (found,) = indelible.detect_file(tmp_path / "out", [KEY], copies=indelible.RegisteredCopies.load(registry, [KEY]))
    assert found.recipients == ("Ann",)


@pytest.fixture
def short_pieces(monkeypatch):
    """Pieces of a window, so that a short film has several."""
    monkeypatch.setattr(assembly, "PIECE_SECONDS", 8.0)


def works(folder):
    return sorted(file.name for file in folder.glob(".*.work/*"))


def test_a_run_goes_on_where_another_ended(source, tmp_path, short_pieces):
    target, seen = tmp_path / "out.mp4", []
    arguments = {"payload": COPY, "settings": FAST, "resume": True}
    with pytest.raises(KeyboardInterrupt):
        indelible.mark_file(source, target, KEY, **arguments, progress=stop_after(16.5))
    assert not target.exists()
    assert works(tmp_path) == ["000000.json", "000000.mp4", "000001.json", "000001.mp4", "plan.json"]
    plan = (tmp_path / ".out.mp4.work" / "plan.json").read_text()
    assert KEY.secret.hex() not in plan
    assert KEY.key_id in plan
    result = indelible.mark_file(source, target, KEY, **arguments, progress=lambda done, _: seen.append(done))
    assert min(seen) >= 15.9, "it does not begin anew"
    assert result.resumed_seconds == pytest.approx(16.0)
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]
    uninterrupted = indelible.mark_file(source, tmp_path / "whole.mp4", KEY, **arguments)
    assert uninterrupted.resumed_seconds == 0.0
    assert result.embedding == pytest.approx(uninterrupted.embedding) or dataclasses.astuple(result.embedding) == pytest.approx(
        dataclasses.astuple(uninterrupted.embedding)
    )
    for one, other in ((target, tmp_path / "whole.mp4"), (target, source)):
        assert times(one) == times(other)
        assert payloads(one) == payloads(other)
    ours, whole = [list(frames(each)) for each in (target, tmp_path / "whole.mp4")]
    assert max(np.abs(one.astype(int) - other).max() for one, other in zip(ours, whole, strict=True)) <= 2
    (found,) = indelible.detect_file(target, [KEY])
    assert found.detection.payload == COPY
    assert weakest(found.detection) < -6, "across the seams too"
    with av.open(str(target)) as container:
        assert container.metadata["title"] == "A slow pan"


def frames(path):
    with open_video(path) as reader:
        for frame in reader:
            yield frame.y
        assert reader.warnings == []


def test_a_mark_in_pieces_is_as_strong_as_one_at_once(source, tmp_path, short_pieces):
    at_once = indelible.mark_file(source, tmp_path / "once.mp4", KEY, payload=COPY, settings=FAST)
    pieces = indelible.mark_file(source, tmp_path / "pieces.mp4", KEY, payload=COPY, settings=FAST, resume=True)
    assert dataclasses.astuple(pieces.embedding) == pytest.approx(dataclasses.astuple(at_once.embedding))
    assert probe(tmp_path / "pieces.mp4").frames == probe(tmp_path / "once.mp4").frames
    assert times(tmp_path / "pieces.mp4") == times(tmp_path / "once.mp4")


def test_a_file_without_an_index_goes_on_too(source, tmp_path, short_pieces, monkeypatch):
    """Where seeking does not lead to the frame, all before it is decoded and left out."""
    target, arguments = tmp_path / "out.mp4", {"settings": FAST, "resume": True}
    with pytest.raises(KeyboardInterrupt):
        indelible.mark_file(source, target, KEY, **arguments, progress=stop_after(10))
    monkeypatch.setattr("indelible.video.read.VideoReader.skip_to", lambda reader, pts: False)
    assert indelible.mark_file(source, target, KEY, **arguments).resumed_seconds == pytest.approx(8.0)
    assert times(target) == times(source)


def test_a_run_that_was_killed_while_joining_only_joins(source, tmp_path, short_pieces, monkeypatch):
    target, arguments = tmp_path / "out.mp4", {"settings": FAST, "resume": True}

    def killed(_self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("indelible.video.join._Joining.finish", killed)
        with pytest.raises(KeyboardInterrupt):
            indelible.mark_file(source, target, KEY, **arguments)
    assert not target.exists()
    result = indelible.mark_file(source, target, KEY, **arguments, progress=stop_after(0))
    assert result.resumed_seconds == pytest.approx(18.0)
    assert times(target) == times(source)


def test_segments_can_be_resumed(stream, tmp_path):
    target, seen = tmp_path / "out", []
    with pytest.raises(KeyboardInterrupt):
        indelible.mark_file(stream, target, KEY, settings=FAST, resume=True, progress=stop_after(13))
    assert [file.name for file in tmp_path.iterdir()] == [".out.work"]
    result = indelible.mark_file(stream, target, KEY, settings=FAST, resume=True, progress=lambda done, _: seen.append(done))
    assert (result.resumed_seconds, min(seen)) == (pytest.approx(12.0), pytest.approx(12.0))
    assert times(target / stream.name) == times(stream)
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    (found,) = indelible.detect_file(target, [KEY])
    assert weakest(found.detection) < -6


def test_what_was_begun_otherwise_is_not_gone_on_with(source, tmp_path, short_pieces):
    target = tmp_path / "out.mp4"
    mine = shutil.copy2(source, tmp_path / "mine.mp4")

    def mark(key=KEY, **changed):
        arguments = {"payload": COPY, "settings": FAST, "resume": True, "progress": stop_after(9)} | changed
        indelible.mark_file(mine, target, key, **arguments)

    with pytest.raises(KeyboardInterrupt):
        mark()
    with pytest.raises(OutputError, match=r"made otherwise \(key_id\)"):
        mark(OTHER)
    with pytest.raises(OutputError, match=r"made otherwise \(payload_hex\)"):
        mark(payload=Payload.from_text("copy 18"))
    with pytest.raises(OutputError, match=r"made otherwise \(settings\)"):
        mark(settings=EncoderSettings("x264", crf=19, preset="ultrafast"))
    with pytest.raises(OutputError, match=r"made otherwise \(strength\)"):
        mark(strength="strong")
    with mine.open("ab") as file:
        file.write(b"\0\0\0\x08free")
    with pytest.raises(OutputError, match=r"made otherwise \(source\)"):
        mark()
    note = tmp_path / ".out.mp4.work" / "000000.json"
    note.write_text("{")
    shutil.copy2(source, mine)
    with pytest.raises(OutputError, match="cannot be read; remove"):
        mark()
    note.write_text(json.dumps({"report": {}}))
    with pytest.raises(OutputError, match="is damaged; remove"):
        mark()


def test_two_processes_do_not_share_the_work(source, tmp_path):
    plan = {"schema": "x"}
    first = resume.work_folder(tmp_path / "out.mp4", plan)
    with first, pytest.raises(OutputError, match="another process"), resume.work_folder(tmp_path / "out.mp4", plan):
        pass
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_resumed(source, tmp_path):
    with pytest.raises(InputError, match="pipes and open files"), source.open("rb") as file:
        indelible.mark_file(file, tmp_path / "out.mp4", KEY, resume=True)
    with pytest.raises(InputError, match="in pieces"):
        indelible.mark_file(source, tmp_path / "out.y4m", KEY, settings=EncoderSettings("raw"), resume=True)
    with pytest.raises(InputError, match="leave those out"):
        indelible.mark_file(source, tmp_path / "out.mp4", KEY, registration=indelible.Registration(tmp_path / "r.db", "Ann"), resume=True)
    (tmp_path / "there.mp4").write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists"):
        indelible.mark_file(source, tmp_path / "there.mp4", KEY, resume=True)
    assert [file.name for file in tmp_path.iterdir()] == ["there.mp4"]


def test_reports_are_pooled_by_their_squares():
    together = pooled(
        [EmbedReport(30, 1.0, 40.0, 39.0, 0.0), EmbedReport(10, 0.5, 50.0, 49.0, 0.2), EmbedReport(5, 0.5, np.inf, np.inf, 0.5)]
    )
    assert (together.frames, together.duration_seconds, together.unmarked_seconds) == (45, 2.0, 0.7)
    assert together.psnr_y_db == pytest.approx(-10 * np.log10((30e-4 + 10e-5) / 45))
    assert pooled([EmbedReport(5, 0.5, np.inf, np.inf, 0.5)]).psnr_y_db == np.inf
