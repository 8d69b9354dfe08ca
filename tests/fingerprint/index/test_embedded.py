"""The store in one file: crashes, the index beside it, and files that are no store."""

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from indelible.errors import StoreError
from indelible.fingerprint.index import open_store, searcher
from indelible.fingerprint.index.schema import MIGRATIONS
from tests.fingerprint.index.codes import even_codes
from tests.fingerprint.index.test_stores import found, new

SOURCE = Path(__file__).parents[3] / "src"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "films.db"


@pytest.fixture
def small(monkeypatch):
    """An index pays from ten codes on."""
    monkeypatch.setattr(searcher, "WITHOUT_INDEX", 10)


@pytest.mark.parametrize("kill", range(3))
def test_a_kill_loses_nothing_that_was_said_to_be_stored(file, kill):
    script = f"""if True:
        import itertools
        from indelible.fingerprint.index import open_store
        from tests.fingerprint.index.codes import even_codes
        from tests.fingerprint.index.test_stores import new
        with open_store({str(file)!r}, write=True) as store:
            for number in itertools.count():
                store.add([new(f"video {{number}}", even_codes(40, seed=number))])
                print(number, flush=True)
        """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCE), str(SOURCE.parent)])}
    worker = subprocess.Popen([sys.executable, "-c", script], env=environment, cwd=SOURCE.parent, stdout=subprocess.PIPE, text=True)
    said = [worker.stdout.readline() for _ in range(5 + 20 * kill)]
    worker.send_signal(signal.SIGKILL)
    said += worker.stdout.readlines()
    worker.stdout.close()
    assert worker.wait(timeout=60) == -signal.SIGKILL
    stored = int(said[-1]) + 1
    with open_store(file, write=True) as store:
        ids = [video.id for video in store.videos()]
        assert ids[:stored] == [f"video {number}" for number in range(stored)]
        assert len(ids) <= stored + 1, "what was being stored is there as a whole or not at all"
        for number in range(len(ids)):
            assert len(store.near(even_codes(40, seed=number), 0)) == 40
        store.add([new("after", even_codes(1, seed=10**6))])
        assert store.video_count == len(ids) + 1


def test_readers_go_on_while_somebody_writes(file):
    with open_store(file, write=True) as store:
        store.add([new("a", even_codes(4))])
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM videos")
    try:
        with open_store(file) as store:
            assert len(store.near(even_codes(4), 31)) == 4
    finally:
        writer.close()


def test_a_writer_that_waits_too_long_says_so(file, monkeypatch):
    monkeypatch.setattr("indelible.fingerprint.index.embedded.PATIENCE_SECONDS", 0.05)
    with open_store(file, write=True) as store, closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use by another process"):
            store.add([new("a", even_codes(4))])


def test_an_index_is_made_when_it_pays_and_found_by_others(file, small):
    index = file.with_name("films.db.index")
    with open_store(file, write=True) as store:
        store.add([new("a", even_codes(8))])
        assert found(store, even_codes(2), 0) == [(0, "a", 0, 0), (1, "a", 1, 0)]
        assert not index.exists()
        store.add([new("b", even_codes(8, seed=1))])
        assert len(store.near(even_codes(8, seed=1), 31)) == 8
        assert index.exists()
    before = index.stat()
    with open_store(file, write=True) as store:
        assert len(store.near(even_codes(8), 31)) == 8
        assert store._searcher._base is not None
        # What is newer than the index, and what was removed since, are seen all the same.
        store.add([new("c", even_codes(3, seed=2))])
        store.remove(["a"])
        assert len(store.near(even_codes(3, seed=2), 31)) == 3
        assert len(store.near(even_codes(8), 31)) == 0
        assert len(store.near(even_codes(8, seed=1), 31)) == 8
        assert index.stat().st_ino == before.st_ino, "and the index was not made anew for so little"
        store.add([new("d", even_codes(20, seed=3))])
        assert len(store.near(even_codes(20, seed=3), 31)) == 20
        assert index.stat().st_ino != before.st_ino
        assert not len(store._searcher._newer)


def test_removed_codes_are_not_sampled(file, small):
    with open_store(file, write=True) as store:
        store.add([new("a", even_codes(20)), new("b", even_codes(20, seed=1))])
        store.near(even_codes(1), 0)
        store.remove(["a"])
        sample = store.sample(100, rng=np.random.default_rng(0))
        assert sorted(sample.tolist()) == sorted(even_codes(20, seed=1).tolist())


def test_an_index_of_another_history_is_not_used(file, small, tmp_path):
    """A backup was restored, and went on differently from the file that the index was made of."""
    with open_store(file, write=True) as store:
        store.add([new("a", even_codes(20))])
    shutil.copy(file, tmp_path / "backup.db")
    with open_store(file, write=True) as store:
        store.add([new("b", even_codes(20, seed=1))])
        assert len(store.near(even_codes(20, seed=1), 31)) == 20
    for beside in tmp_path.glob("films.db-*"):
        beside.unlink()
    shutil.copy(tmp_path / "backup.db", file)
    with open_store(file, write=True) as store:
        store.add([new("c", even_codes(20, seed=2))])
        assert len(store.near(even_codes(20, seed=1), 31)) == 0
        assert len(store.near(even_codes(20, seed=2), 31)) == 20


@pytest.mark.parametrize("damage", [b"", b"no index"])
def test_an_index_that_is_damaged_is_made_anew(file, small, damage):
    with open_store(file, write=True) as store:
        store.add([new("a", even_codes(20))])
        store.near(even_codes(1), 0)
    index = file.with_name("films.db.index")
    index.write_bytes(damage)
    with open_store(file) as store:
        assert len(store.near(even_codes(20), 31)) == 20
    assert len(index.read_bytes()) > 20 * 32


def test_where_no_index_can_be_written_it_is_kept_in_memory(file, small, monkeypatch):
    monkeypatch.setattr(searcher, "write_index", lambda path, index, state: False)
    with open_store(file, write=True) as store:
        store.add([new("a", even_codes(20))])
        assert len(store.near(even_codes(20), 31)) == 20
        assert store._searcher._base is not None
    assert not file.with_name("films.db.index").exists()


@pytest.mark.skipif(os.name != "posix", reason="there are no such modes")
def test_only_the_owner_can_read_it(file):
    old = os.umask(0)
    try:
        open_store(file, write=True).close()
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("write", [False, True])
def test_what_is_no_store(file, tmp_path, write):
    file.write_text("This is no database.\n" * 100)
    with pytest.raises(StoreError, match="not a store"):
        open_store(file, write=write)
    with pytest.raises(StoreError, match="not a regular file"):
        open_store(tmp_path, write=write)
    registry = tmp_path / "copies.db"
    from indelible.registry import Registry

    Registry.open(registry, write=True).close()
    with pytest.raises(StoreError, match="database of something else"):
        open_store(registry, write=write)


def test_a_newer_version_is_refused(file):
    open_store(file, write=True).close()
    with closing(sqlite3.connect(file)) as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StoreError, match=f"has version {len(MIGRATIONS) + 1}.*upgrade"):
        open_store(file)


@pytest.mark.parametrize("damage", ["codes = x'00'", "weights = x'0909'", "codes = 'text'", "weights = zeroblob(9)"])
def test_damaged_codes_are_said(file, damage):
    with open_store(file, write=True) as store:
        store.add([new("a", even_codes(4))])
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"UPDATE codes SET {damage}")
    with open_store(file) as store:
        with pytest.raises(StoreError, match="damaged"):
            store.near(even_codes(1), 31)
        with pytest.raises(StoreError, match="damaged"):
            store.fingerprint(1)


def test_the_schema_of_version_1_is_as_released():
    """A released migration never changes; a new one is appended."""
    import hashlib

    digest = hashlib.sha256("\0".join(MIGRATIONS[:7]).encode()).hexdigest()
    assert digest == "de99c250c1a72cba943e447146eea95c9b010279b8cbc801370c364860d4d040"
