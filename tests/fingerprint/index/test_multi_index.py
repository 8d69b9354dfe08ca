"""The index finds exactly what comparing each with each finds, whatever the codes are like."""

import os
import stat

import numpy as np
import pytest

from indelible.fingerprint.index import multi_index
from indelible.fingerprint.index.building import State, build, read_index, write_index
from indelible.fingerprint.index.chunks import Chunking
from indelible.fingerprint.index.gathered import gather
from indelible.fingerprint.index.scan import scan
from tests.fingerprint.index.codes import crowded_codes, even_codes, flipped, near_pairs

STATE = State(7, "stamp", 40)


def gathered(codes):
    """Return codes as those of videos 10, 20, ... of seven rows each, the first of which shows nothing."""
    videos = [(10 * index, codes[first : first + 7]) for index, first in enumerate(range(0, len(codes), 7), start=1)]
    return gather([(number, own, np.array([0, *[9] * (len(own) - 1)], np.uint8)) for number, own in videos], count=len(codes))


def pairs(hits):
    return {
        (int(query), int(video), int(row), int(apart))
        for query, video, row, apart in zip(hits.query_rows, hits.videos, hits.rows, hits.distances, strict=True)
    }


def expected(queries, codes, radius):
    found = near_pairs(queries, codes, radius)
    return {(query, 10 * (row // 7 + 1), row % 7, apart) for query, row, apart in found if row % 7}


def queries_for(codes, radius):
    """Return strangers, and codes that are as far from stored ones as counts, or one bit farther."""
    rng = np.random.default_rng(5)
    chosen = codes[rng.integers(0, len(codes), 12)]
    near = [flipped(chosen[index : index + 1], min(256, radius + index % 2), seed=index) for index in range(len(chosen))]
    return np.concatenate([*near, crowded_codes(4, seed=9), even_codes(4, seed=8)])


@pytest.mark.parametrize("make", [even_codes, crowded_codes])
@pytest.mark.parametrize("radius", [0, 5, 15, 16, 31, 32, 40, 47, 63, 64, 100, 256])
@pytest.mark.parametrize("chunks", [13, 16, 22])
def test_it_finds_all_within_a_radius_and_no_more(monkeypatch, make, radius, chunks):
    monkeypatch.setattr(multi_index, "_SCAN_COST", 1e9)  # never: what is tested is the look-up, also where it does not pay
    monkeypatch.setattr("indelible.fingerprint.index.building.chunking_for", lambda count: Chunking(chunks))
    codes = make(1500)
    index = build(gathered(codes))
    queries = queries_for(codes, radius)
    assert pairs(index.near(queries, radius)) == expected(queries, codes, radius)


def test_a_query_in_a_crowd_looks_elsewhere(monkeypatch):
    """Where all codes share a chunk, it is left out; the search stays exact and compares few."""
    monkeypatch.setattr(multi_index, "_SCAN_COST", 1e9)
    codes = even_codes(20000)
    bits = np.unpackbits(codes.view(np.uint8), axis=1, bitorder="little")
    for chunk in (3, 8, 12):
        bits[:, chunk::16] = bits[0, chunk::16]
    codes = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    index = build(gathered(codes))
    assert index.chunking.count == 16
    queries = queries_for(codes[:50], 31)[:12]
    lookup = multi_index._Lookup(index, queries, 31, 1)
    compared = [len(place) for _, place in lookup.candidates(np.ones(len(queries), bool))]
    assert sum(compared) < 0.1 * len(queries) * len(codes)
    assert pairs(index.near(queries, 31)) == expected(queries, codes, 31)


def test_a_scan_finds_the_same():
    codes, queries = crowded_codes(20000), queries_for(crowded_codes(20000), 31)
    found = zip(*(array.tolist() for array in scan(codes, queries, 31)), strict=True)
    assert set(found) == near_pairs(queries, codes, 31)
    assert scan(codes, np.bitwise_not(codes[:1]), 256)[2].max() == 256, "all bits differ: more than a byte counts"


def test_an_index_that_was_written_is_the_same(tmp_path):
    codes = crowded_codes(3000)
    index = build(gathered(codes))
    assert write_index(tmp_path / "films.db.index", index, STATE)
    read, state = read_index(tmp_path / "films.db.index")
    assert state == STATE
    queries = queries_for(codes, 31)
    assert pairs(read.near(queries, 31)) == pairs(index.near(queries, 31)) == expected(queries, codes, 31)
    assert [file.name for file in tmp_path.iterdir()] == ["films.db.index"]


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "short", "header", "format"])
def test_an_index_that_cannot_be_used_is_none(tmp_path, damage):
    path = tmp_path / "films.db.index"
    write_index(path, build(gathered(even_codes(100))), STATE)
    whole = path.read_bytes()
    damaged = {
        "empty": b"",
        "text": b"This is no index.\n" * 1000,
        "short": whole[:-1000],
        "header": whole[:4096].replace(b'"codes"', b'"cades"') + whole[4096:],
        "format": whole.replace(b"indelible.index/1", b"indelible.index/9", 1),
    }
    path.unlink() if damage == "missing" else path.write_bytes(damaged[damage])
    assert read_index(path) is None


def test_an_index_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    assert not write_index(tmp_path / "file" / "films.db.index", build(gathered(even_codes(10))), STATE)


@pytest.mark.skipif(os.name != "posix", reason="there are no such modes")
def test_only_the_owner_can_read_an_index(tmp_path):
    assert write_index(tmp_path / "new folder" / "films.db.index", build(gathered(even_codes(10))), STATE)
    assert stat.S_IMODE((tmp_path / "new folder" / "films.db.index").stat().st_mode) == 0o600


def test_an_empty_index_finds_nothing():
    assert len(build(gathered(even_codes(0))).near(even_codes(3), 40)) == 0
