import io
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.frames import ColorTags
from indelible.video import EncoderSettings, open_video, probe, write_video

RAW = EncoderSettings("raw")
Y4M = "yuv4mpegpipe"


@pytest.fixture
def info(clip):
    return probe(clip)


def written(frames, info, **options):
    memory = io.BytesIO()
    summary = write_video(memory, frames, RAW, info=info, container=Y4M, **options)
    with open_video(memory) as reader:
        return summary, reader.info, list(reader)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv411p", "yuv444p", "gray", "gray12le", "yuv420p10le", "yuv422p16le", "yuv444p9le"])
@pytest.mark.parametrize("size", [(96, 64), (33, 17)])
def test_pictures_come_back_exactly(make_frames, info, pixel_format, size):
    frames = make_frames(3, width=size[0], height=size[1], pixel_format=pixel_format)
    summary, _, back = written(frames, info)
    assert summary.frames == 3
    assert summary.video_bytes == 3 * sum(plane.nbytes for plane in (frames[0].y, *frames[0].chroma))
    for frame, ours in zip(frames, back, strict=True):
        assert ours.pixel_format == pixel_format
        for plane, other in zip((frame.y, *frame.chroma), (ours.y, *ours.chroma), strict=True):
            np.testing.assert_array_equal(plane, other)


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(120)])
def test_the_rate_is_exact_and_rounded_times_do_not_matter(make_frames, info, rate):
    pts = [5000 + round(1000 * index / rate) for index in range(40)]
    frames = make_frames(40, width=32, height=16, pts=pts, time_base=Fraction(1, 1000))
    summary, description, back = written(frames, replace(info, frame_rate=rate))
    assert description.frame_rate == rate
    assert [frame.pts * frame.time_base for frame in back] == [index / rate for index in range(40)]
    assert summary.duration_seconds == pytest.approx(float(40 / rate))


def test_a_variable_rate_is_refused_with_a_way_out(make_frames, info):
    frames = make_frames(8, pts=[0, 33, 34, 150, 151, 170, 400, 401], time_base=Fraction(1, 1000))
    with pytest.raises(InputError, match=r"frame 2 comes after 0\.034 s, not its place at 20 frames .* choose nut or matroska"):
        written(frames, replace(info, frame_rate=Fraction(20)))


def test_a_rate_that_nobody_says_is_that_of_the_first_frame(make_frames, info):
    frames = make_frames(3, pts=[0, 50, 100], time_base=Fraction(1, 1000))
    frames[0] = replace(frames[0], duration=50)
    assert written(frames, replace(info, frame_rate=None))[1].frame_rate == 20


def test_what_is_lost_is_said_once(make_video, clip):
    source = make_video("rich.mp4", audio="aac", tags=(9, 16, 9, 1), sample_aspect_ratio=Fraction(64, 45), rotation=90)
    with open_video(source) as reader:
        (warning,) = written(reader, reader.info, copy_from=source)[0].warnings
    assert warning == (
        "y4m holds pictures and nothing else; not carried over: the other streams (audio:aac), colour tags, "
        "the aspect ratio of the pixels, the rotation"
    )
    with open_video(clip) as reader:
        assert written(reader, reader.info, copy_from=clip)[0].warnings == ()


def test_the_range_is_kept(make_frames, info):
    for tag in (1, 2):
        _, _, back = written(make_frames(2, color=ColorTags(range=tag)), info)
        assert back[0].color.range == tag


def test_raw_pictures_and_y4m_belong_together(make_frames, info, tmp_path):
    with pytest.raises(InputError, match="does not hold x264 video; choose codec raw"):
        write_video(tmp_path / "a.y4m", make_frames(2), EncoderSettings("x264"), info=info)
    with pytest.raises(InputError, match="matroska does not hold raw video; choose codec x264"):
        write_video(tmp_path / "a.mkv", make_frames(2), RAW, info=info)
    with pytest.raises(InputError, match="raw cannot encode yuv440p frames; choose codec"):
        write_video(tmp_path / "a.y4m", make_frames(2, pixel_format="yuv440p"), RAW, info=info)
    write_video(tmp_path / "a.y4m", make_frames(2), RAW, info=info)
    assert probe(tmp_path / "a.y4m").codec == "rawvideo"
