"""Playlists and folders of segments: what they may name, and how they are read as one."""

import os
import re

import numpy as np
import pytest

from indelible.errors import LimitError, MediaError, UnsupportedMediaError
from indelible.video import playlist as module
from indelible.video import segments
from indelible.video.joined import JoinedFiles
from indelible.video.segments import is_segmented, segment_list

HEAD = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"


@pytest.fixture
def folder(tmp_path):
    for name in ("seg9.ts", "seg10.ts", "seg1.ts"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def write(folder, body, name="list.m3u8"):
    (folder / name).write_text(HEAD + body)
    return folder / name


def names(segments):
    return [file.name for file in segments.segments]


def test_a_playlist_says_the_order(folder):
    place = write(folder, "#EXTINF:2,\nseg10.ts\n#EXTINF:2,\nseg1.ts\n# a comment\n\n#EXT-X-ENDLIST\n")
    for source in (place, folder):
        segments = segment_list(source)
        assert names(segments) == ["seg10.ts", "seg1.ts"]
        assert (segments.playlist, segments.header, segments.folder) == (place, None, folder)
    assert is_segmented(place)
    assert is_segmented(folder)
    assert not is_segmented(folder / "seg1.ts")


def test_a_folder_without_a_playlist_goes_by_the_numbers(folder):
    segments = segment_list(folder)
    assert names(segments) == ["seg1.ts", "seg9.ts", "seg10.ts"]
    assert segments.playlist is None


def test_an_initialisation_segment_comes_first(tmp_path):
    box = (8).to_bytes(4, "big")
    (tmp_path / "init.mp4").write_bytes(box + b"ftyp" + box + b"moov")
    for index in (1, 2):
        (tmp_path / f"s{index}.m4s").write_bytes(box + b"moof" + box + b"mdat")
    segments = segment_list(tmp_path)
    assert [file.name for file in segments.files] == ["init.mp4", "s1.m4s", "s2.m4s"]
    listed = segment_list(write(tmp_path, '#EXT-X-MAP:URI="init.mp4"\n#EXTINF:2,\ns2.m4s\n#EXTINF:2,\ns1.m4s\n'))
    assert [file.name for file in listed.files] == ["init.mp4", "s2.m4s", "s1.m4s"]
    (tmp_path / "list.m3u8").unlink()
    (tmp_path / "init2.mp4").write_bytes(box + b"ftyp" + box + b"moov")
    with pytest.raises(UnsupportedMediaError, match=r"2 initialisation segments \(init.mp4, init2.mp4\)"):
        segment_list(tmp_path)


def test_names_may_be_quoted_and_lie_below(folder):
    (folder / "a b").mkdir()
    (folder / "a b" / "ü.ts").write_bytes(b"x")
    assert names(segment_list(write(folder, "a%20b/%C3%BC.ts\n"))) == ["ü.ts"]


@pytest.mark.parametrize(
    "name",
    [
        "http://example.org/seg1.ts",
        "https:seg1.ts",
        "file:seg1.ts",
        "data:video/mp2t;base64,AAAA",
        "concat:seg1.ts|seg9.ts",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "\\\\server\\share\\seg1.ts",
        "//example.org/seg1.ts",
        "../outside.ts",
        "%2e%2e/outside.ts",
        "below/../../outside.ts",
        "link.ts",
        "linked/outside.ts",
        "seg1%00.ts",
        "pipe.ts",
        "missing.ts",
        "empty.ts",
        "below",
    ],
)
def test_nothing_else_is_ever_opened(folder, name):
    inside = folder / "inside"
    inside.mkdir()
    (folder / "outside.ts").write_bytes(b"secret")
    (inside / "below").mkdir()
    (inside / "link.ts").symlink_to(folder / "outside.ts")
    (inside / "linked").symlink_to(folder)
    (inside / "empty.ts").touch()
    os.mkfifo(inside / "pipe.ts")
    with pytest.raises(MediaError):
        segment_list(write(inside, f"{name}\n"))
    (inside / "ok.ts").write_bytes(b"x")
    with pytest.raises(MediaError):
        segment_list(write(inside, f'#EXT-X-MAP:URI="{name}"\nok.ts\n'))
    assert names(segment_list(write(inside, "ok.ts\n"))) == ["ok.ts"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "names no segment"),
        ("#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n", "is a master playlist"),
        ('#EXT-X-KEY:METHOD=AES-128,URI="k"\nseg1.ts\n', "is encrypted"),
        ("#EXT-X-BYTERANGE:100@0\nseg1.ts\n", "names parts of files"),
        ('#EXT-X-MAP:URI="seg9.ts",BYTERANGE="100@0"\nseg1.ts\n', "names parts of files"),
        ("seg1.ts\n#EXT-X-DISCONTINUITY\nseg9.ts\n", "do not go on"),
        ('#EXT-X-MAP:URI="seg9.ts"\nseg1.ts\n#EXT-X-MAP:URI="seg10.ts"\n', "2 initialisation segments"),
        ("seg1.ts\nseg1.ts\n", "names a file twice"),
    ],
)
def test_playlists_that_are_not_one_video(folder, body, says):
    with pytest.raises(MediaError, match=re.escape(says)):
        segment_list(write(folder, body))


def test_playlists_that_are_none(folder, monkeypatch):
    for data in (b"", b"seg1.ts\n", b"\xff\xfe", b"[playlist]\n"):
        (folder / "bad.m3u8").write_bytes(data)
        with pytest.raises(UnsupportedMediaError, match="is it a playlist"):
            segment_list(folder / "bad.m3u8")
    with pytest.raises(MediaError, match="No such file"):
        segment_list(folder / "no.m3u8")
    (folder / "bad.m3u8").unlink()
    os.mkfifo(folder / "pipe.m3u8")
    with pytest.raises(UnsupportedMediaError, match="no regular file"):
        segment_list(folder / "pipe.m3u8")
    (folder / "pipe.m3u8").unlink()
    monkeypatch.setattr(module, "MOST_SEGMENTS", 2)
    monkeypatch.setattr(segments, "MOST_SEGMENTS", 2)
    monkeypatch.setattr(module, "_LARGEST_PLAYLIST", 1000)
    with pytest.raises(LimitError, match="holds 3 segments; at most 2"):
        segment_list(folder)
    with pytest.raises(LimitError, match="names 3 segments; at most 2"):
        segment_list(write(folder, "a.ts\nb.ts\nc.ts\n"))
    with pytest.raises(LimitError, match="larger than 1000"):
        segment_list(write(folder, "#\n" * 1000))


def test_a_folder_with_several_playlists_asks_which(folder):
    write(folder, "seg1.ts\n", "a.m3u8")
    write(folder, "#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n", "master.m3u8")
    assert names(segment_list(folder)) == ["seg1.ts"]
    write(folder, "seg9.ts\n", "b.m3u8")
    with pytest.raises(UnsupportedMediaError, match=r"2 playlists \(a.m3u8, b.m3u8"):
        segment_list(folder)


def test_joined_files_are_one(tmp_path):
    rng = np.random.default_rng(0)
    files = []
    for index, size in enumerate((100, 1, 57)):
        files.append(tmp_path / str(index))
        files[-1].write_bytes(rng.bytes(size))
    whole = b"".join(file.read_bytes() for file in files)
    with JoinedFiles(files, name="all") as joined:
        assert joined.starts == (0, 100, 101, 158)
        assert b"".join(iter(lambda: joined.read(30), b"")) == whole
        for at in rng.integers(0, 170, 50).tolist():
            joined.seek(at)
            part = joined.read(20)
            assert part == whole[at : at + 20][: len(part)]
            assert bool(part) == (at < len(whole))
            assert joined.tell() == at + len(part)
        assert joined.seek(-1, os.SEEK_END) == 157
        assert [joined.index_at(at) for at in (0, 99, 100, 101, 157, 158)] == [0, 0, 1, 2, 2, 3]
    (tmp_path / "0").unlink()
    with pytest.raises(MediaError, match="is all complete"):
        JoinedFiles(files, name="all")
