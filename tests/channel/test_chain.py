"""Channels as a whole: order, seeds, memory, ladders on a real clip, and no argument changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from indelible.channel import LADDERS, STEPS, Channel, Clip, apply_channel, ladder, parse_channel
from indelible.channel.codecs import Codec
from indelible.channel.sequence import Reorder, Reverse
from indelible.errors import InputError
from indelible.frames import Frame

from .clips import make_clip, psnr_y_db, same_pictures


def test_the_empty_channel_returns_the_clip() -> None:
    clip = make_clip()
    assert Channel().apply(clip) == clip
    assert Channel().run(clip).encodings == ()


def test_steps_follow_each_other() -> None:
    clip = make_clip(frames=3)
    both = apply_channel(clip, "flip=h|scale=0.5").clip
    assert same_pictures(both, apply_channel(apply_channel(clip, "flip=h").clip, "scale=0.5").clip)


def test_a_second_generation_is_worse_than_the_first_and_both_are_reported() -> None:
    clip = make_clip()
    once, twice = (apply_channel(clip, spec) for spec in ("x264:crf=30", "x264:crf=30|scale=0.6667|scale=96x64|x264:crf=30"))
    assert psnr_y_db(twice.clip, clip) < psnr_y_db(once.clip, clip) - 0.5
    assert [encoding.step for encoding in twice.encodings] == ["x264:crf=30"] * 2
    assert twice.encodings[0] == once.encodings[0]
    assert twice.encodings[1].size_bytes < once.encodings[0].size_bytes


ONE_OF_EACH = [
    *(
        "x264:crf=40",
        "x265:crf=40",
        "av1:crf=50",
        "vp9:crf=50",
        "scale=0.5",
        "scale=64x64",
        "scale=short:40",
        "scale=width:64",
        "stretch=1.2",
        "crop=area:0.5:at=random",
    ),
    *("crop=32:32:8:8", "rotate=5", "rotate=90", "flip=h", "pad=128x128", "pad=1:1", "letterbox=4:3", "pillarbox=16:9", "brightness=0.1"),
    *("contrast=1.2", "gamma=1.2", "hue=20", "saturation=1.5", "grey", "format=yuv444p", "noise=4", "blur=1", "sharpen=1", "logo=side:0.3"),
    *(
        "fill=bars",
        "erase=blur:area:0.2",
        "shift=4:2",
        "zoom=1.2",
        "mirrorhalf=left",
        "vignette=60",
        "negate",
        "swapchroma",
        "levels=expand",
    ),
    *("posterize=4", "freeze", "reverse", "delay=3", "loop=0.1", "reorder=0.1"),
    *("captions", "fps=20:by=blend", "fps=30", "speed=1.1", "trim=0:0.3", "trim=random:0.34", "drop=0.3", "duplicate=0.3"),
]


def test_the_list_has_one_of_each() -> None:
    assert {type(parse_channel(spec).steps[0]) for spec in ONE_OF_EACH} == {step for steps in STEPS.values() for step in steps}


@pytest.mark.parametrize("spec", ONE_OF_EACH)
def test_no_step_changes_its_input_and_the_same_seed_gives_the_same(spec: str) -> None:
    clip = make_clip(frames=10)
    for frame in clip.frames:
        for plane in (frame.y, *frame.chroma):
            plane.flags.writeable = False  # as decoders hand them out
    first, second = (apply_channel(clip, spec, seed=11).clip for _ in range(2))
    assert same_pictures(first, second)
    assert [f.pts for f in first.frames] == [f.pts for f in second.frames]
    assert not same_pictures(first, clip) or spec.startswith("speed")
    assert (first.frames[0].width, first.frames[0].height) == (first.info.width, first.info.height)


# Encoders look ahead, and what comes first is what came last, or later.
FRAMEWISE = [spec for spec in ONE_OF_EACH if not isinstance(parse_channel(spec).steps[0], Codec | Reverse | Reorder)]


@pytest.mark.parametrize("spec", FRAMEWISE)
def test_framewise_steps_stream(spec: str) -> None:
    clip = make_clip(frames=10)
    pulled = 0

    def counted() -> Iterator[Frame]:
        nonlocal pulled
        for frame in clip.frames:
            pulled += 1
            yield frame

    stream = parse_channel(spec).stream(counted(), clip.info)
    assert pulled == 0
    next(stream.frames)
    assert pulled <= 2


def test_a_codec_in_the_middle_can_be_left_early(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    clip = make_clip()
    assert len(apply_channel(clip, "x264:crf=30|trim=0:0.1").clip.frames) == 3
    stream = parse_channel("x264:crf=30|flip=h").stream(clip.frames, clip.info)
    next(stream.frames)
    assert len(stream.encodings) == 1
    stream.frames.close()  # type: ignore[attr-defined]
    del stream
    assert list(tmp_path.iterdir()) == []  # type: ignore[attr-defined]


def test_bad_seeds_and_empty_clips_are_errors() -> None:
    with pytest.raises(InputError, match="seed is -1"):
        apply_channel(make_clip(frames=1), "none", seed=-1)
    with pytest.raises(InputError, match="at least one frame"):
        Clip((), make_clip(frames=1).info)


def test_formats_without_luma_are_refused() -> None:
    clip = make_clip(frames=1)
    with pytest.raises(InputError, match="rgb24"):
        apply_channel(Clip(clip.frames, replace(clip.info, pixel_format="rgb24")), "x264")


@pytest.mark.parametrize("name", LADDERS)
def test_every_channel_of_every_ladder_works(name: str) -> None:
    # Each ladder on a clip so small that most platforms' sizes do not apply; those that do must pass.
    clip = make_clip(width=64, height=48, frames=3, seconds_between=0.3)
    channels = [channel for channel in ladder(name) if channel.applies_to(clip.info)]
    for channel in channels:
        assert channel.apply(clip, seed=1).frames
    assert channels or name in ("youtube", "messenger", "social")


@pytest.mark.parametrize("name", LADDERS)
def test_every_channel_applies_to_some_large_video_lying_or_upright(name: str) -> None:
    info = replace(make_clip(frames=1).info, duration_seconds=60.0)
    videos = [
        replace(info, width=width, height=height, frame_rate=Fraction(rate))
        for width, height in ((1920, 1080), (1080, 1920), (3840, 2160))
        for rate in ("25", "30000/1001", "60")
    ]
    assert all(any(channel.applies_to(video) for video in videos) for channel in ladder(name))
