"""``indelible audit``: files in and out, exit codes, documents."""

import json
import sys

import av
import pytest

from .conftest import invoke
from .test_docs import documented


@pytest.fixture(scope="module")
def audited(studio, tmp_path_factory):
    """The studio's film with the training mark, and what making it printed."""
    folder = tmp_path_factory.mktemp("audit")
    made = invoke("audit", "mark", studio.film, folder / "film.mp4", "--key", studio.key, "--json")
    assert made.exit_code == 0, made.stderr
    return folder / "film.mp4", json.loads(made.stdout)


def test_marked_found_and_carried(run, studio, audited):
    place, document = audited
    assert document["schema"] == "indelible.audit-mark/1"
    assert document["psnr_y_db"] >= 42.0
    found = run("audit", "detect", place, "--key", studio.key, "--json")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["log10_p"] < -6
    assert run("audit", "detect", place, "--key", studio.other_key).exit_code == 1
    assert run("audit", "detect", studio.film, "--key", studio.key).exit_code == 1
    with av.open(str(place)) as made, av.open(str(studio.film)) as film:
        assert [stream.type for stream in made.streams] == ["video", "audio"]
        assert made.metadata["title"] == film.metadata["title"]
        times = [[frame.pts * frame.time_base for frame in container.decode(video=0)] for container in (made, film)]
        assert times[0] == times[1]


def test_the_manifest_commits(run, studio, audited, tmp_path):
    place, document = audited
    manifest = json.loads(place.with_suffix(".audit.json").read_text(encoding="utf-8"))
    assert manifest["key_id"] == document["key_id"]
    assert manifest["files"][0]["sha256"] == document["sha256"]
    assert len(manifest["commitment"]) == 64
    assert studio.key.read_text().split(":")[1].strip() not in json.dumps(manifest)
    again = run("audit", "mark", studio.film, place, "--key", studio.key)
    assert again.exit_code == 2
    assert "--force" in again.stderr


def test_both_marks_on_one_file(run, studio, audited, tmp_path):
    both = tmp_path / "both.mp4"
    assert run("mark", audited[0], both, "--key", studio.key, "--payload", "copy 17", "--strength", "strong").exit_code == 0
    assert run("audit", "detect", both, "--key", studio.key).exit_code == 0
    payload = run("detect", both, "--key", studio.key, "--json")
    assert json.loads(payload.stdout)["payload_text"] == "copy 17"
    other_way = tmp_path / "other-way.mp4"
    assert run("audit", "mark", studio.marked, other_way, "--key", studio.key).exit_code == 0
    assert run("audit", "detect", other_way, "--key", studio.key).exit_code == 0
    assert json.loads(run("detect", other_way, "--key", studio.key, "--json").stdout)["payload_text"] == "copy 17"


def test_a_folder(run, studio, tmp_path):
    originals = tmp_path / "originals"
    (originals / "part").mkdir(parents=True)
    (originals / "part" / "film.mp4").write_bytes(studio.film.read_bytes())
    made = run("audit", "mark", originals, tmp_path / "published", "--key", studio.key, "--json")
    assert made.exit_code == 0, made.stderr
    assert (tmp_path / "published" / "part" / "film.mp4").exists()
    assert len(json.loads((tmp_path / "published" / "audit.json").read_text())["files"]) == 1
    inside = run("audit", "mark", originals, originals / "published", "--key", studio.key)
    assert inside.exit_code == 2
    assert "lies inside" in inside.stderr


def test_documents_are_those_of_the_reference(run, studio, audited, tmp_path):
    place, marking = audited
    fields = documented()
    made = [
        marking,
        json.loads(place.with_suffix(".audit.json").read_text(encoding="utf-8")),
        json.loads(run("audit", "detect", place, "--key", studio.key, "--json").stdout),
        json.loads(run("audit", "twins", studio.film, tmp_path / "release", "--key", studio.key, "--json").stdout),
        json.loads(run("audit", "prove", "--key", studio.key, "--outputs", place, "--json").stdout),
    ]
    for document in made:
        assert fields[document["schema"]] == list(document)


def test_the_demonstration_says_what_is_missing(run, films, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    result = run("audit", "demo", films, "-o", tmp_path / "demo.json")
    assert result.exit_code == 4
    assert "pip install 'indelible[train]'" in result.stderr
    assert not (tmp_path / "demo.json").exists()


def test_bad_input_is_said(run, studio, tmp_path):
    assert run("audit", "mark", studio.film, tmp_path / "x.mp4", "--key", studio.key, "--quality", 20).exit_code == 2
    assert run("audit", "detect", tmp_path / "none.mp4", "--key", studio.key).exit_code == 3
    assert run("audit", "detect", tmp_path / "none.mp4", studio.film, "--key", studio.key).exit_code == 3
    assert not (tmp_path / "x.mp4").exists()
