import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from indelible.runs.result_file import read_result

SCRIPT = Path(__file__).parents[2] / "bench" / "memory.py"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read where Linux says it")
@pytest.mark.parametrize("bits", ["8", "10"])
def test_memory_is_watched(tmp_path, bits):
    """What runs for hours works on two seconds: numbers and plot are there, and the videos are gone."""
    (tmp_path / "work").mkdir()
    options = ["--seconds", "2", "--size", "320x180", "--bits", bits, "--preset", "ultrafast"]
    places = ["--output", tmp_path / "memory.json", "--folder", tmp_path / "work"]
    done = subprocess.run([sys.executable, SCRIPT, *options, *places], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    result = read_result(tmp_path / "memory.json")
    assert [run["command"] for run in result["runs"]] == ["mark", "detect"]
    assert [run["exit_code"] for run in result["runs"]] == [0, 0], "marked and found"
    for run in result["runs"]:
        assert 50 < max(mib for _, mib in run["seconds_and_mib"]) <= run["peak_mib"] < 400
    chart = ElementTree.fromstring((tmp_path / "memory.svg").read_text(encoding="utf-8"))
    assert len(list(chart.iter("{http://www.w3.org/2000/svg}polyline"))) == 2
    assert not list((tmp_path / "work").iterdir())
