"""Damaged videos against the commands: ``python -m tests.fuzz --count 10000``, or ``make fuzz``.

Each input is a small valid video, damaged by a generator that is seeded with (seed, number), and goes through probe, detect and (every
third one) mark in a child process. A crash, a hang beyond 120 s in all three, more than 1 GB, an exit code that is not in the contract, a
message that is not one line with a file's name, or anything left in the folder is a finding. The results say how many were run; another
run goes on from there.
"""

import argparse
import collections
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .mutate import mutated
from .seeds import make_seeds

_ROOT = Path(__file__).parents[2]
_SECONDS = 120.0  # for three commands, of which each gives up after 30 s without progress
_BYTES = 1 << 30
_INPUTS_PER_PROCESS = 250
_MARK_EVERY = 3


class Worker:
    """A child process that is replaced when it breaks, and now and then before."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._served = 0

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer, or ``{"wrong": [...]}`` for a crash or a hang."""
        if self._process is None or self._served >= _INPUTS_PER_PROCESS:
            self.stop()
            path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(_ROOT / "src")]))
            command = [sys.executable, str(Path(__file__).with_name("worker.py"))]
            errors = subprocess.DEVNULL
            environment = os.environ | {"PYTHONPATH": path}
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment)
            self._served = 0
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        self._served += 1
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(_SECONDS):
                self.stop()
                return {"wrong": [f"hang: no answer within {_SECONDS:.0f} s"]}
        line = process.stdout.readline()
        if not line:
            code = process.wait()
            self.stop()
            return {"wrong": [f"crash: the process ended with {code}"]}
        answer: dict[str, Any] = json.loads(line)
        if answer["peak_bytes"] > _BYTES:
            answer["wrong"].append(f"memory: {answer['peak_bytes'] >> 20} MiB")
            self.stop()
        return answer

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def fuzz(results: Path, *, seed: int, count: int, seconds: float, keep: Path | None = None) -> dict[str, Any]:
    """Run inputs until ``count`` are done in all or the time is up; return what is also written to ``results``."""
    state: dict[str, Any] = {"seed": seed, "inputs": 0, "codes": {}, "peak_mib": 0, "seconds": 0.0, "slowest_seconds": 0.0, "findings": []}
    if results.exists():
        known = json.loads(results.read_text(encoding="utf-8"))
        state = known if known["seed"] == seed else state
    codes = collections.Counter(state["codes"])
    started, already = time.monotonic(), state["seconds"]
    worker = Worker()
    with tempfile.TemporaryDirectory(prefix="indelible-fuzz-") as name:
        folder = Path(name)
        seeds = make_seeds(folder)
        key = folder / "a.key"
        key.write_text("indelible-key-v1:" + bytes(range(32)).hex() + "\n", encoding="ascii")
        key.chmod(0o600)
        try:
            while state["inputs"] < count and time.monotonic() - started < seconds:
                index = state["inputs"]
                origin, data, how = mutated(seeds, seed, index)
                path = folder / origin
                path.write_bytes(data)
                begun = time.monotonic()
                answer = worker.ask(
                    {"path": str(path), "folder": str(folder), "key": str(key), "mark": (index // len(seeds)) % _MARK_EVERY == 0}
                )
                took = time.monotonic() - begun
                for command, code in answer.get("codes", {}).items():
                    codes[f"{command} {code}"] += 1
                state["peak_mib"] = max(state["peak_mib"], answer.get("peak_bytes", 0) >> 20)
                state["slowest_seconds"] = round(max(state["slowest_seconds"], took), 2)
                if answer["wrong"]:
                    wrong = [sentence.replace(name, "") for sentence in answer["wrong"]]
                    state["findings"].append({"input": index, "seed_file": origin, "mutations": how, "wrong": wrong})
                    print(json.dumps(state["findings"][-1]), file=sys.stderr, flush=True)
                    if keep is not None:
                        keep.mkdir(parents=True, exist_ok=True)
                        (keep / f"{index}-{origin}").write_bytes(data)
                for left in folder.iterdir():
                    if left != key:
                        left.unlink()
                state["inputs"] = index + 1
                if state["inputs"] % 100 == 0:
                    _save(results, state, codes, already + time.monotonic() - started, list(seeds))
        finally:
            worker.stop()
            _save(results, state, codes, already + time.monotonic() - started, list(seeds))
    return state


def _save(results: Path, state: dict[str, Any], codes: "collections.Counter[str]", seconds: float, seeds: list[str]) -> None:
    import av

    state |= {"codes": dict(sorted(codes.items())), "seconds": round(seconds, 1), "seed_files": seeds}
    state |= {"schema": "indelible.fuzz/1", "versions": {"av": av.__version__, "ffmpeg": av.ffmpeg_version_info}}
    temporary = results.with_suffix(".part")
    temporary.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    temporary.replace(results)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="inputs in all, those of earlier runs included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after this time")
    parser.add_argument("--results", type=Path, default=_ROOT / "bench" / "results" / "fuzz.json")
    parser.add_argument("--keep", type=Path, help="folder for the inputs of findings")
    options = parser.parse_args()
    state = fuzz(options.results, seed=options.seed, count=options.count, seconds=options.seconds, keep=options.keep)
    print(f"{state['inputs']} inputs, {len(state['findings'])} findings, peak {state['peak_mib']} MiB: {options.results}")
    sys.exit(1 if state["findings"] else 0)


if __name__ == "__main__":
    main()
