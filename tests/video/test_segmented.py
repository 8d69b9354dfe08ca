"""Segments read as one video, and written again with the same times."""

import io

import av
import numpy as np
import pytest

from indelible.errors import InputError, UnsupportedMediaError
from indelible.video import EncoderSettings, open_video, probe, write_video
from indelible.video.segmented import check_segments_hold, segment_starts, write_segments
from indelible.video.segments import segment_list
from indelible.video.split import FragmentFiles, TransportFiles
from tests.conftest import encode_video
from tests.segments import hls, payloads, times

FAST = EncoderSettings("x264", crf=18, preset="veryfast")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    encode_video(path, frames=130, rate=25, audio="aac")
    return path


@pytest.fixture(scope="module", params=["ts", "ts at 10 s", "fmp4", "fmp4 at 10 s"])
def stream(request, film, tmp_path_factory):
    start = 10.0 if request.param.endswith("s") and " at " in request.param else 0.0
    return hls(film, tmp_path_factory.mktemp("stream") / "in", fmp4=request.param.startswith("fmp4"), seconds=1, rate=25, start=start)


def read(source):
    with open_video(source) as reader:
        frames = list(reader)
    assert reader.warnings == []
    return frames


def test_segments_are_one_video(stream):
    frames = read(stream)
    assert [frame.pts * frame.time_base for frame in frames] == times(stream)
    assert len(frames) == 130
    for one, other in zip(frames, read(stream.parent), strict=True):
        assert np.array_equal(one.y, other.y)
    assert probe(stream).streams == ("video:h264", "audio:aac")


def test_starts_are_those_of_the_segments(stream):
    segments = segment_list(stream)
    starts = segment_starts(segments, name="it")
    frames = read(stream)
    assert [frame.pts for frame in frames[::25]] == list(starts)
    assert len(starts) == len(segments.segments) == 6


def again(stream, folder, settings=FAST):
    """Encode a stream, a piece for each segment, into segments in a folder."""
    segments = segment_list(stream)
    starts = segment_starts(segments, name="it")
    frames, info = read(stream), probe(stream)

    def pieces():
        for index, start in enumerate(starts):
            end = starts[index + 1] if index + 1 < len(starts) else 1 << 62
            memory = io.BytesIO()
            write_video(memory, [frame for frame in frames if start <= frame.pts < end], settings, info=info, container="mp4")
            yield memory

    folder.mkdir()
    return write_segments(folder, segments, pieces(), copy_from=stream)


def test_segments_are_written_with_the_same_names_and_times(stream, tmp_path):
    summary = again(stream, tmp_path / "out")
    assert (summary.frames, summary.warnings) == (130, ())
    assert summary.duration_seconds == pytest.approx(5.2)
    out = tmp_path / "out" / stream.name
    assert sorted(file.name for file in out.parent.iterdir()) == sorted(file.name for file in stream.parent.iterdir())
    assert out.read_bytes() == stream.read_bytes()
    assert times(out) == times(stream)
    assert times(out, "audio") == times(stream, "audio")
    assert payloads(out) == payloads(stream)
    ours, theirs = read(out), read(stream)
    assert [frame.pts * frame.time_base for frame in ours] == [frame.pts * frame.time_base for frame in theirs]
    assert np.mean([np.abs(one.y.astype(float) - other.y).mean() for one, other in zip(ours, theirs, strict=True)]) < 3


def test_each_segment_plays_alone_and_begins_with_a_key_frame(stream, tmp_path):
    again(stream, tmp_path / "out")
    segments = segment_list(tmp_path / "out")
    header = segments.header.read_bytes() if segments.header else b""
    starts = segment_starts(segment_list(stream), name="it")
    for index, file in enumerate(segments.segments):
        with av.open(io.BytesIO(header + file.read_bytes())) as container:
            video = container.streams.video[0]
            packets = [packet for packet in container.demux(video) if packet.size]
            assert packets[0].is_keyframe
            assert packets[0].pts == min(packet.pts for packet in packets) == starts[index]
            assert [packet.dts for packet in packets] == sorted({packet.dts for packet in packets})
            assert all(packet.dts <= packet.pts for packet in packets)
        with open_video(io.BytesIO(header + file.read_bytes())) as reader:
            assert len(list(reader)) == (25 if index < 5 else 5)
            assert reader.warnings == []
            assert reader.info.duration_seconds == pytest.approx(1.0 if index < 5 else 0.2, abs=0.13)


@pytest.mark.parametrize("codec", ["x265", "av1", "vp9"])
def test_other_codecs_in_fragments(film, tmp_path, codec):
    stream = hls(film, tmp_path / "in", fmp4=True, rate=25)
    again(stream, tmp_path / "out", EncoderSettings(codec, preset={"x265": "ultrafast", "av1": "11", "vp9": "8"}[codec]))
    out = tmp_path / "out" / stream.name
    assert times(out) == times(stream)
    assert len(read(out)) == 130


def test_what_segments_cannot_hold(stream):
    segments = segment_list(stream)
    check_segments_hold(segments, "x265")
    with pytest.raises(InputError, match="does not hold"):
        check_segments_hold(segments, "ffv1")


def test_segments_without_pictures_are_refused(film, tmp_path):
    stream = hls(film, tmp_path / "in", rate=25)
    files = segment_list(stream).segments
    order = stream.read_text()
    stream.write_text(order.replace("seg0.ts", "x").replace("seg1.ts", "seg0.ts").replace("x\n", "seg1.ts\n"))
    with pytest.raises(UnsupportedMediaError, match="begins before the segment before it"):
        segment_starts(segment_list(stream), name="it")
    stream.write_text(order)
    with av.open(str(files[1]), "w", format="mpegts") as output:
        sound = output.add_stream("aac", rate=48000)
        block = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        block.sample_rate = 48000
        output.mux(sound.encode(block))
        output.mux(sound.encode(None))
    with pytest.raises(UnsupportedMediaError, match="no picture begins in"):
        segment_starts(segment_list(files[1].parent), name="it")


@pytest.mark.parametrize("size", [1, 7, 188, 1000, 100_000])
def test_how_a_muxer_cuts_its_writes_does_not_matter(stream, tmp_path, size):
    """Any cutting of the bytes gives the same files."""
    again(stream, tmp_path / "out")
    segments = segment_list(tmp_path / "out")
    data = b"".join(file.read_bytes() for file in segments.files)
    header = None if segments.header is None else tmp_path / "header"
    files = [tmp_path / f"{index}" for index in range(len(segments.segments))]
    with (TransportFiles if header is None else FragmentFiles)(files, header=header) as sink:
        for key_frame in range(1, len(files)):
            sink.begin_with(key_frame)
        for at in range(0, len(data), size):
            sink.write(data[at : at + size])
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in segments.segments]
