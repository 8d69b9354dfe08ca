"""What is kept of each frame: the same picture at any size, depth, range and turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.verify.descriptor import COLUMNS, ROWS, look_at, shown_aspect

from .looks import look, textured


def test_sizes_and_depths_hardly_matter() -> None:
    clip = textured(3, width=768, height=432)
    whole = look(clip)
    assert whole.luma.shape == (3, ROWS, COLUMNS)
    assert whole.chroma.shape == (3, 2, ROWS // 2, COLUMNS // 2)
    for spec in ("scale=384x216:scaler=area", "format=yuv420p10le", "format=yuv444p"):
        other = look(clip, spec)
        assert np.abs(other.luma_of(slice(None)) - whole.luma_of(slice(None))).max() < 1.5, spec
        assert np.abs(other.chroma_of(slice(None)) - whole.chroma_of(slice(None))).max() < 2.5, spec


def test_levels_are_nominal() -> None:
    clip = textured(1)
    assert np.allclose(look(clip, "fill=white").luma_of(slice(None)), 255.0)
    assert np.allclose(look(clip, "fill=black").luma_of(slice(None)), 0.0)
    assert np.allclose(look(clip, "grey").chroma_of(slice(None)), 0.0)


def test_means_are_means_of_blocks() -> None:
    clip = textured(1, width=384, height=216)
    frame = clip.frames[0]
    by_hand = ((frame.y.astype(float) - 16) * 255 / 219).reshape(ROWS, 4, COLUMNS, 4).mean(axis=(1, 3))
    assert np.allclose(look(clip).luma_of(slice(None))[0], by_hand, atol=0.02)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turn_in_the_metadata_is_a_turn(turns: int) -> None:
    clip = textured(2, width=192, height=192)
    baked = look(clip, f"rotate={90 * turns}")
    said = look_at(clip.frames, replace(clip.info, rotation_deg=90 * turns), wide=True)
    assert np.array_equal(baked.luma, said.luma)


def test_the_shape_is_that_of_the_display() -> None:
    clip = textured(1)
    assert shown_aspect(clip.info) == pytest.approx(16 / 9)
    assert shown_aspect(replace(clip.info, rotation_deg=90)) == pytest.approx(9 / 16)


def test_nothing_cannot_be_looked_at() -> None:
    with pytest.raises(InputError, match="without a picture"):
        look_at([], textured(1).info, wide=True)
