"""The script behind the margin that certificates ask for, on one small film."""

import runpy
import subprocess
import sys
from pathlib import Path

from indelible.runs.result_file import read_result
from tests.photographs import film

SCRIPT = Path(__file__).parents[2] / "bench" / "certificate_margin.py"


def record(ours: float, theirs: float, *, read: bool) -> dict:
    listened = {"z": 9.0, "errors": 0.3}
    return {
        "clip": "a.mp4",
        "codec": "x264",
        "crf": 28.0,
        "ours": {"margin": ours, "read": True, **listened},
        "theirs": {"slow": {"margin": theirs, "read": read, **listened}},
    }


def test_tables():
    tables = runpy.run_path(str(SCRIPT))["tables"]
    text = tables([record(3.5, 2.5, read=True), record(2.0, -1.0, read=False), record(-9.0, -40.0, read=False)])
    assert "| x264 slow | 2 | -2.00 | 1.41 | -3.00 |" in text, "what is far below the edge is noise, and left out"
    assert "| 0 | 1 | 1 | 2 | 1 (50.0 %) | 0 (0 to 98 %) |" in text
    assert "| 3 | 1 | 1 | 1 | 1 (100.0 %) | 1 (3 to 100 %) |" in text
    assert "| 4 | 0 | 0 | 0 | - | - |" in text


def test_a_run_goes_on_where_the_last_one_ended(tmp_path):
    film(tmp_path / "film.mp4", width=320, height=180, frames=24)
    output = tmp_path / "margin.json"
    command = [sys.executable, SCRIPT, tmp_path, "-o", output, "--crf", "24", "--seconds", "1", "--preset", "ultrafast"]
    for presets in ((), ("superfast",), ("superfast",)):
        done = subprocess.run([*command, *presets], capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
        assert "| x264 ultrafast | 1 |" in done.stdout
    first, second = read_result(output)["records"]
    assert first["ours"] == second["ours"]
    assert first["ours"]["margin"] > 0
    assert first["ours"]["read"]
    assert [list(record["theirs"]) for record in (first, second)] == [["ultrafast"], ["superfast"]]


def test_a_clip_that_fails_is_named_and_the_others_go_on(tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    film(tmp_path / "film.mp4", width=320, height=180, frames=24)
    output = tmp_path / "margin.json"
    command = [sys.executable, SCRIPT, tmp_path, "-o", output, "--codec", "av1", "--crf", "30", "--seconds", "1", "--preset", "12"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 1
    assert "not measured: broken.mp4" in done.stderr
    assert [record["clip"] for record in read_result(output)["records"]] == ["film.mp4"]
