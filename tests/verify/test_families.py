"""Each kind of falsification raises its own statistic far above what noise and scaling do; a copy has none."""

from __future__ import annotations

import numpy as np
import pytest

from indelible.verify.families import STATISTICS, measure

from .looks import look, textured

CLIP = textured(50)
SOURCE = look(CLIP)


def statistics(spec: str, *, seed: int = 0) -> dict[str, float]:
    values = measure(SOURCE, look(CLIP, spec, seed=seed)).values
    return {each.name: float(value) for each, value in zip(STATISTICS, values, strict=True)}


def test_a_copy_differs_in_nothing() -> None:
    assert measure(SOURCE, SOURCE).values == pytest.approx(np.zeros(len(STATISTICS)), abs=1e-5)
    assert measure(SOURCE, SOURCE).likeness == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("logo=area:0.02", "block_all"),
        ("logo=area:0.02:opacity=0.3", "block_all"),
        ("logo=area:0.02:from=0.5:until=1", "block_window"),
        ("fill=white:from=1:until=1.04", "worst_frame"),
        ("erase=blur:area:0.05", "detail_block"),
        ("erase=inpaint:area:0.05", "block_window"),
        ("grey", "chroma_map"),
        ("saturation=0.4", "chroma_map"),
        ("hue=20", "chroma_map"),
        ("swapchroma", "chroma_map"),
        ("shift=2:0", "displacement"),
        ("zoom=1.02", "displacement"),
        ("rotate=1", "displacement"),
        ("flip=h", "block_window"),
        ("brightness=0.02", "level_shift"),
        ("gamma=1.2", "level_shift"),
        ("contrast=1.15", "level_shift"),
        ("vignette=36", "block_all"),
        ("blur=2", "detail_loss"),
        ("sharpen=2", "detail_gain"),
        ("noise=10", "detail_gain"),
        ("brightness=0.02", "luma_shift"),
        ("freeze:from=1:until=1.4", "moves"),
        ("freeze:from=1:until=1.4", "still_window"),
        ("fill=white:from=1:until=1.04", "jump_window"),
        ("delay=5", "lag_frames"),
        ("speed=0.9", "drift_frames"),
        ("trim=0:1.5", "lost_frames"),
    ],
)
def test_each_falsification_shows_in_its_own_statistic(spec: str, name: str) -> None:
    unit = next(each.unit for each in STATISTICS if each.name == name)
    honest = max(statistics(each, seed=seed)[name] for seed, each in enumerate(("noise=2", "scale=0.5|scale=2", "noise=1")))
    assert statistics(spec)[name] > 3 * (honest + unit)


def test_other_content_has_no_likeness() -> None:
    other = look(textured(50, seed=9))
    assert measure(SOURCE, other).likeness < 0.4
    assert measure(SOURCE, look(CLIP, "flip=h")).likeness < 0.4
