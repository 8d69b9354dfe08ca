"""Write the tables of the documentation anew, each by the command above it; a test says when that has to be done again.

A table stands between two comments, below the command that prints it::

        indelible bench table bench/results/null.json

    <!-- table -->
    <!-- end of table -->

After a benchmark has written another result::

    python docs/write_tables.py
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from indelible.cli.main import cli

DOCS = Path(__file__).parent
_COMMAND = r"^    indelible (bench (?:table|failures) [^\n]*)\n\n"
_BLOCK = re.compile(rf"({_COMMAND}<!-- table -->\n).*?(^<!-- end of table -->$)", re.DOTALL | re.MULTILINE)


def pages() -> dict[Path, str]:
    """Return what each page with tables should hold."""
    os.chdir(DOCS.parent)  # commands name results as seen from the checkout
    texts = {page: page.read_text(encoding="utf-8") for page in sorted(DOCS.rglob("*.md"))}
    return {page: _BLOCK.sub(_printed, text) for page, text in texts.items() if _BLOCK.search(text)}


def _printed(block: re.Match[str]) -> str:
    arguments = shlex.split(block[2])
    if not Path(arguments[2]).exists():
        return f"{block[1]}\nNot measured yet.\n\n{block[3]}"
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    if done.exit_code != 0:
        raise SystemExit(f"indelible {block[2]}: {done.stderr}")
    return f"{block[1]}\n{done.stdout}\n{block[3]}"


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
