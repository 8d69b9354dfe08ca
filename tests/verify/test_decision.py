"""The rank among honest work is a p-value, and the verdict says what made it small."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.verify.decision import decide, smallest_alpha
from indelible.verify.families import STATISTICS, Measured, measure
from indelible.verify.localise import regions

from .looks import look, textured

SOURCE = look(textured(20))
COPY = measure(SOURCE, SOURCE)


def honest(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Draw statistics as different and as heavy-tailed as real ones, dependent on each other through a common factor."""
    common = rng.lognormal(0.0, 0.5, (count, 1))
    own = rng.lognormal(0.0, np.linspace(0.1, 1.0, len(STATISTICS)), (count, len(STATISTICS)))
    return list(common * own * np.linspace(0.01, 3.0, len(STATISTICS)))


def found(values: np.ndarray, **changes: object) -> Measured:
    return replace(COPY, values=values, **changes)  # type: ignore[arg-type]


def test_p_is_uniform_on_honest_work() -> None:
    rng = np.random.default_rng(5)
    trials, n = 1000, 19
    ps = []
    for _ in range(trials):
        test, *others = honest(rng, n + 1)
        ps.append(10.0 ** decide(found(test), others, alpha=0.05).log10_p)
    for alpha in (0.05, 0.1, 0.25, 0.5):
        share, exact = np.mean(np.array(ps) <= alpha + 1e-9), math.floor(alpha * (n + 1) + 1e-9) / (n + 1)
        assert abs(share - exact) < 4 * math.sqrt(exact * (1 - exact) / trials), alpha


@pytest.mark.parametrize("place", range(len(STATISTICS)))
def test_an_outlier_of_any_statistic_is_named_by_its_family(place: int) -> None:
    others = honest(np.random.default_rng(7), 99)
    values = np.median(others, axis=0)
    assert decide(found(values), others, alpha=0.01).verdict == "AUTHENTIC"
    values[place] = 20.0 * (max(each[place] for each in others) + STATISTICS[place].unit)
    decision = decide(found(values), others, alpha=0.01)
    assert decision.log10_p == pytest.approx(-2.0)
    family = STATISTICS[place].family
    assert decision.verdict == ("POOR_QUALITY" if family == "quality" else "TAMPERED")
    assert max(decision.scores, key=lambda name: decision.scores[name]) == family
    assert decision.families[family] == pytest.approx(-2.0)


def test_other_content_is_a_mismatch_and_too_little_is_inconclusive() -> None:
    others = honest(np.random.default_rng(8), 19)
    far = np.max(others, axis=0) * 100
    assert decide(found(far, likeness=0.1), others, alpha=0.05).verdict == "MISMATCH"
    assert decide(found(far, frame_residuals=np.zeros(5)), others, alpha=0.05).verdict == "INCONCLUSIVE"


def test_between_one_and_five_alpha_lies_suspicion() -> None:
    others = honest(np.random.default_rng(9), 99)
    middle = np.median(others, axis=0)
    beyond = [each * 1000 for each in others[:2]]  # two of the honest are stranger than anything
    values = middle * 100
    assert decide(found(values), [*beyond, *others[2:]], alpha=0.01).verdict == "SUSPECT"


def test_too_few_encodes_for_alpha_are_refused() -> None:
    others = honest(np.random.default_rng(1), 98)
    assert smallest_alpha(99) == pytest.approx(0.01)
    with pytest.raises(InputError, match="at least 99 are needed"):
        decide(found(others[0]), others, alpha=0.01)


def test_regions_lie_where_the_map_is_above_all_honest_work() -> None:
    clip = textured(50)
    source, logo = look(clip), look(clip, "logo=area:0.04:at=top-right:from=0.5:until=1.5")
    measured = measure(source, logo)
    others = [measure(source, look(clip, "noise=2", seed=seed)).values for seed in range(19)]
    (first, *_) = [region for region in regions(measured, others, logo.times, alpha=0.05) if region.family == "spatial"]
    assert (first.start_seconds, first.end_seconds) == (pytest.approx(0.5, abs=0.15), pytest.approx(1.5, abs=0.15))
    assert (first.x, first.y, first.x + first.w) == (
        pytest.approx(0.8, abs=0.06),
        pytest.approx(0.0, abs=0.02),
        pytest.approx(1.0, abs=0.02),
    )
    assert first.log10_p == pytest.approx(math.log10(1 / 20))
    same = measure(source, look(clip, "noise=2", seed=99))
    assert regions(same, others + [same.values] * 5, source.times, alpha=0.02) == ()
