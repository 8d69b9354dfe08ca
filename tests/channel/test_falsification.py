"""Attacks on a rendition: each does what it says, where and when it says, and its lossless effect is measured."""

from __future__ import annotations

import numpy as np
import pytest

from indelible.channel import ATTACKS, Channel, Clip, apply_channel, effect_of, parse_channel
from indelible.channel.during import During
from indelible.channel.overlay import Logo
from indelible.errors import InputError, SpecError

from .clips import make_clip, same_pictures


def after(clip: Clip, spec: str, *, seed: int = 0) -> Clip:
    return apply_channel(clip, spec, seed=seed).clip


@pytest.fixture(scope="module")
def clip() -> Clip:
    return make_clip(frames=75)  # three seconds


def changed_frames(clip: Clip, other: Clip) -> list[int]:
    return [index for index, (a, b) in enumerate(zip(clip.frames, other.frames, strict=True)) if not np.array_equal(a.y, b.y)]


def test_a_window_limits_any_step(clip: Clip) -> None:
    assert changed_frames(clip, after(clip, "negate:from=1:until=2")) == list(range(25, 50))
    assert changed_frames(clip, after(clip, "negate:from=2")) == list(range(50, 75))
    assert changed_frames(clip, after(clip, "logo=area:0.1:until=1")) == list(range(25))
    times = [frame.pts for frame in clip.frames]
    assert [frame.pts for frame in after(clip, "x264:crf=40:from=1:until=2").frames] == times


def test_a_window_is_written_and_read_back() -> None:
    channel = parse_channel("logo=area:0.1:until=2|negate:from=0.5")
    assert channel == Channel((During(Logo("area", 0.1), 0.0, 2.0), parse_channel("negate:from=0.5").steps[0]))
    assert parse_channel(str(channel)) == channel


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("negate:from=x", "from is 'x'"),
        ("negate:from=2:until=1", "is not before until"),
        ("speed=1.1:from=1", "keep times"),
        ("negate:from=-1", "from is -1"),
    ],
)
def test_impossible_windows_are_refused(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_channel(spec)


def test_a_step_that_changes_the_size_has_no_window(clip: Clip) -> None:
    with pytest.raises(InputError, match="does not apply"):
        after(clip, "scale=0.5:from=1")


def test_sequences_show_other_pictures_at_the_same_times(clip: Clip) -> None:
    def shown(spec: str) -> list[int]:
        # The picture moves by a known step, so that each frame is like no other.
        result = after(clip, spec)
        assert [frame.pts for frame in result.frames] == [frame.pts for frame in clip.frames]
        lumas = [frame.y.tobytes() for frame in clip.frames]
        return [lumas.index(frame.y.tobytes()) for frame in result.frames]

    straight = list(range(75))
    assert shown("freeze:from=1:until=2") == [*range(25), *[25] * 25, *range(50, 75)]
    assert shown("reverse") == straight[::-1]
    assert shown("reverse:from=1:until=2") == [*range(25), *range(49, 24, -1), *range(50, 75)]
    assert shown("delay=3") == [0, 0, 0, *range(72)]
    assert shown("loop=1") == [*range(25)] * 3
    assert shown("reorder=1") == [*range(25, 50), *range(25), *range(50, 75)]


def test_displacements_against_slices(clip: Clip) -> None:
    first = clip.frames[0].y
    shifted = after(clip, "shift=4:2").frames[0].y
    assert np.array_equal(shifted[2:, 4:], first[:-2, :-4])
    assert same_pictures(after(clip, "shift=0:0"), clip)
    assert same_pictures(after(clip, "zoom=1"), clip)
    half = after(clip, "mirrorhalf=left").frames[0].y
    assert np.array_equal(half[:, 48:], first[:, :48][:, ::-1])
    doubled = after(clip, "zoom=2").frames[0].y.astype(float)
    middle = first[16:48, 24:72].astype(float)
    assert abs(doubled.reshape(32, 2, 48, 2).mean(axis=(1, 3)) - middle).mean() < 3


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p10le", "gray"])
def test_fills_and_negatives(pixel_format: str) -> None:
    clip = make_clip(frames=2, pixel_format=pixel_format)
    depth = clip.frames[0].bit_depth - 8
    assert (after(clip, "fill=black").frames[0].y == 16 << depth).all()
    assert (after(clip, "fill=white").frames[0].y == 235 << depth).all()
    bars = after(clip, "fill=bars").frames[0].y
    assert len(np.unique(bars)) == 7
    assert (np.diff(bars[0].astype(int)) <= 0).all()
    assert same_pictures(after(clip, "negate|negate"), clip)


def test_erasing_stays_in_its_box(clip: Clip) -> None:
    first = clip.frames[0].y
    for way in ("blur", "pixelate", "black", "inpaint"):
        other = after(clip, f"erase={way}:side:0.5").frames[0].y
        assert not np.array_equal(first, other)
        inside = np.zeros(first.shape, bool)
        inside[16:48, 24:72] = True
        assert np.array_equal(first[~inside], other[~inside]), way
        assert other[inside].std() < first[inside].std()


def test_a_vignette_falls_with_the_fourth_power(clip: Clip) -> None:
    white = after(clip, "fill=white|vignette=60").frames[0].y.astype(float)
    assert white[32, 48] == pytest.approx(235, abs=1)
    assert white[0, 0] == pytest.approx(16 + 219 * np.cos(np.deg2rad(60)) ** 4, abs=1)


def test_levels_undo_each_other(clip: Clip) -> None:
    back = after(clip, "levels=compress|levels=expand").frames[0].y.astype(int)
    assert abs(back - clip.frames[0].y).max() <= 1
    assert len(np.unique(after(clip, "posterize=4").frames[0].y)) <= 4


def test_the_effect_of_an_attack_is_measured_and_none_is_none(clip: Clip) -> None:
    assert effect_of(clip, clip).levels == 0.0
    luma = effect_of(clip, after(clip, "brightness=0.0228"))
    assert luma.levels == pytest.approx(255 * 0.0228, abs=1.3)
    assert (luma.frames_share, luma.visible) == (1.0, True)
    flash = effect_of(clip, after(clip, "fill=white:from=1:until=1.04"))
    assert flash.frames_share == pytest.approx(1 / 75)
    white = after(clip, "fill=white")
    assert not effect_of(white, after(white, "brightness=0.2|levels=compress|levels=expand|grey")).frames_share < 1.0
    assert not effect_of(white, after(white, "grey")).visible
    assert effect_of(clip, after(clip, "trim=0:2")).seconds == pytest.approx(-1.0, abs=0.05)


@pytest.mark.parametrize("group", ATTACKS)
def test_every_attack_is_canonical_and_changes_a_textured_clip(clip: Clip, group: str) -> None:
    for spec in ATTACKS[group]:
        channel = parse_channel(spec)
        assert parse_channel(str(channel)) == channel
        if channel.applies_to(clip.info) and channel.info_after(clip.info).height == clip.info.height:
            assert effect_of(clip, channel.apply(clip)).levels > 0.5, spec
