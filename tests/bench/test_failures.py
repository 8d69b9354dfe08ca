"""Why clips fail, against numbers by hand."""

import math

import pytest
from click.testing import CliRunner

from indelible.bench.failures import failure_tables, ideal_z, largest_symbol_error_rate
from indelible.cli.bench import bench
from indelible.errors import InputError
from indelible.mark.carrier import band
from indelible.runs.result_file import write_result

CAPTION = {
    "commit": None,
    "date": "2026-11-21",
    "machine": {"processor": "a processor", "cores": 2},
    "corpus": {"clips": 3, "sources": 2, "sha256": "ab" * 32},
}


@pytest.fixture
def result(record):
    lost = {"marked": False, "payload_exact": False, "symbol_error_rate": 0.45}
    records = [
        record("good", z=40.0),
        record("dark", z=4.0, **lost),
        record("grain", z=20.0),
        record("unlucky", z=20.0),
        record("black", z=0.1, psnr_y_db=None, **lost),
        record("good", channel="x264:crf=40", z=8.0),
        record("dark", channel="x264:crf=40", z=-0.5, **lost),
        record("grain", channel="x264:crf=40", z=2.0, **lost),
        record("unlucky", channel="x264:crf=40", z=10.0, payload_exact=False, symbol_error_rate=0.3),
        record("good", bits=0, z=90.0, payload_exact=None),
        record("lonely", bits=0, channel="blur=1", z=1.0, marked=False, payload_exact=None, symbol_error_rate=0.5),
    ]
    return {"schema": "indelible.bench.robustness/1", "provenance": CAPTION, "settings": {"alpha": 1e-6}, "records": records}


def cells(text, clip):
    """The rows of a clip, a list of its cells for each."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith(f"| {clip} |")]


def test_what_a_perfect_pattern_scores():
    assert ideal_z(0) == math.sqrt(band().size)
    assert ideal_z(64) == ideal_z(256) == pytest.approx(math.sqrt(0.4 * band().size), rel=1e-4)


def test_the_codes_limits_are_those_of_decision_0002():
    assert [largest_symbol_error_rate(bits) for bits in (64, 128, 256)] == pytest.approx([0.3391, 0.2915, 0.2233], abs=1e-4)


def test_the_split_of_z(result):
    (grain,) = cells(failure_tables(result, channels=["x264:crf=40"]), "grain")
    host, codec, code = 20 * math.log10(ideal_z(64) / 20), 20 * math.log10(20 / 2), 20 * math.log10(0.415 / 0.12566)
    assert grain == ["grain", "presence and payload", "2.0", "20.0", f"{host:.1f}", f"{codec:.1f}", "45.0 %", f"{code:.1f}", "codec"]


def test_reasons(result):
    text = failure_tables(result)
    assert [row[-1] for row in cells(text, "dark")] == ["host", "host"]
    assert [row[-1] for row in cells(text, "black")] == ["flat"]
    (unlucky,) = cells(text, "unlucky")
    assert (unlucky[1], unlucky[-1]) == ("payload", "code")
    assert float(unlucky[-2]) < 0
    assert not cells(text, "good")
    assert "**64 bits, `none`**: 2 of 5 clips fail (flat 1, host 1)." in text
    assert "**0 bits, `none`**: 0 of 1 clips fail." in text


def test_what_is_not_known_is_left_open(result):
    text = failure_tables(result)
    assert cells(text, "dark")[1][5] == "all", "nothing is left after the codec"
    (lonely,) = cells(text, "lonely")
    assert lonely[3:6] == ["-", "-", "-"], "its unattacked record is not there"
    assert lonely[-2:] == ["-", "-"]


def test_definitions_stand_above(result):
    text = failure_tables(result, bits=[64])
    assert "p above 1e-06" in text
    assert f"{ideal_z(64):.1f} (64 bits)" in text
    assert "33.9 % (64 bits)" in text
    assert "0 bits" not in text


def test_what_was_not_measured_is_refused(result):
    with pytest.raises(InputError, match="channel x265:crf=28 was not measured in this result; it has none, x264:crf=40, blur=1"):
        failure_tables(result, channels=["x265:crf=28"])
    with pytest.raises(InputError, match="payload bits 256 was not measured"):
        failure_tables(result, bits=[256])
    with pytest.raises(InputError, match="bench robustness"):
        failure_tables({"schema": "indelible.bench.null/1"})


def test_from_the_command_line(result, tmp_path):
    write_result(tmp_path / "r.json", result)
    arguments = ["failures", str(tmp_path / "r.json"), "--channel", "x264:crf=40", "--bits", "64"]
    done = CliRunner().invoke(bench, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout == failure_tables(result, channels=["x264:crf=40"], bits=[64])
