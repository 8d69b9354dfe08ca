"""The demonstration, on a short film and on its own footage."""

import itertools
import json
import math
from importlib import resources

import numpy as np
import pytest
from click.testing import CliRunner

from indelible.cli.demo import demo
from indelible.errors import MissingExtraError
from indelible.keys import SecretKey, load_key, save_key
from indelible.video import open_video
from indelible.workflows import demo as workflow
from indelible.workflows.demo import photograph_frames, run_demo
from tests.photographs import film
from tests.report.pages import Page

SHORT = ("x264:crf=28", "av1:crf=30")


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    source = film(folder / "film.mp4", width=640, height=360, frames=48)
    (folder / "out").mkdir()
    save_key(SecretKey(bytes(32)), folder / "out" / "demo.key")  # as if by an earlier run: it is used again
    steps = []
    done = run_demo(source, folder / "out", ladder=SHORT, progress=lambda *step: steps.append(step))
    assert [step[1] for step in steps] == list(range(6))
    assert {step[2] for step in steps} == {5}
    return done


def test_mark_is_found_where_it_is_and_only_there(result):
    report = result.report
    assert result.survived
    assert [(row.channel, row.codec, row.crf, row.detection.marked) for row in report.rows] == [
        ("x264:crf=28", "x264", 28, True),
        ("av1:crf=30", "av1", 30, True),
    ]
    assert report.read(report.as_written)
    assert not report.wrong_key.marked
    assert not report.unmarked.marked


def test_what_it_leaves_behind(result):
    assert sorted(file.name for file in result.folder.iterdir()) == ["demo.key", "marked.mp4", "report.html"]
    assert load_key(result.key_file) == SecretKey(bytes(32))
    assert result.report.as_written.key_id == SecretKey(bytes(32)).key_id
    page = Page.of(result.page)
    assert page.references == []
    assert len(page.images) == 3 * len(workflow.PICTURES_AT)
    with open_video(result.marked) as reader:
        assert len(list(reader)) == 48


def test_pictures_are_those_of_the_mark(result):
    squares = [np.mean((pair.original.y.astype(float) - pair.marked.y.astype(float)) ** 2) for pair in result.report.pictures]
    db = 10 * math.log10(255**2 / np.mean(squares))
    assert db == pytest.approx(result.report.embedding.psnr_y_db, abs=1.0)


def test_result_as_a_document(result):
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert document["schema"] == "indelible.demo/1"
    assert document["survived"] is True
    assert [row["channel"] for row in document["rows"]] == list(SHORT)


def test_default_footage_is_real_moving_and_detailed():
    frames = list(photograph_frames())
    assert {(frame.width, frame.height, frame.pixel_format) for frame in frames} == {(640, 360, "yuv420p")}
    assert len(frames) * frames[0].time_base == 4
    assert [frame.pts for frame in frames] == list(range(100))
    steps = [np.mean(np.abs(a.y.astype(float) - b.y.astype(float))) for a, b in itertools.pairwise(frames[5:45])]
    assert min(steps) > 0.3
    assert all(frame.y.std() > 20 for frame in frames)


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch, tmp_path):
    def missing(package):
        raise ModuleNotFoundError(f"No module named {package!r}")

    monkeypatch.setattr(resources, "files", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'indelible\[demo\]'") as raised:
        run_demo(None, tmp_path / "out")
    assert raised.value.exit_code == 4


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_command(monkeypatch, result, tmp_path, arguments):
    monkeypatch.setattr(workflow, "LADDER", ("x264:crf=28",))
    save_key(SecretKey(bytes(32)), tmp_path / "demo.key")
    source = result.folder.parent / "film.mp4"
    done = CliRunner().invoke(demo, [str(source), "-o", str(tmp_path), *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["survived"] if arguments else "x264:crf=28" in done.stdout


def test_a_new_key_is_made_where_there_is_none(tmp_path):
    source = film(tmp_path / "film.mp4", frames=8)
    first, second = (run_demo(source, tmp_path / name, ladder=("av1:crf=30",)) for name in ("a", "b"))
    assert load_key(first.key_file) != load_key(second.key_file)


def test_command_says_no_when_the_mark_is_lost(monkeypatch, tmp_path):
    monkeypatch.setattr(workflow, "LADDER", ("av1:crf=30",))
    source = film(tmp_path / "film.mp4", frames=8)
    done = CliRunner().invoke(demo, [str(source), "-o", str(tmp_path / "out")], catch_exceptions=False)
    assert done.exit_code == 1
