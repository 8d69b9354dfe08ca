"""``indelible demo``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from indelible.cli.terminal import likelihood, print_document

if TYPE_CHECKING:
    from indelible.mark import Detection
    from indelible.workflows.demo import DemoResult, Progress

__all__ = ["demo"]


@click.command(
    epilog="""\b
Examples:
  indelible demo
  indelible demo holiday.mov -o demo-holiday"""
)
@click.argument("video", required=False)
@click.option("-o", "--output", "folder", default="demo-output", show_default=True, metavar="DIR", help="Where the results go.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def demo(ctx: click.Context, video: str | None, folder: str, as_json: bool) -> None:
    """Mark, compress and detect, on a small video.

    Marks the first seconds of VIDEO (or a camera move over two photographs), sends them through real encoders, looks for the mark, and
    writes DIR/report.html. Takes a minute or two. Exits with 1 if the mark is lost after H.264 at CRF 28.
    """
    from indelible.workflows.demo import run_demo

    with _steps() as progress:
        result = run_demo(video, folder, progress=progress)
    if as_json:
        print_document(result.to_json())
    else:
        _print_table(result)
    if not result.survived:
        ctx.exit(1)


@contextmanager
def _steps() -> Iterator[Progress]:
    """Show how far it is, if a person is watching."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("starting", total=None)

        def progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield progress


def _print_table(result: DemoResult) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    report = result.report
    table = Table(box=None, pad_edge=False)
    table.add_column("encoder")
    for heading in ("kbit/s", "found", "p-value", "z", "payload"):
        table.add_column(heading, justify="right")

    def add(name: str, rate_bps: float | None, found: Detection) -> None:
        rate = "" if rate_bps is None else f"{rate_bps / 1000:.0f}"
        payload = "exact" if report.read(found) else ""
        verdict = "[green]yes[/]" if found.marked else "no"
        table.add_row(escape(name), rate, verdict, likelihood(found.log10_p), f"{found.z:.1f}", payload)

    add("marked.mp4", None, report.as_written)
    for row in report.rows:
        add(row.channel, row.bitrate_bps, row.detection)
    table.add_section()
    add("another key", None, report.wrong_key)
    add("unmarked original", None, report.unmarked)
    console = Console()
    console.print(f"{escape(report.source)}\n", highlight=False)
    console.print(table)
    console.print(f"\nThe mark changed the picture by {report.embedding.psnr_y_db:.1f} dB (Y-PSNR).", highlight=False)
    console.print(f"Report: {escape(str(result.page))}", highlight=False, soft_wrap=True)
