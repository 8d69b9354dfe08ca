"""Pipes that go on, and runs that are killed: in processes of their own."""

import json
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from indelible.keys import load_key
from tests.conftest import encode_video
from tests.photographs import film
from tests.segments import ffmpeg, hls, payloads, times

from .conftest import start

LATENCY = Path(__file__).parents[2] / "bench" / "latency.py"


@pytest.mark.skipif(sys.platform != "linux", reason="whether a process waits is read where Linux says it")
@pytest.mark.parametrize(
    ("options", "rate", "most"),
    [([], 25, 3.2), ([], 5, 6.2), (["--lookahead", "0"], 25, 1.4)],
    ids=["a second and two", "few pictures a second", "none ahead"],
)
def test_a_slow_pipe_is_marked_with_bounded_latency(options, rate, most):
    """A second for the mark, two for the encoder unless asked for otherwise, a few pictures; at the start FFmpeg looks at 5 s."""
    held = runpy.run_path(str(LATENCY))["watch"](options, rate=rate, seconds=max(6.0, 80 / rate))
    assert 0.9 <= held["first_seconds"] <= held["most_seconds"] <= most
    assert held["later_seconds"] <= min(most, 3.0 + 5 / rate)


@pytest.mark.parametrize("as_json", [True, False])
def test_an_endless_pipe_is_followed(studio, tmp_path, as_json):
    """Each window is told of while the pipe is open; the last line is the ordinary document."""
    source = film(tmp_path / "long.mp4", width=192, height=108, frames=20 * 24)
    marked = tmp_path / "marked.nut"
    with start("mark", source, marked, "--key", studio.key, "--payload", "live", "--preset", "ultrafast") as process:
        assert process.wait(120) == 0
    data = marked.read_bytes()
    cut = _byte_at(marked, 12.0)
    arguments = ["detect", "-", "--key", studio.key, "--follow", *(["--json"] if as_json else [])]
    with start(*arguments, stdin=subprocess.PIPE) as process:
        process.stdin.write(data[:cut])
        process.stdin.flush()
        first = process.stdout.readline().decode()  # comes while the pipe is still open
        process.stdin.write(data[cut:])
        process.stdin.close()
        rest = process.stdout.read().decode()
        assert process.wait(60) == 0, process.stderr.read()
    if not as_json:
        assert first.startswith(f"-: 8.0 s, MARKED with key {load_key(studio.key).key_id}, p = ")
        assert rest.splitlines()[0].startswith("-: 16.0 s, MARKED")
        assert rest.splitlines()[1] == f"-: MARKED with key {load_key(studio.key).key_id}"
        return
    documents = [json.loads(line) for line in (first, *rest.splitlines())]
    assert [each["schema"] for each in documents] == ["indelible.interim/1", "indelible.interim/1", "indelible.detection/1"]
    assert [each["payload_text"] for each in documents] == ["live"] * 3
    assert [each["until_seconds"] for each in documents[:2]] == pytest.approx([8.0, 16.0])
    assert documents[-1]["frames_used"] == 480


def _byte_at(path, seconds):
    """Return where in a file the first picture after a time lies."""
    with av.open(str(path)) as container:
        return next(
            packet.pos for packet in container.demux(video=0) if packet.pts is not None and packet.pts * packet.time_base >= seconds
        )


def test_follow_is_not_for_references(run, studio):
    result = run("detect", studio.found, "--key", studio.key, "--follow", "--reference", studio.film)
    assert result.exit_code == 2
    assert "cannot be followed" in result.stderr


def test_a_killed_run_goes_on(run, studio, tmp_path):
    """Killed without a chance to clean up, at the second of four pieces."""
    source, target = tmp_path / "film.mkv", tmp_path / "out.mp4"
    encode_video(source, width=192, height=108, frames=1000, rate=8, audio="aac", options={"preset": "ultrafast", "g": "16"})
    arguments = ["mark", source, target, "--key", studio.key, "--payload", "long", "--resume", "--json"]
    with start(*arguments) as process:
        _wait_for(tmp_path / ".out.mp4.work" / "000001.json", process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert sorted(file.name for file in tmp_path.iterdir()) == [".out.mp4.work", "film.mkv"]
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert (document["frames"], document["duration_seconds"]) == (1000, 125.0)
    assert document["resumed_seconds"] >= 64.0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["film.mkv", "out.mp4"]
    assert [round(time, 3) for time in times(target)] == [round(time, 3) for time in times(source)]
    assert payloads(target) == payloads(source)
    found = json.loads(run("detect", target, "--key", studio.key, "--json").stdout)
    assert found["payload_text"] == "long"
    assert all(part["log10_p"] < -3 for part in found["segments"]), "across the seams too"


def _wait_for(path, process, seconds=120):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)


def test_resume_says_what_it_found(run, studio, tmp_path):
    arguments = ["mark", studio.film, tmp_path / "out.mp4", "--key", studio.key, "--resume", "--preset", "ultrafast"]
    result = run(*arguments)
    assert result.exit_code == 0
    assert "resumed" not in result.stdout
    result = run("mark", studio.film, "-", "--key", studio.key, "--resume")
    assert result.exit_code == 2
    assert "from a file to a file" in result.stderr


def test_a_playlist_is_marked_into_a_folder(run, studio, tmp_path):
    playlist = hls(studio.film, tmp_path / "in", seconds=1)
    result = run("mark", playlist, tmp_path / "out", "--key", studio.key, "--payload", "copy 17", "--preset", "ultrafast", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["output"] == str(tmp_path / "out")
    assert sorted(os.listdir(tmp_path / "out")) == sorted(os.listdir(tmp_path / "in"))
    found = run("detect", tmp_path / "out", "--key", studio.key, "--json")
    assert json.loads(found.stdout)["payload_text"] == "copy 17"
    assert run("detect", tmp_path / "in", "--key", studio.key).exit_code == 1
    again = run("mark", playlist, tmp_path / "out", "--key", studio.key)
    assert again.exit_code == 2
    assert "choose another name for the folder" in again.stderr


def test_a_manifest_is_marked_into_a_folder(run, studio, tmp_path):
    """DASH with its sound in files of its own, as FFmpeg writes it."""
    (tmp_path / "in").mkdir()
    place = tmp_path / "in" / "film.mpd"
    encode = ["-c:v", "libx264", "-crf", 14, "-preset", "veryfast", "-g", 24, "-c:a", "aac"]
    ffmpeg("-i", studio.film, *encode, "-f", "dash", "-seg_duration", 1, place)
    result = run("mark", place, tmp_path / "out", "--key", studio.key, "--payload", "copy 17", "--preset", "ultrafast")
    assert (result.exit_code, result.stderr) == (0, "")
    assert sorted(os.listdir(tmp_path / "out")) == sorted(os.listdir(tmp_path / "in"))
    changed = {name for name in os.listdir(place.parent) if (place.parent / name).read_bytes() != (tmp_path / "out" / name).read_bytes()}
    assert changed == {name for name in os.listdir(place.parent) if "stream0" in name}
    assert json.loads(run("detect", tmp_path / "out" / "film.mpd", "--key", studio.key, "--json").stdout)["payload_text"] == "copy 17"
    assert run("detect", place, "--key", studio.key).exit_code == 1
    alone = run("mark", place, tmp_path / "film.mp4", "--key", studio.key, "--preset", "ultrafast")
    assert alone.exit_code == 0
    assert "not carried over: sound" in alone.stderr
    assert run("conform", place).exit_code == 2, "a manifest of DASH is no declaration"


def test_a_manifest_that_leads_elsewhere(run, studio, tmp_path):
    place = tmp_path / "film.mpd"
    place.write_text(
        '<!DOCTYPE MPD [<!ENTITY x SYSTEM "file:///etc/passwd">]><MPD><Period><AdaptationSet contentType="video">'
        "<Representation><BaseURL>&x;</BaseURL></Representation></AdaptationSet></Period></MPD>"
    )
    for arguments in (["detect", place], ["mark", place, tmp_path / "out"]):
        result = run(*arguments, "--key", studio.key)
        assert result.exit_code == 3
        assert "declares a document type" in result.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["film.mpd"]


@pytest.mark.parametrize("names", ["http://example.org/a.ts", "../film.mp4", "/etc/passwd"])
def test_a_playlist_that_leads_elsewhere(run, studio, tmp_path, names):
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXTINF:2,\n{names}\n")
    for arguments in (["detect", playlist], ["mark", playlist, tmp_path / "out"]):
        result = run(*arguments, "--key", studio.key)
        assert result.exit_code == 3
        assert "only files beside it are read" in result.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["list.m3u8"]
