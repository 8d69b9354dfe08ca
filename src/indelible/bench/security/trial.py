"""One clip through the families of attacks; a family's rows are one record in the cache."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indelible.bench.security.averaging import averaging
from indelible.bench.security.mixing import collusion
from indelible.bench.security.oracle import asking
from indelible.bench.security.removal import plain, removing
from indelible.bench.security.rewriting import copying, overwriting
from indelible.bench.security.scene import ONE_KEY, REGISTERED, Scene, SecuritySettings
from indelible.runs.cache import Cache, Record
from indelible.runs.corpus import CorpusClip

#: The families of attacks, in the order of the tables; the first is no attack.
FAMILIES = ("none", "average", "copy", "overwrite", "collude", "remove", "oracle")

#: To be raised when a record gets another meaning.
RECORD_VERSION = 1

ORACLE_SHORT_SIDE = 180


@dataclass(frozen=True, slots=True)
class SecurityTask:
    """What is still to be measured of one clip.

    Args:
        clip: which.
        other: another one, into which its mark is copied.
        families: of attacks.
        settings: of the run.
        averages: the file of what averaging gave.
        cache: where records go.
    """

    clip: CorpusClip
    other: CorpusClip
    families: tuple[str, ...]
    settings: SecuritySettings
    averages: Path
    cache: Cache


def run_attacks(task: SecurityTask) -> int:
    """Measure what a task asks for, each family into the cache as soon as it is known; return how many failed."""
    failures = 0
    scene: Scene | None = None
    for family in task.families:
        started = time.perf_counter()
        record: Record = {"clip": task.clip.name, "family": family}
        try:
            scene = scene or Scene.load(task.clip.path, task.settings)
            rows = list(_rows(family, scene, task))
            record |= {"rows": rows, "measured_in_seconds": round(time.perf_counter() - started, 2)}
        except Exception as error:  # one bad clip must not cost the others' hours
            record |= {"error": f"{type(error).__name__}: {error}"}
            failures += 1
        task.cache.append(task.clip, record)
    return failures


def _rows(family: str, scene: Scene, task: SecurityTask) -> Iterable[Record]:
    if family == "average":
        with np.load(task.averages) as file:
            return averaging(scene, {name: file[name] for name in file.files})
    if family == "copy":
        return copying(scene, Scene.load(task.other.path, task.settings))
    if family == "oracle":
        return asking(Scene.load(task.clip.path, task.settings, short_side=ORACLE_SHORT_SIDE))
    if family == "none":
        return plain(scene, (REGISTERED, ONE_KEY))
    return {"overwrite": overwriting, "collude": collusion, "remove": removing}[family](scene)
