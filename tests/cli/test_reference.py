"""``indelible detect --reference``: what only the original brings to light, through real encoders."""

import json

import pytest

from tests.photographs import film


@pytest.fixture(scope="module")
def cut(studio, tmp_path_factory):
    """The marked film after what hides it from a blind detector."""
    from tests.cli.conftest import invoke

    path = tmp_path_factory.mktemp("cut") / "cut.mp4"
    assert invoke("channel", studio.marked, path, "crop=area:0.5|flip=h|gamma=1.3|x264:crf=28").exit_code == 0
    return path


def test_a_cut_and_mirrored_copy_is_found_with_the_original(run, studio, cut):
    assert run("detect", cut, "--key", studio.key).exit_code == 1
    result = run("detect", cut, "--key", studio.key, "--reference", studio.film, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["payload_text"] == "copy 17"
    geometry = found["geometry"]
    assert geometry["flipped"] is True
    assert (geometry["scale_x"], geometry["scale_y"]) == pytest.approx((0.7, 0.7), abs=0.02)
    assert geometry["speed"] == pytest.approx(1.0, abs=0.02)
    assert found["searched"] == 4
    assert len(found["segments"]) >= 3


def test_another_key_and_an_unmarked_copy_are_not(run, studio, cut):
    assert run("detect", cut, "--key", studio.other_key, "--reference", studio.film).exit_code == 1
    assert run("detect", studio.film, "--key", studio.key, "--reference", studio.film).exit_code == 1


def test_another_original_is_said_and_costs_only_its_half(run, studio, tmp_path):
    other = film(tmp_path / "flower.mp4", name="flower.jpg")
    result = run("detect", studio.marked, "--key", studio.key, "--reference", other)
    assert result.exit_code == 0
    assert "it does not show the reference" in result.stderr


def test_pipes_are_refused(run, studio):
    result = run("detect", "-", "--key", studio.key, "--reference", studio.film)
    assert result.exit_code == 2
    assert "read twice" in result.stderr
    assert run("detect", studio.marked, "--key", studio.key, "--reference", "-").exit_code == 2


def test_a_reference_that_cannot_be_read_is_an_error(run, studio, tmp_path):
    assert run("detect", studio.marked, "--key", studio.key, "--reference", tmp_path / "none.mp4").exit_code == 3
    short = tmp_path / "short.mp4"
    short.write_bytes(b"not a video")
    assert run("detect", studio.marked, "--key", studio.key, "--reference", short).exit_code == 3
    assert run("detect", studio.marked, "--key", studio.key, "--reference", studio.film, "--limit", "frames=5").exit_code == 3
