"""What is the same for all workers; what peers and hashes are asked for is tested beside them."""

import sys
from pathlib import Path

import pytest

from indelible.bench.worker import WorkerEnvironment, started
from indelible.errors import MediaError, MissingExtraError

ECHO = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request.get("last"):
        sys.exit("out of words")
    print(json.dumps({"error": "ValueError: no"} if request.get("no") else {"heard": request, "told": sys.argv[1:]}), flush=True)
"""


@pytest.fixture
def environment(tmp_path):
    (tmp_path / "echo.py").write_text(ECHO)
    return WorkerEnvironment(Path(sys.executable), tmp_path / "echo.py", "peers")


def test_a_worker_answers_until_it_ends(environment):
    with started(environment, "name") as worker:
        assert worker.ask(a=1) == {"heard": {"a": 1}, "told": ["name"]}
        with pytest.raises(MediaError, match="ValueError: no"):
            worker.ask(no=True)
        folder = worker.folder
        assert folder.is_dir()
        with pytest.raises(MediaError, match=r"ended \(exit status 1\): out of words"):
            worker.ask(last=True)
        with pytest.raises(MediaError, match="ended"):
            worker.ask(a=2)
    assert not folder.exists()


@pytest.mark.parametrize("target", ["peers", "hashes"])
def test_without_the_environment_the_way_to_it_is_said(environment, tmp_path, target):
    without_python = WorkerEnvironment(tmp_path / "python", environment.script, target)
    without_script = WorkerEnvironment(environment.python, tmp_path / "no.py", target)
    for nowhere in (without_python, without_script):
        with pytest.raises(MissingExtraError, match=f"make {target}$"), started(nowhere):
            pass


def test_a_worker_is_known_by_all_that_lies_beside_it(environment, tmp_path):
    before = environment.digests()
    (tmp_path / "requirements.txt").write_text("numpy==1\n")
    (tmp_path / "notes.md").write_text("nothing")
    after = environment.digests()
    assert set(before) == {"echo.py"}
    assert set(after) == {"echo.py", "requirements.txt"}
    assert after["echo.py"] == before["echo.py"]
