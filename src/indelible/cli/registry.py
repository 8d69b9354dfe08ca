"""``indelible registry``: list, show and export."""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING

import click

from indelible.cli.terminal import columns, print_document, quoted

if TYPE_CHECKING:
    from indelible.registry import Entry

__all__ = ["registry"]


@click.group()
def registry() -> None:
    """Show who got which marked copy.

    A registry is made and filled by: indelible mark --registry FILE --recipient NAME. It holds no key, so it finds nothing by itself.
    Without it the copies that it lists cannot be found, even with the key: keep a backup.
    """


@registry.command(
    "list",
    short_help="List the copies in FILE.",
    epilog="""\b
Examples:
  indelible registry list copies.db
  indelible registry list copies.db --json""",
)
@click.argument("path", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each copy.")
def list_(path: str, as_json: bool) -> None:
    """List the copies in FILE, in the order in which they were marked."""
    from indelible.workflows.copies import copy_document, list_copies

    for entry in list_copies(path):
        if as_json:
            print_document(copy_document(entry))
        else:
            pending = "  (pending)" if entry.status == "pending" else ""
            click.echo(f"{entry.id:>6}  {entry.marked_at}  {entry.recipient!r}  {entry.source_name!r}{pending}")


@registry.command(
    short_help="Show all that FILE says of one copy.",
    epilog="""\b
Examples:
  indelible registry show copies.db 17""",
)
@click.argument("path", metavar="FILE")
@click.argument("number", metavar="NUMBER", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print the copy as JSON.")
def show(path: str, number: int, as_json: bool) -> None:
    """Show all that FILE says of copy NUMBER, which `list` and `detect` print."""
    from indelible.workflows.copies import copy_document, show_copy

    entry = show_copy(path, number)
    if as_json:
        print_document(copy_document(entry))
    else:
        click.echo(_in_words(entry))


@registry.command(
    short_help="Print all copies in FILE as a table.",
    epilog="""\b
Examples:
  indelible registry export copies.db > copies.csv
  indelible registry export copies.db --json > copies.ndjson""",
)
@click.argument("path", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each copy instead.")
def export(path: str, as_json: bool) -> None:
    """Print everything in FILE as comma-separated values with a header, for spreadsheets and other databases."""
    from indelible.workflows.copies import copy_document, list_copies

    documents = [copy_document(entry) for entry in list_copies(path)]
    if as_json:
        for document in documents:
            print_document(document)
        return
    table = csv.writer(sys.stdout, lineterminator="\n")
    if documents:
        table.writerow(documents[0])
    for document in documents:
        table.writerow(json.dumps(value) if isinstance(value, dict) else value for value in document.values())


def _in_words(entry: Entry) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in entry.settings.items())
    rows = [
        ("recipient", repr(entry.recipient)),
        ("marked", f"{entry.marked_at} with key {entry.key_id}"),
        ("payload", quoted(entry.payload) if entry.payload_hex else "none"),
        ("source", f"{entry.source_name!r}, SHA-256 {entry.source_sha256 or 'unknown'}"),
        ("copy", f"{entry.output_name!r}, SHA-256 {entry.output_sha256 or 'unknown'}"),
        ("footage", "unknown" if entry.duration_seconds is None else f"{entry.duration_seconds:.1f} s"),
        ("settings", settings),
        ("nonce", entry.nonce.hex()),
    ]
    return f"copy {entry.id}, {entry.status}\n{columns(rows)}"
