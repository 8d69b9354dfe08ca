"""``indelible inspect --reference``: a clip is found in its original, and edits in it, through real encoders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indelible.errors import InputError
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.channel import channel_file
from indelible.workflows.excerpt import find_excerpt
from indelible.workflows.inspect_reference import ReferenceInspection, inspect_beside
from tests.cli.conftest import invoke
from tests.cli.test_docs import documented
from tests.photographs import film

COPY = "scale=240x136|x264:crf=28:preset=faster"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("original") / "film.mp4", frames=144)


def copied(original: Path, folder: Path, spec: str) -> str:
    copy = folder / "copy.mp4"
    channel_file(str(original), str(copy), spec, overwrite=True)
    return str(copy)


def beside(original: Path, folder: Path, spec: str) -> ReferenceInspection:
    return inspect_beside(copied(original, folder, spec), str(original), alpha=0.05, encodes=19, seed=1)


def test_a_part_is_found_to_the_picture(original, tmp_path):
    part = find_excerpt(str(original), copied(original, tmp_path, f"trim=2:5|{COPY}"), limits=DEFAULT_LIMITS)
    assert part is not None
    assert (part.start_seconds, part.end_seconds) == (pytest.approx(2.0, abs=0.03), pytest.approx(5.0, abs=0.03))
    assert not part.whole
    assert part.log10_expected_false_matches < -3


def test_an_honest_part_is_authentic_and_an_edited_one_is_not(original, tmp_path):
    honest = beside(original, tmp_path, f"trim=2:5|{COPY}")
    assert honest.verdict == "AUTHENTIC"
    body = honest.to_json()
    assert documented()["indelible.reference-inspection/1"] == list(body)
    assert body["excerpt"]["whole"] is False
    assert body["verification"]["source"] == str(original)
    assert [frame.source_seconds - frame.seconds for frame in honest.pictures.worst] == pytest.approx([2.0] * 3, abs=0.05)
    edited = beside(original, tmp_path, f"trim=2:5|erase=inpaint:area:0.04:at=top-left|{COPY}")
    assert edited.verdict == "TAMPERED"
    assert edited.verification is not None
    assert any(region.x < 0.2 and region.y < 0.2 for region in edited.verification.regions)


def test_all_of_it_is_not_cut(original, tmp_path):
    part = find_excerpt(str(original), copied(original, tmp_path, COPY), limits=DEFAULT_LIMITS)
    assert part is not None
    assert part.whole


def test_what_is_not_in_the_original_is_said(original, tmp_path):
    other = film(tmp_path / "other.mp4", name="flower.jpg", frames=72)
    result = invoke("inspect", other, "--reference", original, "--json")
    assert result.exit_code == 1
    body = json.loads(result.stdout)
    assert (body["verdict"], body["excerpt"], body["verification"]) == ("MISMATCH", None, None)
    assert "nowhere in" in invoke("inspect", other, "--reference", original).stdout


def test_pipes_are_refused(original):
    with pytest.raises(InputError, match="cannot be inspected beside"):
        inspect_beside("-", str(original))
    assert invoke("inspect", "-", "--reference", original).exit_code == 2


@pytest.mark.parametrize("options", [("--encodes", 199), ("--seed", 1), ("--reference", "original.mp4", "--instants", 3)])
def test_options_that_would_change_nothing_are_refused(options):
    result = invoke("inspect", "film.mp4", *options)
    assert result.exit_code == 2
    assert f"leave {options[-2]} out" in result.stderr
