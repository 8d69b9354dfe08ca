"""From file to file: the target's bitstream, what is carried over, and what is refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from indelible.channel import Clip, apply_channel, run_channel_file
from indelible.errors import InputError, OutputError, SpecError
from indelible.video import EncoderSettings, open_video, write_video

from .clips import make_clip, same_pictures


def read(path: Path) -> Clip:
    with open_video(path, threads=1) as reader:
        return Clip(tuple(replace(f, y=f.y.copy(), chroma=tuple(p.copy() for p in f.chroma)) for f in reader), reader.info)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lossless video with sound: a tone of half a second, in its own file and beside the pictures."""
    folder = tmp_path_factory.mktemp("source")
    clip = make_clip(start=0)
    with av.open(str(folder / "sound.mkv"), "w") as output:
        video = output.add_stream("ffv1", rate=25, width=96, height=64, pix_fmt="yuv420p")
        audio = output.add_stream("pcm_s16le", rate=48_000, layout="mono")
        tone = (8000 * np.sin(np.arange(24_000) / 20)).astype(np.int16)
        sound = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        sound.sample_rate, sound.pts, sound.time_base = 48_000, 0, Fraction(1, 48_000)
        picture = av.VideoFrame.from_ndarray(np.zeros((96, 96), np.uint8), format="yuv420p")
        output.mux([*video.encode(picture), *video.encode(None), *audio.encode(sound), *audio.encode(None)])
    path = folder / "source.mkv"
    write_video(path, clip.frames, EncoderSettings(codec="ffv1"), info=clip.info, copy_from=folder / "sound.mkv")
    return path


def sounds(path: Path) -> bytes:
    with av.open(str(path)) as container:
        return b"".join(bytes(packet) for packet in container.demux(audio=0)) if container.streams.audio else b""


def test_the_last_bitstream_is_the_target(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mkv"
    result = run_channel_file(source, target, "scale=0.5|x264:crf=30")
    in_memory = apply_channel(read(source), "scale=0.5|x264:crf=30")
    assert same_pictures(read(target), in_memory.clip)
    assert result.encodings == in_memory.encodings
    assert (result.channel, result.frames, result.info.width, result.info.height) == ("scale=0.5|x264:crf=30", 12, 48, 32)
    assert result.duration_seconds == pytest.approx(0.48)


def test_sound_comes_along_while_it_fits(source: Path, tmp_path: Path) -> None:
    assert len(sounds(source)) == 48_000
    kept = run_channel_file(source, tmp_path / "kept.mkv", "fps=50|x264:crf=30")
    assert kept.copied_streams
    assert sounds(tmp_path / "kept.mkv") == sounds(source)
    left = run_channel_file(source, tmp_path / "left.mkv", "speed=2|x264:crf=30")
    assert not left.copied_streams
    assert sounds(tmp_path / "left.mkv") == b""
    assert left.duration_seconds == pytest.approx(0.24)


def test_a_channel_that_ends_without_a_codec_is_written_without_loss(source: Path, tmp_path: Path) -> None:
    result = run_channel_file(source, tmp_path / "out.mkv", "x264:crf=40|flip=h|noise=3", seed=5)
    assert same_pictures(read(tmp_path / "out.mkv"), apply_channel(read(source), "x264:crf=40|flip=h|noise=3", seed=5).clip)
    assert len(result.encodings) == 1
    assert run_channel_file(source, tmp_path / "same.mkv", "none").encodings == ()
    assert same_pictures(read(tmp_path / "same.mkv"), read(source))
    with pytest.raises(InputError, match=r"ffv1.*\.mkv"):
        run_channel_file(source, tmp_path / "out.mp4", "flip=h")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_the_same_file_twice(source: Path, tmp_path: Path, suffix: str) -> None:
    digests = set()
    for index in range(2):
        target = tmp_path / f"{index}{suffix}"
        run_channel_file(source, target, "noise=2|x264:crf=35|drop=0.2|x265:crf=30", seed=9)
        digests.add(hashlib.sha256(b"".join(frame.y.tobytes() for frame in read(target).frames)).hexdigest())
    assert len(digests) == 1


def test_what_is_refused_leaves_nothing_behind(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mkv"
    target.write_bytes(b"precious")
    with pytest.raises(OutputError):
        run_channel_file(source, target, "x264")
    assert target.read_bytes() == b"precious"
    with pytest.raises(SpecError):
        run_channel_file(source, target, "x246", overwrite=True)
    with pytest.raises(InputError, match="short:360"):
        run_channel_file(source, target, "scale=short:360|x264", overwrite=True)
    with pytest.raises(InputError):
        run_channel_file(source, target, "trim=0.47:0.48|trim=0.001:0.002|x264", overwrite=True)
    assert target.read_bytes() == b"precious"
    assert run_channel_file(source, target, "x264", overwrite=True).frames == 12
    assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"]
