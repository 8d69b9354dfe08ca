"""What a verdict was made of: others make it again, and see what was changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from indelible.errors import InputError, OutputError
from indelible.workflows.channel import channel_file
from indelible.workflows.evidence import check_evidence, check_evidence_place, write_evidence
from indelible.workflows.verify import verify_file
from tests.cli.conftest import invoke
from tests.photographs import film


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A rendition with a logo, verified, and the evidence."""
    folder = tmp_path_factory.mktemp("evidence")
    source = film(folder / "film.mp4", frames=12, width=256, height=144)
    rendition, evidence = folder / "rendition.mp4", folder / "evidence.json"
    channel_file(str(source), str(rendition), "logo=area:0.05|scale=160x90|x264:crf=25:preset=faster")
    result = verify_file(str(source), str(rendition), alpha=0.1, encodes=9, seed=4)
    write_evidence(evidence, result)
    return SimpleNamespace(folder=folder, source=str(source), rendition=str(rendition), evidence=evidence, result=result)


def changed(case: SimpleNamespace, change: Callable[[dict[str, Any]], object], place: Path) -> Path:
    body = json.loads(case.evidence.read_text())
    change(body)
    place.write_text(json.dumps(body))
    return place


def test_the_verdict_follows_from_the_evidence_and_that_from_the_files(case):
    alone = check_evidence(case.evidence)
    assert (alone.holds, alone.files_compared, alone.verdict) == (True, False, "TAMPERED")
    whole = check_evidence(case.evidence, (case.source, case.rendition))
    assert (whole.holds, whole.files_compared, whole.problems, whole.remarks) == (True, True, (), ())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda body: body["verification"].update(verdict="AUTHENTIC"), "the verdict AUTHENTIC does not follow"),
        (lambda body: body["verification"].update(log10_p=-0.3), "log10 p is said to be -0.3"),
        (lambda body: body["verification"]["families"]["spatial"].update(score=0.1), "of the family spatial"),
        (lambda body: body["verification"]["statistics"].update(block_all=0.5), "the statistic block_all"),
        (lambda body: body["rendition"].update(values=body["honest"][0]["values"]), "do not follow|does not follow"),
        (lambda body: body["verification"].update(alpha=0.01), None),
        (lambda body: body["honest"].pop(), None),
        (lambda body: body["honest"][0].update(values=[1.0]), None),
        (lambda body: body["rendition"].pop("values"), None),
        (lambda body: body.update(versions=1, verification=[]), None),
        (lambda body: body["statistics"][0].update(unit=2.0), None),
    ],
)
def test_what_was_changed_is_found_without_the_files(case, tmp_path, change, problem):
    place = changed(case, change, tmp_path / "changed.json")
    if problem is None:  # nothing that a verdict could be made of
        with pytest.raises(InputError, match=r"changed\.json|cannot decide"):
            check_evidence(place)
        return
    found = check_evidence(place)
    assert not found.holds
    assert any(part in sentence for sentence in found.problems for part in problem.split("|"))


def test_invented_honest_encodes_are_found_with_the_files(case, tmp_path):
    def invent(body: dict[str, Any]) -> None:
        for each in body["honest"][1:]:
            each["values"] = [value * 1.5 for value in each["values"]]

    place = changed(case, invent, tmp_path / "changed.json")
    found = check_evidence(place, (case.source, case.rendition))
    assert "the statistics of the honest encodes are not those in the evidence" in found.problems
    found = check_evidence(case.evidence, (case.source, case.source))
    assert found.problems == (f"{case.source} is not the file that was verified: their SHA-256 differ",)


def test_the_command(case, tmp_path):
    assert invoke("verify", "--check", case.evidence).exit_code == 0
    done = invoke(
        "verify", "--check", changed(case, lambda body: body["verification"].update(verdict="SUSPECT"), tmp_path / "c.json"), "--json"
    )
    body = json.loads(done.stdout)
    assert (done.exit_code, body["schema"], body["holds"], len(body["problems"])) == (1, "indelible.evidence-check/1", False, 1)
    for arguments in (
        ("--check", case.evidence, case.source),
        ("--check", case.evidence, "--seed", 3),
        ("--check", case.rendition),
        ("--check", tmp_path / "none.json"),
        (case.source, case.rendition, case.rendition, "--evidence", tmp_path / "e.json"),
        (case.source, case.rendition, "--evidence", case.evidence),
        (case.source,),
    ):
        assert invoke("verify", *arguments).exit_code == 2, arguments
    with pytest.raises(OutputError, match=r"ends in \.json"):
        check_evidence_place(case.rendition, overwrite=True)
