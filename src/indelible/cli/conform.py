"""``indelible conform``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, print_document

if TYPE_CHECKING:
    from indelible.verify.checks import Check
    from indelible.video import Limits
    from indelible.workflows.conform import Conformance

__all__ = ["conform"]

EXIT_CODES = {"CONFORMS": 0, "VIOLATES": 1, "UNDECIDED": 5}


@click.command(
    epilog="""\b
Examples:
  indelible conform rendition.mp4 --profile 720p.json
  indelible conform ladder/master.m3u8
  indelible conform ladder/360p/list.m3u8 --profile 360p.json --strict --json"""
)
@click.argument("source", metavar="RENDITION")
@click.option("--profile", "profile_file", metavar="FILE", help="What is declared of the rendition, as JSON.")
@click.option("--strict", is_flag=True, help="Let also what only should hold decide.")
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every check.")
@click.pass_context
def conform(ctx: click.Context, source: str, profile_file: str | None, strict: bool, limits: Limits, as_json: bool) -> None:
    """Check the bitstream of a rendition against what was declared of it.

    Codec, profile, level, size, rates, key frames and length are checked.
    RENDITION may be - for a pipe, or a playlist (.m3u8), manifest (.mpd) or folder of segments; of a master playlist every variant is
    checked, segment by segment, against what the playlist declares. Pictures are not compared with anything: a rendition that conforms
    may show anything.

    Exits with 0 if all holds that must, with 1 if something does not, and with 5 if the file does not say enough.
    """
    from indelible.verify.profile import read_profile
    from indelible.workflows.conform import conform_file

    profile = None if profile_file is None else read_profile(profile_file)
    result = conform_file(source, profile, strict=strict, limits=limits)
    if as_json:
        print_document(result.to_json())
    else:
        click.echo(_in_words(result))
    ctx.exit(EXIT_CODES[result.verdict])


def _in_words(result: Conformance) -> str:
    passed = sum(check.passed is True for check in result.checks)
    lines = [f"{result.file}: {result.verdict}, {passed} of {len(result.checks)} checks passed"]
    rest = [check for check in result.checks if check.passed is not True]
    return "\n".join(lines if not rest else [*lines, columns((_name(check), _sentence(check)) for check in rest)])


def _name(check: Check) -> str:
    return f"{check.severity:<6} {check.name}"


def _sentence(check: Check) -> str:
    place = f"{check.where}: " if check.where else ""
    return f"{place}expected {check.expected}, got {check.got}"
