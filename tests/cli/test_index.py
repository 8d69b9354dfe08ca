"""A small catalogue through the command line: filled, searched, looked at and emptied."""

import json
import os
import shutil
from types import SimpleNamespace

import pytest

from indelible.fingerprint.index import open_store
from tests.cli.conftest import invoke
from tests.photographs import film
from tests.postgres import running_server
from tests.report.pages import Page


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def flat_video(path):
    import av
    import numpy as np

    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=10, width=64, height=64)
        for _ in range(30):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((64, 64), 16, np.uint8), format="gray")))
        output.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Two films, a black one, a file that is none, and a store of all; ``printed`` is what storing said."""
    folder = tmp_path_factory.mktemp("films")
    place = SimpleNamespace(folder=folder / "films", store=folder / "films.db", found=folder / "found.mp4")
    place.folder.mkdir()
    place.china = film(place.folder / "china.mp4", frames=96)
    place.flower = film(place.folder / "flower.mp4", name="flower.jpg", frames=96)
    place.black = flat_video(place.folder / "black.mp4")
    (place.folder / "broken.mp4").write_bytes(b"This is no video.\n" * 100)
    place.result = invoke("index", "add", "--store", place.store, place.folder, "--json")
    assert invoke("channel", place.china, place.found, "crop=area:0.9|x264:crf=30").exit_code == 0
    return place


def test_a_folder_is_stored_but_for_what_is_no_video(films):
    printed = {os.path.basename(each["file"]): each for each in lines(films.result)}
    assert films.result.exit_code == 3
    assert {name: each["status"] for name, each in printed.items()} == {
        "china.mp4": "added",
        "flower.mp4": "added",
        "black.mp4": "added",
        "broken.mp4": "failed",
    }
    assert printed["china.mp4"]["id"] == str(films.china)
    assert printed["china.mp4"]["usable"] > 0 == printed["black.mp4"]["usable"]
    assert "broken.mp4" in printed["broken.mp4"]["error"]
    (complaint,) = [line for line in films.result.stderr.splitlines() if line.startswith("indelible: error")]
    assert "broken.mp4" in complaint
    (info,) = lines(invoke("index", "info", "--store", films.store, "--json"))
    assert (info["videos"], info["algorithm"], info["kind"]) == (3, "fingerprint_v1", "sqlite")


def test_what_is_unchanged_is_not_done_again(films, tmp_path):
    store, own = tmp_path / "films.db", tmp_path / "own.mp4"
    shutil.copy(films.china, own)

    def status():
        result = invoke("index", "add", "--store", store, own, "--json")
        assert result.exit_code == 0
        return lines(result)[0]["status"]

    assert status() == "added"
    assert status() == "unchanged"
    os.utime(own, ns=(1, 1))
    assert status() == "unchanged", "another time, but the same bytes"
    shutil.copy(films.flower, own)
    assert status() == "replaced"
    with open_store(store) as opened:
        (video,) = opened.videos()
        assert video.origin.size_bytes == own.stat().st_size


def test_parts_and_lists_make_the_whole(films, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(f"{films.china}\n\n{films.flower}\n")
    for part in ("1/2", "2/2"):
        result = invoke("index", "add", "--store", tmp_path / "films.db", "--files-from", listed, "--shard", part, "--jobs", "2")
        assert result.exit_code == 0
    with open_store(tmp_path / "films.db") as store:
        assert {video.id for video in store.videos()} == {str(films.china), str(films.flower)}


def test_an_edited_copy_is_found_and_a_stranger_is_not(films, tmp_path):
    result = invoke("index", "search", "--store", films.store, films.found, "--json")
    assert result.exit_code == 0, result.stderr
    (found,) = lines(result)
    assert found["found"]
    assert found["matches"][0]["id"] == str(films.china)
    assert found["matches"][0]["log10_expected_false_matches"] <= -3
    start, end = found["matches"][0]["query_range_seconds"]
    assert end - start > 2.0
    assert {match["id"] for match in found["matches"]} == {str(films.china)}
    assert "seen before" in invoke("index", "search", "--store", films.store, films.found).stdout
    black = invoke("index", "search", "--store", films.store, films.black, "--json")
    assert (black.exit_code, lines(black)[0]["matches"]) == (1, [])


def test_copies_in_a_store_are_found(films, tmp_path):
    store = tmp_path / "films.db"
    assert invoke("index", "add", "--store", store, films.flower, films.china).exit_code == 0
    assert invoke("index", "dedupe", "--store", store).exit_code == 1
    assert invoke("index", "add", "--store", store, films.found, "--id", "a copy").exit_code == 0
    result = invoke("index", "dedupe", "--store", store, "--json")
    assert result.exit_code == 0
    (duplicate,) = lines(result)
    assert duplicate["id"] == "a copy"
    assert duplicate["matches"][0]["id"] == str(films.china)


def test_what_is_removed_is_gone(films, tmp_path):
    store = tmp_path / "films.db"
    assert invoke("index", "add", "--store", store, films.china, "--id", "china").exit_code == 0
    result = invoke("index", "remove", "--store", store, "china", "japan", "--json")
    assert result.exit_code == 1
    assert [(each["id"], each["removed"]) for each in lines(result)] == [("china", True), ("japan", False)]
    assert invoke("index", "search", "--store", store, films.china).exit_code == 1


def test_a_pipe_needs_an_id(films, tmp_path):
    result = invoke("index", "add", "--store", tmp_path / "films.db", "-")
    assert result.exit_code == 2
    assert "--id" in result.stderr
    assert not (tmp_path / "films.db").exists()


@pytest.mark.parametrize("arguments", [["search", "found.mp4"], ["remove", "a"], ["info"], ["dedupe"]])
def test_a_store_that_is_missing_is_said_and_not_made(tmp_path, arguments):
    result = invoke("index", arguments[0], "--store", tmp_path / "films.db", *arguments[1:])
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "there is no store" in line
    assert list(tmp_path.iterdir()) == []


def test_no_input_is_said(tmp_path):
    result = invoke("index", "add", "--store", tmp_path / "films.db")
    assert result.exit_code == 2
    assert "no video was named" in result.stderr


def test_fingerprints_of_a_folder(films):
    result = invoke("fingerprint", films.folder, "--jobs", "2", "--json")
    assert result.exit_code == 3
    printed = {os.path.basename(each["file"]): each for each in lines(result)}
    assert set(printed) == {"china.mp4", "flower.mp4", "black.mp4"}
    assert "broken.mp4" in result.stderr
    with open_store(films.store) as store:
        stored = store.fingerprint(store.find(str(films.china)).number)
    assert [code["hex"] for code in printed["china.mp4"]["codes"]] == [row.astype("<u8").tobytes().hex() for row in stored.codes]


def test_a_server_does_the_same(films, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with running_server() as url:
        assert invoke("index", "add", "--store", url, films.china, films.flower).exit_code == 0
        (found,) = lines(invoke("index", "search", "--store", url, films.found, "--json"))
        assert found["matches"][0]["id"] == str(films.china)
        (info,) = lines(invoke("index", "info", "--store", url, "--json"))
        assert (info["kind"], info["videos"]) == ("postgresql", 2)


def test_a_store_of_key_frames(films, tmp_path):
    store = tmp_path / "keys.db"
    added = invoke("index", "add", "--store", store, films.china, films.flower, "--key-frames", "--json")
    assert added.exit_code == 0
    assert [each["status"] for each in lines(added)] == ["added", "added"]
    found = invoke("index", "search", "--store", store, films.found, "--json")
    assert found.exit_code == 0
    assert {match["id"] for match in lines(found)[0]["matches"]} == {str(films.china)}
    other = invoke("index", "add", "--store", store, films.black)
    assert other.exit_code == 2
    assert "--key-frames" in other.stderr
    assert "leave out" in invoke("index", "add", "--store", films.store, films.black, "--key-frames").stderr
    assert invoke("index", "dedupe", "--store", store).exit_code == 1


def test_a_report_shows_both_sides(films, tmp_path):
    report = tmp_path / "found.html"
    arguments = ("index", "search", "--store", films.store, films.found, "--effort", "fast", "--report", report)
    assert invoke(*arguments).exit_code == 0
    page = Page.of(report)
    assert page.references == []
    assert "1 of 1 videos seen before" in page.words
    assert len(page.images) == 6
    refused = invoke(*arguments)
    assert refused.exit_code == 2
    assert "exists" in refused.stderr
    assert invoke(*arguments, "--force").exit_code == 0


def test_a_report_without_the_stored_file(films, tmp_path):
    store, report = tmp_path / "films.db", tmp_path / "found.html"
    assert invoke("index", "add", "--store", store, films.china, "--id", "China, 1967").exit_code == 0
    assert invoke("index", "search", "--store", store, films.found, "--effort", "fast", "--report", report).exit_code == 0
    page = Page.of(report)
    assert len(page.images) == 3
    assert page.words.count("no picture") == 3
