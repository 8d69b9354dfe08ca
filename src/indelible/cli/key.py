"""``indelible key``: new and show."""

from __future__ import annotations

import click

from indelible.cli.keyfiles import warn_if_exposed
from indelible.cli.terminal import print_document

__all__ = ["key"]


@click.group()
def key() -> None:
    """Make a secret key, or show the fingerprint of one.

    Whoever has the key can find, read and forge its marks. Keep a copy where you keep your passwords: without it the marks
    cannot be found again.
    """


@key.command(
    short_help="Make a secret in a file that only you can read.",
    epilog="""\b
Examples:
  indelible key new -o studio.key""",
)
@click.option("-o", "--output", "path", metavar="FILE", required=True, help="The new file. A key is never overwritten.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def new(path: str, as_json: bool) -> None:
    """Make a 256-bit secret in a file that only you can read (mode 0600), and print its fingerprint."""
    from indelible.workflows.keys import new_key

    made = new_key(path)
    if as_json:
        print_document(made.to_json())
    else:
        click.echo(f"{made.file}: key {made.key_id}")


@key.command(
    epilog="""\b
Examples:
  indelible key show studio.key"""
)
@click.argument("path", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def show(path: str, as_json: bool) -> None:
    """Print the fingerprint of the key in FILE, never the secret itself."""
    from indelible.workflows.keys import show_key

    shown = show_key(path)
    warn_if_exposed(shown.file, shown.exposed)
    if as_json:
        print_document(shown.to_json())
    else:
        click.echo(shown.key_id)
