"""``--alpha``: what counts as marked."""

from __future__ import annotations

import click

__all__ = ["alpha_option"]

alpha_option = click.option(
    "--alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=1e-6,
    show_default=True,
    metavar="P",
    help="How often an unmarked video may pass for marked.",
)
