"""``--limit``: how much of a video is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from indelible.video import Limits

__all__ = ["limit_option"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


def limit_option(command: _Command) -> _Command:
    """Give a command the option ``--limit``, as its argument ``limits``."""
    return click.option(
        "--limit",
        "limits",
        metavar="NAME=N",
        multiple=True,
        callback=_limits,
        help="Raise or lower what IN may hold: pixels (of a picture), streams, frames or seconds; may be repeated.  "
        "[default: pixels=67108864, streams=64, frames=10000000, seconds=86400]",
    )(command)


def _limits(ctx: click.Context, param: click.Parameter, settings: tuple[str, ...]) -> Limits:
    from indelible.video import Limits

    kinds = {"pixels": int, "streams": int, "frames": int, "seconds": float}
    chosen: dict[str, Any] = {}
    for setting in settings:
        name, _, number = setting.partition("=")
        try:
            chosen[name] = kinds[name](number)
        except (KeyError, ValueError):
            raise click.BadParameter(f"{setting!r} is no limit; give one of {', '.join(kinds)}, = and a number") from None
    return Limits(**chosen)
