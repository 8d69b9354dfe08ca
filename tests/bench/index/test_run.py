"""The benchmark of the index: that what it times is exact, and that its table says what was measured."""

import json

import pytest
from click.testing import CliRunner

from indelible.bench.index import run
from indelible.cli.bench import bench
from indelible.fingerprint.index import Hits, searcher


def invoke(*arguments):
    return CliRunner().invoke(bench, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(searcher, "WITHOUT_INDEX", 500)
    monkeypatch.setattr(run, "_ROUNDS", 1)


def test_every_kind_is_stored_and_found(quick, films, tmp_path):
    result = invoke("index", films, "-o", tmp_path / "index.json", "--codes", 2000)
    assert result.exit_code == 0, result.output
    rows = json.loads((tmp_path / "index.json").read_text())["summary"]
    assert [(row["kind"], row["radius"]) for row in rows] == [
        (kind, radius) for kind in ("corpus", "even", "slates") for radius in (31, 40)
    ]
    assert all(row["exact"] for row in rows)
    # Half of the queries are copies that differ in 31 bits at most.
    assert all(row["hits_per_code"] >= 0.5 for row in rows)
    assert min(row["hits_per_code"] for row in rows if row["kind"] == "slates") > 1.0
    assert "| 2,000 | slates | 40 |" in result.stdout


def test_a_search_that_misses_something_is_said(quick, films, tmp_path, monkeypatch):
    whole = searcher.Searcher.near

    def one_less(self, codes, radius):
        hits = whole(self, codes, radius)
        return Hits(*(getattr(hits, name)[1:] for name in ("query_rows", "videos", "rows", "distances")))

    monkeypatch.setattr(searcher.Searcher, "near", one_less)
    result = invoke("index", films, "-o", tmp_path / "index.json", "--codes", 2000, "--kind", "even")
    assert "**no**" in result.stdout


def test_other_kinds_are_refused():
    with pytest.raises(ValueError, match="'odd' of codes is not known"):
        run.IndexSettings(kinds=("odd",))
