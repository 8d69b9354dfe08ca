"""What lies on top: how much of the picture it covers, where, and for how long."""

from __future__ import annotations

import numpy as np
import pytest

from indelible.channel import Clip, apply_channel

from .clips import make_clip, same_pictures


def after(clip: Clip, spec: str, *, seed: int = 0) -> Clip:
    return apply_channel(clip, spec, seed=seed).clip


def changed_at(before: Clip, later: Clip, index: int = 0) -> np.ndarray:
    return before.frames[index].y != later.frames[index].y


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p10le", "gray"])
@pytest.mark.parametrize(("spec", "share"), [("logo=area:0.09", 0.09), ("logo=side:0.3", 0.09), ("logo=side:1", 1.0)])
def test_a_logo_covers_its_share(pixel_format: str, spec: str, share: float) -> None:
    clip = make_clip(frames=2, width=160, height=120, pixel_format=pixel_format)
    covered = changed_at(clip, after(clip, spec))
    # A pixel that has the logo's shade by chance does not count as changed.
    assert 0.9 * share < covered.mean() <= share + 0.01


@pytest.mark.parametrize(
    ("at", "box"), [("top-left", np.s_[:36, :48]), ("bottom-right", np.s_[84:, 112:]), ("center", np.s_[42:78, 56:104])]
)
def test_a_logo_lies_where_it_should(at: str, box: tuple[slice, slice]) -> None:
    clip = make_clip(frames=1, width=160, height=120)
    covered = changed_at(clip, after(clip, f"logo=side:0.3:at={at}"))
    assert covered[box].mean() > 0.9
    assert covered.sum() == covered[box].sum()


def test_opacity_blends() -> None:
    clip = make_clip(frames=1, width=160, height=120)
    none, half, full = (after(clip, f"logo=side:0.5:opacity={opacity}").frames[0] for opacity in (0, 0.5, 1))
    assert np.array_equal(none.y, clip.frames[0].y)
    assert np.abs(half.y - (none.y.astype(float) + full.y) / 2).max() <= 1
    assert np.abs(half.chroma[0] - (none.chroma[0].astype(float) + full.chroma[0]) / 2).max() <= 1


def test_an_opaque_logo_takes_the_colour_away_under_it() -> None:
    frame = after(make_clip(frames=1, width=160, height=120), "logo=side:0.5:at=top-left").frames[0]
    assert np.all(frame.chroma[0][:29, :39] == 128)
    assert not np.any(frame.chroma[0][32:, 42:] == 128) or np.std(frame.chroma[0][32:, 42:]) > 5


def test_a_logo_stays_and_its_letters_come_from_the_seed() -> None:
    clip = make_clip(frames=3, width=160, height=120)
    logos = [after(clip, "logo=side:0.6:at=center", seed=seed) for seed in (0, 0, 1)]
    box = np.s_[30:90, 40:120]
    assert np.array_equal(logos[0].frames[0].y[box], logos[0].frames[2].y[box])
    assert same_pictures(logos[0], logos[1])
    assert not same_pictures(logos[0], logos[2])


@pytest.mark.parametrize(("at", "half"), [("bottom", np.s_[60:]), ("top", np.s_[:60])])
def test_captions_are_white_on_their_side(at: str, half: tuple[slice]) -> None:
    clip = make_clip(frames=1, width=160, height=120)
    captioned = after(clip, f"captions:size=0.1:at={at}")
    covered = changed_at(clip, captioned)
    assert 0.02 < covered.mean() < 0.3
    assert covered.sum() == covered[half].sum()
    assert captioned.frames[0].y[half].max() == 235


def test_captions_change_every_two_seconds() -> None:
    clip = make_clip(frames=20, width=160, height=120, seconds_between=0.3)
    still = Clip(tuple(frame.with_luma(np.full_like(frame.y, 100)) for frame in clip.frames), clip.info)
    captioned = after(still, "captions:size=0.1")
    pictures = [frame.y.tobytes() for frame in captioned.frames]
    assert len(set(pictures)) == 3  # 0.04 s to 5.74 s
    assert len(set(pictures[:7])) == 1
