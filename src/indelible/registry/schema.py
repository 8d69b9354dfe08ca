"""The tables of a registry file, and how an older file becomes a current one."""

from __future__ import annotations

APPLICATION_ID = 0x494E444C
"""``INDL``: written into each registry file, so that a database of something else is not taken for one."""

# Append only: a step that has been released is never changed. A file's `user_version` counts the steps that it has taken.
MIGRATIONS = (
    # AUTOINCREMENT: a number that has named a copy never names another one.
    """
    CREATE TABLE copies (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key_id TEXT NOT NULL,
        nonce BLOB NOT NULL CHECK (typeof(nonce) = 'blob' AND length(nonce) = 8),
        subkey_id TEXT NOT NULL,
        recipient TEXT NOT NULL,
        marked_at TEXT NOT NULL,
        payload_hex TEXT NOT NULL,
        payload_is_text INTEGER NOT NULL CHECK (payload_is_text IN (0, 1)),
        source_name TEXT NOT NULL,
        source_sha256 TEXT,
        output_name TEXT NOT NULL,
        output_sha256 TEXT,
        duration_seconds REAL,
        settings TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('pending', 'done')),
        UNIQUE (key_id, nonce)
    )
    """,
    # In a table of its own, for it is as large as all the rest and wanted only of copies that were found.
    """
    CREATE TABLE likenesses (
        copy_id INTEGER PRIMARY KEY REFERENCES copies (id),
        windows BLOB NOT NULL CHECK (typeof(windows) = 'blob')
    )
    """,
)
"""The unique index also serves the one query that matters, all copies of a key."""
