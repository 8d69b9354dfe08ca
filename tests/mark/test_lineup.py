"""Known marks among thousands: found, paid for, and told apart when copies are mixed."""

from collections.abc import Sequence

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detection, Detector, Embedder, KnownMark, Lineup, Payload
from indelible.mark.carrier import band, chips, modulation
from indelible.mark.lineup import LineupTally
from indelible.mark.payload import encode_payload
from indelible.mark.tally import WEIGHTS
from tests.mark.pictures import clip

KEY = SecretKey(bytes(range(32)))


def known(number: int, payload: Payload | None = None) -> KnownMark:
    return KnownMark(KEY.subkey(number.to_bytes(8, "big")), Payload.from_text(f"copy {number}") if payload is None else payload)


MARKS = [known(number) for number in range(40)]


@pytest.fixture(scope="module")
def lineup() -> Lineup:
    return Lineup(MARKS)


def marked_with(mark: KnownMark, frames: Sequence[Frame]) -> list[Frame]:
    return list(Embedder(mark.key, mark.payload).embed(frames))


def detect(frames: Sequence[Frame], lineup: Lineup | None) -> tuple[Detection, list[tuple[int, Detection]]]:
    detector = Detector([KEY], lineup=lineup)
    for frame in frames:
        detector.add(frame)
    (own,) = detector.results()
    return own, list(detector.lineup_results())


def test_a_known_mark_is_found_and_read(lineup: Lineup) -> None:
    own, results = detect(marked_with(MARKS[7], clip(20)), lineup)
    assert not own.marked
    (place, found), (_, next_best) = results
    assert (place, found.marked, next_best.marked) == (7, True, False)
    assert found.payload == MARKS[7].payload
    assert found.key_id == MARKS[7].key.key_id
    assert found.searched == own.searched == len(WEIGHTS) + len(MARKS)
    assert found.log10_correction == pytest.approx(np.log10(2 * len(MARKS)))
    assert next_best.payload is None
    assert next_best.log10_p > -4


def test_it_is_more_evident_than_a_mark_of_which_only_the_key_is_known(lineup: Lineup) -> None:
    frames = marked_with(MARKS[7], clip(20))
    detector = Detector([MARKS[7].key])
    for frame in frames:
        detector.add(frame)
    assert detect(frames, lineup)[1][0][1].z > 1.3 * detector.results()[0].z


def test_the_key_itself_pays_only_for_the_other_half(lineup: Lineup) -> None:
    frames = list(Embedder(KEY).embed(clip(20)))
    alone, nothing = detect(frames, None)
    among, results = detect(frames, lineup)
    assert nothing == []
    assert among.marked
    assert among.z == alone.z
    assert among.log10_p == pytest.approx(alone.log10_p + np.log10(2))
    assert among.log10_correction == pytest.approx(alone.log10_correction + np.log10(2))
    assert [detection.marked for _, detection in results] == [False]


def test_a_mark_of_a_part_shows_in_its_windows() -> None:
    frames = clip(200)  # 20 s: windows of 8, 8 and 4
    marked = marked_with(MARKS[3], frames)
    _, results = detect(frames[:80] + marked[80:160] + frames[160:], Lineup(MARKS[:5]))
    segments = results[0][1].segments
    assert results[0][0] == 3
    assert [(segment.start_seconds, segment.end_seconds) for segment in segments] == [(0, 8), (8, 16), (16, 20)]
    assert [segment.log10_p < -6 for segment in segments] == [False, True, False]
    assert results[0][1].payload == MARKS[3].payload


@pytest.mark.parametrize("colluders", [(2, 31), (0, 5, 9, 39)], ids=["two", "four"])
def test_everybody_whose_copies_were_averaged_is_found_and_nobody_else(lineup: Lineup, colluders: tuple[int, ...]) -> None:
    copies = [marked_with(MARKS[number], clip(30)) for number in colluders]
    mixed = [
        Frame(y=np.mean([frame.y for frame in shown], axis=0).round().astype(np.uint8), pts=shown[0].pts, time_base=shown[0].time_base)
        for shown in zip(*copies, strict=True)
    ]
    _, results = detect(mixed, lineup)
    assert {place for place, detection in results if detection.marked} == set(colluders)


def test_the_statistic_is_that_of_the_embedded_signs() -> None:
    values = np.random.default_rng(1).normal(size=band().size).astype(np.float32)
    mark = known(1)
    signs = chips(mark.key, 2) * modulation(encode_payload(mark.payload, mark.key))
    tally = LineupTally.start(Lineup([mark])).with_window(2, values).with_window(3, 0 * values)
    assert tally.z()[0] == pytest.approx(signs @ values.astype(np.float64) / np.linalg.norm(values), abs=1e-4)
    ((start, end, original, z),) = tally.z_of_stretches(0)
    assert (start, end, original) == (16, 24, 16)
    assert z == pytest.approx(tally.z()[0], abs=0.01)


def test_of_a_thousand_strangers_none_stands_out() -> None:
    """The null: standard normal, and no p-value smaller than its share."""
    lineup = Lineup([known(number, Payload()) for number in range(1000)])
    detector = Detector([KEY], lineup=lineup)
    for frame in marked_with(known(5000), clip(20)):
        detector.add(frame)
    ((_, best),) = detector.lineup_results()
    assert best.log10_p > -3
    rng = np.random.default_rng(2)
    z = LineupTally.start(lineup).with_window(0, rng.normal(size=band().size).astype(np.float32) ** 3).z()
    assert abs(z.mean()) < 4 / np.sqrt(1000)
    assert abs(z.std() - 1) < 4 / np.sqrt(2000)


def test_a_lineup_needs_somebody() -> None:
    with pytest.raises(InputError, match="no known mark"):
        Lineup([])


def test_without_pictures_nobody_is_there(lineup: Lineup) -> None:
    ((_, best),) = Detector([KEY], lineup=lineup).lineup_results()
    assert (best.marked, best.log10_p) == (False, 0.0)
