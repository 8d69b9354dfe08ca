"""The process that opens damaged files: one line of JSON in, one out, until something breaks it."""

import json
import resource
import sys
from pathlib import Path

_ALLOWED = {"probe": (0, 2, 3), "detect": (0, 1, 2, 3), "mark": (0, 1, 2, 3)}
_ADDRESS_SPACE = 4 << 30  # libraries map far more than they use; what is used is measured


def run_input(path: Path, folder: Path, key: Path, *, mark: bool) -> dict[str, object]:
    """Return the exit codes of what is done to one file, and what is wrong with them."""
    from click.testing import CliRunner

    from indelible.cli.main import cli
    from indelible.errors import IndelibleError
    from indelible.video import probe

    before = path.read_bytes()
    codes: dict[str, int] = {}
    wrong: list[str] = []
    try:
        probe(path)
        codes["probe"] = 0
    except IndelibleError as error:
        codes["probe"] = error.exit_code
    except Exception as error:
        codes["probe"] = 70
        wrong.append(f"probe: {error!r}"[:400])
    commands = {"detect": ["detect", str(path), "--key", str(key)]}
    if mark:
        commands["mark"] = ["mark", str(path), str(folder / "out.mkv"), "--key", str(key), "--preset", "ultrafast"]
    for name, arguments in commands.items():
        result = CliRunner().invoke(cli, arguments, prog_name="indelible")
        codes[name] = result.exit_code
        if result.exit_code not in _ALLOWED[name] or "Traceback" in result.stderr:
            wrong.append(f"{name}: exit {result.exit_code}: {result.stderr[-400:]}")
        if result.exit_code in (2, 3) and not any(str(file) in result.stderr for file in (path, folder / "out.mkv")):
            wrong.append(f"{name}: the message does not name the file: {result.stderr[-400:]}")
        if result.exit_code in (2, 3) and len(result.stderr.splitlines()) != 1:
            wrong.append(f"{name}: not one line: {result.stderr[-400:]}")
    left = sorted(file.name for file in folder.iterdir() if file not in (path, key))
    if left != (["out.mkv"] if codes.get("mark") in (0, 1) else []):
        wrong.append(f"left in the folder: {left}")
    (folder / "out.mkv").unlink(missing_ok=True)
    if path.read_bytes() != before:
        wrong.append("the input was changed")
    return {"codes": codes, "wrong": wrong, "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def main() -> None:
    """Serve requests ``{"path", "folder", "key", "mark"}`` until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        request = json.loads(line)
        answer = run_input(Path(request["path"]), Path(request["folder"]), Path(request["key"]), mark=request["mark"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
