"""Key files named on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from indelible.cli.terminal import warn

if TYPE_CHECKING:
    from indelible.keys import SecretKey

__all__ = ["read_keys", "warn_if_exposed"]


def read_keys(paths: Iterable[str]) -> list[SecretKey]:
    """Read keys, with a warning for each file that is no secret to others on this machine."""
    from indelible.keys import load_key, readable_by_others

    keys = []
    for path in paths:
        keys.append(load_key(path))
        warn_if_exposed(path, readable_by_others(path))
    return keys


def warn_if_exposed(path: str, exposed: bool) -> None:
    """Warn of a key file that others can read."""
    if exposed:
        warn([f"others on this machine can read the key {path}; make it yours alone: chmod 600 {path}"])
