"""``indelible key``: secrets stay secret."""

import json
import os
import stat

import pytest

from indelible.keys import load_key


def test_a_new_key_is_for_its_owner_only(run, tmp_path):
    file = tmp_path / "my.key"
    result = run("key", "new", "-o", file)
    key = load_key(file)
    assert result.exit_code == 0
    assert result.stdout == f"{file}: key {key.key_id}\n"
    assert key.secret.hex() not in result.output
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_show_prints_only_the_fingerprint(run, studio):
    key = load_key(studio.key)
    result = run("key", "show", studio.key)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{key.key_id}\n", "")


def test_json(run, studio, tmp_path):
    made = json.loads(run("key", "new", "-o", tmp_path / "a.key", "--json").stdout)
    shown = json.loads(run("key", "show", tmp_path / "a.key", "--json").stdout)
    assert made == shown == {"schema": "indelible.key/1", "file": str(tmp_path / "a.key"), "key_id": load_key(tmp_path / "a.key").key_id}


def test_a_key_is_never_overwritten(run, studio):
    before = studio.key.read_bytes()
    result = run("key", "new", "-o", studio.key)
    assert result.exit_code == 2
    assert "never overwritten" in result.stderr
    assert studio.key.read_bytes() == before


@pytest.mark.parametrize("content", [None, b"", b"hello", b"\xff" * 300, b"indelible-key-v1:00"])
def test_what_is_no_key_is_2(run, tmp_path, content):
    file = tmp_path / "no.key"
    if content is not None:
        file.write_bytes(content)
    result = run("key", "show", file)
    assert result.exit_code == 2
    assert "indelible key new -o FILE" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
def test_a_key_that_others_can_read_is_warned_of(run, studio, tmp_path):
    open_key = tmp_path / "open.key"
    open_key.write_bytes(studio.key.read_bytes())
    open_key.chmod(0o644)
    for command in (["key", "show", open_key], ["detect", studio.found, "--key", open_key]):
        result = run(*command)
        assert result.exit_code == 0
        assert f"warning: others on this machine can read the key {open_key}" in result.stderr
