"""Programs of others, each in a process and an environment of its own: a line of JSON each way, arrays in files beside it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from indelible.errors import MediaError, MissingExtraError


@dataclass(frozen=True, slots=True)
class WorkerEnvironment:
    """Where programs of others live.

    Args:
        python: interpreter of their environment.
        script: the worker, which answers one line for each that it is sent.
        target: of make, which installs them.
    """

    python: Path
    script: Path
    target: str

    def check(self) -> None:
        """Raise unless interpreter and worker are there.

        Raises:
            MissingExtraError: if one is not.
        """
        for file in (self.python, self.script):
            if not file.exists():
                raise MissingExtraError(f"{file} does not exist; run, in a checkout of the source: make {self.target}")

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of the worker and of what lies beside it, by names: what it answers depends on them."""
        files = sorted(file for file in self.script.parent.iterdir() if file.suffix in (".py", ".txt"))
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


class Worker:
    """A worker that runs, ready to be asked; `started` makes one.

    Args:
        process: with pipes for its lines.
        folder: that lasts as long as the worker, for what is too large for a line.
        complaints: what it writes to standard error.
    """

    def __init__(self, process: subprocess.Popen[str], folder: Path, complaints: IO[bytes]) -> None:
        self.folder = folder
        self._process = process
        self._complaints = complaints

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and return the answer.

        Raises:
            MediaError: if the worker says that it failed, after which it goes on, or has ended.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise MediaError("a worker was started without pipes")
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise MediaError(f"the worker has ended (exit status {self._process.wait()}): {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise MediaError(f"the worker failed: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        self._complaints.seek(0)
        return self._complaints.read().decode(errors="replace").strip()[-500:] or "no message"


@contextmanager
def started(environment: WorkerEnvironment, *arguments: str) -> Iterator[Worker]:
    """Start a worker with these arguments, and end it on leaving.

    Raises:
        MissingExtraError: if the environment is not there.
    """
    environment.check()
    command = [str(environment.python), str(environment.script), *arguments]
    with tempfile.TemporaryDirectory(prefix="indelible-worker-") as folder, tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, text=True)
        try:
            yield Worker(process, Path(folder), complaints)
        finally:
            if process.stdin is not None:
                with suppress(BrokenPipeError):  # what a worker that has ended did not read
                    process.stdin.close()
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
