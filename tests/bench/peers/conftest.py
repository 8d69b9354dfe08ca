"""An environment with a peer that needs nothing but NumPy."""

import sys
from pathlib import Path

import pytest

from indelible.bench.worker import WorkerEnvironment

TOY = Path(__file__).parent / "toy" / "worker.py"


@pytest.fixture
def environment_folder(tmp_path: Path) -> Path:
    """A folder like a virtual environment's, whose interpreter is this one."""
    python = tmp_path / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return python.parents[1]


@pytest.fixture
def environment(environment_folder: Path) -> WorkerEnvironment:
    return WorkerEnvironment(environment_folder / "bin" / "python", TOY, "peers")
