"""``indelible doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from indelible.cli.terminal import columns, print_document

if TYPE_CHECKING:
    from indelible.workflows.doctor import Diagnosis

__all__ = ["doctor"]


@click.command(
    epilog="""\b
Examples:
  indelible doctor
  indelible doctor --selftest --json"""
)
@click.option("--selftest", is_flag=True, help="Also run the test vectors that define marks and fingerprints, as shipped.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def doctor(ctx: click.Context, selftest: bool, as_json: bool) -> None:
    """Check this installation.

    Shows versions, tries every encoder on a few pictures, and lists the optional parts. Exits with 1 if something is broken.
    """
    from indelible.workflows.doctor import examine

    diagnosis = examine(selftest=selftest)
    if as_json:
        print_document(diagnosis.to_json())
    else:
        click.echo("\n".join(_in_words(diagnosis)))
    ctx.exit(0 if diagnosis.healthy else 1)


def _in_words(diagnosis: Diagnosis) -> Iterator[str]:
    yield "versions"
    yield columns(diagnosis.versions.items())
    yield "encoders"
    yield columns((codec, fault or "works") for codec, fault in diagnosis.encoders.items())
    yield "extras"
    yield columns(
        (extra, f"missing {', '.join(missing)}; run: pip install 'indelible[{extra}]'" if missing else "installed")
        for extra, missing in diagnosis.extras.items()
    )
    if diagnosis.selftest is not None:
        yield "selftest"
        yield columns(("failed", failure) for failure in diagnosis.selftest) if diagnosis.selftest else columns([("passed", "all vectors")])
