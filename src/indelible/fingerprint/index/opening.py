"""Which store a path or URL means."""

from __future__ import annotations

import os

from indelible.fingerprint.index.embedded import EmbeddedStore
from indelible.fingerprint.index.store import Store

SERVER_SCHEMES = ("postgresql://", "postgres://")


def is_server(place: str | os.PathLike[str]) -> bool:
    """Return whether a store lies on a server."""
    return os.fspath(place).startswith(SERVER_SCHEMES)


def open_store(place: str | os.PathLike[str], *, write: bool = False) -> Store:
    """Open a store: a file, or a PostgreSQL database by its URL ``postgresql://...``.

    Args:
        place: path or URL.
        write: whether it may be made where it is not there yet.

    Raises:
        StoreError: if it is missing, cannot be opened or reached, or is no store.
        MissingExtraError: if it is a URL and psycopg is not installed.
    """
    if is_server(place):
        from indelible.fingerprint.index.server import ServerStore

        return ServerStore.open(os.fspath(place), write=write)
    return EmbeddedStore.open(place, write=write)
