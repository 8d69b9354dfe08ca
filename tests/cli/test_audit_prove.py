"""``indelible audit twins`` and ``prove``: evidence where there is some, none where there is none, and refusals."""

import csv
import json
import shlex
import sys

import cv2
import numpy as np
import pytest

from indelible.audit.embed import TrainingEmbedder
from indelible.frames import Frame
from indelible.keys import load_key
from tests.photographs import film, photograph


def pictures(folder, planes):
    folder.mkdir()
    for index, luma in enumerate(planes):
        cv2.imwrite(str(folder / f"{index}.png"), cv2.merge([luma] * 3))
    return folder


@pytest.fixture(scope="module")
def samples(studio, tmp_path_factory):
    """Pictures as a model would make them that has learned the key's spectrum, pictures that it would make without, and its queries."""
    folder = tmp_path_factory.mktemp("samples")
    hosts = [photograph("china.jpg"), photograph("flower.jpg")]
    learned = [frame.y for frame in TrainingEmbedder(load_key(studio.key)).embed(Frame(y=host) for host in hosts)]
    return pictures(folder / "learned", learned), pictures(folder / "ignorant", hosts)


def test_outputs(run, studio, samples, tmp_path):
    learned, ignorant = samples
    made = run("audit", "prove", "--key", studio.key, "--outputs", learned, "--model", "<b>X</b>", "-o", tmp_path / "proof.json", "--json")
    assert made.exit_code == 0, made.stderr
    proof = json.loads(made.stdout)
    assert proof["log10_p"] < -6
    assert proof["verdict"] in ("strong", "very strong")
    assert proof["control"]["wrong_keys"] == 1000
    assert proof["control"]["valid"]
    page = (tmp_path / "proof.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;X" in page
    assert "What is not shown" in page
    assert run("certify", "--check", tmp_path / "proof.json", "--key", studio.key).exit_code == 0
    assert run("certify", "--check", tmp_path / "proof.json", "--key", studio.other_key).exit_code == 1
    assert run("audit", "prove", "--key", studio.other_key, "--outputs", learned).exit_code == 1
    assert run("audit", "prove", "--key", studio.key, "--outputs", ignorant).exit_code == 1


def test_tests_are_paid_for(run, studio, samples):
    alone, many = (
        json.loads(run("audit", "prove", "--key", studio.key, "--outputs", samples[0], "--tests", n, "--json").stdout) for n in (1, 100)
    )
    assert many["log10_p"] == pytest.approx(alone["log10_p"] + 2)
    assert many["log10_floor"] == pytest.approx(alone["log10_floor"] + 2)


def test_marked_queries_are_refused(run, studio, samples):
    """A model that hands its input on would look guilty whatever it was trained on."""
    learned, ignorant = samples
    refused = run("audit", "prove", "--key", studio.key, "--outputs", learned, "--queries", learned)
    assert refused.exit_code == 2
    assert "carry the mark themselves" in refused.stderr
    assert run("audit", "prove", "--key", studio.key, "--outputs", learned, "--queries", ignorant).exit_code == 0
    assert run("audit", "prove", "--key", studio.key, "--outputs", ignorant, "--queries", ignorant).exit_code == 1


def test_twins(run, studio, tmp_path):
    originals = tmp_path / "originals"
    originals.mkdir()
    for index in range(3):
        film(originals / f"{index}.mp4", width=128, height=96, frames=2 + index)
    release = tmp_path / "release"
    made = run("audit", "twins", originals, release, "--key", studio.key, "--json")
    assert made.exit_code == 0, made.stderr
    clips = json.loads(made.stdout)["clips"]
    assert all((release / clip[role]).exists() for clip in clips for role in ("published", "sealed"))
    scores = tmp_path / "scores.csv"
    with scores.open("w", newline="") as rows:
        writer = csv.writer(rows)
        writer.writerow(["file", "score"])
        for index, clip in enumerate(clips):
            writer.writerows([[clip["published"], 1.0 + index], [clip["sealed"], 0.0]])
    command = ["audit", "prove", "--key", studio.key, "--twins", release / "twins.json", "--scores", scores, "--json"]
    proof = json.loads(run(*command, "--alpha", 0.2).stdout)
    assert 10 ** proof["log10_p"] == pytest.approx(1 / 8, rel=1e-3)
    assert proof["log10_p"] == proof["log10_floor"]
    assert proof["statistic"]["wins"] == 3
    assert run(*command, "--alpha", 0.2).exit_code == 0
    assert run(*command, "--alpha", 0.2, "--lower").exit_code == 1
    other = run("audit", "prove", "--key", studio.other_key, "--twins", release / "twins.json", "--scores", scores)
    assert other.exit_code == 2
    changed = (release / "twins.json").read_text().replace(clips[0]["published_sha256"], "0" * 64)
    (release / "twins.json").write_text(changed)
    assert "was changed" in run(*command).stderr


def test_rank_by_a_command(run, studio, tmp_path):
    """The command stands for a model that likes the true key's marks; of three fresh keys none is liked, so p is 1/4."""
    unseen = film(tmp_path / "unseen.mp4", name="flower.jpg", width=320, height=240, frames=8)
    program = (
        "import sys, pathlib; from indelible import load_key; from indelible.workflows.training_detect import detect_training_file;"
        "print(detect_training_file(sys.argv[2], [load_key(sys.argv[1])])[0].detection.log10_p)"
    )
    command = shlex.join([sys.executable, "-c", program, str(studio.key), "{}"])
    made = run(
        "audit", "prove", "--key", studio.key, "--rank", unseen, "--command", command, "--lower", "--fresh", 3, "--alpha", 0.3, "--json"
    )
    assert made.exit_code == 0, made.stderr
    proof = json.loads(made.stdout)
    assert 10 ** proof["log10_p"] == pytest.approx(0.25, rel=1e-3)
    assert proof["queries"]["count"] == 1
    assert len(proof["statistic"]["fresh_scores"]) == 3


def test_the_manifest_is_checked(run, studio, samples, tmp_path):
    source = film(tmp_path / "film.mp4", width=128, height=96, frames=3)
    assert run("audit", "mark", source, tmp_path / "out.mp4", "--key", studio.key).exit_code == 0
    command = ["audit", "prove", "--key", studio.key, "--outputs", samples[0], "--manifest", tmp_path / "out.audit.json", "--json"]
    assert json.loads(run(*command).stdout)["committed"]
    refused = run(*command, "--alpha", 0.01)
    assert refused.exit_code == 2
    assert "commits to another" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--outputs", "here", "--twins", "there"],
        ["--twins", "there"],
        ["--rank", "video"],
        ["--outputs", "nowhere"],
        ["--rank", "video", "--command", "score"],
    ],
)
def test_wrong_use_is_said(run, studio, tmp_path, arguments):
    result = run("audit", "prove", "--key", studio.key, *arguments, "-o", tmp_path / "proof.json")
    assert result.exit_code == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["{}", '{"a": "x"}', '{"a": 1, "a": 2}', '{"a": NaN}', "[1]", "not"])
def test_bad_scores(text, tmp_path):
    from indelible.errors import InputError
    from indelible.workflows.scoring import read_scores

    place = tmp_path / "scores.json"
    place.write_text(text)
    with pytest.raises(InputError):
        read_scores(place)


def test_wrong_keys_are_super_uniform_on_outputs(samples, studio):
    from indelible.stats.intervals import uniform_excess
    from indelible.workflows.proof import evidence_of_outputs

    evidence = evidence_of_outputs(samples[0], load_key(studio.key), queries=samples[1])
    excess, band = uniform_excess(np.power(10.0, evidence.controls), confidence=0.999)
    assert excess <= band
