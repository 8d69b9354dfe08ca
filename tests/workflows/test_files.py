"""Which files are meant."""

import pytest

from indelible.errors import InputError
from indelible.workflows.files import Shard, video_files


@pytest.fixture
def folder(tmp_path):
    for name in ("b/z.MP4", "b/a.mkv", "a.webm", "notes.txt", "b/c/d.mov"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_a_folder_means_the_videos_below_it_in_order(folder):
    expected = ["a.webm", "b/a.mkv", "b/z.MP4", "b/c/d.mov"]
    assert video_files([str(folder)]) == [str(folder / name) for name in expected]
    # What is named is taken as it is, and once.
    assert video_files(["missing.mp4", str(folder / "notes.txt"), str(folder / "b"), str(folder / "b/a.mkv"), "-"]) == [
        "missing.mp4",
        str(folder / "notes.txt"),
        *(str(folder / name) for name in expected[1:]),
        "-",
    ]


def test_a_folder_without_videos_is_said(folder):
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match="holds no video"):
        video_files([str(folder / "empty")])


def test_parts_are_the_whole_and_stay_when_files_come(folder):
    names = [f"{index}.mp4" for index in range(200)]
    parts = [video_files(names, shard=Shard(index, 7)) for index in range(1, 8)]
    assert sorted(name for part in parts for name in part) == sorted(names)
    assert min(map(len, parts)) > 10
    assert parts[2] == [name for name in video_files([*names, "new.mp4"], shard=Shard(3, 7)) if name != "new.mp4"]


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "1/0", "a/b", "1/2/3", ""])
def test_other_parts_are_refused(text):
    with pytest.raises(InputError, match="shard"):
        Shard.parse(text)
