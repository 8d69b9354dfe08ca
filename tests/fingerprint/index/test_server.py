"""The store on a server: what is peculiar to it."""

import sys
import threading

import pytest

from indelible.errors import MissingExtraError, StoreError
from indelible.fingerprint.index import open_store, searcher
from indelible.fingerprint.index.server import LOCK, MIGRATIONS
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
    with open_store(url.replace("tester@", "tester:secret@"), write=True) as store:
        assert "secret" not in store.info().place


def test_a_newer_version_is_refused(url):
    import psycopg

    open_store(url, write=True).close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE indelible.store SET version = version + 1")
    with pytest.raises(StoreError, match=f"has version {len(MIGRATIONS) + 1}.*upgrade"):
        open_store(url)


def test_videos_are_spread_over_partitions(url):
    import psycopg

    with open_store(url, write=True) as store:
        store.add([new(str(seed), even_codes(2, seed=seed)) for seed in range(200)])
    with psycopg.connect(url, autocommit=True) as connection:
        counts = [count for (count,) in connection.execute("SELECT count(*) FROM indelible.codes GROUP BY tableoid")]
    assert len(counts) == 16
    assert max(counts) < 40


def test_each_machine_keeps_an_index_of_its_own(url, tmp_path, monkeypatch):
    monkeypatch.setattr(searcher, "WITHOUT_INDEX", 10)
    for machine in ("here", "there"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / machine))
        with open_store(url, write=True) as store:
            store.add([new(machine, even_codes(20, seed=len(machine)))])
            assert len(store.near(even_codes(20, seed=len(machine)), 31)) == 20
        (index,) = (tmp_path / machine / "indelible").iterdir()
        assert index.suffix == ".index"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "here"))
    with open_store(url) as store:
        assert len(store.near(even_codes(20, seed=len("there")), 31)) == 20


def test_a_change_that_ends_late_is_not_missed(url, monkeypatch):
    """Two store at once; whoever has seen the later number has seen the earlier one too."""
    import psycopg

    with open_store(url, write=True) as store, psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))  # as one does that is storing
        waiting = threading.Thread(target=store.add, args=([new("late", even_codes(3))],))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        other.commit()
        waiting.join(60)
        assert store.video_count == 1


def test_a_connection_that_breaks_is_said(url):
    import psycopg

    with open_store(url, write=True) as store:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'indelible'")
        with pytest.raises(StoreError, match="cannot reach the store"):
            store.near(even_codes(1), 31)


def test_the_tables_of_version_1_are_as_released():
    """A released migration never changes; a new one is appended."""
    import hashlib

    digest = hashlib.sha256("\0".join(MIGRATIONS[:38]).encode()).hexdigest()
    assert digest == "ac5bd8f54fc73b2ff731b3d497e05ecf9c4a8c837194e7299dd012fd8b43b6d5"
