"""Fingerprints of files: what a copy of a real encoder's making has in common with its source."""

import io

import numpy as np
import pytest

import indelible
from indelible.errors import MediaError
from indelible.fingerprint import codes_from_hex
from indelible.fingerprint.code import KEY_FRAMES, distances
from indelible.fingerprint.match import MemorySource, search
from indelible.workflows.fingerprint import fingerprint_file, query_file
from tests.photographs import film


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    return [film(folder / f"{name}.mp4", name=name, frames=96) for name in ("china.jpg", "flower.jpg")]


def test_a_document_has_all_codes(films):
    result = fingerprint_file(films[0])
    document = result.to_json()
    assert list(document) == ["schema", "file", "algorithm", "codes", "duration_seconds"]
    assert document["schema"] == "indelible.fingerprint/1"
    assert document["algorithm"] == "fingerprint_v1"
    assert document["duration_seconds"] == pytest.approx(4.0)
    assert (codes_from_hex([row["hex"] for row in document["codes"]]) == result.fingerprint.codes).all()
    assert {tuple(row) for row in document["codes"]} == {("start_seconds", "view", "hex", "weight", "confirm")}


def test_a_file_object_is_a_source_too(films):
    from_memory = fingerprint_file(io.BytesIO(films[0].read_bytes())).fingerprint
    assert (from_memory.codes == fingerprint_file(films[0]).fingerprint.codes).all()


@pytest.mark.parametrize("channel", ["x264:crf=40", "crop=side:0.8|x264:crf=30", "flip=h|x264:crf=30", "rotate=90|x264:crf=30"])
def test_an_edited_copy_is_found(films, tmp_path, channel):
    copy = tmp_path / "copy.mp4"
    indelible.channel_file(films[1], copy, channel)
    source = MemorySource([fingerprint_file(each).fingerprint for each in films])
    found = search(query_file(copy), source)
    assert [match.video for match in found] == [1]
    assert found[0].guess.mirrored == ("flip" in channel)


def test_a_file_that_is_shown_turned_has_the_code_of_what_is_shown(make_video):
    upright = fingerprint_file(make_video("upright.mp4", frames=30)).fingerprint
    turned = fingerprint_file(make_video("turned.mp4", frames=30, rotation=90)).fingerprint
    assert np.median(distances(upright.codes, turned.codes)) > 60


def test_no_video_no_fingerprint(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(MediaError, match=r"text\.mp4"):
        fingerprint_file(tmp_path / "text.mp4")


def test_key_frames_of_a_file(films, tmp_path):
    result = fingerprint_file(films[0], key_frames=True)
    made = result.fingerprint
    assert result.to_json()["algorithm"] == made.algorithm == KEY_FRAMES
    assert made.duration_seconds == pytest.approx(4.0)
    assert not result.warnings
    assert len(made) < len(fingerprint_file(films[0]).fingerprint)
    copy = tmp_path / "copy.mp4"
    indelible.channel_file(films[1], copy, "crop=side:0.8|x264:crf=30")
    source = MemorySource([fingerprint_file(each, key_frames=True).fingerprint for each in films])
    assert [match.video for match in search(query_file(copy, algorithm=KEY_FRAMES), source)] == [1]


def test_few_key_frames_are_said_to_be_few(make_video):
    video = make_video("clip.mp4", frames=26, rate=2, options={"g": "500", "x264-params": "scenecut=0"})
    (warning,) = fingerprint_file(video, key_frames=True).warnings
    assert "1 key frames in 13 s" in warning
