"""``indelible lab`` from signature to verdict."""

import json

import pytest


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    from tests.cli.conftest import invoke

    path = tmp_path_factory.mktemp("lab") / "signature.json"
    assert invoke("lab", "draw", "dct8", "-o", path, "--epsilon", 0.1).exit_code == 0
    return path


def test_a_drawn_signature_marks_and_is_found(run, studio, drawn, tmp_path):
    marked = tmp_path / "marked.mp4"
    assert run("lab", "mark", studio.film, marked, drawn).exit_code == 0
    found = json.loads(run("lab", "detect", marked, drawn, "--json").stdout)
    clean = json.loads(run("lab", "detect", studio.film, drawn, "--json").stdout)
    assert found["scores"][0]["detector"] == "matched"
    assert found["scores"][0]["value"] > 0.8 > clean["scores"][0]["value"]
    assert "matched: +0." in run("lab", "detect", marked, drawn).stdout


def test_nothing_is_replaced_unasked(run, studio, drawn, tmp_path):
    before = drawn.read_text()
    result = run("lab", "draw", "dct8", "-o", drawn)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert drawn.read_text() == before
    assert run("lab", "train", "cmaes", tmp_path, "-o", drawn).exit_code == 2
    copy = tmp_path / "copy.json"
    copy.write_text(before)
    assert run("lab", "draw", "dct8", "-o", copy, "--force").exit_code == 0
    assert copy.read_text() != before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("draw", "magic", "-o", "s.json"), "known are flow"),
        (("detect", "none.mp4", "none.json"), "cannot read signature"),
        (("train", "cmaes", "nowhere", "-o", "s.json"), "not a folder"),
        (("train", "cmaes", "nowhere", "-o", "s.json", "--channel", "vhs"), "unknown step"),
    ],
)
def test_wrong_use_is_said(run, arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("lab", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_train_validate_and_compare(run, films, tmp_path):
    trained, cache = tmp_path / "trained.json", ("--cache", tmp_path / "cache")
    small = ("--frames", 31, "--width", 160)
    training = run("lab", "train", "cmaes", films, "-o", trained, "--generations", 1, "--population", 4, "--clips", 1, *small)
    assert training.exit_code in (0, 5), training.stderr
    assert "generation 1 of 1" in training.stderr
    assert json.loads(trained.read_text())["schema"] == "indelible.signature/1"
    assert (tmp_path / "trained.json.journal").exists()
    alone = run("lab", "validate", trained, films, "-o", tmp_path / "v.json", *small, *cache)
    assert alone.exit_code == 2  # of two sources, one was trained on
    drawn = tmp_path / "drawn.json"
    run("lab", "draw", "dct8", "-o", drawn)
    validation = run("lab", "validate", drawn, films, "-o", tmp_path / "v.json", "--channel", "x264:crf=28", *small, *cache)
    assert validation.exit_code in (0, 1), validation.stderr
    assert "| `x264:crf=28` | matched |" in validation.stdout
    weak = ("--epsilon", 0.02, "--epsilon", 0.2)
    comparison = run("lab", "compare", films, "-o", tmp_path / "c.json", "--channel", "x264:crf=28", *weak, *small, *cache)
    assert comparison.exit_code == 0, comparison.stderr
    assert "| indelible | matched |" in comparison.stdout
    assert "<svg" in (tmp_path / "c.svg").read_text()
    assert "| 8x8 DCT, epsilon 0.2 | whitened |" in comparison.stdout
    plot = (tmp_path / "c-psnr.svg").read_text()
    assert "x264:crf=28, whitened" in plot
    assert "8x8 DCT, epsilon 0.02: " in plot
    for result in ("v.json", "c.json"):
        assert run("bench", "table", tmp_path / result).stdout in (validation.stdout, comparison.stdout)


def test_mismatch_writes_tables_and_a_picture(run, films, tmp_path):
    out = tmp_path / "m.json"
    result = run("lab", "mismatch", films / "china.mp4", "-o", out, "--crf", 28, "--frames", 12, "--width", 128)
    assert result.exit_code == 0, result.stderr
    assert "| x264 | 28 |" in result.stdout
    assert "| published | 28 |" in result.stdout
    found = json.loads(out.read_text())
    assert {row["clip"] for row in found["records"]} == {"china.mp4"}
    assert "CRF 28" in (tmp_path / "m.svg").read_text()
    assert run("bench", "table", out).stdout == result.stdout
    assert run("lab", "mismatch", tmp_path / "none", "-o", out).exit_code == 2
    assert run("lab", "mismatch", films, "-o", out, "--crf", 60).exit_code == 2


def test_an_unknown_proxy_is_said_before_any_work(run, films, tmp_path):
    result = run("lab", "train", "hybrid", films, "-o", tmp_path / "s.json", "--proxy", "magic")
    assert result.exit_code == 2
    assert "known are 'published'" in result.stderr


def test_tune_and_ablate_write_results_that_print_the_same_again(run, films, tmp_path):
    out, cache = tmp_path / "tune.json", ("--cache", tmp_path / "cache")
    small = ("--generations", 1, "--population", 4, "--clips", 1, "--channel", "x264:crf=34", "--frames", 8, "--width", 96)
    tuned = run("lab", "tune", films, "-o", out, *small, *cache)
    assert tuned.exit_code == 0, tuned.stderr
    assert "generation 1 of 1" in tuned.stderr
    assert "| tuned | 1 |" in tuned.stdout
    assert json.loads(out.read_text())["schema"] == "indelible.lab.tuning/1"
    assert run("lab", "tune", films, "-o", out, *small, *cache).exit_code == 2  # it is there
    ablation = run(
        "lab", "ablate", films, "-o", tmp_path / "a.json", "--frames", 8, "--width", 96, *cache, "--recipe", "mine", out, "--schedules"
    )
    assert ablation.exit_code == 0, ablation.stderr
    assert "| signs drawn anew every second |" in ablation.stdout
    assert "| mine |" in ablation.stdout
    assert run("bench", "table", out).stdout == tuned.stdout
    assert run("bench", "table", tmp_path / "a.json").stdout == ablation.stdout
    wrong = run("lab", "ablate", films, "-o", tmp_path / "b.json", "--recipe", "mine", tmp_path / "a.json")
    assert wrong.exit_code == 2
    assert "holds no recipe" in wrong.stderr
