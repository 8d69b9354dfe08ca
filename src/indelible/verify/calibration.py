"""A null made beforehand: what one's own encoders made of other sources, instead of encodes of this very source.

The unit that is exchanged is the source, not the rendition, because renditions of one source are alike. So each source gives one
rendition, drawn without a look at its statistics, and p is the rank among them (`indelible.verify.decision`): valid if the source in
question is like the others, and was encoded like them. Renditions are compared with those of about their own size as long as half of
the sources have one; that choice, too, rests on nothing that was measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.verify.families import STATISTICS, STATISTICS_VERSION

__all__ = ["SCHEMA", "Calibrated", "Calibration"]

SCHEMA = "indelible.calibration/1"
_RUNGS = (144, 240, 360, 480, 720, 1080, 1440, 2160)
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Calibrated:
    """An honest rendition.

    Args:
        source: name of its source.
        file: its own name.
        lines: of its pictures, the shorter side.
        values: of the statistics, in their order.
    """

    source: str
    file: str
    lines: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Honest renditions of many sources, at least one."""

    renditions: tuple[Calibrated, ...]

    @property
    def sources(self) -> int:
        """How many sources there are."""
        return len({each.source for each in self.renditions})

    def null_for(self, lines: int) -> tuple[str, list[NDArray[np.float64]]]:
        """Return what a rendition of so many lines is ranked among: the name of the cell, and one rendition's statistics of each source."""
        rung = _rung(lines)
        near = [each for each in self.renditions if _rung(each.lines) == rung]
        enough = 2 * len({each.source for each in near}) >= self.sources
        chosen, cell = (near, f"{rung} lines") if enough else (list(self.renditions), _ALL)
        by_source: dict[str, list[Calibrated]] = {}
        for each in sorted(chosen, key=lambda each: (each.source, each.file)):
            by_source.setdefault(each.source, []).append(each)
        rng = np.random.default_rng(0)
        return cell, [np.array(of_one[int(rng.integers(len(of_one)))].values) for of_one in by_source.values()]

    def to_json(self) -> dict[str, Any]:
        """Return the document ``indelible.calibration/1``."""
        return {
            "schema": SCHEMA,
            "statistics": {"version": STATISTICS_VERSION, "names": [each.name for each in STATISTICS]},
            "sources": self.sources,
            "renditions": [asdict(each) | {"values": list(each.values)} for each in self.renditions],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Calibration:
        """Read what `to_json` wrote.

        Raises:
            InputError: if it is no calibration, or one of other statistics than these.
        """
        if document.get("schema") != SCHEMA:
            raise InputError(f"schema {document.get('schema')!r} is no calibration; give a file that `indelible calibrate` wrote")
        measured = document.get("statistics")
        names = [each.name for each in STATISTICS]
        if not isinstance(measured, Mapping) or measured.get("version") != STATISTICS_VERSION or measured.get("names") != names:
            raise InputError("the calibration is of other statistics than this version of indelible measures; calibrate again")
        try:
            found = tuple(_read(each) for each in document["renditions"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the calibration is damaged ({error!r}); calibrate again") from error
        if not found:
            raise InputError("the calibration holds no rendition; calibrate again")
        return cls(found)


def _read(entry: Mapping[str, Any]) -> Calibrated:
    values = tuple(float(value) for value in entry["values"])
    lines = int(entry["lines"])
    if len(values) != len(STATISTICS) or not all(math.isfinite(value) and value >= 0.0 for value in values) or lines < 1:
        raise ValueError(f"{entry['file']}: statistics or lines out of range")
    return Calibrated(str(entry["source"]), str(entry["file"]), lines, values)


def _rung(lines: int) -> int:
    """Return the nearest usual number of lines, by ratio."""
    return min(_RUNGS, key=lambda rung: abs(math.log(rung / lines)))
