"""Files as they are: container x codec x pixel format x times x streams, through mark and detect, against a demuxer pass of our own."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

import indelible
from indelible.errors import InputError
from indelible.frames import Frame
from indelible.video import EncoderSettings, read
from indelible.workflows import mark as workflow
from tests.conftest import encode_video

KEY = indelible.SecretKey(bytes(range(32)))
FRAMES = 8
SETTINGS = {
    "x264": EncoderSettings("x264", crf=12, preset="ultrafast", threads=1),
    "x265": EncoderSettings("x265", crf=12, preset="ultrafast", threads=1),
    "av1": EncoderSettings("av1", crf=20, preset="12", threads=1),
    "vp9": EncoderSettings("vp9", crf=20, preset="8", threads=1),
    "ffv1": EncoderSettings("ffv1", threads=1),
    "raw": EncoderSettings("raw"),
    "copy": None,
}
SOUND = {"mp4": "aac", "mov": "pcm_s16le", "mkv": "flac", "webm": "libopus", "nut": "pcm_s16le", "ts": "mp2", "avi": "pcm_s16le"}
IRREGULAR = [0, 33, 34, 150, 151, 170, 400, 401]
_VPX = {"deadline": "realtime", "cpu-used": "8"}
FAST = {
    "libvpx": _VPX,
    "libvpx-vp9": _VPX,
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1"},
}
HDR10 = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400"


@dataclass(frozen=True)
class Case:
    """One made file, how it is marked, and whether everything can be kept."""

    name: str
    source: str
    target: str
    encoder: str = "x264"
    codec: str = "libx264"
    pixels: str = "yuv420p"
    options: dict[str, Any] = field(default_factory=dict)
    remux: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.source} {self.codec} {self.pixels} -> {self.encoder} {self.target}"


def same(suffix: str, codec: str, pixels: str, encoder: str, name: str = "plain", **more: Any) -> Case:
    return Case(name, f"a.{suffix}", f"b.{suffix}", encoder, codec, pixels, **more)


def vfr(**more: Any) -> dict[str, Any]:
    return {"pts": IRREGULAR, "time_base": Fraction(1, 1000), **more}


def late(seconds: int) -> dict[str, Any]:
    return {"pts": [90_000 * seconds + 3003 * index for index in range(FRAMES)], "time_base": Fraction(1, 90_000)}


CHAPTERS = [
    {"id": 1, "start": 0, "end": 150, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}},
    {"id": 2, "start": 150, "end": 320, "time_base": Fraction(1, 1000), "metadata": {"title": "Two"}},
]
TEN_TIMES = ["-map", "0:a"] * 10
WORDS = ["-i", "{srt}", "-map", "0", "-map", "1"]
BFRAMES = {"options": {"preset": "veryfast", "bf": "3", "tune": "film"}}

CASES = [
    # containers, with the sound that is at home there
    *(same(s, "libx264", "yuv420p", "x264", "sound", options={"audio": SOUND[s]}) for s in ("mp4", "mov", "mkv", "ts", "nut")),
    same("webm", "libvpx-vp9", "yuv420p", "vp9", "sound", options={"audio": "libopus"}),
    same("mkv", "libvpx-vp9", "yuv420p", "av1", "sound", options={"audio": "libopus"}),
    Case("sound", "a.avi", "b.mkv", "x264", "mpeg4", options={"audio": "pcm_s16le"}),
    Case("sound", "a.avi", "b.mp4", "x264", "mpeg4", options={"audio": "libmp3lame"}),
    Case("sound", "a.flv", "b.mp4", "x264", "flv", options={"audio": "aac"}),
    Case("sound", "a.mp4", "b.mkv", options={"audio": "aac"}),
    Case("sound", "a.mkv", "b.mov", options={"audio": "aac"}),
    Case("sound", "a.mov", "b.mp4", options={"audio": "aac"}),
    Case("sound", "a.webm", "b.mp4", "av1", "libvpx-vp9", options={"audio": "libopus"}),
    Case("no sound", "a.ivf", "b.webm", "vp9", "libvpx-vp9"),
    Case("no sound", "a.y4m", "b.mkv", "ffv1", "rawvideo"),
    # codecs, and settings that follow the source
    same("mp4", "libx265", "yuv420p", "copy"),
    same("mkv", "libx264", "yuv420p", "copy"),
    same("webm", "libvpx-vp9", "yuv420p", "copy"),
    same("mkv", "ffv1", "yuv420p", "copy"),
    Case("codec", "a.mpg", "b.mp4", "copy", "mpeg2video"),
    Case("codec", "a.webm", "b.mkv", "copy", "libvpx"),
    Case("codec", "a.mov", "b.mov", "copy", "prores_ks", "yuv422p10le"),
    Case("codec", "a.avi", "b.mkv", "ffv1", "mjpeg", "yuvj420p"),
    same("mp4", "libx264", "yuv420p", "x265"),
    same("mp4", "libx264", "yuv420p", "av1"),
    # formats, into a lossless encoder: what comes out is what went in
    *(
        same("mkv", "ffv1", pixels, "ffv1", "format")
        for pixels in ("yuv420p", "yuv422p", "yuv444p", "gray", "yuv420p10le", "yuv422p10le", "yuv444p10le", "gray10le", "yuv420p12le")
    ),
    *(Case("format", "a.nut", "b.mkv", "ffv1", "rawvideo", pixels) for pixels in ("nv12", "nv21", "yuyv422", "uyvy422")),
    # formats, into the codecs of the world
    *(same("mp4", "libx264", pixels, "x264", "format") for pixels in ("yuv422p", "yuv444p", "gray", "yuv420p10le", "yuv422p10le")),
    *(same("mkv", "libx265", pixels, "x265", "format") for pixels in ("yuv420p10le", "yuv422p10le", "yuv444p", "gray")),
    Case("format", "a.nut", "b.mp4", "x265", "rawvideo", "nv12"),
    same("mp4", "libx264", "yuv420p10le", "av1", "format"),
    # times
    *(same(s, "libx264", "yuv420p", "x264", "variable rate", options=vfr(options={"bf": "0"})) for s in ("mp4", "mov", "mkv", "nut", "ts")),
    same("webm", "libvpx-vp9", "yuv420p", "vp9", "variable rate", options=vfr()),
    same("mp4", "libx264", "yuv420p", "x265", "variable rate", options=vfr(audio="aac")),
    same("mp4", "libx264", "yuv420p", "x264", "late start", options=late(3)),
    same("mov", "libx264", "yuv420p", "x264", "late start, late sound", options=late(3) | {"audio": "aac", "audio_start": 3.5}),
    same("mkv", "libx264", "yuv420p", "x264", "late start", options=late(5)),
    same("ts", "libx264", "yuv420p", "x264", "late start", options=late(20)),
    same("mp4", "libx264", "yuv420p", "x264", "negative dts", options=BFRAMES | {"audio": "aac", "rate": Fraction(30000, 1001)}),
    same("mkv", "libx264", "yuv420p", "x264", "negative dts", options=BFRAMES | {"audio": "aac"}),
    Case("negative dts", "a.mp4", "b.ts", options=BFRAMES),
    same("mp4", "libx264", "yuv420p", "x264", "film rate", options={"rate": Fraction(24000, 1001)}),
    # raw pictures
    *(Case("raw", "a.mkv", "b.y4m", "raw", "ffv1", pixels) for pixels in ("yuv420p", "yuv422p", "yuv444p10le", "gray", "yuv420p10le")),
    Case("raw", "a.y4m", "b.y4m", "raw", "rawvideo", options={"width": 159, "height": 97}),
    Case("raw, sound lost", "a.mp4", "b.y4m", "raw", options={"audio": "aac", "rate": Fraction(30000, 1001)}, warned=("audio:aac",)),
    # geometry and colours
    *(same("mp4", "libx264", "yuv420p", "x264", "rotation", options={"rotation": turn}) for turn in (90, -90, 180)),
    same("mov", "libx264", "yuv420p", "x264", "mirrored", options={"rotation": 90, "hflip": True}),
    same("mkv", "libx264", "yuv420p", "x264", "pixel aspect", options={"sample_aspect_ratio": Fraction(64, 45)}),
    same("ts", "libx264", "yuv420p", "x264", "pixel aspect", options={"sample_aspect_ratio": Fraction(16, 11)}),
    same("mkv", "ffv1", "yuv420p", "ffv1", "odd size", options={"width": 159, "height": 97}),
    same("webm", "libvpx-vp9", "yuv420p", "vp9", "odd size", options={"width": 161, "height": 95}),
    same("mkv", "ffv1", "yuv444p", "x264", "odd size", options={"width": 159, "height": 97}),
    same("mp4", "libx264", "yuv420p", "x264", "colours", options={"tags": (1, 1, 1, 1)}),
    same("mov", "libx264", "yuv420p", "x264", "colours", options={"tags": (6, 6, 6, 1)}),
    same("mkv", "libx264", "yuvj420p", "x264", "full range", options={"tags": (1, 13, 1, 2)}),
    same("mp4", "libx265", "yuv420p10le", "x265", "HLG", options={"tags": (9, 18, 9, 1)}),
    # everything else in a file
    same("mp4", "libx264", "yuv420p", "x264", "chapters and tags", options={"chapters": CHAPTERS, "metadata": {"title": "Film"}}),
    same("mkv", "libx264", "yuv420p", "x264", "chapters and tags", options={"chapters": CHAPTERS, "metadata": {"title": "Film"}}),
    same("mov", "libx264", "yuv420p", "x264", "timecode", remux=("-c", "copy", "-timecode", "01:02:03:04")),
    same("mkv", "libx264", "yuv420p", "x264", "ten tracks", options={"audio": "flac"}, remux=("-map", "0:v", *TEN_TIMES, "-c", "copy")),
    same("mkv", "libx264", "yuv420p", "x264", "subtitles", remux=("-i", "{srt}", "-map", "0", "-map", "1", "-c", "copy")),
    same("mp4", "libx264", "yuv420p", "x264", "subtitles", remux=(*WORDS, "-c:v", "copy", "-c:s", "mov_text")),
    same("mkv", "libx264", "yuv420p", "x264", "font", remux=("-c", "copy", "-attach", "{srt}", "-metadata:s:t", "mimetype=font/ttf")),
    Case("subtitles lost", "a.mkv", "b.mov", remux=("-i", "{srt}", "-map", "0", "-map", "1", "-c", "copy"), warned=("was left out",)),
]  # fmt: skip


def make(case: Case, folder: Path) -> Path:
    path = folder / case.source
    options = {"width": 160, "height": 96, "frames": FRAMES, "codec": case.codec, "pixel_format": case.pixels} | case.options
    options.setdefault("options", FAST.get(case.codec, {}))
    if case.source.endswith("y4m"):
        options |= {"codec": "wrapped_avframe", "container": "yuv4mpegpipe"}
    encode_video(path, **options)
    if case.remux:
        plain = path.rename(path.with_name("plain" + path.suffix))
        (folder / "words.srt").write_text("1\n00:00:00,050 --> 00:00:00,150\nHello\n\n2\n00:00:00,200 --> 00:00:00,300\nAgain\n")
        arguments = [str(folder / "words.srt") if part == "{srt}" else part for part in case.remux]
        subprocess.run([get_ffmpeg_exe(), "-v", "error", "-i", plain, *arguments, path], check=True)
        plain.unlink()
    return path


def pictures(path: Path) -> Iterator[av.VideoFrame]:
    with av.open(str(path)) as file:
        yield from file.decode(file.streams.video[0])


def times(path: Path) -> list[Fraction]:
    return [picture.pts * picture.time_base for picture in pictures(path)]


def chroma(picture: av.VideoFrame) -> list[np.ndarray]:
    """U and V by this file's own reading of FFmpeg's formats."""
    name, bits = picture.format.name, picture.format.components[0].bits
    memory = [np.frombuffer(plane, np.uint16 if bits > 8 else np.uint8).reshape(plane.height, -1) for plane in picture.planes]
    width = -(-picture.width // 2)
    match name:
        case "gray" | "gray10le":
            return []
        case "nv12":
            return [memory[1][:, :2 * width][:, first::2] for first in (0, 1)]  # fmt: skip
        case "nv21":
            return [memory[1][:, : 2 * width][:, first::2] for first in (1, 0)]
        case "yuyv422":
            return [memory[0][:, : 4 * width][:, first::4] for first in (1, 3)]
        case "uyvy422":
            return [memory[0][:, : 4 * width][:, first::4] for first in (0, 2)]
    return [rows[:, : plane.width] for rows, plane in zip(memory[1:], picture.planes[1:], strict=True)]


def other_streams(path: Path, *, absolute: bool) -> list[tuple[str, list[tuple[Fraction, bytes]]]]:
    """Kind and packets of every stream but the first video: time from the first picture, and bytes."""
    start = Fraction(0) if absolute else times(path)[0]
    with av.open(str(path)) as file:
        streams = {stream.index: (stream.type, []) for stream in file.streams if stream.index != file.streams.video[0].index}
        streams = {index: value for index, value in streams.items() if file.streams[index].type not in ("data", "attachment")}
        for packet in file.demux([file.streams[index] for index in streams]) if streams else ():
            if packet.size:
                streams[packet.stream_index][1].append((packet.pts * packet.time_base - start, bytes(packet)))
        fonts = [("attachment", [(Fraction(0), stream.data)]) for stream in file.streams.attachments]
    return [*streams.values(), *fonts]


def said(path: Path) -> dict[str, object]:
    """What a file says of how to show its pictures."""
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        picture = next(file.decode(stream))
        chapters = [
            (part["metadata"]["title"], part["start"] * part["time_base"], part["end"] * part["time_base"]) for part in file.chapters()
        ]
        return {
            "rotation": picture.rotation,
            "matrix": bytes(picture.side_data["DISPLAYMATRIX"]) if picture.side_data.get("DISPLAYMATRIX") else None,
            "aspect": stream.sample_aspect_ratio or Fraction(1),
            "size": (picture.width, picture.height),
            "colours": (picture.color_primaries, picture.color_trc, picture.colorspace),
            "full range": picture.color_range == 2 or picture.format.name.startswith("yuvj"),
            "chapters": chapters,
            "title": file.metadata.get("title"),
            "timecode": stream.metadata.get("timecode"),
            "disposition": [int(other.disposition) for other in file.streams if other.type in ("video", "audio")],
        }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_luma_changes(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = make(case, tmp_path), tmp_path / case.target
    original = list(pictures(source))
    handed_over: list[Frame] = []
    write = workflow.write_video

    def overheard(place: object, frames: Iterator[Frame], *arguments: object, **options: Any) -> object:
        def noted() -> Iterator[Frame]:
            for frame in frames:
                handed_over.append(frame)
                yield frame

        return write(place, noted(), *arguments, **options)

    monkeypatch.setattr(workflow, "write_video", overheard)
    result = indelible.mark_file(source, target, KEY, quality_db=36.0, settings=SETTINGS[case.encoder])

    assert len(result.warnings) == len(case.warned), result.warnings
    assert all(words in warning for words, warning in zip(case.warned, result.warnings, strict=True))
    assert result.marked
    assert len(handed_over) == len(original) == FRAMES
    for frame, picture in zip(handed_over, original, strict=True):
        for ours, theirs in zip(frame.chroma, chroma(picture), strict=True):
            np.testing.assert_array_equal(ours, theirs)

    back = list(pictures(target))
    assert len(back) == FRAMES
    if case.encoder in ("ffv1", "raw"):
        for frame, picture in zip(handed_over, back, strict=True):
            for ours, theirs in zip(frame.chroma, chroma(picture), strict=True):
                np.testing.assert_array_equal(ours, theirs)

    check_times(case, times(source), times(target))
    check_streams(case, source, target)
    before, after = said(source), said(target)
    if case.target.endswith("mkv"):
        before.pop("matrix"), after.pop("matrix")  # kept as an angle
    if case.source.endswith((".y4m", ".avi", ".nut", ".ivf", ".flv", ".mpg")) or case.codec == "prores_ks":
        before.pop("colours"), after.pop("colours")
    if case.source[2:] != case.target[2:]:
        before.pop("disposition"), after.pop("disposition")  # each container has its own idea of what is on by default
    assert {name: (before[name], value) for name, value in after.items() if value != before[name]} == {}

    (found,) = indelible.detect_file(target, [KEY])
    assert found.detection.frames_used == FRAMES
    assert found.warnings == ()
    assert found.marked, found.detection.log10_p


def check_times(case: Case, before: list[Fraction], after: list[Fraction]) -> None:
    """To the tick. MPEG-TS, and Matroska where sound comes before zero, shift all streams alike; Matroska and WebM count in ms."""
    tick = {"mkv": Fraction(1, 1000), "webm": Fraction(1, 1000), "ts": Fraction(1, 90_000)}.get(case.target.split(".")[-1], Fraction(0))
    if case.target.endswith(".ts") or (case.target.endswith(".mkv") and not case.source.endswith(".mkv")):
        before, after = [time - before[0] for time in before], [time - after[0] for time in after]
    assert all(abs(old - new) <= tick for old, new in zip(before, after, strict=True)), (before, after)


def check_streams(case: Case, source: Path, target: Path) -> None:
    before, after = other_streams(source, absolute=False), other_streams(target, absolute=False)
    if case.warned:
        return
    assert [kind for kind, _ in after] == [kind for kind, _ in before]
    coarse = (
        Fraction(1, 1000) if not case.target.endswith((".mp4", ".mov", ".nut")) or not case.source.endswith((".mp4", ".mov", ".nut")) else 0
    )
    for (_, old), (_, new) in zip(before, after, strict=True):
        assert [data for _, data in new] == [data for _, data in old]
        assert all(abs(one - other) <= coarse for (one, _), (other, _) in zip(old, new, strict=True)), (old[:2], new[:2])


def make_interlaced(path: Path, order: str) -> None:
    pictures = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=0.3", "-vf", f"setfield={order}"]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *pictures, "-c:v", "mpeg2video", "-flags", "+ildct+ilme", path], check=True)


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize(("encoder", "name"), [("x264", "b.mp4"), ("x264", "b.ts"), ("ffv1", "b.mkv"), ("raw", "b.y4m")])
def test_interlaced_pictures_stay_interlaced(tmp_path: Path, order: str, encoder: str, name: str) -> None:
    source = tmp_path / "a.mpg"
    make_interlaced(source, order)
    assert indelible.mark_file(source, tmp_path / name, KEY, settings=SETTINGS[encoder]).warnings == ()
    assert all(picture.interlaced_frame for picture in pictures(tmp_path / name))
    words = subprocess.run([get_ffmpeg_exe(), "-i", tmp_path / name], capture_output=True, text=True, check=False).stderr
    assert {"tff": "top first", "bff": "bottom first"}[order] in words


def test_interlaced_pictures_are_refused_where_they_would_be_torn(tmp_path: Path) -> None:
    source = tmp_path / "a.mpg"
    make_interlaced(source, "tff")
    with pytest.raises(InputError, match=r"interlaced \(top field first\), which x265 cannot keep; choose codec x264"):
        indelible.mark_file(source, tmp_path / "b.mp4", KEY, settings=SETTINGS["x265"])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mpg"]


def mastering(path: Path) -> list[float]:
    picture = next(pictures(path))
    display = np.frombuffer(bytes(picture.side_data["MASTERING_DISPLAY_METADATA"]), np.int32)
    light = np.frombuffer(bytes(picture.side_data["CONTENT_LIGHT_LEVEL"]), np.uint32)
    return [*(display[0:20:2] / display[1:20:2]), *display[20:22], *light]


@pytest.mark.parametrize("encoder", ["x264", "x265", "av1"])
def test_hdr10_mastering_is_kept(tmp_path: Path, encoder: str) -> None:
    source, target = tmp_path / "a.mp4", tmp_path / "b.mp4"
    options = {"preset": "ultrafast", "x265-params": f"log-level=none:pools=1:{HDR10}"}
    encode_video(source, codec="libx265", pixel_format="yuv420p10le", frames=3, tags=(9, 16, 9, 1), options=options)
    assert indelible.mark_file(source, target, KEY, settings=SETTINGS[encoder]).warnings == ()
    np.testing.assert_allclose(mastering(target), mastering(source), rtol=2e-2 if encoder == "av1" else 0, atol=1e-4)


def test_hdr10_mastering_that_an_encoder_does_not_take_is_said_to_be_lost(tmp_path: Path) -> None:
    options = {"preset": "ultrafast", "x265-params": f"log-level=none:pools=1:{HDR10}"}
    encode_video(tmp_path / "a.mp4", codec="libx265", pixel_format="yuv420p10le", frames=3, options=options)
    (warning,) = indelible.mark_file(tmp_path / "a.mp4", tmp_path / "b.mkv", KEY, settings=SETTINGS["ffv1"]).warnings
    assert "not carried over: HDR10 mastering metadata" in warning


def test_p010_is_ten_bits_of_a_plane_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No container holds it raw and only the decoders of graphics cards give it, so the pictures are turned into it as they are decoded."""
    source = tmp_path / "a.mkv"
    encode_video(source, width=160, height=96, codec="ffv1", pixel_format="yuv420p10le", frames=FRAMES)
    indelible.mark_file(source, tmp_path / "planar.nut", KEY, settings=SETTINGS["ffv1"])
    (planar,) = indelible.detect_file(tmp_path / "planar.nut", [KEY])
    decode, turned = read.VideoReader._decode_packet, []

    def as_a_card_would(self: read.VideoReader, *arguments: Any) -> list[av.VideoFrame]:
        pictures = decode(self, *arguments)
        turned.extend(again := [picture.reformat(format="p010le") for picture in pictures])
        for picture, other in zip(pictures, again, strict=True):
            other.pts, other.time_base, other.duration = picture.pts, picture.time_base, picture.duration
        return again

    monkeypatch.setattr(read.VideoReader, "_decode_packet", as_a_card_would)
    for name, encoder in (("p010.nut", "ffv1"), ("p010.y4m", "raw"), ("p010.mp4", "x265")):
        result = indelible.mark_file(source, tmp_path / name, KEY, settings=SETTINGS[encoder])
        assert result.warnings == ()
        (found,) = indelible.detect_file(tmp_path / name, [KEY])
        assert found.marked
    assert {picture.format.name for picture in turned} == {"p010le"}
    assert (tmp_path / "p010.nut").read_bytes() == (tmp_path / "planar.nut").read_bytes()
    (found,) = indelible.detect_file(tmp_path / "p010.nut", [KEY])
    assert found.detection == planar.detection
