import itertools

import av
import pytest

from indelible.errors import InputError
from indelible.frames import VideoInfo
from indelible.video import EncoderSettings, copy_settings, probe
from indelible.video.encoders import encoder_name, encoder_options, encoder_pixel_format

CODECS = ("x264", "x265", "av1", "vp9", "ffv1")


@pytest.mark.parametrize(
    ("codec", "options", "says"),
    [
        ("h264", {}, "codec is 'h264'"),
        ("x264", {"crf": 52}, "0 to 51"),
        ("x264", {"crf": -1}, "0 to 51"),
        ("x264", {"crf": float("nan")}, "0 to 51"),
        ("av1", {"crf": 0}, "1 to 63"),
        ("av1", {"crf": 30.5}, "whole number"),
        ("vp9", {"crf": 64}, "0 to 63"),
        ("ffv1", {"crf": 10}, "no crf"),
        ("ffv1", {"bitrate_bps": 10_000}, "no bitrate_bps"),
        ("x264", {"preset": "quick"}, "ultrafast, "),
        ("x265", {"preset": "8"}, "ultrafast, "),
        ("av1", {"preset": "medium"}, "0, 1, "),
        ("av1", {"preset": "14"}, "0, 1, "),
        ("vp9", {"preset": "9"}, "0, 1, "),
        ("ffv1", {"preset": "fast"}, "no preset"),
        ("x264", {"profile": "main10"}, "baseline, main, "),
        ("av1", {"profile": "main"}, "no profile"),
        ("x264", {"bframes": 17}, "0 to 16"),
        ("x265", {"bframes": 5, "preset": "ultrafast"}, "0 to 4"),
        ("x265", {"bframes": 15, "preset": "fast"}, "0 to 14"),
        ("vp9", {"bframes": 2}, "no bframes"),
        ("x264", {"gop": 0}, "1 to "),
        ("x264", {"threads": -1}, "0 to "),
        ("x264", {"bitrate_bps": 10}, "1000 to "),
        ("x264", {"crf": 20, "bitrate_bps": 10_000}, "exclude each other"),
        ("x264", {"max_rate_bps": 5_000, "bitrate_bps": 10_000}, "below bitrate_bps"),
        ("vp9", {"max_rate_bps": 5_000}, "no max_rate_bps"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(codec, options, says):
    with pytest.raises(InputError, match=says):
        EncoderSettings(codec, **options)


def all_settings():
    for codec, threads in itertools.product(CODECS, (0, 1)):
        yield EncoderSettings(codec, threads=threads, gop=10)
    yield EncoderSettings("x264", crf=20.5, preset="veryslow", profile="high", bframes=2, max_rate_bps=10**6)
    yield EncoderSettings("x265", bitrate_bps=10**5, profile="main", bframes=0)
    yield EncoderSettings("av1", crf=50, preset="10", max_rate_bps=10**6)
    yield EncoderSettings("vp9", bitrate_bps=10**5, preset="8")


@pytest.mark.parametrize("settings", list(all_settings()), ids=str)
def test_every_option_exists_in_ffmpeg_and_is_taken(settings):
    """FFmpeg ignores an option that it does not know; PyAV leaves such ones in the dictionary."""
    context = av.CodecContext.create(encoder_name(settings), "w")
    context.width, context.height, context.pix_fmt = 64, 64, "yuv420p"
    context.framerate = 25
    context.options = encoder_options(settings)
    context.open()
    assert context.options == {}


def test_the_trap_that_the_check_above_is_for():
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt, context.framerate = 64, 64, "yuv420p", 25
    context.options = {"crff": "20"}
    context.open()
    assert context.options == {"crff": "20"}


def test_defaults():
    assert encoder_options(EncoderSettings("x264"))["crf"] == "18"
    assert encoder_options(EncoderSettings("x264"))["preset"] == "medium"
    assert "crf" not in encoder_options(EncoderSettings("x264", bitrate_bps=10_000))
    assert encoder_options(EncoderSettings("x264", crf=0))["crf"] == "0", "zero is a value, not an absence"
    assert encoder_options(EncoderSettings("vp9"))["b"] == "0", "or the crf is only a bound"


@pytest.mark.parametrize(
    ("codec", "pixel_format", "size", "says"),
    [
        ("x264", "yuv420p", (65, 48), "odd size 65x48; choose codec av1, vp9 or ffv1, or crop"),
        ("x265", "yuv420p10le", (64, 47), "odd size"),
        ("x264", "yuv422p", (65, 48), "odd size"),
        ("av1", "yuv422p10le", (64, 48), "choose codec x264 or x265 or ffv1"),
        ("vp9", "yuv420p10le", (64, 48), "choose codec x264 or x265 or av1 or ffv1"),
        ("x264", "yuv410p", (64, 48), "choose codec ffv1"),
        ("x264", "yuv440p12le", (64, 48), "choose codec"),
    ],
)
def test_what_an_encoder_does_not_take_is_refused_with_a_way_out(codec, pixel_format, size, says):
    with pytest.raises(InputError, match=says):
        encoder_pixel_format(EncoderSettings(codec), pixel_format, width=size[0], height=size[1])


@pytest.mark.parametrize(
    ("codec", "pixel_format", "size", "chosen"),
    [
        ("x264", "yuv444p", (65, 47), "yuv444p"),
        ("x264", "yuv422p", (64, 47), "yuv422p"),
        ("x264", "gray", (65, 47), "gray"),
        ("av1", "yuv420p", (65, 47), "yuv420p"),
        ("av1", "gray", (64, 48), "yuv420p"),
        ("av1", "gray10le", (64, 48), "yuv420p10le"),
        ("vp9", "gray", (65, 47), "yuv420p"),
        ("ffv1", "gray12le", (65, 47), "gray12le"),
    ],
)
def test_the_format_stays_except_grey_that_a_codec_lacks(codec, pixel_format, size, chosen):
    assert encoder_pixel_format(EncoderSettings(codec), pixel_format, width=size[0], height=size[1]) == chosen


@pytest.fixture
def info(clip) -> VideoInfo:
    return probe(clip)


@pytest.mark.parametrize(
    ("codec", "pixel_format", "follows"),
    [
        ("h264", "yuv420p", "x264"),
        ("hevc", "yuv420p10le", "x265"),
        ("av1", "yuv420p10le", "av1"),
        ("vp9", "yuv420p", "vp9"),
        ("vp9", "yuv420p10le", "x265"),
        ("mpeg2video", "yuv420p", "x264"),
        ("prores", "yuv422p10le", "x264"),
        ("ffv1", "yuv420p16le", "ffv1"),
        ("vp8", "gray", "x264"),
    ],
)
def test_settings_follow_the_source(info, codec, pixel_format, follows):
    from dataclasses import replace

    settings = copy_settings(replace(info, codec=codec, pixel_format=pixel_format, bitrate_bps=123_456))
    assert settings.codec == follows
    assert settings.bitrate_bps == (None if follows == "ffv1" else 123_456)
    encoder_pixel_format(settings, pixel_format, width=64, height=48)


def test_without_a_bitrate_the_default_quality_is_taken(info):
    from dataclasses import replace

    assert copy_settings(replace(info, bitrate_bps=None)) == EncoderSettings("x264")
