import io
import os
import re
import subprocess

import av
import av.error
import numpy as np
import pytest

from indelible.errors import LimitError, MediaError, UnsupportedMediaError
from indelible.video import Limits, open_video, probe
from indelible.video._av import media_errors


def refusal(source) -> MediaError:
    with pytest.raises(MediaError) as probed:
        probe(source)
    with pytest.raises(MediaError) as opened, open_video(source) as reader:
        list(reader)
    assert str(probed.value) == str(opened.value)
    assert "Traceback" not in str(probed.value)
    return probed.value


def test_missing(tmp_path):
    assert "no.mp4: No such file or directory; check the name" in str(refusal(tmp_path / "no.mp4"))


def test_empty(tmp_path):
    (tmp_path / "empty.mp4").touch()
    assert "is empty" in str(refusal(tmp_path / "empty.mp4"))
    assert "the video in memory" in str(refusal(io.BytesIO()))


@pytest.mark.parametrize("name", ["notes.txt", "notes.mp4", "notes.srt"])
def test_text(tmp_path, name):
    (tmp_path / name).write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n" * 50)
    assert name in str(refusal(tmp_path / name))


def test_random_bytes(tmp_path):
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(1).bytes(20_000))
    refusal(tmp_path / "noise.mp4")


def test_folder_and_device(tmp_path):
    assert "is a folder" in str(refusal(tmp_path))
    assert "device" in str(refusal("/dev/zero"))


def test_named_pipe_is_refused_without_waiting_for_its_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "- for standard input" in str(refusal(tmp_path / "pipe"))


def test_sound_without_pictures(tmp_path):
    path = tmp_path / "tone.wav"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.int16), format="s16", layout="stereo")
        frame.sample_rate = 8000
        output.mux(stream.encode(frame))
    error = refusal(path)
    assert isinstance(error, UnsupportedMediaError)
    assert "has no video stream (it holds: audio)" in str(error)


def test_a_playlist_leads_nowhere(tmp_path, clip):
    """Neither HLS nor concat may open the file that they name, on disk or from memory."""
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{clip}\n#EXT-X-ENDLIST\n"
    for name, text in [("list.m3u8", playlist), ("list.ffconcat", f"ffconcat version 1.0\nfile '{clip}'\n")]:
        (tmp_path / name).write_text(text)
        refusal(tmp_path / name)
        refusal(io.BytesIO(text.encode()))


def test_a_picture_or_a_sequence_is_no_video(tmp_path):
    picture = av.VideoFrame(32, 32, "rgb24")
    for index in (1, 2):
        picture.save(tmp_path / f"p{index}.png")
    assert isinstance(refusal(tmp_path / "p1.png"), UnsupportedMediaError)
    assert "No such file" in str(refusal(tmp_path / "p%d.png"))


def test_names_that_look_like_protocols_are_names(tmp_path, clip, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("concat:a|b.mp4", "http:x.mp4", "-clip.mp4", "a%03d.mp4", "ünï cödé\n.mp4"):
        clip_bytes = clip.read_bytes()
        (tmp_path / name).write_bytes(clip_bytes)
        assert probe(name).width == 96


def test_pixel_limit_holds_before_decoding(clip):
    with pytest.raises(LimitError, match=r"pictures of 96x64, 6144 pixels; at most 6000"):
        probe(clip, limits=Limits(pixels=6000))
    with pytest.raises(LimitError), open_video(clip, limits=Limits(pixels=6000)):
        pass
    assert probe(clip, limits=Limits(pixels=6144)).width == 96


def test_a_tiny_file_that_claims_huge_pictures(tmp_path):
    (tmp_path / "huge.y4m").write_bytes(b"YUV4MPEG2 W30000 H30000 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + bytes(1000))
    with pytest.raises(MediaError, match=r"huge\.y4m"):
        probe(tmp_path / "huge.y4m")


def test_stream_limit(tmp_path):
    path = tmp_path / "many.mkv"
    with av.open(str(path), "w") as output:
        video = output.add_stream("ffv1", rate=25, width=32, height=32)
        for _ in range(70):
            output.add_stream("pcm_s16le", rate=8000)
        output.mux(video.encode(av.VideoFrame(32, 32, "yuv420p")))
        output.mux(video.encode(None))
    with pytest.raises(LimitError, match="more than 64 streams"):
        probe(path)


def test_cover_art_is_not_the_video(tmp_path, clip):
    cover = tmp_path / "cover.jpg"
    av.VideoFrame(40, 40, "yuvj420p").save(cover)
    from imageio_ffmpeg import get_ffmpeg_exe

    covered = tmp_path / "covered.mp4"
    arguments = ["-i", cover, "-i", clip, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:0", "attached_pic", covered]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *arguments], check=True)
    info = probe(covered)
    assert (info.width, info.codec) == (96, "h264")
    assert len(info.streams) == 2


@pytest.mark.parametrize("kind", sorted({cls for cls in av.error.classes.values() if isinstance(cls, type)}, key=lambda cls: cls.__name__))
def test_every_error_of_ffmpeg_becomes_ours(kind):
    said = re.escape("cannot read x.mp4: something broke; do this")
    with pytest.raises(MediaError, match=said) as caught, media_errors("x.mp4", task="read", advice="do this"):
        raise kind(-1, "Something broke.")
    assert caught.value.exit_code == 3


def test_our_own_errors_pass_through():
    with pytest.raises(KeyboardInterrupt), media_errors("x", task="read", advice=""):
        raise KeyboardInterrupt
