"""What every store promises, of both kinds."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from indelible.errors import InputError, StoreError
from indelible.fingerprint.code import ALGORITHM
from indelible.fingerprint.index import NewVideo, Origin, open_store
from tests.fingerprint.index.codes import crowded_codes, even_codes, fingerprint_of, flipped, near_pairs

SOURCE = Path(__file__).parents[3] / "src"


@pytest.fixture
def store(place):
    with open_store(place, write=True) as opened:
        yield opened


def new(video_id, codes, **options):
    return NewVideo(video_id, fingerprint_of(codes, **options))


def found(store, queries, radius):
    """Return what is found as (query row, id, row, distance)."""
    hits = store.near(queries, radius)
    ids = store.numbered(hits.videos)
    assert np.all(np.diff(hits.query_rows) >= 0)
    columns = (hits.query_rows, hits.videos, hits.rows, hits.distances)
    return [(query, ids[video].id, row, apart) for query, video, row, apart in zip(*(c.tolist() for c in columns), strict=True)]


def same(left, right):
    arrays = ("start_seconds", "codes", "weights", "views", "confirm")
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in arrays) and (
        left.duration_seconds,
        left.algorithm,
    ) == (right.duration_seconds, right.algorithm)


def test_what_is_stored_is_there_when_opened_again(place):
    videos = [new("films/a.mp4", even_codes(30)), new('b "2"\t\\N {é}\n', even_codes(20, seed=1)), new("nothing", even_codes(0))]
    origin = Origin(2**40, 2**60, "a" * 64)
    with open_store(place, write=True) as store:
        store.add([NewVideo(videos[0].id, videos[0].fingerprint, origin), *videos[1:]])
    with open_store(place) as store:
        stored = list(store.videos())
        assert [video.id for video in stored] == [video.id for video in videos]
        assert [video.rows for video in stored] == [30, 20, 0]
        assert [video.origin for video in stored] == [origin, Origin(), Origin()]
        assert store.find("films/a.mp4") == stored[0]
        assert store.find("films/A.mp4") is None
        assert store.numbered([stored[1].number, 999, stored[0].number]) == {video.number: video for video in stored[:2]}
        for video, own in zip(stored, videos, strict=True):
            assert same(store.fingerprint(video.number), own.fingerprint)
        info = store.info()
        assert (info.algorithm, info.videos, info.codes) == (ALGORITHM, 3, 50)
        assert (store.video_count, store.code_count) == (3, 50)
        assert info.size_bytes > 50 * 32


@pytest.mark.parametrize("radius", [0, 15, 31, 40, 47, 60])
def test_all_near_codes_are_found_and_no_other(store, radius):
    codes = np.concatenate([crowded_codes(600), even_codes(600)])
    store.add([new(str(first), codes[first : first + 100]) for first in range(0, 1200, 100)])
    queries = np.concatenate([flipped(codes[::150], radius), flipped(codes[::150], radius + 1, seed=1), even_codes(3, seed=7)])
    expected = sorted((query, str(row // 100 * 100), row % 100, apart) for query, row, apart in near_pairs(queries, codes, radius))
    assert sorted(found(store, queries, radius)) == expected


def test_codes_without_evidence_are_kept_but_not_found(store):
    codes = even_codes(3)
    video = new("dark", codes, weights=np.array([0, 1, 0]))
    store.add([video])
    assert found(store, codes, 31) == [(1, "dark", 1, 0)]
    assert same(store.fingerprint(store.find("dark").number), video.fingerprint)
    assert store.sample(10, rng=np.random.default_rng(0)).tolist() == codes[1:2].tolist()


def test_what_is_replaced_is_found_no_more(store):
    old, fresh, other = even_codes(5), even_codes(8, seed=1), even_codes(4, seed=2)
    store.add([new("a", old), new("b", other)])
    number = store.find("a").number
    assert len(store.near(old, 0)) == 5
    store.add([new("a", fresh)])
    assert len(store.near(old, 0)) == 0
    assert len(store.near(fresh, 0)) == 8
    assert store.find("a").number > number, "a number names one version for ever"
    assert (store.video_count, store.code_count) == (2, 12)
    with pytest.raises(StoreError, match="not in"):
        store.fingerprint(number)


def test_of_one_id_the_last_is_stored(store):
    store.add([new("a", even_codes(5)), new("a", even_codes(2, seed=1))])
    assert (store.video_count, store.code_count) == (1, 2)


def test_what_is_removed_is_found_no_more(store):
    store.add([new(name, even_codes(4, seed=seed)) for seed, name in enumerate("abc")])
    numbers = {video.id: video.number for video in store.videos()}
    assert len(store.near(even_codes(4, seed=1), 31)) == 4
    assert store.remove(["b", "z", "b"]) == ("b",)
    assert len(store.near(even_codes(4, seed=1), 31)) == 0
    assert [video.id for video in store.videos()] == ["a", "c"]
    store.add([new("b", even_codes(4, seed=1))])
    assert store.find("b").number > max(numbers.values())
    assert store.remove([]) == ()


def test_all_or_nothing_is_stored(store):
    store.add([new("a", even_codes(4))])
    with pytest.raises(InputError, match=f"other_v9 and {ALGORITHM}|{ALGORITHM} and other_v9"):
        store.add([new("b", even_codes(4)), new("c", even_codes(4), algorithm="other_v9")])
    with pytest.raises(InputError, match="cannot be compared"):
        store.add([new("c", even_codes(4), algorithm="other_v9")])
    assert [video.id for video in store.videos()] == ["a"]
    store.add([])


@pytest.mark.parametrize("video_id", ["", "x" * 4097, "\udcff", "a\0b"])
def test_ids_are_text(video_id):
    with pytest.raises(InputError, match="id"):
        new(video_id, even_codes(1))


@pytest.mark.parametrize("radius", [-1, 257])
def test_a_radius_is_a_number_of_bits(store, radius):
    with pytest.raises(InputError, match="radius"):
        store.near(even_codes(1), radius)


def test_queries_are_codes(store):
    with pytest.raises(InputError, match="codes"):
        store.near(even_codes(1)[0], 31)
    assert len(store.near(even_codes(0), 31)) == 0


def test_two_hold_it_open_and_see_what_the_other_stores(place, store):
    with open_store(place) as other:
        assert other.video_count == 0
        store.add([new("a", even_codes(4))])
        assert len(other.near(even_codes(4), 31)) == 4
        other.add([new("b", even_codes(4, seed=1))])
        assert len(store.near(even_codes(4, seed=1), 31)) == 4
        store.remove(["a"])
        assert len(other.near(even_codes(4), 31)) == 0


def test_a_snapshot_stays_as_it_was(place, store):
    store.add([new("a", even_codes(4))])
    with open_store(place) as other:
        with other.snapshot() as state:
            assert state.video_count == 1
            store.add([new("b", even_codes(4, seed=1))])
            store.remove(["a"])
            assert len(state.near(even_codes(4), 31)) == 4
            assert len(state.near(even_codes(4, seed=1), 31)) == 0
            (video,) = state.videos()
            assert len(state.fingerprint(video.number)) == 4
        assert [video.id for video in other.videos()] == ["b"]


def test_a_sample_is_of_stored_codes_each_once(store):
    codes = even_codes(300)
    store.add([new(str(first), codes[first : first + 60]) for first in range(0, 300, 60)])
    store.remove(["60"])
    sample = store.sample(50, rng=np.random.default_rng(1))
    left = {tuple(code) for code in np.delete(codes, slice(60, 120), axis=0).tolist()}
    assert len({tuple(code) for code in sample.tolist()}) == len(sample) == 50
    assert {tuple(code) for code in sample.tolist()} <= left
    assert len(store.sample(1000, rng=np.random.default_rng(1))) == 240


def test_an_empty_store_is_one(store):
    assert (store.video_count, store.code_count, list(store.videos())) == (0, 0, [])
    assert len(store.near(even_codes(2), 31)) == 0
    assert len(store.sample(5, rng=np.random.default_rng(0))) == 0


def test_reading_makes_no_store(place):
    with pytest.raises(StoreError, match=r"no store|holds no store"):
        open_store(place)


def test_several_processes_store_at_once(place):
    script = f"""if True:
        import sys
        from indelible.fingerprint.index import open_store
        from tests.fingerprint.index.codes import even_codes
        from tests.fingerprint.index.test_stores import new
        worker = int(sys.argv[1])
        with open_store({place!r}, write=True) as store:
            for number in range(6):
                own = new(f"{{worker}}-{{number}}", even_codes(5, seed=100 * worker + number))
                store.add([own, new("shared", even_codes(3, seed=999))])
        """
    paths = os.pathsep.join([str(SOURCE), str(SOURCE.parent)])
    environment = os.environ | {"PYTHONPATH": paths}
    workers = [subprocess.Popen([sys.executable, "-c", script, str(each)], env=environment, cwd=SOURCE.parent) for each in range(3)]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0, 0]
    with open_store(place) as store:
        assert {video.id for video in store.videos()} == {"shared"} | {f"{worker}-{number}" for worker in range(3) for number in range(6)}
        assert store.code_count == 3 + 18 * 5
        assert len(store.near(even_codes(3, seed=999), 0)) == 3
        assert len(store.near(np.concatenate([even_codes(5, seed=100 * w + n) for w in range(3) for n in range(6)]), 0)) == 90
