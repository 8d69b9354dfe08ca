import pickle
from dataclasses import replace

import pytest

from indelible.bench.fingerprint.edits import COMPILATION, PLAN, chosen_edits
from indelible.bench.fingerprint.run import FingerprintRun, FingerprintSettings, run_fingerprint
from indelible.bench.tables import result_table
from indelible.errors import InputError
from indelible.runs.corpus import load_corpus
from indelible.runs.markdown import sections
from tests.photographs import film

EDITS = ("crop 5 %", "mirror", "picture in picture 70 %")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("corpus")
    for name in ("china.jpg", "flower.jpg"):
        film(place / f"{name[:-4]}.mp4", name=name, width=320, height=180, frames=80)
    return place


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return FingerprintRun(
        edits=chosen_edits(EDITS)[0],
        settings=FingerprintSettings(distractor_codes=3000),
        cache_folder=tmp_path_factory.mktemp("cache"),
    )


@pytest.fixture(scope="module")
def result(folder, run):
    return run_fingerprint(load_corpus(folder), run)


def test_copies_are_found_and_nothing_else(result):
    assert [row["edit"] for row in result["summary"]] == list(EDITS)
    for row in result["summary"]:
        assert (row["found"]["k"], row["found"]["n"]) == (2, 2)
        assert row["false_videos"] == 0
    assert result["settings"]["database_codes"] > 3000


def test_excerpts_are_found_where_they_are(result):
    assert result["compilations"]["found"]["k"] == 2
    assert result["compilations"]["mean_overlap"] > 0.7


def test_a_second_run_makes_nothing_again(result, folder, run, monkeypatch):
    monkeypatch.setattr("indelible.bench.fingerprint.run.make_codes", None)
    monkeypatch.setattr("indelible.bench.fingerprint.run.search", _must_not_be_called_for_copies)
    lines = []
    again = run_fingerprint(load_corpus(folder, pattern="*"), _with_progress(run, lines))
    assert again["summary"] == result["summary"]
    assert "codes of 0 clips are to be made" in lines[0]


def test_a_part_of_the_copies_is_looked_for_among_all_clips(result, folder, run):
    half = run_fingerprint(load_corpus(folder), replace(run, part=(2, 2), compilations=False))
    assert {record["clip"] for record in half["records"]} == {"flower.mp4"}
    assert half["settings"]["database_codes"] == result["settings"]["database_codes"]
    assert half["compilations"] is None
    assert "Copies of 1 clips (part 2 of 2)" in result_table(half)


def test_compilations_can_be_measured_alone(result, folder, run):
    edits, compilations = chosen_edits((COMPILATION,))
    alone = run_fingerprint(load_corpus(folder), replace(run, edits=edits, compilations=compilations))
    assert (alone["records"], alone["summary"]) == ([], [])
    assert alone["compilations"] == result["compilations"]
    assert "**Found**" not in result_table(alone)
    assert chosen_edits(("mirror",))[1] is False


def test_the_table_has_a_row_for_each_edit(result):
    text = result_table(result)
    found = sections(text, ["Found"])
    assert all(f"| {edit} | {goal} | 2 of 2 |" in found for edit, goal in zip(EDITS, ("99 %", "99 %", "90 %"), strict=True))
    assert "\n| all | 6 | 6 |" in sections(text, ["Beside others"])
    assert "| 2 of 2 |" in sections(text, ["compilations"])


def test_edits_have_names_of_their_own_and_reach_other_processes():
    assert len({edit.name for edit in PLAN}) == len(PLAN)
    assert pickle.loads(pickle.dumps(PLAN)) == PLAN
    with pytest.raises(InputError, match="crop 6 %"):
        chosen_edits(("crop 6 %",))


def _with_progress(run, lines):
    return replace(run, progress=lines.append)


def _must_not_be_called_for_copies(query, source, settings=None):
    assert settings is None, "a copy was looked for again"
    return []
