"""What a person sees: results on standard output; warnings, errors and progress on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from indelible.mark import Payload
    from indelible.workflows.progress import Progress

__all__ = ["columns", "complain", "likelihood", "print_document", "progress_bar", "progress_bars", "quoted", "waiting", "warn"]


def complain(sentence: str) -> None:
    """Print a line about this program's own troubles."""
    click.echo(f"indelible: {sentence}", err=True)


def warn(sentences: Iterable[str]) -> None:
    """Print warnings, a line each."""
    for sentence in sentences:
        complain(f"warning: {sentence}")


def print_document(document: Mapping[str, Any], *, err: bool = False) -> None:
    """Print one JSON object on a line of its own, in ASCII, which every terminal and pipe can carry."""
    click.echo(json.dumps(document, allow_nan=False), err=err)


def columns(rows: Iterable[tuple[str, str]]) -> str:
    """Return indented lines of a name and what it says."""
    table = list(rows)
    width = max((len(name) for name, _ in table), default=0)
    return "\n".join(f"  {name:<{width}}  {text}" for name, text in table)


def likelihood(log10_p: float) -> str:
    """Return a p-value as people read it: ``0.37`` or ``10^-35.2``."""
    return f"{10.0**log10_p:.2g}" if log10_p > -2 else f"10^{log10_p:.1f}"


def quoted(payload: Payload) -> str:
    """Return a payload's text in quotes, control characters escaped so that no terminal obeys them, or its hexadecimal digits."""
    return payload.hex if payload.text is None else repr(payload.text)


@contextmanager
def progress_bar(title: str) -> Iterator[Progress | None]:
    """Show a bar while the block runs if a person is watching (standard error is a terminal); otherwise give None."""
    with progress_bars(title) as (bar,):
        yield bar


@contextmanager
def progress_bars(*titles: str) -> Iterator[tuple[Progress | None, ...]]:
    """Do the same for several stretches of work, whose bars appear when they begin."""
    if not sys.stderr.isatty():
        yield tuple(None for _ in titles)
        return
    from rich import progress
    from rich.console import Console

    console = Console(stderr=True)  # honours NO_COLOR
    with progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        tasks = [bar.add_task(title, total=None, visible=place == 0) for place, title in enumerate(titles)]

        def follow(task: progress.TaskID) -> Progress:
            return lambda done, total: bar.update(task, completed=done, total=total, visible=True)

        yield tuple(map(follow, tasks))


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """Show that something is going on while the block runs, if a person is watching."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(escape(title)):
        yield
