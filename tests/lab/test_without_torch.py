"""Nothing but training on a proxy needs torch, and that says so in one line."""

import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
BARRED = "import sys\nsys.modules['torch'] = None\n"  # importing it raises ImportError, installed or not


def run(code):
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    return subprocess.run([sys.executable, "-c", BARRED + code], capture_output=True, text=True, env=environment, timeout=120, check=False)


def test_every_module_is_imported_without_it():
    names = [".".join(file.relative_to(SOURCE).with_suffix("").parts) for file in sorted((SOURCE / "indelible" / "lab").rglob("*.py"))]
    done = run(f"import importlib\nfor name in {names}:\n    importlib.import_module(name)")
    assert done.returncode == 0, done.stderr


def test_training_says_what_is_missing(films, tmp_path):
    arguments = ["indelible", "lab", "train", "adaptive", str(films), "-o", str(tmp_path / "s.json"), "--clips", "1"]
    done = run(f"sys.argv = {arguments}\nfrom indelible.cli.main import main\nmain()")
    assert done.returncode == 4, done.stderr
    assert "torch is not installed; run: pip install 'indelible[train]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "s.json").exists()


def test_the_other_half_of_the_lab_does_not_load_it():
    done = run("import indelible.lab.mismatch, indelible.lab.proxy, indelible.cli.lab\nprint(sys.modules['torch'])")
    assert done.stdout == "None\n", done.stderr
