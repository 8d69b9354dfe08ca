"""Which clips make a corpus, and whose bytes they are."""

import hashlib

import pytest

from indelible.bench.corpus import load_corpus
from indelible.errors import InputError


def fill(folder, *names):
    for name in names:
        (folder / name).write_bytes(name.encode())
    return folder


def test_without_manifest_all_videos_count_and_each_is_its_own_source(tmp_path):
    corpus = load_corpus(fill(tmp_path, "b.mp4", "a.MKV", "notes.txt"))
    assert [(clip.name, clip.source) for clip in corpus.clips] == [("a.MKV", "a.MKV"), ("b.mp4", "b.mp4")]


def test_manifest_names_clips_and_sources(tmp_path):
    fill(tmp_path, "a.mp4", "b.mp4", "not-named.mp4")
    (tmp_path / "MANIFEST.csv").write_text('file,source_repo,description\na.mp4,x/y,"one, two"\nb.mp4,x/y,three\n')
    corpus = load_corpus(tmp_path)
    assert [clip.name for clip in corpus.clips] == ["a.mp4", "b.mp4"]
    assert corpus.sources == 1


def test_digest_is_that_of_the_checksum_file(tmp_path):
    fill(tmp_path, "a.mp4", "b.mp4")
    lines = "".join(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in ("a.mp4", "b.mp4"))
    (tmp_path / "SHA256SUMS").write_text(lines)
    assert load_corpus(tmp_path).digest == hashlib.sha256(lines.encode()).hexdigest()


def test_other_bytes_than_pinned_are_refused(tmp_path):
    fill(tmp_path, "a.mp4")
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  a.mp4\n")
    with pytest.raises(InputError, match=r"a\.mp4 is not the file that SHA256SUMS pins"):
        load_corpus(tmp_path)


def test_a_named_file_that_is_missing_is_an_error(tmp_path):
    (tmp_path / "MANIFEST.csv").write_text("file,source_repo\ngone.mp4,x/y\n")
    with pytest.raises(InputError, match=r"cannot read .*gone\.mp4"):
        load_corpus(tmp_path)


@pytest.mark.parametrize("pattern", ["*.mp4", "z*"])
def test_no_video_is_an_error(tmp_path, pattern):
    with pytest.raises(InputError, match="holds no video"):
        load_corpus(tmp_path, pattern=pattern)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shards_are_a_partition(tmp_path, count):
    corpus = load_corpus(fill(tmp_path, *(f"{letter}.mp4" for letter in "abcde")))
    parts = [clip.name for index in range(count) for clip in corpus.shard(index + 1, count).clips]
    assert sorted(parts) == [clip.name for clip in corpus.clips]


def test_each_part_has_clips_of_every_large_source(tmp_path):
    fill(tmp_path, *(f"{letter}.mp4" for letter in "abcdef"))
    rows = "".join(f"{letter}.mp4,{source}\n" for letter, source in zip("abcdef", "xyxyxy", strict=True))
    (tmp_path / "MANIFEST.csv").write_text("file,source_repo\n" + rows)
    for index in (1, 2, 3):
        part = load_corpus(tmp_path).shard(index, 3)
        assert ([clip.source for clip in part.clips], part.part) == (["x", "y"], (index, 3))


@pytest.mark.parametrize(("index", "count"), [(0, 2), (3, 2), (1, 0)])
def test_impossible_shards_are_refused(tmp_path, index, count):
    with pytest.raises(InputError, match="shard"):
        load_corpus(fill(tmp_path, "a.mp4")).shard(index, count)
