"""What the commands of ``indelible lab`` share besides what they share with those of ``bench``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["FORCE", "SEED", "SIGNATURE", "check_new", "footage"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

SIGNATURE = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE.json", help="The signature."
)
SEED = click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Of everything that is random.")
FORCE = click.option("--force", is_flag=True, help="Replace the output if it is there.")


def footage(frames: int, width: int) -> Callable[[_Command], _Command]:
    """Give a command the options of how much footage is used, with these defaults."""

    def add(command: _Command) -> _Command:
        of_frames = click.option("--frames", type=click.IntRange(8), default=frames, show_default=True, help="Of each clip, at most.")
        of_width = click.option("--width", type=click.IntRange(64), default=width, show_default=True, help="Wider clips are scaled to it.")
        return of_frames(of_width(command))

    return add


def check_new(output: Path, force: bool) -> None:
    """Refuse to replace a signature, which is a secret that cannot be made again, before any work is done."""
    from indelible.errors import OutputError

    if output.exists() and not force:
        raise OutputError(f"{output} exists; choose another name, or --force to replace it")
