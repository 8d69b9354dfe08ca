"""Write docs/reference/commands.md from the help of the commands themselves; a test says when that has to be done again.

::

    python docs/write_commands.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from indelible.cli.main import cli

PAGE = Path(__file__).parent / "reference" / "commands.md"
WIDTH = 100

INTRODUCTION = """# Commands

Written by `docs/write_commands.py` from the commands' own help. `indelible COMMAND --help` prints the same.

What `--json` prints is described in [json.md](json.md), what SPEC may be in [channels.md](channels.md).

An exit code beyond 5 is no verdict: 70 is a bug in indelible (`--debug` shows where), 130 an interrupt from the keyboard, 141 a reader of
the results that went away, 143 a request to terminate. Each leaves no half-written file behind.

A pipe is read once, from its start to its end. So a video that comes through one is marked without its sound, and an MP4 must have its
index at the start (ours do; others get it from `ffmpeg -i FILE -c copy -movflags +faststart OUT`).
"""


def page() -> str:
    """Return the whole page."""
    return INTRODUCTION + "".join(_sections(cli, click.Context(cli, info_name="indelible", terminal_width=WIDTH, **cli.context_settings)))


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"\n## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _sections(inner, click.Context(inner, parent=context, info_name=name))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
