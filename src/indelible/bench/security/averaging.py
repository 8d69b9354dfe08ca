"""Averaging: what many marked videos have in common is the pattern, if they have one. Then take it away, or put it elsewhere.

The attacker has a thousand marked windows of ten pictures each, uncoded, which is more than he would get: parts of the corpus's clips,
cropped and mirrored so that no two show the same. He has read the source code, and averages not pictures but what the detector reads there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indelible.bench.security.pattern import Signs, read_signs, write_signs
from indelible.bench.security.scene import ONE_KEY, REGISTERED, Scene, SecuritySettings, psnr_y_db, stranger, subkeys
from indelible.frames import Frame
from indelible.mark import Embedder
from indelible.runs.cache import Record

#: How strongly the estimate is taken away, in amplitudes of the mark; twice only with the best one.
ONCE, TWICE = 1.0, 2.0


@dataclass(frozen=True, slots=True)
class HarvestTask:
    """What the attacker takes from one clip: the windows number ``place``, ``place + clips``, ... of all."""

    path: Path
    place: int
    clips: int
    settings: SecuritySettings
    target: Path


def harvest(task: HarvestTask) -> int:
    """Write the sums of what the windows of a clip say, and return how many there are."""
    scene = Scene.load(task.path, task.settings)
    numbers = range(task.place, max(task.settings.windows), task.clips)
    sums: dict[str, Signs] = {}
    for number in numbers:
        held = part(scene, number)
        for marks in (REGISTERED, ONE_KEY):
            key = stranger(task.settings, "owner") if marks == ONE_KEY else subkeys(task.settings)[number % task.settings.registered]
            marked = tuple(Embedder(key).embed(held))
            for source in sources(task.settings):
                if source.windows is None or number < source.windows:
                    seen = read_signs(marked) if source.windows else np.sum([read_signs([frame]) for frame in marked], axis=0)
                    name = f"{marks}/{source.name}"
                    sums[name] = sums.get(name, np.float32(0.0)) + seen
    task.target.parent.mkdir(parents=True, exist_ok=True)
    write_arrays(task.target, sums)
    return len(numbers)


def write_arrays(target: Path, arrays: dict[str, Signs]) -> None:
    """Write named arrays; the file appears whole or not at all."""
    partial = target.with_name(f"partial-{target.name}")
    np.savez(partial, allow_pickle=False, **arrays)
    partial.replace(target)


@dataclass(frozen=True, slots=True)
class AveragedSource:
    """What is averaged: so many windows, each its mean picture, or (None) every single picture of all windows."""

    name: str
    windows: int | None


def sources(settings: SecuritySettings) -> tuple[AveragedSource, ...]:
    """Return what is averaged in turn."""
    windows = tuple(AveragedSource(f"{count} windows", count) for count in settings.windows)
    return (*windows, AveragedSource(f"{max(settings.windows) * settings.frames_of_window} frames", None))


def part(scene: Scene, number: int) -> tuple[Frame, ...]:
    """Return a window: consecutive pictures of the clip, from anywhere, cropped to half a side or more, mirrored or not."""
    rng = np.random.default_rng((scene.settings.seed, number))
    frames, count = scene.clip.frames, scene.settings.frames_of_window
    start = int(rng.integers(max(1, len(frames) - count)))
    height, width = (int(side * share) for side, share in zip(frames[0].y.shape, rng.uniform(0.5, 1.0, 2), strict=True))
    top, left = (int(rng.integers(1 + whole - kept)) for whole, kept in zip(frames[0].y.shape, (height, width), strict=True))
    flip = -1 if rng.random() < 0.5 else 1
    return tuple(
        replace(
            frame,
            y=frame.y[top : top + height, left : left + width][:, ::flip].copy(),
            chroma=(),
            pixel_format="gray",
            pts=index,
            time_base=Fraction(1, 25),
            duration=1,
        )
        for index, frame in enumerate(frames[start : start + count])
    )


def add_up(files: Sequence[Path]) -> dict[str, Signs]:
    """Return the sums over all clips; the last windows of few clips may be in some files only."""
    totals: dict[str, Signs] = {}
    for file in files:
        with np.load(file) as sums:
            for name in sums.files:
                totals[name] = totals.get(name, np.float32(0.0)) + sums[name]
    return totals


def averaging(scene: Scene, averages: dict[str, NDArray[np.float32]]) -> Iterator[Record]:
    """Yield what subtracting each estimate leaves of the clip's mark, and whether adding it to the unmarked clip is taken for a mark.

    The clip's own marked footage is averaged along, once more than its share: that is the marking that the attacker wants to get rid of.
    """
    clean = scene.clip.frames
    for marks in (REGISTERED, ONE_KEY):
        marked = scene.marked(scene.key(marks))
        own = read_signs(marked)
        for source in sources(scene.settings):
            total = averages[f"{marks}/{source.name}"]
            guess = np.sign(total + own * (scene.settings.frames_of_window if source.windows is None else 1))
            for times in (ONCE, TWICE) if source.windows == max(scene.settings.windows) else (ONCE,):
                attacked = write_signs(marked, guess, times=-times)
                found, z = scene.finds(attacked, marks)
                row = {"attack": "average and subtract", "marks": marks, "how": f"{source.name}, x{times:g}"}
                yield row | {"found": found, "z": round(z, 2), "psnr_y_db": psnr_y_db(marked, attacked)}
            forged = write_signs(clean, np.sign(total), times=ONCE)
            look = scene.look(scene.coded(forged), marks)
            z = look.best[1] if marks == REGISTERED else look.z
            yield {
                "attack": "average and forge",
                "marks": marks,
                "how": source.name,
                "found": look.own or bool(look.named),
                "named": len(look.named),
                "z": round(z, 2),
                "psnr_y_db": psnr_y_db(clean, forged),
            }
