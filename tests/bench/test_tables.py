"""Results as files, as tables and through the command line."""

import json

import pytest
from click.testing import CliRunner

from indelible.bench.markdown import sections, table
from indelible.bench.result_file import read_result, write_result
from indelible.bench.tables import result_table
from indelible.cli.bench import bench
from indelible.errors import InputError


def invoke(*arguments):
    return CliRunner().invoke(bench, [str(argument) for argument in arguments], catch_exceptions=False)


def test_markdown_escapes_what_would_break_a_row():
    assert table(["channel", "n"], [["`a|b`", "1"]]) == "| channel | n |\n| --- | ---: |\n| `a\\|b` | 1 |\n"


def test_results_come_back_and_have_a_line_for_each_record(tmp_path):
    result = {"schema": "x/1", "settings": {"seed": 1}, "records": [{"n": 1}, {"n": 2}], "errors": []}
    write_result(tmp_path / "r.json", result)
    assert read_result(tmp_path / "r.json") == result
    assert '{"n": 1},\n{"n": 2}\n' in (tmp_path / "r.json").read_text()


@pytest.mark.parametrize("text", ["[1]", "{", "\ufeff"])
def test_what_is_no_result_is_refused(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(InputError, match="indelible bench"):
        read_result(tmp_path / "r.json")
    with pytest.raises(InputError, match="no table"):
        result_table({"schema": "unknown/1"})


def test_robustness_from_the_command_line(films, tmp_path):
    arguments = ["--channel", "none", "--channel", "blur=1", "--bits", "64", "--cache", tmp_path, "-o", tmp_path / "r.json"]
    done = invoke("robustness", films, "--shard", "1/2", *arguments)
    assert done.exit_code == 0
    result = json.loads((tmp_path / "r.json").read_text())
    assert [(record["clip"], record["channel"]) for record in result["records"]] == [("china.mp4", "none"), ("china.mp4", "blur=1")]
    assert result["provenance"]["corpus"]["clips"] == 1
    assert set(result["provenance"]["versions"]) >= {"indelible", "python", "av", "numpy"}
    assert "| `none` | 1 of 1 |" in done.stdout
    assert invoke("table", tmp_path / "r.json").stdout == done.stdout
    whole = invoke("robustness", films, *arguments)
    assert "| `blur=1` | 2 of 2 |" in whole.stdout
    assert "2 clips, 4 measurements, 2 of them known already" in whole.stderr


def test_null_from_the_command_line(films, tmp_path):
    done = invoke("null", films, "--pairs", "30", "--cache", tmp_path, "-o", tmp_path / "null.json")
    assert done.exit_code == 0
    assert "| all | 30 |" in done.stdout
    assert (tmp_path / "null.svg").read_text().startswith("<svg xmlns")


def test_parts_of_a_text_are_found_by_their_headings():
    text = "caption\n\n**One clip**\n\n| a |\n\n**Two clips** (of all)\n\n| b |\n\nlast\n"
    assert sections(text, ["two CLIPS"]) == "**Two clips** (of all)\n\n| b |\n\nlast\n"
    assert sections(text, ["clip"]) == text.removeprefix("caption\n\n")
    with pytest.raises(InputError, match="One clip; Two clips"):
        sections(text, ["three"])


def test_looks_beside_each_other_from_the_command_line(films, tmp_path):
    arguments = ["--channel", "flip=h", "--bits", "64", "--cache", tmp_path, "-o", tmp_path / "r.json"]
    done = invoke("robustness", films, "--shard", "1/2", "--look", "plain", "--look", "reference", *arguments)
    assert "part 1 of 2 of all" in done.stdout
    plain, reference = sections(done.stdout, ["64-bit payload"]).split("**64-bit payload, with the original at hand**")
    assert "| `flip=h` | 0 of 1 |" in plain
    assert "| `flip=h` | 1 of 1 |" in reference
    assert "seconds to p" in plain
    assert "seconds to p" not in reference
    assert invoke("table", tmp_path / "r.json", "--section", "at hand").stdout in done.stdout
    assert "`flip=h`" in invoke("failures", tmp_path / "r.json").stdout


@pytest.mark.parametrize("shard", ["2", "a/b", "1/2/3"])
def test_malformed_shards_are_refused(films, tmp_path, shard):
    assert invoke("robustness", films, "--shard", shard, "-o", tmp_path / "r.json").exit_code == 2
