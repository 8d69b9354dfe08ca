"""What all commands share: help, exit codes, errors in one line, and a light start."""

import importlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import indelible
from indelible.cli.main import COMMANDS, cli

from .conftest import SOURCE, start

READ = ("0", "63")  # the number of read() where there is one: x86-64, and most others
WITHOUT_EXAMPLES = (
    ("key",),
    ("registry",),
    ("bench",),
    ("index",),
    ("lab",),
    ("lab", "train"),
)  # the groups, whose commands have their own


def command_lines() -> list[tuple[str, ...]]:
    """Every command and subcommand that there is."""
    lines: list[tuple[str, ...]] = [()]
    for name in COMMANDS:
        lines.append((name,))
        command = cli.get_command(click.Context(cli), name)
        if isinstance(command, click.Group):
            lines += [(name, inner) for inner in command.commands]
    return lines


@pytest.mark.parametrize("line", command_lines(), ids=" ".join)
def test_help_of_every_command_has_examples(run, line):
    result = run(*line, "--help")
    assert result.exit_code == 0
    assert "Usage: indelible" in result.stdout
    if line not in WITHOUT_EXAMPLES:
        assert "\nExample" in result.stdout.replace("  ", "")
        assert " ".join(("  indelible", *line)) in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_help_is_the_commands_own(name):
    command = getattr(importlib.import_module(f"indelible.cli.{name}"), name)
    assert command.help.splitlines()[0] == COMMANDS[name]


def test_version(run):
    assert run("--version").stdout == f"indelible {indelible.__version__}\n"


def test_help_loads_nothing_heavy():
    script = "import sys\nfrom indelible.cli.main import cli\nsys.argv[1:] = ['--help']\n"
    script += "try:\n    cli()\nexcept SystemExit:\n    print(sorted(name.split('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].replace("'", "").strip("[]").split(", "))
    assert not loaded & {"av", "cv2", "numpy", "rich", "scipy"}


@pytest.mark.parametrize("arguments", [["nothing"], ["mark"], ["mark", "a", "b"], ["detect", "a", "--key"], ["--wrong"]])
def test_wrong_use_is_2(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert not result.stdout


def test_an_error_is_one_line(run, studio, tmp_path):
    result = run("detect", tmp_path / "missing.mp4", "--key", studio.key)
    assert result.exit_code == 3
    assert result.stderr.startswith("indelible: error: cannot open")
    assert len(result.stderr.splitlines()) == 1
    assert not result.stdout


def test_debug_shows_where_an_error_comes_from(run, studio, tmp_path):
    result = run("--debug", "detect", tmp_path / "missing.mp4", "--key", studio.key)
    assert result.exit_code == 3
    assert "Traceback" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("indelible: error: ")


def test_a_bug_is_not_a_no(run, studio, monkeypatch):
    def broken(*arguments: object, **options: object) -> None:
        raise RuntimeError("unthinkable")

    monkeypatch.setattr("indelible.workflows.detect.detect_file", broken)
    result = run("detect", studio.marked, "--key", studio.key)
    assert result.exit_code == 70
    assert "unthinkable" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_interrupt_is_130(run, studio, monkeypatch):
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("indelible.workflows.detect.detect_file", interrupted)
    result = run("detect", studio.marked, "--key", studio.key)
    assert result.exit_code == 130
    assert result.stderr == "indelible: interrupted; no unfinished output was left behind\n"


def wait_until_it_reads(process: "subprocess.Popen[bytes]") -> None:
    """Wait until a process waits for its standard input, however long it takes to start; without Linux's word for it, two seconds."""
    calls = Path(f"/proc/{process.pid}/syscall")
    for _ in range(600):
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)
        try:
            number, *arguments = calls.read_text(encoding="ascii").split()
        except OSError:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(2)
            return
        if number in READ and arguments[0] == "0x0":
            return
    pytest.fail("the command never came to read its standard input")


@pytest.mark.parametrize("sent", [b"", b"nut/multimedia container\0"])
def test_waiting_for_a_pipe_can_be_interrupted(studio, sent):
    with start("detect", "-", "--key", studio.key, stdin=subprocess.PIPE) as process:
        process.stdin.write(sent)
        process.stdin.flush()
        wait_until_it_reads(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read() == b"indelible: interrupted; no unfinished output was left behind\n"


def is_writing(process: int, folder: Path) -> bool:
    """Return whether a process has begun its output in a folder, as a file with a temporary name or with none."""
    try:
        links = [str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir()]
    except OSError:
        links = []
    return any(link.startswith(f"{folder}/#") for link in links) or any(folder.glob(".*.part"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing_behind(studio, tmp_path, number, code):
    command = ["mark", "-", tmp_path / "out.mkv", "--key", studio.key, "--codec", "x265", "--preset", "medium"]
    with start(*command, stdin=subprocess.PIPE) as process:
        # Whole, but never closed: pictures arrive, the output is begun, and the end is waited for.
        process.stdin.write(studio.marked.read_bytes())
        process.stdin.flush()
        deadline = 200
        while not is_writing(process.pid, tmp_path) and deadline:
            deadline -= 1
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert b"Traceback" not in errors
    assert not list(tmp_path.iterdir())


def test_a_reader_that_leaves_is_not_a_no(studio):
    with start("detect", *[studio.found] * 4, "--key", studio.key, "--json") as process:
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(timeout=60)
    assert process.returncode == 141
    assert not errors


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(run, shell):
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_INDELIBLE_COMPLETE" in result.stdout


def test_completion_knows_the_commands():
    environment = {"_INDELIBLE_COMPLETE": "bash_complete", "COMP_WORDS": "indelible d", "COMP_CWORD": "1"}
    result = CliRunner(env=environment).invoke(cli, [], prog_name="indelible")
    assert {"plain,detect", "plain,doctor"} <= set(result.stdout.split())


def test_doctor(run):
    result = run("doctor", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert document["schema"] == "indelible.doctor/1"
    assert document["healthy"]
    assert set(document["encoders"]) == {"x264", "x265", "av1", "vp9", "ffv1"}
    assert {"indelible", "python", "ffmpeg", "av", "numpy"} <= set(document["versions"])


def test_doctor_in_words(run):
    result = run("doctor")
    assert result.exit_code == 0
    assert "x264" in result.stdout
    assert "works" in result.stdout
