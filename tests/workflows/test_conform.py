"""Renditions that are what was declared, and those that are not."""

import json
from pathlib import Path

import pytest

from indelible.errors import InputError, MediaError
from indelible.verify.checks import Check
from indelible.verify.profile import DeclaredProfile
from indelible.workflows.conform import Conformance, conform_file
from tests.cli.conftest import invoke
from tests.segments import hls


def named(result: Conformance, name: str) -> list[Check]:
    return [check for check in result.checks if check.name == name]


@pytest.fixture
def rendition(make_video) -> Path:
    return make_video(frames=50, options={"g": "10", "sc_threshold": "0", "profile": "main"})


RIGHT = DeclaredProfile(
    codec="h264",
    profiles=("Main",),
    max_level=3.1,
    width=96,
    height=64,
    pixel_format="yuv420p",
    frame_rate=25.0,
    duration_seconds=2.0,
    max_gop_seconds=0.4,
    average_bps=5_000_000,
    peak_bps=5_000_000,
)


def test_a_rendition_as_declared_conforms(rendition):
    result = conform_file(rendition, RIGHT, strict=True)
    assert result.verdict == "CONFORMS"
    assert {check.name for check in result.checks} >= {"codec", "profile", "level", "size", "gop", "average-bitrate", "peak-bitrate"}


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("codec", "hevc", "codec"),
        ("profiles", ("High",), "profile"),
        ("max_level", 0.9, "level"),
        ("width", 98, "size"),
        ("pixel_format", "yuv422p", "pixel-format"),
        ("frame_rate", 30.0, "frame-rate"),
        ("duration_seconds", 2.5, "duration"),
        ("max_gop_seconds", 0.3, "gop"),
        ("average_bps", 1000, "average-bitrate"),
        ("peak_bps", 1000, "peak-bitrate"),
    ],
)
def test_each_lie_is_named_and_alone(rendition, field, value, name):
    declared = {each: getattr(RIGHT, each) for each in RIGHT.__slots__} | {field: value}
    result = conform_file(rendition, DeclaredProfile(**declared))
    assert [check.name for check in result.failures] == [name]
    assert result.verdict == "VIOLATES"


def test_what_the_file_does_not_say_is_undecided(make_video):
    result = conform_file(make_video(codec="mpeg4"), DeclaredProfile(codec="mpeg4", max_level=3.0))
    assert result.verdict == "UNDECIDED"


def test_a_second_video_track_violates(make_video, tmp_path):
    from tests.segments import ffmpeg

    clip = make_video()
    both = tmp_path / "both.mp4"
    ffmpeg("-i", clip, "-i", clip, "-map", "0:v", "-map", "1:v", "-c", "copy", both)
    assert [check.name for check in conform_file(both, DeclaredProfile(codec="h264")).failures] == ["one-video-stream"]


def test_without_a_declaration_there_is_nothing_to_check(rendition):
    with pytest.raises(InputError, match="give a profile"):
        conform_file(rendition)


@pytest.fixture
def ladder(make_video, tmp_path) -> Path:
    """A master playlist of two variants, as they are."""
    folder = tmp_path / "ladder"
    folder.mkdir()
    lines = ["#EXTM3U"]
    for name, width, height in (("high", 96, 64), ("low", 64, 48)):
        hls(make_video(f"{name}.mp4", width=width, height=height, frames=120, rate=24), folder / name)
        sizes = [file.stat().st_size for file in (folder / name).glob("*.ts")]
        peak = 8 * max(sizes)  # as if each lasted a second; they last two, and one
        lines += [
            f'#EXT-X-STREAM-INF:BANDWIDTH={peak},CODECS="avc1.64001f",RESOLUTION={width}x{height},FRAME-RATE=24.000',
            f"{name}/list.m3u8",
        ]
    (folder / "master.m3u8").write_text("\n".join(lines) + "\n")
    return folder / "master.m3u8"


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_ladder_as_declared_conforms(ladder):
    result = conform_file(ladder)
    assert result.verdict == "CONFORMS", result.failures
    assert {check.where for check in named(result, "segment-duration")} == {
        f"{name}/list.m3u8 seg{index}.ts" for name in ("high", "low") for index in range(3)
    }
    assert [check.passed for check in named(result, "aligned")] == [True]


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("avc1.64001f", "hvc1.1.6.L93.B0", "codec"),
        ("avc1.64001f", "avc1.64000a", None),
        ("RESOLUTION=96x64", "RESOLUTION=1280x720", "size"),
        ("FRAME-RATE=24.000", "FRAME-RATE=12.000", "frame-rate"),
        ("BANDWIDTH=", "BANDWIDTH=1000,X-WAS=", "peak-bitrate"),
        ("BANDWIDTH=", "X-WAS=", "peak-bitrate"),
    ],
)
def test_a_lying_master_is_caught(ladder, old, new, name):
    changed(ladder, old, new)
    failures = {check.name for check in conform_file(ladder).failures}
    assert failures == ({name} if name else set()) or (name == "codec" and failures == {"codec", "profile"})


def test_a_lying_media_playlist_is_caught(ladder):
    playlist = ladder.parent / "low" / "list.m3u8"
    changed(playlist, "#EXT-X-TARGETDURATION:2", "#EXT-X-TARGETDURATION:1")
    assert {check.name for check in conform_file(ladder).failures} == {"target-duration"}
    (playlist.parent / "seg1.ts").unlink()
    with pytest.raises(MediaError, match=r"seg1\.ts"):
        conform_file(ladder)


def test_a_segment_that_is_another_is_caught(ladder):
    low = ladder.parent / "low"
    short, long = low / "seg2.ts", low / "seg1.ts"
    kept = short.read_bytes()
    short.write_bytes(long.read_bytes())
    long.write_bytes(kept)
    assert conform_file(ladder, strict=True).verdict == "VIOLATES"


def test_variants_outside_of_the_folder_are_refused(ladder):
    changed(ladder, "high/list.m3u8", "../high/list.m3u8")
    with pytest.raises(MediaError, match="outside of its folder"):
        conform_file(ladder)


def test_the_command_prints_checks_and_says_it_by_its_exit_code(rendition, ladder, tmp_path):
    profile = tmp_path / "p.json"
    profile.write_text(json.dumps({"codec": "h264", "width": 96}))
    done = invoke("conform", rendition, "--profile", profile, "--json")
    body = json.loads(done.stdout)
    assert (done.exit_code, body["schema"], body["verdict"]) == (0, "indelible.conformance/1", "CONFORMS")
    assert {"name": "width", "severity": "must", "passed": True, "expected": "96", "got": "96", "where": ""} in body["checks"]
    profile.write_text(json.dumps({"width": 98}))
    done = invoke("conform", rendition, "--profile", profile)
    assert done.exit_code == 1
    assert "must   width  expected 98, got 96" in done.stdout
    assert invoke("conform", ladder).exit_code == 0
    for arguments in (("conform", rendition), ("conform", rendition, "--profile", tmp_path / "none")):
        refused = invoke(*arguments)
        assert (refused.exit_code, len(refused.stderr.splitlines())) == (2, 1)
    assert invoke("conform", tmp_path / "none.mp4", "--profile", profile).exit_code == 3
