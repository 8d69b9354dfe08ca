"""``indelible fingerprint``."""

import json

import av
import numpy as np
import pytest


@pytest.fixture
def black(tmp_path):
    path = tmp_path / "black.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=10, width=64, height=64)
        for _ in range(10):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="bgr24")))
        output.mux(stream.encode(None))
    return path


def test_json(run, studio):
    result = run("fingerprint", studio.film, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert document["schema"] == "indelible.fingerprint/1"
    assert len(document["codes"]) == 6
    assert all(len(code["hex"]) == 64 for code in document["codes"])


def test_in_words(run, studio):
    result = run("fingerprint", studio.film, studio.found)
    assert result.exit_code == 0
    assert result.stdout.count("6 of fingerprint_v1, 6 of them can be matched") == 2


def test_a_black_video_is_no_evidence(run, black):
    result = run("fingerprint", black)
    assert result.exit_code == 1
    assert "nothing to see" in result.stdout


def test_one_bad_file_does_not_stop_the_others(run, studio, tmp_path):
    result = run("fingerprint", tmp_path / "none.mp4", studio.film, "--json")
    assert result.exit_code == 3
    assert "none.mp4" in result.stderr
    assert len(result.stdout.splitlines()) == 1
