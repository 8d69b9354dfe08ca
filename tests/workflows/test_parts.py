"""Parts of a video: which windows are judged together."""

from dataclasses import replace

import pytest

from indelible.workflows.parts import PartedVideo, last_part
from tests.mark.pictures import clip


@pytest.mark.parametrize(
    ("seconds", "last"),
    [(0.0, 0), (1.0, 0), (8.0, 0), (11.9, 0), (12.1, 1), (16.0, 1), (17.0, 1), (20.0, 2), (3600.0, 449)],
)
def test_a_short_end_goes_with_the_window_before_it(seconds, last):
    assert last_part(seconds) == last


def test_parts_follow_each_other_and_hold_their_frames():
    start = 1000
    frames = [replace(frame, pts=start + (frame.pts or 0)) for frame in clip(19, rate=1)]
    seen = []
    for part in PartedVideo(frames, duration_seconds=19.0):
        held = list(part.frames)
        seen.append((part.index, part.windows, len(held), part.start_seconds, part.end_seconds, part.origin_seconds))
    assert seen == [(0, (0,), 8, 0.0, 8.0, 1000.0), (1, (1, 2), 11, 8.0, 19.0, 1000.0)]


def test_without_a_known_length_each_window_is_a_part():
    assert [(part.index, len(list(part.frames))) for part in PartedVideo(clip(19, rate=1), duration_seconds=None)] == [
        (0, 8),
        (1, 8),
        (2, 3),
    ]


def test_a_part_that_is_not_listened_to_is_passed_over():
    counts = [len(list(part.frames)) for part in PartedVideo(clip(20, rate=1), duration_seconds=20.0) if part.index != 1]
    assert counts == [8, 4]


def test_no_frames_are_no_parts():
    assert list(PartedVideo([], duration_seconds=None)) == []
