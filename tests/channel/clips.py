"""Synthetic clips: a seeded texture that moves over the picture, in any layout and size."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np

from indelible.channel import Clip
from indelible.channel.planes import Layout
from indelible.frames import ColorTags, Frame, VideoInfo

TIME_BASE = Fraction(1, 12_800)


def make_clip(
    *,
    width: int = 96,
    height: int = 64,
    frames: int = 12,
    pixel_format: str = "yuv420p",
    color: ColorTags | None = None,
    start: int = 512,
    seconds_between: float = 0.04,
    seed: int = 1,
) -> Clip:
    layout = Layout.of(pixel_format)
    step = round(seconds_between / TIME_BASE)
    color = color or ColorTags(1, 1, 1, 1)
    rng = np.random.default_rng(seed)
    texture = cv2.GaussianBlur(rng.standard_normal((height + 2 * frames, width + 2 * frames)), (0, 0), 2.0)
    texture = (texture - texture.min()) / (texture.max() - texture.min())
    dtype = np.uint8 if layout.bit_depth == 8 else np.uint16
    scale = 1 << (layout.bit_depth - 8)
    across, down = layout.subsampling

    def frame(index: int) -> Frame:
        view = texture[index : index + height, 2 * index : 2 * index + width]
        chroma = () if not layout.chroma else (view[::down, ::across], 1 - view[::down, ::across])
        return Frame(
            y=(16 * scale + 219 * scale * view).astype(dtype),
            chroma=tuple((64 * scale + 128 * scale * plane).astype(dtype) for plane in chroma),
            pixel_format=pixel_format,
            bit_depth=layout.bit_depth,
            pts=start + step * index,
            time_base=TIME_BASE,
            duration=step,
            color=color,
        )

    info = VideoInfo(
        width=width,
        height=height,
        pixel_format=pixel_format,
        codec="rawvideo",
        container="memory",
        frame_rate=1 / (step * TIME_BASE),
        time_base=TIME_BASE,
        duration_seconds=float(frames * step * TIME_BASE),
        frames=frames,
        bitrate_bps=None,
        rotation_deg=0,
        sample_aspect_ratio=Fraction(1),
        color=color,
    )
    return Clip(tuple(frame(index) for index in range(frames)), info)


def psnr_y_db(a: Clip, b: Clip) -> float:
    depth = a.frames[0].bit_depth
    error = np.mean([np.mean((x.y.astype(float) - y.y.astype(float)) ** 2) for x, y in zip(a.frames, b.frames, strict=True)])
    return float("inf") if error == 0 else float(10 * np.log10(((1 << depth) - 1) ** 2 / error))


def same_pictures(a: Clip, b: Clip) -> bool:
    return len(a.frames) == len(b.frames) and all(
        np.array_equal(x.y, y.y) and len(x.chroma) == len(y.chroma) and all(map(np.array_equal, x.chroma, y.chroma))
        for x, y in zip(a.frames, b.frames, strict=True)
    )
