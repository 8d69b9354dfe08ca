"""Packets counted and weighed, compared with what ffmpeg and the encoder were told."""

from pathlib import Path

import av
import pytest

from indelible.errors import LimitError, MediaError
from indelible.video import Limits
from indelible.video.survey import survey
from tests.segments import hls


def test_a_file_is_surveyed(make_video):
    clip = make_video(frames=50, options={"g": "10", "bf": "2", "sc_threshold": "0", "profile": "main", "level": "3.1"})
    found = survey(clip)
    assert (found.codec, found.profile, found.level) == ("h264", "Main", 3.1)
    assert (found.width, found.height, found.pixel_format, found.video_streams) == (96, 64, "yuv420p", 1)
    assert found.frames == 50
    assert found.frame_rate == pytest.approx(25)
    assert found.duration_seconds == pytest.approx(2.0)
    assert found.longest_gop_seconds == pytest.approx(0.4)
    with av.open(str(clip)) as container:
        sizes = [packet.size for packet in container.demux(video=0)]
    assert found.sizes.sum() == sum(sizes)
    assert found.average_bps == pytest.approx(8 * sum(sizes) / 2.0)


def test_the_peak_is_of_the_heaviest_whole_stretch(make_video):
    found = survey(make_video(frames=50, options={"g": "50", "bf": "0"}))
    by_hand = max(8.0 * found.sizes[first : first + 25].sum() for first in range(26))
    assert found.peak_bps(1.0) == pytest.approx(by_hand)
    assert found.peak_bps(100.0) == pytest.approx(found.average_bps)


def test_other_codecs_say_profile_and_level(make_video):
    hevc = survey(make_video("a.mp4", width=128, codec="libx265", options={"x265-params": "log-level=none"}))
    assert (hevc.codec, hevc.profile) == ("hevc", "Main")
    assert hevc.level == 1.0 or hevc.level == 2.0
    mpeg4 = survey(make_video("b.mp4", codec="mpeg4"))
    assert (mpeg4.codec, mpeg4.level) == ("mpeg4", None)


@pytest.mark.parametrize("fmp4", [False, True])
def test_segments_are_surveyed(make_video, tmp_path, fmp4):
    found = survey(hls(make_video(frames=120, rate=24), tmp_path / "hls", fmp4=fmp4))
    assert [segment.frames for segment in found.segments] == [48, 48, 24]
    assert all(segment.opens_with_key for segment in found.segments)
    assert [segment.duration_seconds for segment in found.segments] == pytest.approx([2.0, 2.0, 1.0], abs=0.01)
    files = [tmp_path / "hls" / segment.name for segment in found.segments]
    assert [segment.file_bytes for segment in found.segments] == [file.stat().st_size for file in files]


def test_what_cannot_be_surveyed_is_an_error(make_video, tmp_path):
    rubbish = tmp_path / "rubbish.mp4"
    rubbish.write_bytes(b"no video at all" * 100)
    with pytest.raises(MediaError):
        survey(rubbish)
    with pytest.raises(LimitError):
        survey(make_video(frames=50), limits=Limits(frames=20))


def test_a_cut_file_is_surveyed_as_far_as_it_goes(make_video):
    clip: Path = make_video("a.ts", frames=50)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    assert 5 < survey(clip).frames < 45
