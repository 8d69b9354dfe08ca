"""The command ``indelible``: finds its subcommands by name, loads only the one that is used, and turns errors into exit codes."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from types import FrameType, MappingProxyType
from typing import Any

import click
from click.shell_completion import CompletionItem

import indelible
from indelible.cli.terminal import complain
from indelible.cli.watchdog import watched
from indelible.errors import IndelibleError

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS = MappingProxyType(
    {
        "mark": "Put a mark into a video.",
        "detect": "Look for a mark in videos.",
        "certify": "Find out, and certify, how much compression a mark survives.",
        "fingerprint": "Show by what a video is recognised: two codes of 256 bits for each second.",
        "index": "Keep fingerprints of many videos, and find in which of them one was seen before.",
        "verify": "Say whether a rendition shows what its source shows.",
        "consensus": "Say which renditions of one segment agree, and which of them to take, without the source.",
        "calibrate": "Learn how your own honest renditions differ from their sources.",
        "inspect": "Say whether a video was manipulated, and where.",
        "embed": "Describe what a video shows by vectors of 512 numbers that hardly change under a codec.",
        "conform": "Check the bitstream of a rendition against what was declared of it.",
        "audit": "Mark footage for training sets, and prove what was trained on it.",
        "key": "Make a secret key, or show the fingerprint of one.",
        "registry": "Show who got which marked copy.",
        "channel": "Do to a video what the world does: compress, resize, crop, ...",
        "lab": "Train, judge and compare the methods that the mark grew from.",
        "demo": "Mark, compress and detect, on a small video.",
        "bench": "Measure what the documentation claims, on your own footage.",
        "doctor": "Check this installation.",
        "completion": "Print the script that completes commands in a shell.",
    }
)
"""Each subcommand with its line of help. The module of the same name in this folder holds it."""

INTERRUPTED = 130
BROKEN_PIPE = 141
BUG = 70


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is used, and knows its line of help before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"indelible.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = [CompletionItem(name, help=line) for name, line in COMMANDS.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a subcommand; whatever ends it early becomes one line and an exit code that no verdict uses."""
        try:
            with watched():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            complain("interrupted; no unfinished output was left behind")
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Whoever read the results has gone. What is still buffered would complain again at the interpreter's end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(BROKEN_PIPE)
        except Exception as error:
            expected = isinstance(error, IndelibleError)
            if ctx.params["debug"]:
                traceback.print_exc()
            complain(f"error: {error}" if expected else f"error: a bug in indelible, please report it with --debug: {error!r}")
            ctx.exit(error.exit_code if isinstance(error, IndelibleError) else BUG)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Exit codes:
  0  yes: marked, found, certified      3  a file cannot be read or written as video
  1  no                                 4  an optional part is not installed
  2  wrong use, or input not allowed    5  undecided
With several inputs the worst one counts. Results go to stdout, all else to stderr.

\b
Examples:
  indelible key new -o studio.key
  indelible mark film.mp4 film-marked.mp4 --key studio.key --payload "copy 17"
  indelible channel film-marked.mp4 found.mp4 "scale=640x360|x264:crf=28"
  indelible detect found.mp4 --key studio.key""",
)
@click.version_option(indelible.__version__, message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show where an error comes from.")
def cli(debug: bool) -> None:
    """Video provenance that survives compression: mark your videos, and find the mark again."""


def main() -> None:
    """Run the command line and exit."""
    signal.signal(signal.SIGTERM, _terminate)
    cli(prog_name="indelible")


def _terminate(number: int, frame: FrameType | None) -> None:
    """Leave as after an error, so that half-written files are removed."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
