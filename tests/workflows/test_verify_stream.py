"""Segments of an honest stream raise no alarm; those of a false one do, soon."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import av
import pytest

from indelible.errors import InputError
from indelible.workflows.verify_stream import VerifiedStream
from tests.cli.conftest import invoke
from tests.photographs import film

FRAMES = 12
SEGMENTS = 3


def segmented(source: Path, playlist: Path, *, crf: int, kind: str, negative: bool = False) -> Path:
    """Encode by PyAV into segments of half a second, on request as a negative."""
    playlist.parent.mkdir()
    options = {"hls_time": "0.5", "hls_list_size": "0", "hls_segment_type": kind, "hls_playlist_type": "vod"}
    with av.open(str(source)) as given, av.open(str(playlist), "w", format="hls", options=options) as output:
        coding = {"crf": str(crf), "preset": "veryfast", "x264-params": f"keyint={FRAMES}:scenecut=0"}
        stream = output.add_stream("libx264", rate=24, width=160, height=90, options=coding)
        stream.pix_fmt = "yuv420p"
        for frame in given.decode(video=0):
            picture = frame.to_ndarray(format="rgb24", width=160, height=90)
            if negative:
                picture = 255 - picture
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return playlist


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("streams")
    source = film(folder / "film.mp4", frames=SEGMENTS * FRAMES, width=256, height=144)
    made = {
        "source": segmented(source, folder / "source" / "s.m3u8", crf=8, kind="mpegts"),
        "honest": segmented(source, folder / "honest" / "h.m3u8", crf=26, kind="fmp4"),
        "false": segmented(source, folder / "false" / "f.m3u8", crf=26, kind="mpegts", negative=True),
    }
    return {name: str(path) for name, path in made.items()}


def test_an_honest_stream_raises_no_alarm(streams):
    stream = VerifiedStream(streams["source"], streams["honest"], alpha=0.2, alarm=0.05, encodes=4, seed=1)
    found = list(stream.verify())
    assert [segment.index for segment in found] == [0, 1, 2]
    assert [segment.start_seconds for segment in found] == pytest.approx([0.0, 0.5, 1.0], abs=0.05)
    assert not any(segment.alarm for segment in found)
    assert stream.missing == 0
    assert stream.verdict in ("AUTHENTIC", "SUSPECT")


def test_evidence_against_a_false_stream_grows_to_an_alarm(streams):
    stream = VerifiedStream(streams["source"], streams["false"], alpha=0.1, alarm=0.5, encodes=9, seed=1)
    found = list(stream.verify())
    assert all(segment.verification.decision.verdict in ("TAMPERED", "MISMATCH") for segment in found)
    assert [segment.alarm for segment in found] == [False, False, True]
    assert stream.to_json()["alarm_at"] == 2
    assert stream.verdict == "ALARM"
    kappa = 1 / math.log(10)
    assert found[1].log10_e == pytest.approx(math.log10(kappa) + 1 - kappa)
    body = found[1].to_json()
    assert (body["verification"]["file"], body["verification"]["evidence"]["seed"]) == (f"{streams['false']}: {found[1].name}", 2)


def test_the_command_prints_each_segment_and_all(streams, tmp_path):
    short = tmp_path / "short"
    shutil.copytree(Path(streams["honest"]).parent, short)
    playlist = short / "h.m3u8"
    lines = playlist.read_text().splitlines()
    last = max(index for index, line in enumerate(lines) if line.startswith("#EXTINF"))
    playlist.write_text("\n".join(lines[:last]) + "\n")
    done = invoke("verify", streams["source"], playlist, "--stream", "--encodes", 4, "--alpha", 0.2, "--seed", 1, "--json")
    *segments, whole = map(json.loads, done.stdout.splitlines())
    assert [each["schema"] for each in segments] == ["indelible.verified-segment/1"] * 2
    assert (whole["schema"], whole["verdict"], whole["missing"], done.exit_code) == ("indelible.verified-stream/1", "INCOMPLETE", 1, 1)


def test_what_is_not_in_segments_is_refused(streams, tmp_path):
    single = film(tmp_path / "film.mp4", frames=12, width=64, height=64)
    with pytest.raises(InputError, match="not in segments"):
        VerifiedStream(streams["source"], str(single))
    for arguments in ((streams["source"], single, "--stream"), (streams["source"], streams["honest"], "--alarm", 0.1)):
        done = invoke("verify", *arguments)
        assert done.exit_code == 2
