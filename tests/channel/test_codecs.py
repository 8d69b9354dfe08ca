"""Real encoders: quality, size, exact times, odd sizes and formats, the same bytes twice."""

from __future__ import annotations

from fractions import Fraction

import pytest

from indelible.channel import Clip, apply_channel, parse_channel
from indelible.channel.codecs import Codec
from indelible.errors import MediaError

from .clips import make_clip, psnr_y_db, same_pictures

CODECS = {"x264": "h264", "x265": "hevc", "av1": "av1", "vp9": "vp9"}


@pytest.fixture(scope="module")
def clip() -> Clip:
    return make_clip(frames=10)


@pytest.mark.parametrize("codec", CODECS)
def test_a_codec_degrades_reports_its_size_and_keeps_times(codec: str, clip: Clip) -> None:
    fine, coarse = (apply_channel(clip, f"{codec}:crf={crf}") for crf in (20, 45))
    assert psnr_y_db(fine.clip, clip) > 35
    assert psnr_y_db(fine.clip, clip) > psnr_y_db(coarse.clip, clip) + 3
    assert fine.encodings[0].size_bytes > 1.5 * coarse.encodings[0].size_bytes > 100
    assert fine.encodings[0].step == f"{codec}:crf=20"
    assert fine.encodings[0].duration_seconds == pytest.approx(0.4)
    assert fine.encodings[0].bitrate_bps == pytest.approx(fine.encodings[0].size_bytes * 8 / 0.4)
    for before, later in zip(clip.frames, fine.clip.frames, strict=True):
        assert (later.pts, later.time_base, later.duration) == (before.pts, before.time_base, before.duration)
        assert (later.width, later.height, later.pixel_format, later.color) == (96, 64, "yuv420p", before.color)
    assert fine.clip.info.codec == CODECS[codec]


@pytest.mark.parametrize("codec", CODECS)
def test_the_same_clip_gives_the_same_bytes(codec: str, clip: Clip) -> None:
    first, second = (apply_channel(clip, f"{codec}:crf=35") for _ in range(2))
    assert first.encodings == second.encodings
    assert same_pictures(first.clip, second.clip)


@pytest.mark.parametrize("codec", CODECS)
def test_a_bitrate_is_followed(codec: str) -> None:
    clip = make_clip(frames=24)
    low, high = (apply_channel(clip, f"{codec}:bitrate={rate}k").encodings[0] for rate in (60, 600))
    assert high.size_bytes > 1.5 * low.size_bytes  # most of so short a video is its key frame


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(
    ("pixel_format", "size"),
    [("yuv420p", (97, 65)), ("gray", (96, 64)), ("yuv422p10le", (96, 64)), ("yuv444p", (97, 65)), ("yuv440p", (96, 65))],
)
def test_every_layout_and_odd_sizes_pass(codec: str, pixel_format: str, size: tuple[int, int]) -> None:
    clip = make_clip(width=size[0], height=size[1], frames=2, pixel_format=pixel_format)
    channel = parse_channel(f"{codec}:crf=20")
    changed = channel.apply(clip)
    frame, info = changed.frames[0], channel.info_after(clip.info)
    assert (frame.width, frame.height, frame.pixel_format) == (info.width, info.height, info.pixel_format)
    step = channel.steps[0]
    assert isinstance(step, Codec)
    assert size[0] - frame.width in (0, 1)
    assert frame.bit_depth == min(max(step.bit_depths), clip.frames[0].bit_depth)
    shift = clip.frames[0].bit_depth - frame.bit_depth
    error = frame.y.astype(float) - clip.frames[0].y[: frame.height, : frame.width] / 2.0**shift
    assert (error**2).mean() ** 0.5 < 5 * 2 ** (frame.bit_depth - 8)


def test_depth_survives_where_the_codec_has_it() -> None:
    clip = make_clip(frames=2, pixel_format="yuv420p10le")
    assert [apply_channel(clip, f"{codec}:crf=5").clip.info.pixel_format for codec in CODECS] == ["yuv420p10le"] * 3 + ["yuv420p"]
    assert psnr_y_db(apply_channel(clip, "x264:crf=1").clip, clip) > 50


def test_settings_reach_the_encoder(clip: Clip) -> None:
    size = {
        spec: apply_channel(clip, spec).encodings[0].size_bytes
        for spec in ("x264", "x264:gop=1", "x264:preset=ultrafast", "vp9", "vp9:gop=1")
    }
    assert size["x264:gop=1"] > 1.2 * size["x264"]
    assert size["x264:preset=ultrafast"] != size["x264"]
    assert size["vp9:gop=1"] > 1.2 * size["vp9"]


def test_a_profile_that_does_not_fit_the_video_is_an_error() -> None:
    with pytest.raises(MediaError):
        apply_channel(make_clip(frames=2, pixel_format="yuv444p"), "x264:profile=main")
    allowed = apply_channel(make_clip(frames=2, pixel_format="yuv444p"), "format=yuv420p|x264:profile=main")
    assert allowed.clip.info.pixel_format == "yuv420p"


@pytest.mark.parametrize("codec", CODECS)
def test_odd_times_come_back_exactly(codec: str) -> None:
    clip = make_clip(frames=8, start=-300, seconds_between=0.0337)
    irregular = apply_channel(clip, "drop=0.4|speed=1.237", seed=5).clip
    decoded = apply_channel(irregular, f"{codec}:crf=40").clip
    assert [frame.pts for frame in decoded.frames] == [frame.pts for frame in irregular.frames]
    assert {frame.time_base for frame in decoded.frames} == {Fraction(1, 12_800) / Fraction("1.237")}
