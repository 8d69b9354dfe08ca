"""What pictures carry and no encoder takes is named when it is lost, and its absence is not."""

import subprocess
from pathlib import Path

import av
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

import indelible
from indelible.video import EncoderSettings
from tests.conftest import encode_video
from tests.video.sei import captions, dolby_vision, hdr10_plus, with_units

KEY = indelible.SecretKey(bytes(range(32)))
CAPTIONS = "closed captions inside the pictures (CEA-608/708)"
FRAMES, RATE = 12, 2  # six seconds: pictures are looked at every five


def bare(folder: Path, codec: str) -> bytes:
    """A stream without a container, each picture one slice."""
    x264 = {"preset": "ultrafast", "threads": "1", "slices": "1"}
    x265 = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1:bframes=0"}
    encode_video(
        folder / "bare",
        codec="libx264" if codec == "h264" else "libx265",
        container=codec,
        pixel_format="yuv420p" if codec == "h264" else "yuv420p10le",
        frames=FRAMES,
        width=160,
        height=96,
        rate=RATE,
        options=x264 if codec == "h264" else x265,
    )
    return (folder / "bare").read_bytes()


CASES = [
    ("h264", {"before": captions()}, "A53_CC", CAPTIONS),
    ("h264", {"before": captions(), "skip": 5}, "A53_CC", CAPTIONS),
    ("hevc", {"before": captions(), "skip": 9}, "A53_CC", CAPTIONS),
    ("hevc", {"before": hdr10_plus()}, "DYNAMIC_HDR_PLUS", "HDR10+ dynamic metadata"),
    ("hevc", {"after": dolby_vision()}, "DOVI_METADATA", "Dolby Vision metadata"),
    ("hevc", {"after": dolby_vision(), "skip": 3}, "DOVI_METADATA", "Dolby Vision metadata"),
]


@pytest.mark.parametrize(("codec", "units", "kind", "words"), CASES)
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_what_is_lost_is_said_once(tmp_path, codec, units, kind, words, name):
    (tmp_path / f"a.{codec}").write_bytes(with_units(bare(tmp_path, codec), codec=codec, **units))
    command = [get_ffmpeg_exe(), "-v", "error", "-r", str(RATE), "-i", tmp_path / f"a.{codec}", "-c", "copy", tmp_path / name]
    subprocess.run(command, check=True)
    with av.open(str(tmp_path / name)) as file:
        kinds = [{data.type.name for data in picture.side_data} for picture in file.decode(video=0)]
    assert sum(kind in found for found in kinds) == FRAMES - units.get("skip", 0), "the file is what it should be"
    result = indelible.mark_file(tmp_path / name, tmp_path / "out.mkv", KEY, settings=EncoderSettings("x264", preset="ultrafast"))
    assert result.warnings == (f"not carried over: {words}",)
    (found,) = indelible.detect_file(tmp_path / name, [KEY])
    assert found.warnings == (), "nothing is lost by looking"


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_nothing_is_said_where_nothing_is_lost(tmp_path, codec):
    (tmp_path / f"a.{codec}").write_bytes(bare(tmp_path, codec))
    result = indelible.mark_file(tmp_path / f"a.{codec}", tmp_path / "out.mkv", KEY, settings=EncoderSettings("x264", preset="ultrafast"))
    assert result.warnings == ()
