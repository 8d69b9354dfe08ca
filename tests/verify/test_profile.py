"""What is declared of a rendition, in JSON and in a master playlist."""

import json
from pathlib import Path

import pytest

from indelible.errors import InputError
from indelible.verify.profile import DeclaredProfile, profile_of_variant, read_profile


def written(folder: Path, body: object) -> Path:
    path = folder / "profile.json"
    path.write_text(body if isinstance(body, str) else json.dumps(body))
    return path


def test_a_profile_is_read(tmp_path):
    body = {"schema": "indelible.profile/1", "codec": "h264", "profiles": ["High"], "width": 640, "height": 360, "frame_rate": 29.97}
    assert read_profile(written(tmp_path, body)) == DeclaredProfile(
        codec="h264", profiles=("High",), width=640, height=360, frame_rate=29.97
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "must be an object"),
        ({"schema": "other/1"}, "must be an object of schema"),
        ({"codecs": "h264"}, "unknown field 'codecs'; fields are codec,"),
        ({"width": 1.5}, "width of the profile is 1.5; it must be a whole number above 0"),
        ({"width": True}, "a whole number above 0"),
        ({"peak_bps": -1}, "peak_bps of the profile is -1; it must be a number above 0"),
        ('{"peak_bps": 1e999}', "a number above 0"),
        ({"profiles": []}, "a list of at least one text"),
        ({"codec": ""}, "a text"),
    ],
)
def test_what_is_no_profile_is_refused(tmp_path, body, message):
    with pytest.raises(InputError, match=message):
        read_profile(written(tmp_path, body))


def test_a_missing_profile_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.json: No such file"):
        read_profile(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("codecs", "codec", "profiles", "level"),
    [
        ("avc1.64001f,mp4a.40.2", "h264", ("Constrained Baseline", "Main", "High"), 3.1),
        ("mp4a.40.2, avc1.4D401E", "h264", ("Constrained Baseline", "Main"), 3.0),
        ("avc1.42e00a", "h264", ("Constrained Baseline",), 1.0),
        ("hvc1.2.4.L123.B0", "hevc", ("Main", "Main 10"), 4.1),
        ("hev1.1.6.L93", "hevc", ("Main",), 3.1),
        ("av01.0.05M.08", "av1", ("Main",), 3.1),
        ("vp09.00.31.08", "vp9", ("Profile 0",), 3.1),
        ("mp4v.20.9", None, None, None),
        ("", None, None, None),
    ],
)
def test_codecs_are_understood(codecs, codec, profiles, level):
    found = profile_of_variant({"CODECS": codecs, "RESOLUTION": "640x360", "FRAME-RATE": "29.970"})
    assert (found.codec, found.profiles, found.max_level) == (codec, profiles, level if level is None else pytest.approx(level))
    assert (found.width, found.height, found.max_frame_rate) == (640, 360, 29.97)


@pytest.mark.parametrize("attributes", [{"RESOLUTION": "640"}, {"RESOLUTION": "0x0"}, {"FRAME-RATE": "fast"}, {"FRAME-RATE": "0"}])
def test_attributes_that_cannot_be_understood_are_errors(attributes):
    with pytest.raises(InputError, match=next(iter(attributes))):
        profile_of_variant(attributes)
