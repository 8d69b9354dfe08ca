"""Files that appear whole or not at all, with and without the system's nameless ones."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from indelible import drafts
from indelible.drafts import write_whole
from indelible.errors import OutputError
from indelible.report.page import paragraph, write_page
from indelible.runs.result_file import read_result, write_result


@pytest.fixture(params=["nameless", "named"], autouse=True)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "named":
        monkeypatch.setattr(drafts, "_open_nameless", lambda folder: None)


def test_a_text_is_written_and_replaced(tmp_path):
    for text in ("first, a longer one\n", "sécond\n"):
        write_whole(tmp_path / "a.txt", text)
        assert (tmp_path / "a.txt").read_bytes() == text.encode()
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    (tmp_path / "plain").touch()
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a.txt").read_text() == "new"


def result(path: Path) -> None:
    write_result(path, {"rows": [{"a": 1}]})


def page(path: Path) -> None:
    write_page(path, title="A title", parts=[paragraph("Words")])


@pytest.mark.parametrize("write", [result, page])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("old", ["old", None])
def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path, monkeypatch, write: Callable[[Path], None], error, old):
    path = tmp_path / "a.html"
    if old is not None:
        path.write_text(old)

    def full(self: drafts.Draft) -> None:
        assert os.path.getsize(self.file) > 10, "it has been written to"
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(drafts.Draft, "flush", full)
        with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else OutputError) as caught:
            write(path)
    if isinstance(error, OSError):
        assert str(caught.value) == f"cannot write {path}: No space left on device"
    assert [file.name for file in tmp_path.iterdir()] == ([] if old is None else ["a.html"])
    assert old is None or path.read_text() == old
    write(path)
    assert [file.name for file in tmp_path.iterdir()] == ["a.html"]


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OutputError, match=r"cannot write .*a\.txt"):
        write_whole(tmp_path / "a.txt", "text")
    with pytest.raises(OutputError, match="its folder must exist"):
        write_whole(tmp_path / "no" / "a.txt", "text")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_result_makes_its_folder(tmp_path):
    result(tmp_path / "new" / "r.json")
    assert read_result(tmp_path / "new" / "r.json") == {"rows": [{"a": 1}]}
