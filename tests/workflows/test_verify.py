"""Real encodes of a real photograph: honest ones are accepted, others are not, and it is said where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indelible.errors import InputError, MediaError
from indelible.workflows.channel import channel_file
from indelible.workflows.verify import Verification, verify_file
from tests.cli.conftest import invoke
from tests.photographs import film

RUNG = "scale=240x136|x264:crf=27:preset=faster"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("verify") / "film.mp4", frames=36)


def verified(source: Path, folder: Path, spec: str, *, seed: int = 1) -> Verification:
    rendition = folder / "rendition.mp4"
    channel_file(str(source), str(rendition), spec, overwrite=True)
    return verify_file(str(source), str(rendition), alpha=0.05, encodes=19, seed=seed)


def test_an_honest_rung_is_accepted(source, tmp_path):
    result = verified(source, tmp_path, RUNG)
    assert result.decision.verdict == "AUTHENTIC"
    assert result.regions == ()
    assert all(check.passed for check in result.checks)
    body = result.to_json()
    assert body["calibration"] == {"n": 19, "cell": "self", "smallest_p": 0.05}
    assert len(body["evidence"]["source_sha256"]) == 64
    again = verify_file(str(source), str(tmp_path / "rendition.mp4"), alpha=0.05, encodes=19, seed=1)
    assert again.to_json() == body


def test_a_logo_is_caught_and_found(source, tmp_path):
    result = verified(source, tmp_path, f"logo=area:0.02:at=top-right|{RUNG}")
    assert result.decision.verdict == "TAMPERED"
    assert result.decision.log10_p == pytest.approx(-1.30103)
    where = max((region for region in result.regions if region.family == "spatial"), key=lambda region: region.w * region.h)
    side = 0.02**0.5
    assert where.x <= 1 - side / 2 <= where.x + where.w
    assert where.y <= side / 2 <= where.y + where.h
    assert where.w * where.h < 0.15
    assert (where.start_seconds, where.end_seconds) == (pytest.approx(0.0, abs=0.1), pytest.approx(1.5, abs=0.1))


@pytest.mark.parametrize(
    ("attack", "verdict"),
    [
        ("fill=white:from=0.8:until=0.85", "TAMPERED"),
        ("brightness=0.0228", "TAMPERED"),
        ("grey", "TAMPERED"),
        ("delay=5", "TAMPERED"),
        ("flip=v", "MISMATCH"),
        ("fill=noise", "MISMATCH"),
    ],
)
def test_attacks_are_called_what_they_are(source, tmp_path, attack, verdict):
    assert verified(source, tmp_path, f"{attack}|{RUNG}").decision.verdict == verdict


def test_other_footage_is_a_mismatch(source, tmp_path):
    other = film(tmp_path / "other.mp4", name="flower.jpg", frames=36)
    assert verify_file(str(source), str(other), alpha=0.05, encodes=19, seed=1).decision.verdict == "MISMATCH"


def test_another_shape_is_not_authentic(source, tmp_path):
    result = verified(source, tmp_path, "scale=200x136|x264:crf=25:preset=fast")
    assert result.decision.verdict == "SUSPECT"
    assert "aspect" in result.decision.reason


def test_what_cannot_be_decided_is_refused_before_the_work(source):
    with pytest.raises(InputError, match=r"give no p-value below 0\.05"):
        verify_file(str(source), str(source), encodes=19)
    with pytest.raises(InputError, match="a pipe"):
        verify_file("-", str(source))


def test_the_command(source, tmp_path):
    rendition = tmp_path / "rendition.mp4"
    channel_file(str(source), str(rendition), f"negate|{RUNG}")
    page = tmp_path / "page.html"
    done = invoke("verify", source, rendition, "--encodes", 19, "--alpha", 0.05, "--seed", 3, "--json", "--report", page)
    body = json.loads(done.stdout)
    assert (done.exit_code, body["schema"], body["file"]) == (1, "indelible.verification/1", str(rendition))
    assert body["verdict"] in ("TAMPERED", "MISMATCH")
    text = page.read_text()
    assert body["verdict"] in text
    assert text.count("<img") >= 3
    assert "not the picture due" in text
    done = invoke("verify", source, rendition, "--report", page)
    assert done.exit_code == 2  # exists
    done = invoke("verify", source, source, "--encodes", 19)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    done = invoke("verify", source, tmp_path / "none.mp4")
    assert (done.exit_code, len(done.stderr.splitlines())) == (3, 1)
    rubbish = tmp_path / "rubbish.mp4"
    rubbish.write_bytes(bytes(1000))
    with pytest.raises(MediaError):
        verify_file(str(source), str(rubbish))
