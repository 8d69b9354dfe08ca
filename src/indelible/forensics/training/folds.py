"""Which clips train, which calibrate, which judge: whole sources, never a part of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from indelible.errors import InputError
from indelible.runs.corpus import CorpusClip

__all__ = ["CALIBRATING", "JUDGING", "folds"]

JUDGING, CALIBRATING = 0, 1


def folds(clips: Sequence[CorpusClip], *, count: int) -> dict[str, int]:
    """Return the fold of each clip by its name: sources with many clips first, each to the fold that has the fewest.

    Args:
        clips: of a corpus.
        count: how many folds, 3 or more: fold 0 judges, fold 1 calibrates, the others train.

    Raises:
        InputError: if there are fewer sources than folds, or fewer than 3 folds.
    """
    by_source: dict[str, list[str]] = defaultdict(list)
    for clip in clips:
        by_source[clip.source].append(clip.name)
    if count < 3 or len(by_source) < count:
        raise InputError(f"{len(by_source)} sources and {count} folds; at least 3 folds are needed, and a source for each")
    sizes = [0] * count
    found: dict[str, int] = {}
    for source in sorted(by_source, key=lambda name: (-len(by_source[name]), name)):
        fold = min(range(count), key=lambda each: (sizes[each], each))
        sizes[fold] += len(by_source[source])
        found |= dict.fromkeys(by_source[source], fold)
    return found
