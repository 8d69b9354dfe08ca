"""The registry file: what is kept, who may read it, several processes at once, and files that are no registry."""

import os
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from indelible.errors import RegistryError
from indelible.keys import SecretKey
from indelible.registry import Entry, Registry
from indelible.registry.schema import MIGRATIONS

SOURCE = Path(__file__).parents[2] / "src"
KEY = SecretKey(bytes(range(32)))


def entry(number: int = 0, *, key: SecretKey = KEY, recipient: str = "Ann") -> Entry:
    nonce = number.to_bytes(8, "big")
    return Entry(
        key_id=key.key_id,
        nonce=nonce,
        subkey_id=key.subkey(nonce).key_id,
        recipient=recipient,
        marked_at="2025-03-01T12:00:00Z",
        payload_hex=b"copy 17".hex(),
        payload_is_text=True,
        source_name="film.mp4",
        source_sha256="0" * 64,
        output_name="ann.mp4",
        settings={"codec": "x264", "crf": 18.0, "preset": None},
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "copies.db"


def test_what_is_added_is_found_again(file):
    with Registry.open(file, write=True) as registry:
        pending = registry.add(entry())
        other = registry.add(entry(1, key=SecretKey(bytes(32)), recipient="Ben"))
        assert (pending, other.id) == (replace(entry(), id=1), 2)
        done = registry.complete(pending, duration_seconds=3.0, output_sha256="1" * 64)
        assert (done.status, done.duration_seconds, done.output_sha256) == ("done", 3.0, "1" * 64)
    with Registry.open(file) as registry:
        assert registry.entries() == (done, other)
        assert registry.entries(key_id=KEY.key_id) == (done,)
        assert registry.entries(key_id="0" * 16) == ()
        assert registry.entry(2) == other
        for number in (3, 0, -1, 2**64):
            with pytest.raises(RegistryError, match=f"has no copy {number}"):
                registry.entry(number)


def test_what_a_copy_shows_is_kept_apart(file):
    with Registry.open(file, write=True) as registry:
        first, second = registry.add(entry()), registry.add(entry(1))
        registry.keep_likeness(first, b"small pictures")
    with Registry.open(file) as registry:
        assert registry.likeness(first) == b"small pictures"
        assert registry.likeness(second) is None
        assert registry.entries() == (first, second)


def test_the_key_is_not_in_it(file):
    with Registry.open(file, write=True) as registry:
        registry.add(entry())
    content = file.read_bytes()
    for secret in (KEY.secret, KEY.subkey(bytes(8)).secret):
        assert secret not in content
        assert secret.hex().encode() not in content


@pytest.mark.skipif(os.name != "posix", reason="there are no such modes")
def test_only_the_owner_can_read_it(file):
    old = os.umask(0)
    try:
        with Registry.open(file, write=True) as registry:
            registry.add(entry())
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == ["copies.db"], "one file is the whole registry"


def test_a_nonce_is_used_once(file):
    with Registry.open(file, write=True) as registry:
        registry.add(entry())
        with pytest.raises(RegistryError, match="UNIQUE"):
            registry.add(entry())


def test_names_that_are_no_text_are_kept_readable(file):
    with Registry.open(file, write=True) as registry:
        registry.add(replace(entry(), source_name=os.fsdecode(b"caf\xe9.mp4"), recipient="Zo\u00eb"))
        (found,) = registry.entries()
    assert found.source_name == "caf\\udce9.mp4"
    assert found.recipient == "Zo\u00eb"


def test_several_processes_add_at_once(file):
    script = f"""if True:
        import sys
        from tests.registry.test_database import entry
        from indelible.registry import Registry
        for number in range(8):
            with Registry.open({str(file)!r}, write=True) as registry:
                registry.add(entry(100 * int(sys.argv[1]) + number))
        """
    paths = os.pathsep.join([str(SOURCE), str(SOURCE.parent)])
    workers = [
        subprocess.Popen([sys.executable, "-c", script, str(index)], env=os.environ | {"PYTHONPATH": paths}, cwd=SOURCE.parent)
        for index in range(3)
    ]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0, 0]
    with Registry.open(file) as registry:
        found = registry.entries()
    assert len({each.nonce for each in found}) == 24
    assert [each.id for each in found] == list(range(1, 25))


def test_a_locked_registry_says_so(file, monkeypatch):
    monkeypatch.setattr("indelible.registry.database.PATIENCE_SECONDS", 0.05)
    with Registry.open(file, write=True) as registry:
        registry.add(entry())
    blocker = sqlite3.connect(file, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(RegistryError, match="in use by another process"):
            Registry.open(file)
    finally:
        blocker.close()


def test_reading_makes_no_file(file):
    for missing in (file, file.parent / ("long" * 100)):
        with pytest.raises(RegistryError, match="there is no registry"):
            Registry.open(missing)
    assert not file.exists()


@pytest.mark.parametrize("write", [False, True])
def test_what_is_no_registry(file, tmp_path, write):
    file.write_text("This is no database.\n" * 100)
    with pytest.raises(RegistryError, match="not a registry"):
        Registry.open(file, write=write)
    assert file.read_text() == "This is no database.\n" * 100
    with pytest.raises(RegistryError, match="not a regular file"):
        Registry.open(tmp_path, write=write)
    with pytest.raises(RegistryError, match=r"cannot create|there is no"):
        Registry.open(tmp_path / "missing" / "copies.db", write=write)


@pytest.mark.parametrize("write", [False, True])
def test_a_database_of_something_else_is_left_alone(file, write):
    foreign = sqlite3.connect(file)
    foreign.execute("CREATE TABLE music (title TEXT)")
    foreign.commit()
    foreign.close()
    before = file.read_bytes()
    with pytest.raises(RegistryError, match="database of something else"):
        Registry.open(file, write=write)
    assert file.read_bytes() == before


def test_an_empty_file_is_a_registry_only_for_a_writer(file):
    file.touch()
    with pytest.raises(RegistryError, match="empty"):
        Registry.open(file)
    with Registry.open(file, write=True) as registry:
        assert registry.entries() == ()


@pytest.mark.parametrize("write", [False, True])
def test_a_newer_version_is_refused(file, write):
    Registry.open(file, write=True).close()
    newer = sqlite3.connect(file)
    newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    with pytest.raises(RegistryError, match=f"has version {len(MIGRATIONS) + 1}.*upgrade"):
        Registry.open(file, write=write)


def test_an_older_version_is_brought_up_to_date_even_by_a_reader(file, monkeypatch):
    with Registry.open(file, write=True) as registry:
        registry.add(entry())
    monkeypatch.setattr("indelible.registry.database.MIGRATIONS", (*MIGRATIONS, "CREATE TABLE later (id INTEGER PRIMARY KEY)"))
    with Registry.open(file) as registry:
        assert len(registry.entries()) == 1
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        *("settings = '{'", "settings = '[]'", "recipient = x'00'", "duration_seconds = 'long'"),
        *("payload_hex = 'f'", "payload_hex = 'ff'", f"payload_hex = '{'41' * 33}'"),
    ],
)
def test_a_damaged_entry_is_named(file, damage):
    with Registry.open(file, write=True) as registry:
        registry.add(entry())
    connection = sqlite3.connect(file)
    connection.execute(f"UPDATE copies SET {damage}")
    connection.commit()
    connection.close()
    with Registry.open(file) as registry, pytest.raises(RegistryError, match="damaged"):
        registry.entries()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_registry_that_cannot_be_written(file):
    Registry.open(file, write=True).close()
    file.chmod(0o400)
    with Registry.open(file, write=True) as registry, pytest.raises(RegistryError, match="write"):
        registry.add(entry())


def test_the_schema_of_version_1_is_as_released():
    """A released migration never changes; a new one is appended."""
    import hashlib

    assert hashlib.sha256(MIGRATIONS[0].encode()).hexdigest() == "f500ff258a531ce8719202890e9b5a953b3c10945a3f6978a968925f50b3c42d"
