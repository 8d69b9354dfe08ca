"""``indelible detect``: verdicts, evidence, exit codes."""

import json
import math

import pytest

from indelible.keys import load_key

SCHEMA = [
    *("schema", "file", "key_id", "marked", "log10_p", "p_value", "searched", "payload_hex", "payload_text", "payload_bits"),
    *("symbol_error_rate", "log10_correction", "geometry", "segments", "frames_used", "duration_seconds"),
    *("recipient", "registry_id", "copies"),
]


def test_a_compressed_copy_is_recognised(run, studio):
    result = run("detect", studio.found, "--key", studio.key)
    assert result.exit_code == 0
    assert f"{studio.found}: MARKED with key {load_key(studio.key).key_id}\n" in result.stdout
    assert "p = 10^-" in result.stdout
    assert not result.stderr


def test_the_payload_is_read(run, studio):
    result = run("detect", studio.marked, "--key", studio.key)
    assert result.exit_code == 0
    assert "'copy 17' (64 bits" in result.stdout


def test_another_key_finds_nothing(run, studio):
    result = run("detect", studio.marked, "--key", studio.other_key)
    assert result.exit_code == 1
    assert f"no mark of key {load_key(studio.other_key).key_id}" in result.stdout
    assert "payload" not in result.stdout


def test_an_unmarked_film_is_not_marked(run, studio):
    assert run("detect", studio.film, "--key", studio.key).exit_code == 1


def test_json(run, studio):
    result = run("detect", studio.marked, "--key", studio.key, "--json")
    (line,) = result.stdout.splitlines()
    found = json.loads(line)
    assert list(found) == SCHEMA
    assert found["schema"] == "indelible.detection/1"
    assert found["file"] == str(studio.marked)
    assert found["marked"] is True
    assert math.isclose(found["p_value"], 10 ** found["log10_p"])
    assert (found["payload_text"], found["payload_hex"], found["payload_bits"]) == ("copy 17", b"copy 17".hex(), 64)
    assert 0 <= found["symbol_error_rate"] < 0.5
    assert found["searched"] >= 1
    assert list(found["geometry"]) == [
        "scale_x",
        "scale_y",
        "offset_x",
        "offset_y",
        "rotation_deg",
        "flipped",
        "speed",
        "start_seconds",
        "content",
    ]
    assert all(list(segment) == ["start_seconds", "end_seconds", "original_start_seconds", "log10_p"] for segment in found["segments"])
    assert (found["frames_used"], found["duration_seconds"]) == (72, 3.0)


def test_json_of_a_no(run, studio):
    result = run("detect", studio.film, "--key", studio.key, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["marked"] is False
    assert found["payload_hex"] is found["payload_text"] is found["symbol_error_rate"] is None
    assert found["payload_bits"] == 0
    assert 0 < found["p_value"] <= 1


def test_every_file_and_key_is_a_line_and_every_key_counts(run, studio):
    result = run("detect", studio.marked, studio.found, "--key", studio.key, "--key", studio.other_key, "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    pairs = [(line["file"], line["key_id"], line["marked"]) for line in lines]
    own, other = load_key(studio.key).key_id, load_key(studio.other_key).key_id
    assert pairs == [(str(file), key, key == own) for file in (studio.marked, studio.found) for key in (own, other)]
    assert result.exit_code == 0, "one of the keys was found in each file"
    alone = json.loads(run("detect", studio.found, "--key", studio.key, "--json").stdout)
    assert lines[2]["searched"] == 2 * alone["searched"]
    assert lines[2]["log10_p"] > alone["log10_p"]


@pytest.mark.parametrize(
    ("names", "code"),
    [(["marked", "film"], 1), (["missing", "marked"], 3), (["film", "missing"], 3), (["marked", "found"], 0)],
    ids=["one-unmarked", "missing-first", "missing-last", "all-marked"],
)
def test_the_worst_of_several_counts_and_all_are_looked_at(run, studio, tmp_path, names, code):
    files = [getattr(studio, name, tmp_path / "missing.mp4") for name in names]
    result = run("detect", *files, "--key", studio.key, "--json")
    assert result.exit_code == code
    assert len(result.stdout.splitlines()) == sum(name != "missing" for name in names)


def test_timeline(run, studio):
    plain = run("detect", studio.marked, "--key", studio.key).stdout.splitlines()
    longer = run("detect", studio.marked, "--key", studio.key, "--timeline").stdout.splitlines()
    bars = longer[len(plain) :]
    assert longer[: len(plain)] == plain
    assert len(bars) == 3
    assert all("###" in bar and " s  p = 10^-" in bar for bar in bars)


def test_alpha(run, studio):
    strict = run("detect", studio.found, "--key", studio.key, "--alpha", "1e-300", "--json")
    assert strict.exit_code == 1
    assert json.loads(strict.stdout)["marked"] is False
    for nonsense in ("0", "1", "-1", "many"):
        assert run("detect", studio.found, "--key", studio.key, "--alpha", nonsense).exit_code == 2


def test_what_is_no_video(run, studio, tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("This is no video.\n" * 100)
    for file in (text, tmp_path, tmp_path / "missing.mp4"):
        result = run("detect", file, "--key", studio.key)
        assert result.exit_code == 3
        assert result.stderr.startswith("indelible: error: ")


def test_a_missing_key_is_2(run, studio, tmp_path):
    result = run("detect", studio.found, "--key", tmp_path / "missing.key")
    assert result.exit_code == 2
    assert "cannot read key" in result.stderr


def test_a_truncated_file_is_read_as_far_as_it_goes(run, studio, tmp_path):
    whole = studio.marked.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) * 3 // 4])
    result = run("detect", cut, "--key", studio.key, "--json")
    assert result.exit_code == 0
    assert f"indelible: warning: {cut}: damaged" in result.stderr
    assert json.loads(result.stdout)["frames_used"] < 72


def test_report(run, studio, tmp_path):
    page = tmp_path / "found.html"
    command = ["detect", studio.found, studio.film, "--key", studio.key, "--report", page]
    assert run(*command).exit_code == 1
    text = page.read_text(encoding="utf-8")
    assert str(studio.found) in text
    assert str(studio.film) in text
    assert run(*command).exit_code == 2, "the page exists"
    assert run(*command, "--force").exit_code == 1


def test_a_report_never_replaces_a_video(run, studio):
    before = studio.found.read_bytes()
    result = run("detect", studio.found, "--key", studio.key, "--report", studio.found, "--force")
    assert result.exit_code == 2
    assert studio.found.read_bytes() == before
