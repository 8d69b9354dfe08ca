"""Times, exactly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av
import av.filter
import numpy as np
import pytest

from indelible.channel import Clip, apply_channel, parse_channel
from indelible.errors import InputError

from .clips import TIME_BASE, make_clip, same_pictures


def after(clip: Clip, spec: str, *, seed: int = 0) -> Clip:
    return apply_channel(clip, spec, seed=seed).clip


def times(clip: Clip) -> list[Fraction]:
    return [frame.pts * frame.time_base for frame in clip.frames if frame.pts is not None]


def sources(clip: Clip, original: Clip) -> list[int]:
    """Return which original picture each picture is."""
    known = {frame.y.tobytes(): index for index, frame in enumerate(original.frames)}
    return [known[frame.y.tobytes()] for frame in clip.frames]


@pytest.mark.parametrize("factor", ["1.1", "0.9", "2", "1001/1000"])
def test_speed_scales_every_time_exactly(factor: str) -> None:
    clip = make_clip()
    fast = after(clip, f"speed={factor}")
    assert times(fast) == [time / Fraction(factor) for time in times(clip)]
    assert fast.info.frame_rate == 25 * Fraction(factor)
    assert fast.info.duration_seconds == pytest.approx(0.48 / float(Fraction(factor)))
    assert same_pictures(fast, clip)


@pytest.mark.parametrize(("rate", "count"), [("25", 12), ("12.5", 6), ("50", 24), ("24000/1001", 12), ("5", 3)])
@pytest.mark.parametrize("by", ["nearest", "blend"])
def test_a_frame_rate_is_constant_and_keeps_the_duration(rate: str, count: int, by: str) -> None:
    changed = after(make_clip(start=0), f"fps={rate}:by={by}")
    assert len(changed.frames) == count
    assert times(changed) == [index / Fraction(rate) for index in range(count)]
    assert changed.info.frame_rate == Fraction(rate)
    assert {frame.duration * frame.time_base for frame in changed.frames} == {1 / Fraction(rate)}


@pytest.mark.parametrize("rate", ["7", "10", "24", "30", "60"])
@pytest.mark.parametrize("gap", [0.04, 0.1])
def test_the_nearest_picture_is_shown(rate: str, gap: float) -> None:
    clip = make_clip(start=0, seconds_between=gap)
    shown = after(clip, f"fps={rate}")
    for time, index in zip(times(shown), sources(shown, clip), strict=True):
        distance = [abs(time - other) for other in times(clip)]
        assert distance[index] == min(distance)


@pytest.mark.parametrize("rate", [10, 24, 30, 60])
def test_frame_rates_agree_with_ffmpeg_up_to_rounding(rate: int) -> None:
    clip = make_clip(frames=24, start=0)
    graph = av.filter.Graph()
    source = graph.add_buffer(width=96, height=64, format="gray", time_base=TIME_BASE)
    convert, sink = graph.add("fps", f"fps={rate}"), graph.add("buffersink")
    source.link_to(convert)
    convert.link_to(sink)
    graph.configure()
    for frame in clip.frames:
        picture = av.VideoFrame.from_ndarray(frame.y, format="gray")
        picture.pts, picture.time_base, picture.duration = frame.pts, TIME_BASE, frame.duration
        graph.push(picture)
    graph.push(None)
    theirs = []
    while True:
        try:
            theirs.append(graph.pull())
        except (EOFError, BlockingIOError):
            break
    ours = after(clip, f"fps={rate}")
    assert abs(len(ours.frames) - len(theirs)) <= 1
    known = {frame.y.tobytes(): index for index, frame in enumerate(clip.frames)}
    # FFmpeg rounds a picture's time to the new clock instead of choosing the nearest picture: at most one picture apart.
    assert all(abs(a - known[b.to_ndarray().tobytes()]) <= 1 for a, b in zip(sources(ours, clip), theirs, strict=False))


def test_blending_is_linear_in_time() -> None:
    clip = make_clip(start=0)
    blended = after(clip, "fps=100:by=blend")
    first, second = (clip.frames[index].y.astype(float) for index in (0, 1))
    for quarter in range(5):
        assert np.abs(blended.frames[quarter].y - (first + (second - first) * quarter / 4)).max() <= 0.51


def test_trim_keeps_what_is_inside_and_starts_where_the_video_did() -> None:
    clip = make_clip(start=512)
    cut = after(clip, "trim=0.1:0.3")
    assert sources(cut, clip) == [3, 4, 5, 6, 7]
    assert times(cut) == times(clip)[:5]
    assert cut.info.duration_seconds == pytest.approx(0.2)
    assert sources(after(clip, "trim=0.12:0.16"), clip) == [3]


def test_a_random_excerpt_lies_anywhere() -> None:
    clip = make_clip(frames=50, start=512, seconds_between=0.1)
    starts = set()
    for seed in range(30):
        cut = after(clip, "trim=random:3", seed=seed)
        shown = sources(cut, clip)
        assert shown == list(range(shown[0], shown[0] + 30))
        assert times(cut) == times(clip)[:30]
        starts.add(shown[0])
    assert min(starts) < 5
    assert max(starts) > 15
    assert cut.info.duration_seconds == 3.0
    assert sources(after(clip, "trim=random:3", seed=29), clip) == shown


@pytest.mark.parametrize(("seconds", "applies"), [(None, False), (3.0, False), (3.4, False), (3.5, True)])
def test_a_random_excerpt_needs_room(seconds: float | None, applies: bool) -> None:
    assert parse_channel("trim=random:3").applies_to(replace(make_clip(frames=1).info, duration_seconds=seconds)) is applies


@pytest.mark.parametrize(("rate", "applies"), [("30", True), ("30000/1001", True), ("25", False), ("60", False), (None, False)])
def test_a_rate_of_some_videos_only(rate: str | None, applies: bool) -> None:
    info = replace(make_clip(frames=1).info, frame_rate=rate and Fraction(rate))
    assert parse_channel("fps=24:of=30").applies_to(info) is applies
    assert parse_channel("fps=24").applies_to(info)


def test_nothing_left_is_an_error() -> None:
    assert not parse_channel("trim=1:2").applies_to(make_clip().info)
    with pytest.raises(InputError, match="leaves no frame"):
        apply_channel(make_clip(frames=3, seconds_between=1.0), "trim=0.2:0.8")


@pytest.mark.parametrize("probability", [0.2, 0.5])
def test_drop_drops_that_share_and_keeps_times(probability: float) -> None:
    clip = make_clip(frames=24)
    runs = [after(clip, f"drop={probability}", seed=seed) for seed in range(40)]
    for run in runs[:5]:
        assert set(zip(times(run), sources(run, clip), strict=True)) <= set(zip(times(clip), range(24), strict=True))
        assert run.frames[0].pts == clip.frames[0].pts
    dropped = 24 * 40 - sum(len(run.frames) for run in runs)
    expected = 23 * 40 * probability
    assert abs(dropped - expected) < 4 * np.sqrt(expected * (1 - probability))  # 1 in 16,000 by chance, for another generator
    assert [f.pts for f in after(clip, f"drop={probability}", seed=7).frames] == [f.pts for f in runs[7].frames]
    assert len({tuple(f.pts for f in run.frames) for run in runs}) > 30


def test_drop_and_duplicate_at_their_limits() -> None:
    clip = make_clip()
    assert same_pictures(after(clip, "drop=0"), clip)
    assert same_pictures(after(clip, "duplicate=0"), clip)
    assert len(after(clip, "drop=1").frames) == 1
    frozen = after(clip, "duplicate=1")
    assert sources(frozen, clip) == [0] * 12
    assert times(frozen) == times(clip)


def test_duplicate_repeats_the_picture_before() -> None:
    clip = make_clip(frames=24)
    shown = sources(after(clip, "duplicate=0.4", seed=2), clip)
    assert all(index in (position, shown[position - 1]) for position, index in enumerate(shown) if position)
    assert 24 * 0.15 < sum(index != position for position, index in enumerate(shown)) < 24 * 0.65


def test_frames_without_times_are_counted_at_the_frame_rate() -> None:
    clip = make_clip()
    bare = Clip(tuple(replace(frame, pts=None, duration=0) for frame in clip.frames), clip.info)
    assert sources(after(bare, "trim=0.1:0.3"), clip) == [3, 4, 5, 6, 7]
    assert len(after(bare, "fps=50").frames) == 24
    assert all(time is not None for time in times(after(bare, "drop=0.5")))
    with pytest.raises(InputError, match="no pts"):
        after(Clip(bare.frames, replace(clip.info, frame_rate=None)), "fps=50")


@pytest.mark.parametrize(
    ("spec", "keeps"), [("speed=1.1", False), ("x264|trim=0:1", False), ("fps=24|drop=0.1|duplicate=0.1|x264", True), ("none", True)]
)
def test_whether_sound_still_fits(spec: str, keeps: bool) -> None:
    assert parse_channel(spec).keeps_timing is keeps
