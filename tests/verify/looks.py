"""Looks at synthetic clips, made in milliseconds."""

from __future__ import annotations

from indelible.channel import Clip, apply_channel
from indelible.verify.descriptor import Look, look_at
from tests.channel.clips import make_clip


def textured(frames: int = 60, *, width: int = 192, height: int = 108, seed: int = 1) -> Clip:
    return make_clip(frames=frames, width=width, height=height, seed=seed)


def look(clip: Clip, spec: str = "none", *, seed: int = 0) -> Look:
    changed = apply_channel(clip, spec, seed=seed).clip
    return look_at(changed.frames, changed.info, wide=clip.info.width >= clip.info.height)
