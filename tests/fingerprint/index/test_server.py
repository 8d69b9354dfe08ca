"""The store on a server: what is peculiar to it."""

import sys

import pytest

from indelible.errors import MissingExtraError, StoreError
from indelible.fingerprint.index import open_store
from indelible.fingerprint.index.server_schema import CHUNKING, MIGRATIONS
from tests.fingerprint.index.codes import even_codes
from tests.fingerprint.index.test_stores import new


def test_a_server_that_is_not_there_is_said_without_the_password(tmp_path):
    with pytest.raises(StoreError, match="cannot reach the store postgresql://me@") as caught:
        open_store(f"postgresql://me:secret@/films?host={tmp_path}")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_psycopg_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"indelible\[postgres\]"):
        open_store("postgresql://me@host/films")


def test_the_information_hides_the_password(url):
    with open_store(url.replace("postgres:@", "postgres:secret@"), write=True) as store:
        assert "secret" not in store.info().place


def test_a_newer_version_is_refused(url):
    import psycopg

    open_store(url, write=True).close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE indelible_store SET version = version + 1")
    with pytest.raises(StoreError, match=f"has version {len(MIGRATIONS) + 1}.*upgrade"):
        open_store(url)


def test_codes_are_spread_over_partitions_and_looked_up_by_their_tokens(url):
    import psycopg

    with open_store(url, write=True) as store:
        store.add([new(str(seed), even_codes(20, seed=seed)) for seed in range(100)])
    with psycopg.connect(url, autocommit=True) as connection:
        places = {place for (place,) in connection.execute("SELECT DISTINCT tableoid FROM indelible_codes")}
        assert len(places) == 8
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute("EXPLAIN SELECT 1 FROM indelible_codes WHERE weight > 0 AND tokens && ARRAY[1, 2]")
        assert any("Bitmap Index Scan" in line for (line,) in plan)


def test_a_connection_that_breaks_is_said(url):
    import psycopg

    with open_store(url, write=True) as store:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'indelible'")
        with pytest.raises(StoreError, match="cannot reach the store"):
            store.near(even_codes(1), 31)


def test_the_tables_of_version_1_are_as_released():
    """A released migration never changes, nor what a stored code is looked up by; a new one is appended."""
    import hashlib

    digest = hashlib.sha256("\0".join([*MIGRATIONS[:12], str(CHUNKING.values(even_codes(3)).tolist())]).encode()).hexdigest()
    assert digest == "PUT_DIGEST"
