import math
from dataclasses import replace

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.fingerprint.code import BITS, CONFIRM_BYTES, KEY_FRAMES, MIDDLE, WHOLE, WORDS, Fingerprint, distances
from indelible.fingerprint.make import make_fingerprint, make_key_frame_fingerprint
from indelible.fingerprint.match import MemorySource, SearchSettings, search
from indelible.fingerprint.match.align import of_one_time
from indelible.fingerprint.match.evidence import agreement, combined_z
from indelible.fingerprint.query import Guess, Query, Track, make_query
from tests.fingerprint.scenes import flat, moving

NO_CHANGE = 0x88


def random_codes(count, rng):
    return rng.integers(0, 2**64, (count, WORDS), np.uint64)


def slowly_changing(count, changed, rng):
    """Codes each of which differs from the one before in about ``changed`` bits."""
    bits = rng.random(BITS) < 0.5
    codes = np.empty((count, WORDS), np.uint64)
    for index in range(count):
        codes[index] = np.packbits(bits, bitorder="little").view("<u8")
        drawn = rng.random(BITS) < 2 * changed / BITS
        bits = np.where(drawn, rng.random(BITS) < 0.5, bits)
    return codes


def stored(codes, *, view=WHOLE, seconds=None):
    count = len(codes)
    return Fingerprint(
        start_seconds=np.arange(count, dtype=np.float64) if seconds is None else seconds,
        codes=codes,
        weights=np.full(count, 99, np.uint8),
        views=np.full(count, view, np.uint8),
        confirm=np.full((count, CONFIRM_BYTES), NO_CHANGE, np.uint8),
        duration_seconds=float(count + 1),
    )


def asked(codes, *, step=1.0, view=WHOLE):
    count = len(codes)
    track = Track(
        Guess("as it is", view),
        np.arange(count) * step,
        codes,
        np.full(count, 99, np.uint8),
        np.full((count, CONFIRM_BYTES), NO_CHANGE, np.uint8),
    )
    return Query((track,), count * step + 1.0)


def damaged(codes, bits, rng):
    """Codes with so many bits inverted in each."""
    changed = codes.copy()
    for row in changed:
        for bit in rng.choice(BITS, bits, replace=False):
            row[bit // 64] ^= np.uint64(1) << np.uint64(bit % 64)
    return changed


def test_memory_finds_what_is_near_and_nothing_without_weight():
    rng = np.random.default_rng(1)
    fingerprints = [stored(random_codes(20, rng)) for _ in range(5)]
    hidden = fingerprints[3]
    weights = hidden.weights.copy()
    weights[4] = 0
    fingerprints[3] = Fingerprint(hidden.start_seconds, hidden.codes, weights, hidden.views, hidden.confirm, 21.0)
    query = np.concatenate([damaged(hidden.codes[3:6], 20, rng), random_codes(3, rng)])
    hits = MemorySource(fingerprints).near(query, 30)
    assert list(zip(hits.query_rows.tolist(), hits.videos.tolist(), hits.rows.tolist(), hits.distances.tolist(), strict=True)) == [
        (0, 3, 3, 20),
        (2, 3, 5, 20),
    ]


def test_an_excerpt_is_found_where_it_is():
    rng = np.random.default_rng(2)
    videos = [slowly_changing(60, 40, rng) for _ in range(30)]
    foreign = slowly_changing(50, 40, rng)
    foreign[20:27] = damaged(videos[7][31:38], 25, rng)
    (match,) = search(asked(foreign), MemorySource([stored(codes) for codes in videos]))
    assert match.video == 7
    assert match.query_range_seconds == pytest.approx((20.0, 28.0), abs=0.3)  # no moment beside them is alike in part
    assert match.reference_range_seconds == pytest.approx((31.0, 39.0), abs=0.3)
    assert match.log10_expected_false_matches < -20
    assert match.moments == 7
    assert match.mean_distance == pytest.approx(25.0)


def test_several_excerpts_are_several_matches():
    rng = np.random.default_rng(3)
    videos = [slowly_changing(40, 40, rng) for _ in range(6)]
    mixed = np.concatenate([videos[2][5:12], random_codes(6, rng), videos[4][20:26], videos[2][30:36]])
    found = search(asked(mixed), MemorySource([stored(codes) for codes in videos]))
    assert sorted((match.video, int(match.reference_range_seconds[0])) for match in found) == [(2, 5), (2, 30), (4, 20)]


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.1, 1.25])
def test_other_speeds_are_followed(speed):
    rng = np.random.default_rng(4)
    moments = slowly_changing(200, 12, rng)  # four a second
    reference = stored(moments[::4])
    seconds = np.arange(0.0, 30.0, 0.5)
    places = np.rint((5.0 + speed * seconds) * 4).astype(int)
    found = search(asked(moments[places], step=0.5), MemorySource([stored(random_codes(50, rng)), reference]))
    assert found[0].video == 1
    assert found[0].speed == pytest.approx(speed, abs=0.06)
    assert found[0].query_range_seconds[1] - found[0].query_range_seconds[0] > 24


def test_a_still_picture_is_one_moment_however_long():
    rng = np.random.default_rng(5)
    still = np.repeat(random_codes(1, rng), 30, axis=0)
    source = MemorySource([stored(still), *(stored(random_codes(40, rng)) for _ in range(20))])
    near = damaged(still[:1], 40, rng)
    long = search(asked(np.repeat(near, 20, axis=0)), source)[0]
    short = search(asked(near), source)[0]
    assert long.video == short.video == 0
    assert abs(long.log10_expected_false_matches - short.log10_expected_false_matches) < 4  # of about 20, for the tests are more


def test_a_picture_that_stands_still_is_asked_for_once():
    rng = np.random.default_rng(11)
    asked_for = []

    class Listening(MemorySource):
        def near(self, codes, radius):
            asked_for.append(len(codes))
            return super().near(codes, radius)

    still = np.repeat(random_codes(1, rng), 50, axis=0)
    codes = np.concatenate([random_codes(3, rng), still, random_codes(2, rng)])
    found = search(asked(codes), Listening([stored(codes)]))
    assert asked_for[0] == 6
    assert found[0].moments == 55


def test_evidence_of_like_moments_counts_once():
    rng = np.random.default_rng(6)
    codes = random_codes(4, rng)
    scores = np.full(4, 5.0)
    assert combined_z(scores, codes, random_codes(4, rng)) == pytest.approx(10.0, rel=0.05)
    assert combined_z(scores, np.repeat(codes[:1], 4, axis=0), np.repeat(codes[1:2], 4, axis=0)) == pytest.approx(5.0)


@pytest.mark.parametrize("changed", [4, 40, 128])
def test_unrelated_videos_give_as_few_matches_as_is_said(changed):
    """The null: the number of matches among unrelated videos is not above the expected number of false matches that they claim."""
    rng = np.random.default_rng(7)
    source = MemorySource([stored(slowly_changing(100, changed, rng)) for _ in range(40)])
    claims = []
    queries = 60
    for _ in range(queries):
        settings = SearchSettings(last_radius=100, most_false_matches=1e9, exhaustive=True)
        claims += [match.log10_expected_false_matches for match in search(asked(slowly_changing(12, changed, rng)), source, settings)]
    assert len(claims) > 50  # at this radius there is something to judge
    for level in (-1.0, 0.0, 1.0):
        assert sum(claim <= level for claim in claims) <= queries * 10**level + 3 * math.sqrt(queries * 10**level)


def test_a_code_that_is_everywhere_says_nothing():
    rng = np.random.default_rng(8)
    slate = random_codes(1, rng)
    videos = [stored(np.concatenate([slate, random_codes(30, rng)])) for _ in range(40)]
    assert search(asked(np.repeat(slate, 6, axis=0)), MemorySource(videos)) == []


def test_a_view_is_compared_with_the_same_view():
    rng = np.random.default_rng(9)
    codes = random_codes(10, rng)
    source = MemorySource([stored(codes, view=MIDDLE)])
    assert search(asked(codes, view=WHOLE), source) == []
    assert len(search(asked(codes, view=MIDDLE), source)) == 1


def test_nothing_to_see_matches_nothing():
    black = make_query(flat(), effort="full")
    source = MemorySource([make_fingerprint(flat()), make_fingerprint(moving(3.0))])
    assert search(black, source, SearchSettings(most_false_matches=1e9)) == []
    assert search(make_query(moving(3.0)), MemorySource([])) == []


def test_real_pictures_are_found_and_agree():
    films = [make_fingerprint(moving(8.0, seed=seed)) for seed in range(4)]
    copy = [frame for frame in moving(8.0, seed=2) if 20 <= frame.pts < 70]
    found = search(make_query(copy), MemorySource(films))
    assert found[0].video == 2
    assert found[0].reference_range_seconds == pytest.approx((2.0, 7.0), abs=1.0)
    assert found[0].agreement > 0.8
    assert not found[0].contradicted
    assert {match.video for match in found} == {2}


def test_agreement_of_the_second_feature():
    moving_parts = make_fingerprint(moving(4.0)).confirm
    still_parts = make_fingerprint(moving(4.0, drift=0.0)).confirm
    assert agreement(moving_parts, moving_parts) == pytest.approx(1.0)
    assert agreement(moving_parts, still_parts) is None
    assert abs(agreement(moving_parts, make_fingerprint(moving(4.0, seed=3)).confirm)) < 0.5


def test_distances_of_damaged_codes_are_what_was_damaged():
    rng = np.random.default_rng(10)
    codes = random_codes(5, rng)
    assert (distances(codes, damaged(codes, 17, rng)) == 17).all()


@pytest.mark.parametrize("effort", ["fast", "full"])
def test_key_frames_are_found_wherever_they_lie(effort):
    films = [moving(12.0, seed=seed) for seed in range(4)]
    source = MemorySource([make_key_frame_fingerprint(film[::27]) for film in films])
    copy = [frame for frame in films[2] if 30 <= frame.pts < 100]  # key frames at 5.4 and 8.1 s
    found = search(make_query(copy, effort=effort, algorithm=KEY_FRAMES), source)
    assert {match.video for match in found} == {2}
    assert found[0].reference_range_seconds == pytest.approx((5.4, 8.1), abs=0.5)
    assert found[0].query_range_seconds == pytest.approx((2.4, 5.1), abs=0.5)
    assert found[0].agreement is None


def test_key_frames_are_not_compared_with_moments():
    film = moving(6.0)
    with pytest.raises(InputError, match="fingerprint_v1_key_frames"):
        search(make_query(film), MemorySource([make_key_frame_fingerprint([*film[::20], *film[-1:]])]))


def test_unrelated_key_frames_give_as_few_matches_as_is_said():
    """The null of sparse moments, as of dense ones above."""
    rng = np.random.default_rng(12)
    source = MemorySource(
        [replace(stored(slowly_changing(20, 60, rng), seconds=np.arange(20) * 4.3), algorithm=KEY_FRAMES) for _ in range(120)]
    )
    claims = []
    queries = 40
    for _ in range(queries):
        settings = SearchSettings(last_radius=100, most_false_matches=1e9, exhaustive=True)
        query = replace(asked(slowly_changing(48, 8, rng), step=0.25), algorithm=KEY_FRAMES)
        claims += [match.log10_expected_false_matches for match in search(query, source, settings)]
    assert len(claims) > 50
    for level in (-1.0, 0.0, 1.0):
        assert sum(claim <= level for claim in claims) <= queries * 10**level + 3 * math.sqrt(queries * 10**level)


def test_what_is_hard_to_find_is_found_beside_what_is_easy():
    """The last try is made of what the first has left, not only where that found nothing."""
    rng = np.random.default_rng(13)
    videos = [slowly_changing(30, 40, rng) for _ in range(8)]
    mixed = np.concatenate([damaged(videos[1][4:12], 5, rng), damaged(videos[5][10:18], 50, rng)])
    found = search(asked(mixed), MemorySource([stored(codes) for codes in videos]))
    assert [match.video for match in found] == [1, 5]
    assert found[1].query_range_seconds == pytest.approx((8.0, 17.0), abs=1.0)


def test_another_take_is_contradicted_wherever_its_path_lies():
    """A path that leaves its line, as those between like pictures do, is judged by what moves too."""
    rng = np.random.default_rng(14)
    still = random_codes(1, rng)
    parts = rng.integers(0, 256, (2, 12, CONFIRM_BYTES)).astype(np.uint8)
    reference = replace(stored(damaged(np.repeat(still, 12, axis=0), 20, rng)), confirm=parts[0])
    query = asked(damaged(np.repeat(still, 12, axis=0), 20, rng), step=0.5)
    query = replace(query, tracks=(replace(query.tracks[0], confirm=parts[1]),))
    found = search(query, MemorySource([reference]))
    assert found
    assert all(match.contradicted for match in found)


def test_what_moves_is_compared_at_the_time_at_which_moments_are_most_alike():
    off = np.tile([-0.75, -0.25, 0.25], 4)
    scores = np.array([11.0, 10.0, 14.0, 11.0, 10.0, 14.5, 11.0, 10.0, 14.0, 11.0, 10.0, 3.0])
    assert np.flatnonzero(of_one_time(off, scores)).tolist() == [2, 5, 8], "not the last one, which is in the less clear half"
    level = np.full(12, 10.0)
    assert set(np.abs(off[of_one_time(off, level)])) == {0.25}, "of times that are as good, the nearest to the line"
    assert of_one_time(np.array([0.6]), np.array([9.0])).tolist() == [True]


def excerpt(rng, *, contrast, bars=False):
    """A stored video, and a query of which the seconds 7 to 13 are in it, among others with another contrast, or with bars."""
    before, after, first, second = rng.normal(size=(4, BITS))

    def inside(seconds):
        return np.cos(0.1 * seconds) * first + np.sin(0.1 * seconds) * second

    pictures = []
    for start in np.arange(0.0, 18.5, 0.5):
        shares = [max(0.0, min(start + 2.0, end) - max(start, begin)) / 2.0 for begin, end in ((0.0, 7.0), (7.0, 13.0), (13.0, 20.0))]
        mixed = shares[0] * before + shares[1] * contrast * inside(start) + shares[2] * after
        pictures.append(rng.normal(size=BITS) if bars and 0.0 < shares[1] < 1.0 else mixed)
    weights = np.round(100 + 24 * np.log2([np.median(np.abs(picture)) for picture in pictures])).astype(np.uint8)
    query = asked(signs(pictures), step=0.5)
    reference = stored(damaged(signs([inside(seconds) for seconds in np.arange(20.0)]), 3, rng))
    return replace(query, tracks=(replace(query.tracks[0], weights=weights),), duration_seconds=20.0), reference


def signs(pictures):
    return np.stack([np.packbits(picture > 0.0, bitorder="little").view("<u8") for picture in pictures]).astype(np.uint64)


@pytest.mark.parametrize("contrast", [0.15, 0.5, 1.0, 3.0, 8.0])
def test_an_excerpt_is_found_from_where_to_where_whatever_the_contrast_beside_it(contrast):
    query, reference = excerpt(np.random.default_rng(16), contrast=contrast)
    match = search(query, MemorySource([reference]))[0]
    assert match.query_range_seconds == pytest.approx((7.0, 13.0), abs=0.3)


def test_an_excerpt_with_other_bars_lasts_as_long_as_the_moments_that_are_wholly_in_it():
    query, reference = excerpt(np.random.default_rng(17), contrast=8.0, bars=True)
    match = search(query, MemorySource([reference]))[0]
    assert match.query_range_seconds == pytest.approx((7.0, 13.0), abs=0.3)
