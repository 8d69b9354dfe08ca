"""Twins on the disk: clips are decoded, forged and encoded once, and training draws its crops from what is kept.

A file a clip, in a folder named after everything that decides its content, so that an interrupted run goes on where it was. Of each segment
two instants are kept, three pictures each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel import parse_channel
from indelible.channel.codecs import X264, X265
from indelible.drafts import create_draft
from indelible.errors import InputError
from indelible.forensics.forgeries import KINDS, UNSEEN, Final, Twins, draw_final, make_twins
from indelible.forensics.stack import triplet
from indelible.forensics.training.folds import JUDGING
from indelible.forensics.training.segments import FRAMES, draw_segment
from indelible.frames import Frame
from indelible.runs.cache import measurement_digest
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip
from indelible.runs.pool import Job, run_jobs

__all__ = ["JUDGED_CRFS", "MASK_CELL", "CacheSettings", "Records", "build_cache", "load_records"]

#: CRFs at which the judging fold is encoded, beside unencoded; every third manipulation by x265, the others by x264.
JUDGED_CRFS = (18, 23, 28, 33, 38)
#: Pixels of a side of what a mask tells apart.
MASK_CELL = 4
_INSTANTS = ((1, 2, 3), (5, 6, 7))
_MADE_BY = (
    "channel",
    "video",
    "frames.py",
    "forensics/degrade",
    "forensics/forgeries",
    "forensics/stack.py",
    "forensics/training/segments.py",
)


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """What is made of each clip.

    Args:
        pairs: twins of a clip that trains or calibrates.
        judged: manipulations of a clip that judges, each at every CRF.
        frames: of a clip that are decoded, at most.
        seed: of all that is random.
    """

    pairs: int = 6
    judged: int = 5
    frames: int = 48
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Task:
    clip: CorpusClip
    donor: CorpusClip
    fold: int
    settings: CacheSettings
    file: Path


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Twins of one clip.

    Args:
        planes: uint8, shape (records, 2 twins: real and fake, 2 instants, 5, side, side), each as of `indelible.forensics.stack.triplet`.
        masks: of the fake, uint8, 0 to 255, shape (records, 2 instants, side / 4, side / 4).
        about: of each record: kind, area, final (a channel), crf (None unless x264 or x265), segment (a number).
        source: of the clip.
        clip: its name.
    """

    planes: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    about: tuple[dict[str, Any], ...]
    source: str
    clip: str


def build_cache(
    clips: Sequence[CorpusClip],
    fold_of: dict[str, int],
    settings: CacheSettings,
    *,
    folder: Path,
    jobs: int,
    progress: Callable[[str], None],
) -> dict[str, Path]:
    """Make what is not there yet, and return the file of each clip by its name; clips of fewer than 9 pictures are left out.

    Donors of splices are clips of the same fold, so that nothing of a judging source is trained on.

    Raises:
        MediaError: if a clip cannot be read.
        InputError: if the folder cannot be written to.
    """
    digest = measurement_digest(asdict(settings), parts=_MADE_BY)[:16]
    tasks = []
    for clip in clips:
        fellows = [other for other in clips if fold_of[other.name] == fold_of[clip.name]]
        donor = fellows[(fellows.index(clip) + len(fellows) // 2) % len(fellows)]
        name = f"{clip.path.stem}-{clip.sha256[:8]}-{donor.sha256[:8]}-{'judging' if fold_of[clip.name] == JUDGING else 'training'}.npz"
        tasks.append(_Task(clip, donor, fold_of[clip.name], settings, folder / digest / name))
    try:
        (folder / digest).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror or error}; name another folder with --cache") from error
    missing = [Job(task, task.clip.name) for task in tasks if not task.file.exists()]
    for _ in run_jobs(missing, _make, processes=jobs, progress=progress):
        pass
    return {task.clip.name: task.file for task in tasks}


def load_records(file: Path, clip: CorpusClip) -> Records | None:
    """Return the twins of a clip from its file; None if the clip was too short for any."""
    with np.load(file, allow_pickle=False) as kept:
        about = json.loads(str(kept["about"]))
        if not about:
            return None
        return Records(kept["planes"], kept["masks"], tuple(about), clip.source, clip.name)


def _make(task: _Task) -> None:
    rng = np.random.default_rng((task.settings.seed, int(task.clip.sha256[:8], 16)))
    host, donor = (_frames(clip, task.settings.frames) for clip in (task.clip, task.donor))
    made: list[tuple[Twins, int]] = []
    if min(len(host), len(donor)) >= FRAMES:
        judging = task.fold == JUDGING
        kinds = (*KINDS, *UNSEEN) if judging else KINDS
        order = rng.permutation(len(kinds))
        for number in range(task.settings.judged if judging else task.settings.pairs):
            kind = kinds[int(order[number % len(kinds)])]
            finals = _judged(number) if judging else [draw_final(rng)]
            segments = draw_segment(host, rng=rng), draw_segment(donor, rng=rng)
            made += [(twins, number) for twins in make_twins(*segments, kind, finals, rng=rng)]
    about = [
        {"kind": twins.kind, "area": round(twins.area, 4), "final": str(twins.final), "crf": twins.final.crf, "segment": number}
        for twins, number in made
    ]
    planes = np.array(
        [[[triplet(*stack[list(three)]) for three in _INSTANTS] for stack in (twins.real, twins.fake)] for twins, _ in made], np.uint8
    )
    masks = np.array([[_small(twins.mask[three[1]]) for three in _INSTANTS] for twins, _ in made], np.uint8)
    with create_draft(task.file) as draft:
        with open(draft.file, "wb") as file:
            np.savez(file, planes=planes, masks=masks, about=np.array(json.dumps(about)))
        draft.publish()


def _frames(clip: CorpusClip, count: int) -> tuple[Frame, ...]:
    return parse_channel("format=yuv420p").apply(load_clip(clip.path, max_frames=count)).frames


def _judged(number: int) -> list[Final]:
    encoder, preset = (X265, "veryfast") if number % 3 == 2 else (X264, "medium")
    return [Final(None), *(Final(encoder(crf=crf, preset=preset)) for crf in JUDGED_CRFS)]


def _small(mask: NDArray[np.float32]) -> NDArray[np.uint8]:
    side = mask.shape[0] // MASK_CELL
    return np.asarray(np.rint(255.0 * cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA)), np.uint8)
