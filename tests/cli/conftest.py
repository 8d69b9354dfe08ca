"""One film, marked once through the command line, for all tests of commands."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from indelible.cli.main import cli
from tests.photographs import film

SOURCE = Path(__file__).parents[2] / "src"

Run = Callable[..., Result]


def invoke(*arguments: object) -> Result:
    """Run a command in this process; whatever it raises besides an exit is a fault of the command line."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="indelible", catch_exceptions=False)


def start(*arguments: object, **options: Any) -> "subprocess.Popen[bytes]":
    """Start the real command in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", "indelible", *map(str, arguments)]
    # A shell without job control starts what runs in the background with interrupts ignored, and children inherit that.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heed, **options)


@pytest.fixture
def run() -> Run:
    return invoke


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A film, two keys, the film marked with the first of them (``marking`` is what that printed), and a compressed copy of that."""
    folder = tmp_path_factory.mktemp("studio")
    place = SimpleNamespace(
        film=film(folder / "film.mp4", sound=True),
        key=folder / "studio.key",
        other_key=folder / "other.key",
        marked=folder / "marked.mp4",
        found=folder / "found.mp4",
    )
    for key in (place.key, place.other_key):
        assert invoke("key", "new", "-o", key).exit_code == 0
    marking = invoke("mark", place.film, place.marked, "--key", place.key, "--payload", "copy 17", "--strength", "strong", "--json")
    assert marking.exit_code == 0, marking.stderr
    place.marking = json.loads(marking.stdout)
    assert invoke("channel", place.marked, place.found, "x264:crf=28").exit_code == 0
    return place
