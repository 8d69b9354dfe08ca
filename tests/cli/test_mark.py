"""``indelible mark``: what it prints, what it refuses, what it leaves alone."""

import io
import json
import math
import subprocess

import av
import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from indelible.keys import load_key

from .conftest import start

SCHEMA = [
    *("schema", "output", "key_id", "payload_hex", "payload_bits", "psnr_y_db", "psnr_rgb_db", "xpsnr_db", "bitrate_change"),
    *("frames", "duration_seconds", "certificate", "recipient", "registry_id", "resumed_seconds"),
]


def sound_of(path: object) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def test_json(studio):
    document = studio.marking
    assert list(document) == SCHEMA
    assert document["schema"] == "indelible.mark/1"
    assert document["output"] == str(studio.marked)
    assert document["key_id"] == load_key(studio.key).key_id
    assert (document["payload_hex"], document["payload_bits"]) == (b"copy 17".hex(), 64)
    assert (document["frames"], document["duration_seconds"]) == (72, 3.0)
    assert 36 < document["psnr_rgb_db"] < document["psnr_y_db"] < 60
    assert document["xpsnr_db"] is document["bitrate_change"] is document["certificate"] is None


def test_sound_and_tags_are_kept(studio):
    assert sound_of(studio.marked) == sound_of(studio.film)
    with av.open(str(studio.marked)) as container:
        assert container.metadata["title"] == "A slow pan"


def test_in_words(run, studio, tmp_path):
    result = run("mark", studio.film, tmp_path / "out.mp4", "--key", studio.key, "--payload-hex", "00c0ffee", "--preset", "ultrafast")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{tmp_path / 'out.mp4'}: marked with key {load_key(studio.key).key_id}\n")
    assert "00c0ffee (64 bits)" in result.stdout
    assert not result.stderr


def test_an_existing_output_is_refused_and_untouched(run, studio, tmp_path):
    existing = tmp_path / "precious.mp4"
    existing.write_bytes(b"precious")
    result = run("mark", studio.film, existing, "--key", studio.key)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert existing.read_bytes() == b"precious"
    assert run("mark", studio.film, existing, "--key", studio.key, "--preset", "ultrafast", "--force").exit_code == 0
    assert existing.stat().st_size > 1000


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_the_input_is_never_the_output(run, studio, force):
    before = studio.film.read_bytes()
    result = run("mark", studio.film, studio.film, "--key", studio.key, *force)
    assert result.exit_code == 2
    assert "the input itself" in result.stderr
    assert studio.film.read_bytes() == before


@pytest.mark.parametrize(
    "options",
    [
        ["--payload", "x" * 33],
        ["--payload-hex", "xyz"],
        ["--payload", "a", "--payload-hex", "00"],
        ["--strength", "light", "--quality", "45"],
        ["--strength", "mighty"],
        ["--quality", "99"],
        ["--codec", "divx"],
        ["--crf", "99"],
        ["--preset", "sluggish"],
        ["--codec", "copy-settings", "--crf", "20"],
    ],
    ids=" ".join,
)
def test_bad_options_are_2(run, studio, tmp_path, options):
    result = run("mark", studio.film, tmp_path / "out.mp4", "--key", studio.key, *options)
    assert result.exit_code == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "code"), [("out.xyz", 2), ("nowhere/out.mp4", 2), ("out.webm", 2)])
def test_outputs_that_cannot_be(run, studio, tmp_path, name, code):
    result = run("mark", studio.film, tmp_path / name, "--key", studio.key)
    assert result.exit_code == code
    assert not list(tmp_path.iterdir())


def test_a_text_is_not_a_video(run, studio, tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("This is no video.\n" * 100)
    result = run("mark", text, tmp_path / "out.mp4", "--key", studio.key)
    assert result.exit_code == 3
    assert not (tmp_path / "out.mp4").exists()


def test_settings_can_follow_the_source(run, studio, tmp_path):
    target = tmp_path / "out.mp4"
    result = run("mark", studio.found, target, "--key", studio.key, "--codec", "copy-settings")
    assert result.exit_code == 0
    with av.open(str(target)) as output, av.open(str(studio.found)) as source:
        assert output.streams.video[0].codec_context.name == source.streams.video[0].codec_context.name
    assert target.stat().st_size < 2 * studio.found.stat().st_size


def test_report(run, studio, tmp_path):
    target, page = tmp_path / "out.mp4", tmp_path / "mark.html"
    command = ["mark", studio.film, target, "--key", studio.key, "--preset", "ultrafast", "--report", page]
    result = run(*command, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert document["xpsnr_db"] > 36
    assert -0.5 < document["bitrate_change"] < 5
    assert page.read_text(encoding="utf-8").count("<img ") == 3 * 3
    target.unlink()
    assert run(*command).exit_code == 2, "the page exists"
    assert not target.exists(), "found out before the work"
    again = run(*command, "--force")
    assert again.exit_code == 0
    assert "XPSNR" in again.stdout
    assert "% against the same encode without a mark" in again.stdout


@pytest.mark.parametrize("page", ["out.mp4", "nowhere/page.html"])
def test_reports_that_cannot_be(run, studio, tmp_path, page):
    result = run("mark", studio.film, tmp_path / "out.mp4", "--key", studio.key, "--report", tmp_path / page)
    assert result.exit_code == 2
    assert not list(tmp_path.iterdir())


@pytest.fixture
def black(tmp_path):
    path = tmp_path / "black.mp4"
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=24, width=160, height=90)
        video.pix_fmt = "yuv420p"
        for _ in range(24):
            output.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((90, 160, 3), np.uint8), format="bgr24")))
        output.mux(video.encode(None))
    return path


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_what_could_not_be_marked_is_a_no(run, studio, black, as_json):
    target = black.with_name("out.mp4")
    result = run("mark", black, target, "--key", studio.key, "--preset", "ultrafast", *as_json)
    assert result.exit_code == 1
    assert "the output is not marked" in result.stderr
    if as_json:
        assert json.loads(result.stdout)["psnr_y_db"] is None
    else:
        assert result.stdout.startswith(f"{target}: no mark of key ")
        assert "inf" not in result.stdout
        assert "1.0 s, too flat to hide anything" in result.stdout
    assert run("detect", target, "--key", studio.key).exit_code == 1


def test_pipes(run, studio, tmp_path):
    """NUT in, NUT out; the result goes to standard error."""
    whole = tmp_path / "film.nut"
    assert run("channel", studio.film, whole, "none").exit_code == 0
    with whole.open("rb") as source, start("mark", "-", "-", "--key", studio.key, "--payload", "pipe", "--json", stdin=source) as process:
        video, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    *warnings, document = errors.decode().splitlines()
    assert json.loads(document)["output"] == "-"
    assert ["is read once" in warning for warning in warnings] == [True]
    with start("detect", "-", "--key", studio.key, "--json", stdin=subprocess.PIPE) as process:
        result, errors = process.communicate(video, timeout=120)
    assert process.returncode == 0, errors
    found = json.loads(result)
    assert (found["file"], found["payload_text"], found["frames_used"]) == ("-", "pipe", 72)
    assert math.isclose(found["duration_seconds"], 3.0, abs_tol=0.05)


def raw(video: bytes) -> bytes:
    """Every sample of a video, as the ffmpeg program reads it from a pipe."""
    command = [get_ffmpeg_exe(), "-v", "error", "-i", "-", "-f", "rawvideo", "-fps_mode", "passthrough", "-"]
    return subprocess.run(command, input=video, capture_output=True, check=True).stdout


def test_y4m_pipes(studio):
    """Raw pictures in and out, exactly those that an encoder would have been given."""
    options = ("--key", studio.key, "--payload", "pipe")
    with start("mark", studio.film, "-", *options, "--pipe", "y4m", "--json") as process:
        video, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert video.startswith(b"YUV4MPEG2 ")
    warning, document = errors.decode().splitlines()
    assert warning.startswith("indelible: warning: y4m holds pictures and nothing else; not carried over: the other streams (audio:aac)")
    assert json.loads(document)["frames"] == 72
    size = len(raw(video))
    with av.open(str(studio.film)) as film:
        stream = film.streams.video[0]
        assert size == 72 * stream.width * stream.height * 3 // 2
    with start("mark", "-", "-", *options, "--pipe", "y4m", stdin=subprocess.PIPE) as process:
        again, errors = process.communicate(video, timeout=120)
    assert process.returncode == 0, errors
    assert b"warning" not in errors, "nothing but pictures came in"
    assert len(raw(again)) == size
    with start("detect", "-", "--key", studio.key, "--json", stdin=subprocess.PIPE) as process:
        result, errors = process.communicate(video, timeout=120)
    assert process.returncode == 0, errors
    found = json.loads(result)
    assert (found["payload_text"], found["frames_used"], found["duration_seconds"]) == ("pipe", 72, 3.0)


def test_matroska_pipes(studio):
    with start("mark", studio.film, "-", "--key", studio.key, "--pipe", "matroska", "--preset", "ultrafast") as process:
        video, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    with av.open(io.BytesIO(video)) as back:
        assert back.format.name.startswith("matroska")
        assert [stream.type for stream in back.streams] == ["video", "audio"]
    with start("detect", "-", "--key", studio.key, stdin=subprocess.PIPE) as process:
        process.communicate(video, timeout=120)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("target", "options", "says"),
    [
        ("out.mp4", ["--pipe", "y4m"], "OUT is a file"),
        ("-", ["--pipe", "y4m", "--codec", "x264"], "leave --codec out"),
        ("-", ["--pipe", "y4m", "--crf", "20"], "leave --crf out"),
        ("out.y4m", ["--preset", "fast"], "leave --preset out"),
        ("-", ["--pipe", "avi"], "nut"),
    ],
)
def test_pipes_that_cannot_be(run, studio, tmp_path, target, options, says):
    result = run("mark", studio.film, target if target == "-" else tmp_path / target, "--key", studio.key, *options)
    assert result.exit_code == 2
    assert says in result.stderr
    assert not list(tmp_path.iterdir())
