"""One rendition of each source is what a rendition is ranked among, chosen without a look at what was measured of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.verify.calibration import Calibrated, Calibration
from indelible.verify.decision import rank
from indelible.verify.families import STATISTICS, measure

from .looks import look, textured

SOURCE = look(textured(20))


def rendition(source: str, file: str, lines: int, value: float = 1.0) -> Calibrated:
    return Calibrated(source, file, lines, (value,) * len(STATISTICS))


def many(sources: int, lines: int = 360) -> Calibration:
    rng = np.random.default_rng(3)
    return Calibration(tuple(rendition(f"{number:03}", "a.mp4", lines, float(rng.lognormal())) for number in range(sources)))


def test_each_source_counts_once_and_what_it_gives_does_not_depend_on_values() -> None:
    known = Calibration(tuple(rendition(source, f"{number}.mp4", 360, number) for source in "abc" for number in range(5)))
    cell, null = known.null_for(350)
    assert (cell, len(null)) == ("360 lines", 3)
    shuffled = Calibration(known.renditions[::-1])
    assert [each.tolist() for each in shuffled.null_for(350)[1]] == [each.tolist() for each in null]
    other = Calibration(tuple(rendition(each.source, each.file, 360, each.values[0] + 10.0) for each in known.renditions))
    assert [each[0] for each in other.null_for(350)[1]] == [each[0] + 10.0 for each in null]


def test_a_cell_of_too_few_sources_is_not_used() -> None:
    known = Calibration((*many(4).renditions, rendition("000", "b.mp4", 144)))
    assert known.null_for(144)[0] == "all"
    assert [known.null_for(lines)[0] for lines in (300, 400)] == ["360 lines", "360 lines"]


def test_p_is_uniform_over_sources() -> None:
    trials = 400
    ps = []
    found = measure(SOURCE, SOURCE)
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        drawn = rng.lognormal(size=(20, len(STATISTICS)))
        known = Calibration(tuple(Calibrated(str(number), "a", 360, tuple(row)) for number, row in enumerate(drawn[1:])))
        ps.append(10.0 ** rank(replace(found, values=drawn[0]), known.null_for(360)[1], alpha=0.05).log10_p)
    for alpha in (0.05, 0.25, 0.5):
        assert abs(np.mean(np.array(ps) <= alpha + 1e-9) - alpha) < 4 * math.sqrt(alpha * (1 - alpha) / trials), alpha


def test_too_few_sources_for_alpha_are_not_a_verdict() -> None:
    found = measure(SOURCE, look(textured(20), "negate"))
    few, enough = many(98).null_for(360)[1], many(99).null_for(360)[1]
    assert rank(found, few, alpha=0.01).verdict == "UNCALIBRATED"
    assert "needs 99" in rank(found, few, alpha=0.01).reason
    assert rank(found, few, alpha=0.05).verdict == "MISMATCH"
    assert rank(found, enough, alpha=0.01).verdict == "MISMATCH"


def test_it_reads_what_it_wrote_and_nothing_else() -> None:
    known = many(3)
    body = json.loads(json.dumps(known.to_json()))
    assert Calibration.from_json(body) == known
    for wrong in (
        {"schema": "indelible.verification/1"},
        body | {"statistics": body["statistics"] | {"version": 1}},
        body | {"statistics": None},
        body | {"renditions": []},
        body | {"renditions": [{}]},
        body | {"renditions": [body["renditions"][0] | {"values": [1.0]}]},
        body | {"renditions": [body["renditions"][0] | {"lines": 0}]},
    ):
        with pytest.raises(InputError):
            Calibration.from_json(wrong)
