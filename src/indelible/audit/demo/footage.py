"""Footage for the demonstration: few frames of each clip, marked or not, through a real codec or not, as luma in arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indelible.audit.embed import TrainingEmbedder
from indelible.channel import Clip, parse_channel
from indelible.errors import InputError
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.footage import load_clip

__all__ = ["Films", "Hosts", "fixed_phase_tile", "load_hosts", "prepare"]

Films = list[NDArray[np.float32]]
"""Clips of luma around 0 in units of 128 levels, each float32 of shape (frames, height, width)."""

TILE = 32
FIXED_PATTERNS = 64
_FIXED_LEVELS = 2.5  # root mean square of the fixed-phase mark: 40 dB


@dataclass(frozen=True, slots=True)
class Hosts:
    """Clips at the size of the demonstration: to train on, and to ask with."""

    train: tuple[Clip, ...]
    held: tuple[Clip, ...]


def load_hosts(corpus: Corpus, *, lines: int, frames: int, clips: int, held: int) -> Hosts:
    """Load so many clips, each of another source where there are enough, and reduce them to so many lines.

    Raises:
        InputError: if there are fewer than 2 clips.
        MediaError: if one cannot be read.
    """
    ordered: dict[str, CorpusClip] = {clip.source: clip for clip in reversed(corpus.clips)}
    chosen = [*ordered.values(), *(clip for clip in corpus.clips if clip not in ordered.values())][: clips + held]
    loaded = []
    for clip in chosen:
        whole = load_clip(clip.path, max_seconds=10.0, max_frames=frames)
        if min(whole.info.width, whole.info.height) > lines:
            whole = parse_channel(f"scale=short:{lines}").apply(whole)
        loaded.append(whole)
    if len(loaded) < 2:
        raise InputError(f"{len(loaded)} clip was found; at least 2 are needed, one to train on and one to ask with")
    held = max(1, min(held, len(loaded) // 3))
    return Hosts(tuple(loaded[: len(loaded) - held]), tuple(loaded[len(loaded) - held :]))


def prepare(
    clips: Sequence[Clip], key: SecretKey | None, *, share: float, channel: str, mark: Callable[[Clip], Clip] | None = None
) -> Films:
    """Return clips for training: the first ``share`` of them marked, all of them through the channel.

    Args:
        clips: as loaded.
        key: of the training mark; None marks with ``mark`` or not at all.
        share: 0 to 1.
        channel: specification, for example ``x264:crf=28``.
        mark: another way of marking.
    """
    films = []
    for index, clip in enumerate(clips):
        if index < round(share * len(clips)):
            marked = Clip(tuple(TrainingEmbedder(key).embed(clip.frames)), clip.info) if key is not None else clip
            clip = marked if mark is None else mark(clip)
        frames = parse_channel(channel).apply(clip).frames
        films.append(np.stack([(frame.y.astype(np.float32) - 128.0) / 128.0 for frame in frames]))
    return films


def fixed_phase_tile(key: SecretKey) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int8]]:
    """Return (patterns, tile, signs) of the mark that does not transfer: keyed signs on cosines, the same tile all over the picture.

    Patterns are float32, shape (64, 32, 32), of unit mean square; the tile is in luma levels.
    """
    along = np.cos(np.pi / TILE * (np.arange(TILE) + 0.5)[None, :] * np.arange(4, 12)[:, None])
    patterns = np.einsum("iy,jx->ijyx", along, along).reshape(FIXED_PATTERNS, TILE, TILE)
    patterns = (patterns / np.sqrt(np.mean(patterns**2, axis=(1, 2), keepdims=True))).astype(np.float32)
    signs = (1 - 2 * key.bits("audit/demo/fixed", 0, FIXED_PATTERNS).astype(np.int8)).astype(np.int8)
    tile = np.tensordot(signs.astype(np.float32), patterns, 1) * np.float32(_FIXED_LEVELS / np.sqrt(FIXED_PATTERNS))
    return patterns, np.asarray(tile, np.float32), signs


def with_fixed_phase(clip: Clip, key: SecretKey) -> Clip:
    """Return a clip with the fixed-phase mark."""
    _, tile, _ = fixed_phase_tile(key)

    def marked(frame: Frame) -> Frame:
        down, across = -(-frame.height // TILE), -(-frame.width // TILE)
        added = np.tile(tile, (down, across))[: frame.height, : frame.width]
        return replace(frame, y=np.clip(np.rint(frame.y + added), 0, 255).astype(np.uint8))

    return Clip(tuple(marked(frame) for frame in clip.frames), clip.info)
