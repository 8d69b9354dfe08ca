"""The tables of a store on a PostgreSQL server, and how an older one becomes a current one."""

from __future__ import annotations

from indelible.fingerprint.code import BITS
from indelible.fingerprint.index.chunks import Chunking

#: Into which the tokens of a stored code are cut; part of what is stored, so it does not change.
CHUNKING = Chunking(16)
PARTITIONS = 8

LOCK = 0x494E4446
"""Taken while tables are made, so that two processes do not do it at once."""

# Append only: a step that has been released is never changed. `indelible_store.version` counts the steps that were taken.
MIGRATIONS: tuple[str, ...] = (
    "CREATE TABLE indelible_store (one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL, algorithm text)",
    """
    CREATE TABLE indelible_videos (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text NOT NULL UNIQUE,
        rows integer NOT NULL,
        duration_seconds double precision NOT NULL,
        size_bytes bigint,
        modified_ns bigint,
        sha256 text
    )
    """,
    # Its tokens say all that a code is looked up by: chunk * 65536 + value, for each chunk.
    f"""
    CREATE TABLE indelible_codes (
        video bigint NOT NULL REFERENCES indelible_videos (number) ON DELETE CASCADE,
        row_number integer NOT NULL,
        start_seconds double precision NOT NULL,
        code bit({BITS}) NOT NULL,
        weight smallint NOT NULL,
        view smallint NOT NULL,
        confirm bytea NOT NULL,
        tokens integer[] NOT NULL,
        PRIMARY KEY (video, row_number)
    ) PARTITION BY HASH (video)
    """,
    *(
        f"CREATE TABLE indelible_codes_{part} PARTITION OF indelible_codes FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
        for part in range(PARTITIONS)
    ),
    "CREATE INDEX indelible_codes_tokens ON indelible_codes USING gin (tokens) WHERE weight > 0",
)
