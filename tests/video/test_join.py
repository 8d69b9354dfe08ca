"""Pieces of a video, joined without encoding."""

import io
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from indelible.errors import InputError, MediaError, OutputError
from indelible.video import EncoderSettings, open_video, probe, write_video
from indelible.video.join import PIECE_CONTAINER, join_video
from tests.conftest import encode_video
from tests.segments import payloads, times

FAST = {
    "x264": EncoderSettings("x264", crf=18, preset="medium", threads=1),
    "x265": EncoderSettings("x265", crf=18, preset="ultrafast", threads=1),
    "av1": EncoderSettings("av1", crf=24, preset="11", threads=1),
    "vp9": EncoderSettings("vp9", crf=24, preset="8", threads=1),
}


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.mp4"
    encode_video(path, frames=60, audio="aac", metadata={"title": "A title"}, rotation=90)
    return path


def read(source):
    with open_video(source) as reader:
        frames = list(reader)
    assert reader.warnings == []
    return reader.info, frames


def pieces(source, settings, lengths, *, info=None, frames=None):
    """Encode the frames of a source in pieces of so many."""
    known, own = read(source)
    frames = frames or own
    assert sum(lengths) == len(frames)
    made = []
    for length in lengths:
        made.append(io.BytesIO())
        part, frames = frames[:length], frames[length:]
        write_video(made[-1], part, settings, info=info or known, container=PIECE_CONTAINER)
    return made


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [
        *[("x264", suffix) for suffix in ("mp4", "mkv", "mov", "nut", "ts")],
        *[("x265", suffix) for suffix in ("mp4", "mkv", "ts")],
        *[(codec, suffix) for codec in ("av1", "vp9") for suffix in ("mp4", "webm")],
    ],
)
def test_frames_times_and_sound_go_on(source, tmp_path, codec, suffix):
    target = tmp_path / f"out.{suffix}"
    summary = join_video(target, pieces(source, FAST[codec], [25, 1, 20, 14]), codec, copy_from=source)
    info, frames = read(target)
    assert (summary.frames, len(frames)) == (60, 60)
    assert summary.duration_seconds == pytest.approx(2.4)
    exact = suffix not in ("mkv", "webm")
    start = frames[0].pts_seconds if suffix in ("ts", "nut", "mkv") else 0.0  # sound begins before zero, which these cannot say
    for index, frame in enumerate(frames):
        assert frame.pts_seconds - start == pytest.approx(index / 25, abs=1e-9 if exact else 6e-4)
    pairs = zip(frames, read(source)[1], strict=True)
    assert np.mean([np.abs(one.y.astype(float) - other.y).mean() for one, other in pairs]) < 4
    if suffix == "webm":
        assert "left out" in summary.warnings[0]
        return
    assert info.streams[1] == "audio:aac"
    theirs = payloads(source)
    assert [
        ours[-len(packet) :] for ours, packet in zip(payloads(target), theirs, strict=True)
    ] == theirs  # MPEG-TS puts a header before each
    if suffix in ("mp4", "mov", "mkv"):
        assert info.rotation_deg == 90
        assert info.duration_seconds == pytest.approx(2.4, abs=0.04)


def test_a_file_as_if_it_had_been_written_at_once(source, tmp_path):
    """Joined and written at once differ only in where key frames lie."""
    info, frames = read(source)
    write_video(tmp_path / "whole.mp4", frames, FAST["x264"], info=info, copy_from=source)
    join_video(tmp_path / "joined.mp4", pieces(source, FAST["x264"], [30, 30]), "x264", copy_from=source)
    assert times(tmp_path / "joined.mp4") == times(tmp_path / "whole.mp4")
    assert probe(tmp_path / "joined.mp4") == replace(probe(tmp_path / "whole.mp4"), bitrate_bps=probe(tmp_path / "joined.mp4").bitrate_bps)


def test_a_variable_rate_and_a_late_start(source, tmp_path):
    ticks = np.cumsum([90000, *np.random.default_rng(5).integers(1, 9000, 59)]).tolist()
    _, frames = read(source)
    moved = [replace(frame, pts=tick, time_base=Fraction(1, 90000), duration=0) for frame, tick in zip(frames, ticks, strict=True)]
    for suffix in ("mp4", "nut"):
        join_video(tmp_path / f"out.{suffix}", pieces(source, FAST["x264"], [7, 3, 30, 20], frames=moved), "x264", copy_from=source)
        out = [frame.pts * frame.time_base for frame in read(tmp_path / f"out.{suffix}")[1]]
        shift = out[0] - 1
        assert shift == (0 if suffix == "mp4" else Fraction(1024, 48000)), "NUT begins with the sound, before zero"
        assert [time - shift for time in out] == [Fraction(tick, 90000) for tick in ticks]


def test_pieces_that_do_not_fit(source, tmp_path):
    good, other = pieces(source, FAST["x264"], [30, 30]), pieces(source, EncoderSettings("x264", preset="ultrafast"), [30, 30])
    target = tmp_path / "out.mp4"
    with pytest.raises(MediaError, match="encoded in another way"):
        join_video(target, [good[0], other[1]], "x264", copy_from=source)
    with pytest.raises(InputError, match="no pieces"):
        join_video(target, [], "x264", copy_from=source)
    with pytest.raises(InputError, match="does not hold"):
        join_video(tmp_path / "out.webm", good, "x264", copy_from=source)
    with pytest.raises(OutputError, match="the input itself"):
        join_video(source, good, "x264", copy_from=source, overwrite=True)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["source.mp4"]
