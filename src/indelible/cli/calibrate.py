"""``indelible calibrate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from indelible.cli.limits import limit_option
from indelible.cli.terminal import progress_bar

if TYPE_CHECKING:
    from indelible.video import Limits

__all__ = ["calibrate"]


@click.command(
    epilog="""\b
A folder of one's own encodes:
  renditions/match/source.mp4   renditions/match/720p.mp4   renditions/match/360p.mp4
  renditions/news/source.mp4    renditions/news/720p.mp4    renditions/news/360p.mp4

\b
Examples:
  indelible calibrate renditions/ -o ours.json
  indelible verify segment.mp4 720p.mp4 360p.mp4 --calibration ours.json --alpha 0.05"""
)
@click.argument("folder", type=click.Path())
@click.option("-o", "--output", type=click.Path(dir_okay=False), required=True, metavar="FILE.json", help="The calibration.")
@limit_option
@click.option("--force", is_flag=True, help="Replace the calibration if it exists.")
def calibrate(folder: str, output: str, limits: Limits, force: bool) -> None:
    """Learn how your own honest renditions differ from their sources.

    FOLDER holds a folder for each source, with a video called source and honest renditions of it. The renditions that verify
    --calibration is given later are ranked among these, one of each source. So a p-value of 0.01 needs 99 sources; with fewer, verify
    says UNCALIBRATED at that alpha.
    """
    from indelible.verify.decision import smallest_alpha
    from indelible.workflows.calibrate import calibrate_folder, write_calibration
    from indelible.workflows.page import check_free

    check_free(Path(output), overwrite=force)  # before the work, not after it
    with progress_bar(f"{folder}: sources") as progress:
        found = calibrate_folder(folder, limits=limits, progress=progress)
    write_calibration(output, found, overwrite=force)
    smallest = smallest_alpha(found.sources)
    click.echo(f"{output}: {len(found.renditions)} renditions of {found.sources} sources; the smallest p is {smallest:.2g}")
    if smallest > 0.01 * (1.0 + 1e-9):
        click.echo("alpha 0.01: UNCALIBRATED until there are 99 sources")
