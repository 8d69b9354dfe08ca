import gc
import io
import itertools
import os
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

import indelible
from indelible.errors import InputError, MediaError, UnsupportedMediaError
from indelible.frames import ColorTags
from indelible.video import open_video, probe


def ffmpeg_planes(path, pixel_format, frames, sizes, dtype) -> list[list[np.ndarray]]:
    """Decode with the ffmpeg program into planes: the oracle."""
    arguments = ["-noautorotate", "-i", str(path), "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixel_format, "-"]
    raw = subprocess.run([get_ffmpeg_exe(), "-v", "error", *arguments], check=True, capture_output=True).stdout
    samples = np.frombuffer(raw, dtype).reshape(frames, -1)
    ends = np.cumsum([h * w for h, w in sizes])[:-1]
    return [[part.reshape(size) for part, size in zip(np.split(frame, ends), sizes, strict=True)] for frame in samples]


@pytest.mark.parametrize(
    ("codec", "coded", "planar", "name"),
    [
        ("libx264", "yuv420p", "yuv420p", "a.mp4"),
        ("libx264", "yuvj420p", "yuv420p", "a.mp4"),
        ("libx264", "yuv422p", "yuv422p", "a.mp4"),
        ("libx264", "yuv444p", "yuv444p", "a.mp4"),
        ("libx264", "yuv420p10le", "yuv420p10le", "a.mkv"),
        ("libx264", "yuv422p10le", "yuv422p10le", "a.mkv"),
        ("libx264", "yuv444p10le", "yuv444p10le", "a.mkv"),
        ("ffv1", "yuv420p12le", "yuv420p12le", "a.mkv"),
        ("ffv1", "yuv444p16le", "yuv444p16le", "a.mkv"),
        ("ffv1", "yuva420p", "yuv420p", "a.mkv"),
        ("ffv1", "gray", "gray", "a.mkv"),
        ("ffv1", "gray10le", "gray10le", "a.mkv"),
        ("rawvideo", "nv12", "yuv420p", "a.nut"),
        ("rawvideo", "nv21", "yuv420p", "a.nut"),
        ("rawvideo", "yuyv422", "yuv422p", "a.nut"),
        ("rawvideo", "uyvy422", "yuv422p", "a.nut"),
    ],
)
def test_planes_are_those_that_ffmpeg_decodes(make_video, codec, coded, planar, name):
    path = make_video(name, codec=codec, pixel_format=coded, frames=6)
    with open_video(path) as reader:
        frames = list(reader)
    assert len(frames) == 6
    assert {frame.pixel_format for frame in frames} == {planar}
    assert reader.info.pixel_format == planar
    first = frames[0]
    sizes = [plane.shape for plane in (first.y, *first.chroma)]
    assert first.y.shape == (64, 96)
    assert len(first.chroma) == (0 if planar.startswith("gray") else 2)
    assert first.bit_depth == int("".join(filter(str.isdigit, planar.split("p")[-1])) or 8) if "le" in planar else first.bit_depth == 8
    oracle = ffmpeg_planes(path, coded if coded == "yuvj420p" else planar, 6, sizes, first.y.dtype)
    for frame, planes in zip(frames, oracle, strict=True):
        for ours, theirs in zip((frame.y, *frame.chroma), planes, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("size", [(95, 63), (97, 65), (66, 50)])
def test_odd_sizes_round_chroma_up(make_video, size):
    path = make_video("odd.mkv", codec="ffv1", width=size[0], height=size[1], frames=3)
    with open_video(path) as reader:
        frames = list(reader)
    shapes = [size[::-1], ((size[1] + 1) // 2, (size[0] + 1) // 2)]
    assert [plane.shape for plane in (frames[0].y, frames[0].chroma[0])] == shapes
    oracle = ffmpeg_planes(path, "yuv420p", 3, [shapes[0], shapes[1], shapes[1]], np.uint8)
    np.testing.assert_array_equal(frames[2].chroma[1], oracle[2][2])


def test_luma_keeps_its_limited_range(make_video):
    """PyAV's own ``to_ndarray(format="gray")`` stretches 16..235 to 0..255."""
    with open_video(make_video("a.mkv", codec="ffv1", tags=(1, 1, 1, 1))) as reader:
        frame = next(iter(reader))
    assert frame.y.min() >= 16
    assert frame.y.max() <= 235
    assert not frame.color.full_range


def test_the_old_full_range_name_becomes_a_tag(make_video):
    with open_video(make_video(pixel_format="yuvj420p")) as reader:
        frame = next(iter(reader))
    assert (frame.pixel_format, frame.color.range, reader.info.color.range) == ("yuv420p", 2, 2)


def test_frames_are_good_after_the_next_ones_and_after_the_end(clip):
    with open_video(clip) as reader:
        kept = []
        copies = []
        for frame in reader:
            kept.append(frame)
            copies.append(frame.y.copy())
    del reader
    assert len(kept) == 24
    for frame, copy in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(frame.y, copy)


def test_luma_is_a_read_only_view(clip):
    with open_video(clip) as reader:
        frame = next(iter(reader))
    assert not frame.y.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        frame.y[0, 0] = 0


def test_irregular_times_are_exact(make_video):
    pts = [0, 33, 34, 150, 151, 170, 400, 401, 402, 1000]
    path = make_video("vfr.mkv", frames=10, pts=pts, time_base=Fraction(1, 1000), rate=25)
    with open_video(path) as reader:
        frames = list(reader)
    assert [frame.pts * frame.time_base for frame in frames] == [Fraction(t, 1000) for t in pts]


def test_times_may_start_anywhere(make_video):
    pts = list(range(90_000 * 5, 90_000 * 5 + 12 * 3600, 3600))
    path = make_video("late.mp4", frames=12, pts=pts, time_base=Fraction(1, 90_000))
    with open_video(path) as reader:
        assert [float(frame.pts_seconds) for frame in reader] == pytest.approx([t / 90_000 for t in pts], abs=1e-3)


def test_a_raw_stream_without_times_gets_increasing_ones(make_video):
    path = make_video("raw.h264", container="h264")
    with open_video(path) as reader:
        pts = [frame.pts for frame in reader]
    assert len(pts) == 24
    assert all(later > earlier for earlier, later in itertools.pairwise(pts))


def test_times_that_go_back_are_moved_and_said(tmp_path):
    path = tmp_path / "back.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", rate=25, width=32, height=32, time_base=Fraction(1, 1000))
        stream.pix_fmt = "yuvj420p"
        packets = []
        for index in range(5):
            picture = av.VideoFrame(32, 32, "yuvj420p")
            picture.pts, picture.time_base = 40 * index, Fraction(1, 1000)
            packets += stream.encode(picture)
        packets += stream.encode(None)
        for packet, time in zip(packets, (0, 40, 40, 40, 80), strict=True):
            packet.pts = packet.dts = time
            output.mux(packet)
    with open_video(path) as reader:
        assert [frame.pts for frame in reader] == [0, 40, 41, 42, 80]
    assert len(reader.warnings) == 1
    assert "times do not increase" in reader.warnings[0]


def test_all_threads_and_one_give_the_same(clip):
    results = []
    for threads in (0, 1, 3):
        with open_video(clip, threads=threads) as reader:
            results.append([(frame.pts, frame.y.tobytes()) for frame in reader])
    assert results[0] == results[1] == results[2]
    with pytest.raises(InputError, match="threads is -1"), open_video(clip, threads=-1):
        pass


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libsvtav1", "libvpx-vp9", "mpeg4", "mpeg2video", "mjpeg", "ffv1"])
def test_what_is_left_of_referenced_pictures_are_those_pictures(make_video, codec):
    video = make_video("clip.mkv", codec=codec, pixel_format="yuvj420p" if codec == "mjpeg" else "yuv420p")
    with open_video(video) as reader:
        all_of_them = {frame.pts: frame.y.tobytes() for frame in reader}
    with open_video(video, only_referenced=True) as reader:
        some = {frame.pts: frame.y.tobytes() for frame in reader}
        assert not reader.warnings
    assert some.items() <= all_of_them.items()
    assert 6 <= len(some) <= (16 if codec == "libx264" else 24)


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("libx264", {"g": "8"}),
        ("libx264", {"g": "8", "x264-params": "open-gop=1:bframes=3"}),
        ("libx265", {"x265-params": "keyint=8:min-keyint=8:log-level=none"}),
        ("libsvtav1", {"g": "8"}),
        ("libvpx-vp9", {"g": "8"}),
        ("mpeg2video", {"g": "8"}),
    ],
)
def test_key_frames_are_what_they_are_among_all(make_video, codec, options):
    video = make_video("clip.mkv", codec=codec, options=options, frames=40)
    with open_video(video) as reader:
        all_of_them = {frame.pts: frame.y.tobytes() for frame in reader}
    with open_video(video, key_frames_seconds=0.0) as reader:
        some = {frame.pts: frame.y.tobytes() for frame in reader}
        assert not reader.warnings
        assert reader.packets_end_seconds == pytest.approx(1.6, abs=0.05)
    assert some.items() <= all_of_them.items()
    assert 4 <= len(some) <= 6


@pytest.mark.parametrize(("apart", "times"), [(0.0, 24), (0.25, 4), (0.5, 2), (9.0, 1)])
def test_key_frames_that_follow_each_other_closely_are_left_out(make_video, apart, times):
    video = make_video("clip.mkv", codec="mjpeg", pixel_format="yuvj420p")
    with open_video(video, key_frames_seconds=apart) as reader:
        pictures = [float(frame.pts_seconds) for frame in reader]
        assert not reader.warnings
    assert len(pictures) == times
    assert pictures[0] == 0.0
    assert all(later - earlier >= apart for earlier, later in itertools.pairwise(pictures))


def test_a_cut_file_is_said_to_be_cut_by_key_frames_too(make_video):
    video = make_video("clip.mkv", frames=200, options={"g": "20"})
    video.write_bytes(video.read_bytes()[: video.stat().st_size * 2 // 3])
    with open_video(video, key_frames_seconds=0.0) as reader:
        assert sum(1 for _ in reader) >= 4
        assert any("tail" in sentence for sentence in reader.warnings)


def test_key_frames_are_not_negatively_apart(clip):
    with pytest.raises(InputError, match="-1"), open_video(clip, key_frames_seconds=-1.0):
        pass


def test_iterating_again_goes_on(clip):
    with open_video(clip) as reader:
        first = next(iter(reader))
        rest = list(reader)
        assert list(reader) == []
    assert (first.pts, len(rest)) == (0, 23)


def test_probe_says_what_the_encoder_was_told(make_video):
    path = make_video(
        "told.mp4",
        rate=Fraction(30000, 1001),
        tags=(9, 16, 9, 1),
        pixel_format="yuv420p10le",
        sample_aspect_ratio=Fraction(4, 3),
        rotation=90,
        audio="aac",
    )
    info = probe(path)
    assert (info.width, info.height, info.pixel_format, info.codec) == (96, 64, "yuv420p10le", "h264")
    assert info.color == ColorTags(primaries=9, transfer=16, matrix=9, range=1)
    assert (info.sample_aspect_ratio, info.rotation_deg) == (Fraction(4, 3), 90)
    assert (info.frame_rate, info.frames) == (Fraction(30000, 1001), 24)
    assert info.duration_seconds == pytest.approx(24 * 1001 / 30000, abs=1e-6)
    assert 0 < (info.bitrate_bps or 0) < 10**7
    assert info.streams == ("video:h264", "audio:aac")
    assert "mp4" in info.container
    with open_video(path) as reader:
        assert reader.info == info


def test_rotated_pictures_are_given_as_coded(make_video):
    with open_video(make_video(rotation=90)) as reader:
        frame = next(iter(reader))
    assert (frame.width, frame.height) == (96, 64)


def test_memory_and_position(clip):
    data = io.BytesIO(clip.read_bytes())
    data.seek(0, io.SEEK_END)
    for _ in range(2):
        with open_video(data, threads=1) as reader:
            assert len(list(reader)) == 24
    with clip.open("rb") as file, open_video(file) as reader:
        assert len(list(reader)) == 24


def test_a_pipe_object(make_video):
    data = make_video("clip.nut").read_bytes()
    reading, writing = os.pipe()

    def feed() -> None:
        with os.fdopen(writing, "wb") as sink:
            sink.write(data)

    feeder = threading.Thread(target=feed)
    feeder.start()
    with os.fdopen(reading, "rb", buffering=0) as source, open_video(source) as reader:
        frames = list(reader)
    feeder.join()
    assert len(frames) == 24
    assert reader.info.width == 96


def test_standard_input(clip):
    code = "from indelible.video import open_video\nwith open_video('-') as r: print(len(list(r)), r.info.width)"
    environment = os.environ | {"PYTHONPATH": str(Path(indelible.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], input=clip.read_bytes(), capture_output=True, env=environment, check=True)
    assert (done.stdout.split(), done.stderr) == ([b"24", b"96"], b"")


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    shorter = path.with_name(f"cut-{share}-{path.name}")
    shorter.write_bytes(data[: int(len(data) * share)])
    return shorter


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.nut", "a.ts"])
@pytest.mark.parametrize("threads", [0, 1])
def test_a_cut_file_gives_what_is_left_and_a_warning(make_video, name, threads):
    options = {"container_options": {"movflags": "faststart"}} if name.endswith("mp4") else {}
    whole = make_video(name, frames=100, options={"g": "10", "bf": "0", "tune": "zerolatency", "threads": "1"}, **options)
    with open_video(cut(whole, 0.5), threads=threads) as reader:
        frames = list(reader)
    assert 25 <= len(frames) <= 75
    if not name.endswith((".ts", ".nut")):  # nothing in these says how long they were; a transport stream may end anywhere
        assert any("damaged" in warning for warning in reader.warnings), reader.warnings
    with open_video(whole) as reader:
        assert len(list(reader)) == 100
    assert reader.warnings == []


def test_damage_in_the_middle_is_skipped_and_said(make_video):
    path = make_video(frames=60, options={"g": "10", "bf": "0"})
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 3
    data[start : start + 400] = np.random.default_rng(3).bytes(400)
    path.write_bytes(data)
    with open_video(path) as reader:
        frames = list(reader)
    assert 30 <= len(frames) <= 60
    assert all(warning.startswith("damaged") for warning in reader.warnings)


def test_nothing_to_decode_is_an_error(make_video, tmp_path):
    path = make_video(frames=3)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    data[start : data.index(b"moov") - 4] = bytes(data.index(b"moov") - 4 - start)
    path.write_bytes(data)
    with pytest.raises(MediaError, match=r"cannot decode .*clip\.mp4: "), open_video(path):
        pass
    with pytest.raises(MediaError, match=r"clip\.mp4"):
        probe(path)
    headless = tmp_path / "headless.mp4"
    headless.write_bytes(make_video("b.mp4").read_bytes()[:2000])
    with pytest.raises(MediaError, match=r"cannot open .*headless\.mp4"):
        probe(headless)


def test_pictures_that_change_their_size_are_refused(make_video, tmp_path):
    parts = [make_video(f"{width}.h264", container="h264", width=width).read_bytes() for width in (96, 128)]
    joined = tmp_path / "joined.h264"
    joined.write_bytes(b"".join(parts))
    with open_video(joined) as reader, pytest.raises(UnsupportedMediaError, match="change from 96x64 to 128x64"):
        list(reader)


def test_pictures_without_luma_are_refused_with_a_way_out(make_video):
    path = make_video("rgb.mkv", codec="ffv1", pixel_format="gbrp10le")
    with open_video(path) as reader, pytest.raises(UnsupportedMediaError, match=r"gbrp10le, .*convert first"):
        list(reader)


def test_tags_that_are_not_utf8_do_not_stop_the_reading(make_video):
    path = make_video(metadata={"title": "ABCDEF"})
    path.write_bytes(path.read_bytes().replace(b"ABCDEF", b"\xe9\xff\xfe\xe8\xe0\xf6"))
    assert probe(path).width == 96


def test_pictures_are_let_go_without_the_collector(make_video):
    """What PyAV knows of a picture may tie it into a circle; then every picture of a video would stay until the next collection."""
    path = make_video(frames=60, rate=5)
    gc.collect()
    before = sum(isinstance(thing, av.VideoFrame) for thing in gc.get_objects())
    gc.disable()
    try:
        with open_video(path, threads=1) as reader:
            for index, _ in enumerate(reader):
                alive = sum(isinstance(thing, av.VideoFrame) for thing in gc.get_objects()) - before
                assert alive <= 4, index
    finally:
        gc.enable()
