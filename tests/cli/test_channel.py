"""``indelible channel``."""

import json

import pytest


def test_json(run, studio, tmp_path):
    target = tmp_path / "small.mp4"
    result = run("channel", studio.film, target, "scale=240x136|x264:crf=30:preset=ultrafast", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert list(document) == [
        *("schema", "output", "channel", "seed", "width", "height", "frames", "duration_seconds", "encodings", "streams_copied")
    ]
    assert document["schema"] == "indelible.channel/1"
    assert (document["width"], document["height"], document["frames"]) == (240, 136, 72)
    assert document["streams_copied"] is True
    assert [list(each) for each in document["encodings"]] == [["step", "size_bytes", "bitrate_bps"]]


def test_in_words(run, studio, tmp_path):
    result = run("channel", studio.film, tmp_path / "out.mp4", "trim=0:1|x264:crf=40:preset=ultrafast")
    assert result.exit_code == 0
    assert "480x270, 1.0 s, 24 frames" in result.stdout
    assert "kbit/s" in result.stdout


@pytest.mark.parametrize(("specification", "word"), [("x246", "x264"), ("scale=9", "scale"), ("x264:crf=99", "crf")])
def test_a_wrong_specification_is_2(run, studio, tmp_path, specification, word):
    result = run("channel", studio.film, tmp_path / "out.mp4", specification)
    assert result.exit_code == 2
    assert word in result.stderr
    assert not list(tmp_path.iterdir())


def test_an_existing_output_is_refused(run, studio):
    before = studio.found.read_bytes()
    assert run("channel", studio.film, studio.found, "x264").exit_code == 2
    assert studio.found.read_bytes() == before
