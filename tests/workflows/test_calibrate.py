"""One's own encoders, learned from a folder, and what is said of a rendition by them: no encode is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indelible.errors import InputError, OutputError
from indelible.workflows.calibrate import calibrate_folder, read_calibration, write_calibration
from indelible.workflows.channel import channel_file
from tests.cli.conftest import invoke
from tests.photographs import film

RUNG = "scale=160x90|x264:crf={}:preset=veryfast"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photographs at different rates, each a source with a rendition or two."""
    place = tmp_path_factory.mktemp("calibrate") / "ours"
    for name, rates in (("china", (24, 28)), ("flower", (26,))):
        (place / name).mkdir(parents=True)
        source = film(place / name / "source.mp4", name=f"{name}.jpg", width=240, height=136, frames=16)
        for crf in rates:
            channel_file(str(source), str(place / name / f"{crf}.mp4"), RUNG.format(crf))
    return place


def test_the_way_from_a_folder_to_a_verdict(folder, tmp_path):
    output = tmp_path / "ours.json"
    done = invoke("calibrate", folder, "-o", output)
    assert done.exit_code == 0
    assert "3 renditions of 2 sources; the smallest p is 0.33" in done.stdout
    assert "UNCALIBRATED" in done.stdout
    assert read_calibration(output) == calibrate_folder(folder)
    source, rendition = folder / "china" / "source.mp4", tmp_path / "rendition.mp4"
    channel_file(str(source), str(rendition), f"negate|{RUNG.format(26)}")
    asked = invoke("verify", source, rendition, "--calibration", output, "--json")
    body = json.loads(asked.stdout)
    assert (asked.exit_code, body["verdict"], body["regions"]) == (5, "UNCALIBRATED", [])
    assert body["calibration"]["n"] == 2
    assert body["calibration"]["cell"] == "144 lines"
    assert body["calibration"]["smallest_p"] == pytest.approx(1 / 3)
    asked = invoke("verify", source, rendition, "--calibration", output, "--alpha", 0.34)
    assert asked.exit_code == 1
    assert "rank among 2 sources of the calibration" in asked.stdout
    asked = invoke("verify", source, rendition, "--calibration", output, "--encodes", 19)
    assert asked.exit_code == 2
    assert "nothing is encoded with --calibration; leave --encodes out" in asked.stderr


def test_what_cannot_be_learned_from_is_refused(folder, tmp_path):
    with pytest.raises(InputError, match="holds no folder"):
        calibrate_folder(tmp_path)
    with pytest.raises(InputError, match="not a folder"):
        calibrate_folder(tmp_path / "none")
    (tmp_path / "bare").mkdir()
    with pytest.raises(InputError, match="0 videos called source and 0 others"):
        calibrate_folder(tmp_path)
    output = tmp_path / "there.json"
    output.write_text("{}")
    done = invoke("calibrate", folder, "-o", output)
    assert (done.exit_code, output.read_text()) == (2, "{}")
    with pytest.raises(OutputError):
        write_calibration(output, calibrate_folder(folder))
    for text in ("{}", "[]", "no json"):
        output.write_text(text)
        with pytest.raises(InputError):
            read_calibration(output)
    done = invoke("verify", folder / "china" / "source.mp4", folder / "china" / "24.mp4", "--calibration", output)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
