"""Measurements are found again while they are valid, and only then."""

import pytest

from indelible.runs.cache import Cache, measurement_digest, source_digest
from indelible.runs.corpus import CorpusClip


@pytest.fixture
def package(tmp_path):
    (tmp_path / "mark").mkdir()
    (tmp_path / "mark" / "embed.py").write_text('"""Doc."""\nSTRENGTH = 1.0\n')
    (tmp_path / "keys.py").write_text("KEY = 1\n")
    (tmp_path / "report.py").write_text("COLOR = 1\n")
    return tmp_path


PARTS = ("mark", "keys.py")


@pytest.mark.parametrize(
    ("file", "text"),
    [("mark/embed.py", '"""Doc."""\nSTRENGTH = 2.0\n'), ("mark/new.py", "X = 1\n"), ("keys.py", "KEY = 2\n")],
)
def test_other_code_has_another_digest(package, file, text):
    before = source_digest(package, parts=PARTS)
    (package / file).write_text(text)
    assert source_digest(package, parts=PARTS) != before


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("mark/embed.py", '"""Another docstring."""\n\n# why\nSTRENGTH = 1.0\n'),
        ("report.py", "COLOR = 2\n"),
        ("mark/notes.txt", "not code"),
    ],
)
def test_comments_docstrings_and_other_folders_do_not_count(package, file, text):
    before = source_digest(package, parts=PARTS)
    (package / file).write_text(text)
    assert source_digest(package, parts=PARTS) == before


def test_settings_count():
    assert measurement_digest({"seed": 1}) == measurement_digest({"seed": 1})
    assert measurement_digest({"seed": 1}) != measurement_digest({"seed": 2})


def test_records_come_back_in_order_and_a_line_cut_off_is_left_out(tmp_path):
    cache, clip = Cache(tmp_path, "d" * 64), CorpusClip(tmp_path / "a.mp4", "f" * 64, "a")
    assert cache.read(clip) == []
    cache.append(clip, {"n": 1})
    (file,) = tmp_path.rglob("*.jsonl")
    with file.open("a") as stream:
        stream.write('\n{"n": 2, "cut')  # the machine went down here
    cache.append(clip, {"n": 3})
    assert cache.read(clip) == [{"n": 1}, {"n": 3}]
    cache.forget(clip)
    assert cache.read(clip) == []


def test_other_digest_or_other_bytes_share_nothing(tmp_path):
    clip = CorpusClip(tmp_path / "a.mp4", "f" * 64, "a")
    Cache(tmp_path, "d" * 64).append(clip, {"n": 1})
    assert Cache(tmp_path, "e" * 64).read(clip) == []
    assert Cache(tmp_path, "d" * 64).read(CorpusClip(clip.path, "0" * 64, "a")) == []
