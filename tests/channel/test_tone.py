"""Light and colour against their formulas, in every range and bit depth."""

from __future__ import annotations

import numpy as np
import pytest

from indelible.channel import Clip, apply_channel, parse_channel
from indelible.frames import ColorTags

from .clips import make_clip, same_pictures


def after(clip: Clip, spec: str, *, seed: int = 0) -> Clip:
    return apply_channel(clip, spec, seed=seed).clip


IDENTITIES = ["brightness=0", "contrast=1", "gamma=1", "hue=0", "hue=360", "saturation=1", "noise=0", "sharpen=0"]


@pytest.mark.parametrize("spec", IDENTITIES)
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le"])
def test_neutral_settings_change_nothing(spec: str, pixel_format: str) -> None:
    clip = make_clip(frames=2, width=97, pixel_format=pixel_format)
    assert same_pictures(after(clip, spec), clip)


@pytest.mark.parametrize("spec", ["brightness=0.2", "contrast=2", "gamma=1.8"])
@pytest.mark.parametrize(("pixel_format", "full"), [("yuv420p", False), ("yuv420p", True), ("gray", False), ("yuv420p10le", False)])
def test_luma_curves(spec: str, pixel_format: str, full: bool) -> None:
    clip = make_clip(frames=1, pixel_format=pixel_format, color=ColorTags(1, 1, 1, 2 if full else 1))
    scale = 4 if "10" in pixel_format else 1
    black, span = (0, 255) if full else (16 * scale, 219 * scale)
    level = np.maximum((clip.frames[0].y.astype(float) - black) / span, 0)
    wanted = {"brightness=0.2": level + 0.2, "contrast=2": 2 * level - 0.5, "gamma=1.8": level ** (1 / 1.8)}[spec]
    changed = after(clip, spec).frames[0]
    assert np.abs(changed.y - np.clip(wanted * span + black, 0, 256 * scale - 1)).max() <= 0.5 + 1e-9
    assert all(map(np.array_equal, changed.chroma, clip.frames[0].chroma))


def test_a_full_turn_of_hue_in_steps_comes_back() -> None:
    clip = make_clip(frames=1)
    quarter, whole = after(clip, "hue=90").frames[0], after(clip, "hue=90|hue=90|hue=90|hue=90").frames[0]
    u, v = (plane.astype(int) - 128 for plane in clip.frames[0].chroma)
    assert np.array_equal(quarter.chroma[0].astype(int) - 128, -v)
    assert np.array_equal(quarter.chroma[1].astype(int) - 128, u)
    assert all(map(np.array_equal, whole.chroma, clip.frames[0].chroma))
    assert np.array_equal(quarter.y, clip.frames[0].y)


@pytest.mark.parametrize(("pixel_format", "neutral"), [("yuv420p", 128), ("yuv444p10le", 512)])
def test_saturation_scales_and_grey_empties_chroma(pixel_format: str, neutral: int) -> None:
    clip = make_clip(frames=1, pixel_format=pixel_format)
    half, none = after(clip, "saturation=0.5").frames[0], after(clip, "grey").frames[0]
    assert np.abs(half.chroma[0] - (neutral + (clip.frames[0].chroma[0].astype(float) - neutral) / 2)).max() <= 0.5
    assert all(np.all(plane == neutral) for plane in none.chroma)
    assert np.array_equal(none.y, clip.frames[0].y)
    assert none.pixel_format == pixel_format


@pytest.mark.parametrize("spec", ["hue=10", "saturation=2", "grey"])
def test_colour_steps_mean_nothing_for_grey_video(spec: str) -> None:
    assert not parse_channel(spec).applies_to(make_clip(frames=1, pixel_format="gray").info)


@pytest.mark.parametrize(("pixel_format", "scale"), [("gray", 1), ("gray10le", 4)])
def test_noise_has_the_deviation_it_says_and_is_new_in_every_frame(pixel_format: str, scale: int) -> None:
    clip = make_clip(frames=4, width=160, height=160, pixel_format=pixel_format)
    noise = [(b.y.astype(float) - a.y) / scale for a, b in zip(clip.frames, after(clip, "noise=5").frames, strict=True)]
    # 4 x 25,600 samples: the deviation is known to about 0.2 %, the correlation of two frames to 0.6 %.
    assert np.std(noise) == pytest.approx(5.0, rel=0.03)
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.03


def test_noise_depends_on_the_seed_and_the_place_of_the_step() -> None:
    clip = make_clip(frames=2)
    assert same_pictures(after(clip, "noise=5", seed=3), after(clip, "noise=5", seed=3))
    assert not same_pictures(after(clip, "noise=5", seed=3), after(clip, "noise=5", seed=4))
    assert not same_pictures(after(clip, "noise=5", seed=3), after(clip, "gamma=1|noise=5", seed=3))


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
def test_blur_spreads_a_point_by_its_deviation_in_luma_pixels(pixel_format: str) -> None:
    clip = make_clip(frames=1, width=96, height=96, pixel_format=pixel_format)
    frame = clip.frames[0]
    step = 2 if pixel_format == "yuv420p" else 1
    point, coarse = np.zeros((96, 96), np.uint8), np.zeros((96 // step, 96 // step), np.uint8)
    point[44:52, 44:52] = 250
    coarse[44 // step : 52 // step, 44 // step : 52 // step] = 250
    marked = type(frame)(point, (coarse, coarse), pixel_format, 8, frame.pts, frame.time_base, frame.duration, frame.color)
    blurred = after(Clip((marked,), clip.info), "blur=3").frames[0]
    for plane, before, scale in ((blurred.y, point, 1), (blurred.chroma[0], coarse, step)):
        rows = np.arange(plane.shape[0])
        spread = [np.average((rows - (len(rows) - 1) / 2) ** 2, weights=p.astype(float).sum(axis=1)) for p in (plane, before)]
        assert scale * np.sqrt(spread[0] - spread[1]) == pytest.approx(3.0, rel=0.08)


def test_sharpening_undoes_some_blur_and_leaves_flat_areas() -> None:
    clip = make_clip(frames=1)
    soft = after(clip, "blur=1.5")
    crisp = after(soft, "sharpen=1.5:sigma=1.5")
    assert np.std(soft.frames[0].y) < np.std(crisp.frames[0].y)
    flat = Clip((clip.frames[0].with_luma(np.full((64, 96), 90, np.uint8)),), clip.info)
    assert same_pictures(after(flat, "sharpen=5"), flat)


@pytest.mark.parametrize(
    ("start", "steps", "lossless"),
    [
        ("yuv420p", "format=yuv420p10le|format=yuv420p", True),
        ("yuv420p", "format=yuv444p", False),
        ("yuv444p10le", "format=yuv420p", False),
        ("gray", "format=yuv420p|format=gray", True),
        ("yuv422p", "format=yuv422p", True),
    ],
)
def test_formats(start: str, steps: str, lossless: bool) -> None:
    clip = make_clip(frames=1, width=97, height=65, pixel_format=start)
    changed = after(clip, steps)
    frame = changed.frames[0]
    assert changed.info.pixel_format == frame.pixel_format == steps.rpartition("=")[2]
    assert same_pictures(changed, clip) is lossless
    shift = clip.frames[0].bit_depth - frame.bit_depth
    assert np.abs(frame.y.astype(float) - clip.frames[0].y / 2.0**shift).max() <= 0.5


def test_grey_becomes_colour_with_neutral_chroma() -> None:
    frame = after(make_clip(frames=1, width=97, pixel_format="gray10le"), "format=yuv420p").frames[0]
    assert [plane.shape for plane in frame.chroma] == [(32, 49)] * 2
    assert all(np.all(plane == 128) for plane in frame.chroma)
