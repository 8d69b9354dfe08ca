"""CMA-ES finds tops, and an interrupted search goes on as if nothing had happened."""

import builtins
import json

import numpy as np
import pytest

from indelible.errors import InputError, MissingExtraError
from indelible.lab.search import Journal, Search, Space, run_search

TOP = np.array([0.3, -0.7, 0.2])


def space():
    return Space(np.array([0.0, 0.0, 0.5]), 0.4, np.array([[-np.inf, np.inf], [-np.inf, np.inf], [0.0, 1.0]]))


def judge(generation, points):
    return {"fitnesses": [-float(np.sum((point - TOP) ** 2)) for point in points]}


def found(journal, *, generations=60, judge=judge):
    return run_search(Search(space(), population=8, seed=3), journal, judge, generations=generations)


def test_it_climbs_and_stays_within_its_bounds(tmp_path):
    seen = []

    def watched(generation, points):
        seen.extend(points)
        return judge(generation, points)

    best = found(Journal(tmp_path / "j", {}, resume=True), judge=watched)
    assert np.abs(best.point - TOP).max() < 1e-3
    assert all(0.0 <= point[2] <= 1.0 for point in seen)
    assert best.fitness == max(judge(0, seen)["fitnesses"])


def test_an_interrupted_search_ends_where_an_uninterrupted_one_does(tmp_path):
    whole = found(Journal(tmp_path / "whole", {}, resume=True), generations=12)

    def interrupted(generation, points):
        if generation == 6:
            raise KeyboardInterrupt
        return judge(generation, points)

    with pytest.raises(KeyboardInterrupt):
        found(Journal(tmp_path / "parts", {}, resume=True), generations=12, judge=interrupted)
    with (tmp_path / "parts").open("a") as file:
        file.write('{"fitnesses": [0.1, ')  # cut off while it was written
    judged = []

    def counted(generation, points):
        judged.append(generation)
        return judge(generation, points)

    again = found(Journal(tmp_path / "parts", {}, resume=True), generations=12, judge=counted)
    assert judged == list(range(6, 13))
    assert np.array_equal(again.point, whole.point)
    assert (tmp_path / "parts").read_text() == (tmp_path / "whole").read_text()


def test_more_generations_go_on_with_the_same_journal(tmp_path):
    found(Journal(tmp_path / "j", {}, resume=True), generations=3)
    found(Journal(tmp_path / "j", {}, resume=True), generations=5)
    assert len(Journal(tmp_path / "j", {}, resume=True).generations) == 5


def test_the_journal_of_another_search_is_kept(tmp_path):
    found(Journal(tmp_path / "j", {"seed": 1}, resume=True), generations=1)
    before = (tmp_path / "j").read_text()
    with pytest.raises(InputError, match="another search"):
        Journal(tmp_path / "j", {"seed": 2}, resume=True)
    assert (tmp_path / "j").read_text() == before
    assert Journal(tmp_path / "j", {"seed": 2}, resume=False).generations == ()
    assert json.loads((tmp_path / "j").read_text()) == {"search": {"seed": 2}}


def test_it_says_what_is_missing(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **options):
        if name == "cmaes":
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"indelible\[lab\]"):
        Search(space(), population=8, seed=0)


def test_nothing_is_ranked_in_a_population_of_one():
    with pytest.raises(InputError, match="at least 4"):
        Search(space(), population=1, seed=0)
    with pytest.raises(InputError, match="nothing has been judged"):
        _ = Search(space(), population=4, seed=0).best
