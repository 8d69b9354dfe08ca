"""Stores of both kinds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import running_server


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a server that runs for as long as the tests do."""
    with running_server() as url:
        yield url


@pytest.fixture
def url(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database in which there is no store yet; indexes of it go into the test's folder."""
    import psycopg

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS indelible CASCADE")
    return server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be made."""
    if request.param == "sqlite":
        return str(tmp_path / "films.db")
    return str(request.getfixturevalue("url"))
