"""Nothing but the networks needs torch, nothing but a trained network ONNX Runtime, and both say so in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from indelible.errors import InputError
from indelible.forensics.model import CARD, CONTENT, SHIPPED, TRACE, load_model

SOURCE = Path(__file__).parents[2] / "src"
BARRED = """
import sys
class Bar:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "onnx", "onnxruntime", "safetensors"):
            raise ImportError(name)
sys.meta_path.insert(0, Bar())
"""
WITH_TORCH = {"networks/library", "networks/trace", "networks/two_stream", "training/export", "training/loop", "training/stages"}


def run(code):
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    return subprocess.run([sys.executable, "-c", BARRED + code], capture_output=True, text=True, env=environment, timeout=120, check=False)


def test_every_other_module_is_imported_without_them():
    home = SOURCE / "indelible" / "forensics"
    files = {file.relative_to(home).with_suffix("").as_posix() for file in home.rglob("*.py")}
    assert files > WITH_TORCH
    names = [f"indelible.forensics.{name.replace('/', '.')}".removesuffix(".__init__") for name in sorted(files - WITH_TORCH)]
    done = run(f"import importlib\nfor name in {names}:\n    importlib.import_module(name)")
    assert done.returncode == 0, done.stderr


def command(*arguments):
    return run(f"sys.argv = {['indelible', *map(str, arguments)]}\nfrom indelible.cli.main import main\nmain()")


def test_training_says_what_is_missing(films, tmp_path):
    done = command("lab", "train-forensics", films, "-o", tmp_path / "weights", "--cache", tmp_path / "cache")
    assert done.returncode == 4, done.stderr
    assert "torch is not installed; run: pip install 'indelible[train]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "cache").exists()


def pinned(folder, **changes):
    import hashlib

    for name in (TRACE, CONTENT):
        (folder / name).write_bytes(b"no network")
    digest = hashlib.sha256(b"no network").hexdigest()
    card = {"schema": "indelible.forensics-card/1", "sha256": {TRACE: digest, CONTENT: digest}} | changes
    (folder / CARD).write_text(json.dumps(card))


def test_use_says_what_is_missing(films, tmp_path):
    pinned(tmp_path)
    for name in ("inspect", "embed"):
        done = command(name, films / "china.mp4", "--weights", tmp_path)
        assert done.returncode == 4, done.stderr
        assert "onnxruntime is not installed; run: pip install 'indelible[forensics]'" in done.stderr


@pytest.mark.skipif((SHIPPED / CARD).exists(), reason="the package has a network of its own")
def test_without_a_network_the_command_that_makes_one_is_named(films):
    for name in ("inspect", "embed"):
        done = command(name, films / "china.mp4")
        assert done.returncode == 2, done.stderr
        assert "make one with: indelible lab train-forensics CORPUS -o FOLDER" in done.stderr


def test_folders_that_hold_no_network_are_refused(tmp_path):
    with pytest.raises(InputError, match="holds no trained network"):
        load_model(tmp_path)
    pinned(tmp_path, schema="other/1")
    with pytest.raises(InputError, match="no card of a trained network"):
        load_model(tmp_path)
    pinned(tmp_path, sha256={TRACE: "0" * 64, CONTENT: "0" * 64})
    with pytest.raises(InputError, match=r"trace.onnx is not the file that card.json pins"):
        load_model(tmp_path)
    (tmp_path / CARD).write_text("{")
    with pytest.raises(InputError, match="that can be read"):
        load_model(tmp_path)
    (tmp_path / CARD).write_text(json.dumps({"schema": "indelible.forensics-card/1"}))
    with pytest.raises(InputError, match="no card of a trained network"):
        load_model(tmp_path)
