"""The script behind the margin that certificates ask for, on one small film."""

import runpy
import subprocess
import sys
from pathlib import Path

from indelible.bench.result_file import read_result
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
    text = tables([record(4.0, 3.0, read=True), record(2.0, -1.0, read=False), record(-9.0, -40.0, read=False)])
    assert "| x264 slow | 2 | -2.00 | 1.41 | -3.00 |" in text, "what is far below the edge is noise, and left out"
    assert "| 0 | 2 | 2 | 1 (50.0 %) |" in text
    assert "| 3 | 1 | 1 | 1 (100.0 %) |" in text


def test_a_clip_is_measured_once(tmp_path):
    film(tmp_path / "film.mp4", width=320, height=180, frames=24)
    output = tmp_path / "margin.json"
    command = [sys.executable, SCRIPT, tmp_path, "-o", output, "--crf", "24", "--preset", "ultrafast", "--seconds", "1"]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
        assert "| x264 ultrafast | 1 |" in done.stdout
    (only,) = read_result(output)["records"]
    assert only["ours"]["margin"] > 0
    assert only["ours"]["read"]
