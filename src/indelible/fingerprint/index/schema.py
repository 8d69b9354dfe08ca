"""The tables of an embedded store, and how an older file becomes a current one."""

from __future__ import annotations

APPLICATION_ID = 0x494E4446
"""``INDF``: written into each store."""

# Append only: a step that has been released is never changed. A file's `user_version` counts the steps that it has taken.
MIGRATIONS = (
    # One row. NULL until there are fingerprints.
    "CREATE TABLE store (one INTEGER PRIMARY KEY CHECK (one = 1), algorithm TEXT)",
    "INSERT INTO store (one) VALUES (1)",
    # A row for each transaction that has changed something. The stamp is random: an index that was derived from another copy of the file
    # has other stamps. AUTOINCREMENT: a number that was used is never used again.
    """
    CREATE TABLE changes (
        generation INTEGER PRIMARY KEY AUTOINCREMENT,
        stamp TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE videos (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        rows INTEGER NOT NULL,
        duration_seconds REAL NOT NULL,
        size_bytes INTEGER,
        modified_ns INTEGER,
        sha256 TEXT
    )
    """,
    # Arrays as they are, little-endian, row after row: float64, 4 times uint64, uint8, uint8, bytes. Apart from the videos, for those are
    # listed without them.
    """
    CREATE TABLE codes (
        number INTEGER PRIMARY KEY REFERENCES videos (number),
        start_seconds BLOB NOT NULL,
        codes BLOB NOT NULL,
        weights BLOB NOT NULL,
        views BLOB NOT NULL,
        confirm BLOB NOT NULL
    )
    """,
    # Numbers that an index derived before that generation still holds.
    """
    CREATE TABLE removed (
        number INTEGER PRIMARY KEY,
        generation INTEGER NOT NULL
    )
    """,
    "CREATE INDEX removed_since ON removed (generation)",
)
