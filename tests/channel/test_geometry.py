"""Geometry against OpenCV, FFmpeg's scaler and plain slicing, for odd sizes and every layout."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.channel import Clip, apply_channel, parse_channel
from indelible.channel.planes import Layout
from indelible.channel.resample import Scaler, resample
from indelible.errors import InputError
from indelible.frames import ColorTags

from .clips import make_clip, psnr_y_db, same_pictures

LAYOUTS = ("yuv420p", "yuv422p", "yuv444p", "gray", "yuv420p10le", "yuv440p")


def after(clip: Clip, spec: str, *, seed: int = 0) -> Clip:
    changed = apply_channel(clip, spec, seed=seed).clip
    info, layout = changed.info, Layout.of(changed.info.pixel_format)
    for frame in changed.frames:  # what every step owes
        assert (frame.width, frame.height, frame.pixel_format, frame.bit_depth) == (
            info.width,
            info.height,
            info.pixel_format,
            layout.bit_depth,
        )
        assert [plane.shape for plane in frame.chroma] == ([layout.chroma_shape(info.height, info.width)] * 2 if layout.chroma else [])
        assert frame.y.dtype == (np.uint8 if layout.bit_depth == 8 else np.uint16)
    return changed


@pytest.mark.parametrize(
    ("width", "height", "spec", "size"),
    [
        (96, 64, "scale=0.5", (48, 32)),
        (96, 64, "scale=0.6667", (64, 42)),
        (97, 65, "scale=0.5", (48, 32)),
        (97, 65, "scale=1.5", (146, 98)),
        (96, 64, "scale=short:48", (72, 48)),
        (64, 96, "scale=short:48", (48, 72)),
        (96, 64, "scale=width:48", (48, 32)),
        (97, 65, "scale=width:48", (48, 32)),
        (96, 64, "scale=40x30", (40, 30)),
        (96, 64, "stretch=1.1", (106, 64)),
        (97, 65, "stretch=0.9", (88, 64)),
        (96, 64, "crop=side:0.5", (48, 32)),
        (96, 64, "crop=area:0.25", (48, 32)),
        (97, 65, "crop=side:1", (96, 64)),
        (96, 64, "crop=32:16:8:8", (32, 16)),
        (96, 64, "rotate=90", (64, 96)),
        (97, 65, "rotate=-90", (65, 97)),
        (96, 64, "rotate=180", (96, 64)),
        (96, 64, "rotate=10", (96, 64)),
        (96, 64, "pad=128x128", (128, 128)),
        (97, 65, "pad=98x66", (98, 66)),
        (96, 64, "pad=1:1", (96, 96)),
        (64, 96, "pad=1:1", (96, 96)),
        (96, 64, "letterbox=4:3", (96, 72)),
        (96, 64, "pillarbox=16:9", (114, 64)),
    ],
)
@pytest.mark.parametrize("pixel_format", LAYOUTS)
def test_sizes(width: int, height: int, spec: str, size: tuple[int, int], pixel_format: str) -> None:
    changed = after(make_clip(width=width, height=height, frames=1, pixel_format=pixel_format), spec)
    assert (changed.info.width, changed.info.height) == size


@pytest.mark.parametrize(
    ("spec", "applies"),
    [
        ("scale=short:64", False),
        ("scale=short:62", True),
        ("scale=short:90", False),
        ("scale=width:96", False),
        ("scale=width:94", True),
        ("crop=98x2".replace("x", ":") + ":0:0", False),
        ("pad=94x64", False),
        ("letterbox=16:9", False),
        ("pillarbox=4:3", False),
        ("scale=0.5|scale=short:32", False),
        ("rotate=90|letterbox=4:3", False),
        ("rotate=90|pillarbox=4:3", True),
    ],
)
def test_a_channel_knows_the_videos_it_means_nothing_for(spec: str, applies: bool) -> None:
    clip = make_clip(frames=1)
    channel = parse_channel(spec)
    assert channel.applies_to(clip.info) is applies
    if not applies:
        with pytest.raises(InputError, match="does not apply to a"):
            channel.apply(clip)


def test_area_is_opencv_area() -> None:
    plane = np.random.default_rng(0).integers(0, 256, (65, 97)).astype(np.float32)
    for size in ((48, 32), (33, 21), (13, 64)):
        ours = resample(plane, width=size[0], height=size[1], scaler="area")
        assert np.abs(ours - cv2.resize(plane, size, interpolation=cv2.INTER_AREA)).max() < 1e-3


def test_enlarging_bilinear_is_opencv_bilinear() -> None:
    plane = np.random.default_rng(0).integers(0, 256, (20, 30)).astype(np.float32)
    ours = resample(plane, width=75, height=44, scaler="bilinear")
    assert np.abs(ours - cv2.resize(plane, (75, 44), interpolation=cv2.INTER_LINEAR)).max() < 1e-3


@pytest.mark.parametrize(("scaler", "flags"), [("bilinear", "BILINEAR"), ("bicubic", "BICUBIC"), ("lanczos", "LANCZOS"), ("area", "AREA")])
@pytest.mark.parametrize("size", [(48, 32), (60, 42), (150, 100)])
def test_scalers_are_those_of_ffmpeg(scaler: Scaler, flags: str, size: tuple[int, int]) -> None:
    # At its default accuracy swscale is a few codes off its own kernels, mostly at the border: agree on nearly all samples.
    plane = make_clip(frames=1, pixel_format="gray").frames[0].y
    picture = av.VideoFrame.from_ndarray(plane, format="gray").reformat(*size, interpolation=flags)
    theirs = picture.to_ndarray()
    ours = resample(plane, width=size[0], height=size[1], scaler=scaler)
    # swscale has no area kernel for enlarging and takes bilinear there.
    if scaler != "area" or size[0] < plane.shape[1]:
        assert np.abs(ours - theirs)[4:-4, 4:-4].mean() < 0.8


@given(
    source=st.integers(1, 60),
    target=st.integers(1, 60),
    scaler=st.sampled_from(["area", "bilinear", "bicubic", "lanczos"]),
    level=st.integers(0, 255),
)
def test_a_flat_plane_stays_flat(source: int, target: int, scaler: Scaler, level: int) -> None:
    flat = np.full((source, 7), level, np.uint8)
    assert np.abs(resample(flat, height=target, width=5, scaler=scaler) - level).max() < 1e-2


@pytest.mark.parametrize("scaler", ["area", "bilinear", "bicubic", "lanczos"])
def test_the_same_size_changes_nothing(scaler: str) -> None:
    clip = make_clip(frames=2)
    assert same_pictures(after(clip, f"scale=96x64:scaler={scaler}"), clip)


def test_down_and_up_keeps_what_is_smooth() -> None:
    clip = make_clip(frames=2)
    assert psnr_y_db(after(clip, "scale=0.5|scale=2"), clip) > 30
    assert psnr_y_db(after(clip, "scale=0.25|scale=4"), clip) < 30


@pytest.mark.parametrize("pixel_format", LAYOUTS)
@pytest.mark.parametrize(
    "spec", ["flip=h|flip=h", "flip=v|flip=v", "rotate=90|rotate=-90", "rotate=180|rotate=180", "rotate=270|rotate=90", "rotate=360"]
)
@pytest.mark.parametrize(("width", "height"), [(96, 64), (97, 65)])
def test_there_and_back_is_lossless(pixel_format: str, spec: str, width: int, height: int) -> None:
    clip = make_clip(width=width, height=height, frames=2, pixel_format=pixel_format)
    assert same_pictures(after(clip, spec), clip)


def test_rotation_is_counter_clockwise() -> None:
    clip = make_clip(frames=1)
    assert np.array_equal(after(clip, "rotate=90").frames[0].y, cv2.rotate(clip.frames[0].y, cv2.ROTATE_90_COUNTERCLOCKWISE))
    # Small angles turn the same way: the middle of the right edge goes up.
    dot = np.full((65, 65), 16, np.uint8)
    dot[30:35, 55:60] = 235
    frame = make_clip(width=65, height=65, frames=1, pixel_format="gray").frames[0].with_luma(dot)
    turned = after(Clip((frame,), make_clip(width=65, height=65, frames=1, pixel_format="gray").info), "rotate=20").frames[0].y
    assert np.argwhere(turned > 120).mean(axis=0)[0] < 28


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
def test_a_turn_moves_chroma_with_luma(pixel_format: str) -> None:
    clip = make_clip(frames=1, pixel_format=pixel_format, height=96)
    frame = clip.frames[0]
    yy, xx = np.mgrid[:96, :96]
    blob = np.exp(-((xx - 70) ** 2 + (yy - 40) ** 2) / 60)
    step = 2 if pixel_format == "yuv420p" else 1
    coarse = (128 + 100 * cv2.resize(blob, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)).astype(np.uint8)
    marked = type(frame)(
        (16 + 200 * blob).astype(np.uint8), (coarse, coarse), pixel_format, 8, frame.pts, frame.time_base, frame.duration, frame.color
    )
    turned = after(Clip((marked,), clip.info), "rotate=33").frames[0]

    def centre(plane: np.ndarray, floor: int, scale: int) -> np.ndarray:
        weight = np.maximum(plane.astype(float) - floor, 0)
        return ((np.indices(plane.shape) * scale + (scale - 1) / 2) * weight).sum(axis=(1, 2)) / weight.sum()

    assert np.abs(centre(turned.y, 16, 1) - centre(turned.chroma[0], 128, step)).max() < 0.3


@pytest.mark.parametrize(("full", "black"), [(False, 16), (True, 0)])
def test_bars_and_corners_are_black_in_the_range_of_the_video(full: bool, black: int) -> None:
    clip = make_clip(frames=1, color=ColorTags(1, 1, 1, 2 if full else 1))
    padded, turned = after(clip, "pad=128x64").frames[0], after(clip, "rotate=30").frames[0]
    assert np.all(padded.y[:, :16] == black)
    assert np.all(padded.y[:, 112:] == black)
    assert np.all(padded.chroma[0][:, :8] == 128)
    assert np.array_equal(padded.y[:, 16:112], clip.frames[0].y)
    assert np.array_equal(padded.chroma[1][:, 8:56], clip.frames[0].chroma[1])
    assert turned.y[0, 0] == black
    assert turned.chroma[0][0, 0] == 128


def test_bars_reach_the_displayed_aspect() -> None:
    clip = make_clip(frames=1)
    wide = Clip(
        clip.frames,
        type(clip.info)(**{name: getattr(clip.info, name) for name in clip.info.__slots__} | {"sample_aspect_ratio": Fraction(4, 3)}),
    )
    padded = after(wide, "letterbox=4:3").info  # 96x64 is shown 128x64: 96 rows make 4:3
    assert (padded.width, padded.height) == (96, 96)


def test_a_crop_is_a_slice() -> None:
    clip = make_clip(frames=2)
    cut = after(clip, "crop=32:16:8:6").frames[1]
    assert np.array_equal(cut.y, clip.frames[1].y[6:22, 8:40])
    assert np.array_equal(cut.chroma[0], clip.frames[1].chroma[0][3:11, 4:20])


@pytest.mark.parametrize(
    ("at", "rows", "columns"), [("top-left", 0, 0), ("bottom-right", 32, 48), ("center", 16, 24), ("top-right", 0, 48)]
)
def test_crops_are_anchored(at: str, rows: int, columns: int) -> None:
    clip = make_clip(frames=1)
    cut = after(clip, f"crop=side:0.5:at={at}").frames[0]
    assert np.array_equal(cut.y, clip.frames[0].y[rows : rows + 32, columns : columns + 48])


def test_a_random_crop_depends_on_the_seed_alone() -> None:
    clip = make_clip(frames=3)
    crops = [after(clip, "crop=side:0.5:at=random", seed=seed) for seed in (0, 0, 1, 2)]
    assert same_pictures(crops[0], crops[1])
    assert not same_pictures(crops[0], crops[2]) or not same_pictures(crops[0], crops[3])
