"""What ``verify`` and ``consensus`` share: how sure, and among how many honest encodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

__all__ = ["ENCODES", "SEED", "alpha_option", "refuse"]


def alpha_option(meaning: str) -> Callable[[Any], Any]:
    """Return the option ``--alpha`` with what it means."""
    return click.option(
        "--alpha",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.01,
        show_default=True,
        metavar="P",
        help=meaning,
    )


ENCODES = click.option(
    "--encodes",
    type=click.IntRange(1, 10_000),
    default=99,
    show_default=True,
    metavar="N",
    help="Honest encodes to rank each rendition among; no p-value is below 1 / (N + 1).",
)
SEED = click.option(
    "--seed", type=click.IntRange(0), metavar="N", help="Of the honest encodes, to repeat a verdict.  [default: drawn and printed]"
)


def refuse(ctx: click.Context, *names: str, because: str) -> None:
    """Refuse options that would change nothing.

    Args:
        ctx: of the command.
        names: of the options, without dashes; only those that were given, not defaults, are refused.
        because: why they have no place.

    Raises:
        click.UsageError: if one was given.
    """
    for name in names:
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{because}; leave --{name} out.")
