"""Where a report, or another document of a result, may be written to."""

from __future__ import annotations

import os
from pathlib import Path

from indelible.errors import OutputError

__all__ = ["PAGE_SUFFIXES", "check_free", "check_page"]

PAGE_SUFFIXES = (".html", ".htm")


def check_page(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Check before the work begins that its report can be written afterwards, and will replace nothing by mistake.

    Raises:
        OutputError: if the name is not that of a page, its folder is missing, or it exists and may not be replaced.
    """
    page = Path(path)
    if page.suffix.lower() not in PAGE_SUFFIXES:
        raise OutputError(f"the report {page} is a page; give it a name that ends in .html")
    check_free(page, overwrite=overwrite)


def check_free(path: Path, *, overwrite: bool) -> None:
    """Check that a file can be written, and will replace nothing by mistake.

    Raises:
        OutputError: if its folder is missing, or it exists and may not be replaced.
    """
    if path.exists() and (not overwrite or not path.is_file()):
        raise OutputError(f"{path} exists; choose another name, or allow it to be replaced (overwrite=True, --force)")
    if not path.parent.is_dir():
        raise OutputError(f"cannot write {path}: there is no folder {path.parent}")
