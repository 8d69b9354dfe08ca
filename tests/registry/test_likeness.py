"""What a copy shows: alike after a codec and at another size, unlike another video; kept small, and read back."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from indelible.channel import parse_channel
from indelible.errors import RegistryError
from indelible.frames import Frame
from indelible.mark.carrier import band
from indelible.mark.sync import Footage, Geometry
from indelible.mark.sync.pose import Pose
from indelible.registry.likeness import ALL_WINDOWS, LATER_EVERY, SAME, Likeness, laid_likeness, likeness, read_likeness
from tests.channel.clips import make_clip
from tests.mark.pictures import clip, flat


def taken(frames: list[Frame]) -> Likeness:
    seen = Likeness()
    assert list(seen.watch(frames)) == frames
    return seen


def compare(one: list[Frame], other: list[Frame]) -> float | None:
    kept = read_likeness(taken(other).to_bytes())
    return likeness(taken(one).windows, kept, dict.fromkeys(kept, 1.0))


def test_a_rendition_is_alike_and_another_video_is_not():
    film = make_clip(width=192, height=128, frames=24)
    rendition = parse_channel("scale=0.5|x264:crf=34:preset=veryfast|contrast=0.8").apply(film)
    same = compare(list(rendition.frames), list(film.frames))
    assert same is not None
    assert same > 0.9
    others = [compare(clip(12, seed=seed), list(film.frames)) for seed in range(20)]
    assert all(value is not None and value < SAME for value in others)


def test_deep_pictures_show_the_same():
    value = compare(clip(8, bit_depth=10), clip(8))
    assert value == pytest.approx(1.0, abs=0.01)


def test_flat_pictures_show_nothing():
    assert compare(flat(), clip(10)) is None
    assert taken(flat()).windows == {}


def test_windows_are_compared_where_the_mark_is():
    seen, kept = taken(clip(10, seed=1)).windows, taken(clip(10, seed=2)).windows
    both, mixed = {0: seen[0], 1: kept[0]}, {0: seen[0], 1: seen[0]}
    assert likeness(both, mixed, {0: 1.0}) == pytest.approx(1.0)
    assert (likeness(both, mixed, {0: 1.0, 1: 1.0}) or 1.0) < 0.8
    assert likeness(both, mixed, {2: 1.0}) is None
    assert likeness(both, mixed, {0: 0.0}) is None


def laid_out(frames: list[Frame]) -> Footage:
    footage = Footage()
    for frame in frames[:1]:
        footage = footage.plus(0, frame.y.astype(np.float32), 1, np.zeros(band().size, np.float32))
    return footage


@pytest.mark.parametrize("mirrored", [False, True], ids=["upright", "mirrored"])
def test_a_part_is_compared_where_it_lies(mirrored: bool) -> None:
    film, other = clip(1, seed=1), clip(1, seed=2)
    kept = read_likeness(taken(film).to_bytes())
    pose = Pose(scale_x=0.75, scale_y=0.75, centre_x=0.375, centre_y=0.5, mirrored=mirrored)

    def part(frames: list[Frame]) -> list[Frame]:
        height, width = frames[0].y.shape
        y = frames[0].y[height // 8 : height * 7 // 8, : width * 3 // 4]
        return [replace(frames[0], y=np.ascontiguousarray(y[:, ::-1] if mirrored else y))]

    def alike(frames: list[Frame], pose: Pose) -> float:
        value = likeness(laid_likeness(laid_out(frames), Geometry(pose=pose)), kept, {0: 1.0})
        assert value is not None
        return value

    assert alike(part(film), pose) > 0.8
    assert alike(part(other), pose) < SAME
    assert alike(part(film), replace(pose, centre_x=0.625)) < SAME, "not where it lies"


def test_a_part_in_which_a_copy_is_flat_says_nothing() -> None:
    seen = {0: np.where(np.arange(256).reshape(16, 16) < 64, np.random.default_rng(0).normal(size=(16, 16)), np.nan).astype(np.float32)}
    kept = {0: np.where(np.arange(256).reshape(16, 16) < 64, 0.0, 1.0).astype(np.float32)}
    assert likeness(seen, kept, {0: 1.0}) is None


def test_a_long_video_takes_little():
    picture = clip(1)[0]
    frames = [replace(picture, pts=second, time_base=Fraction(1)) for second in range(0, 8 * 900)]
    data = taken(frames).to_bytes()
    assert len(data) < 40_000
    windows = read_likeness(data)
    assert set(range(ALL_WINDOWS)) <= windows.keys()
    assert max(windows) == 900 - 900 % LATER_EVERY


@pytest.mark.parametrize("data", [b"", b"likeness/2\0", b"likeness/1\0abc"])
def test_other_bytes_are_refused(data):
    with pytest.raises(RegistryError, match="damaged"):
        read_likeness(data)


def test_what_is_kept_is_what_was_seen():
    seen = taken(clip(10))
    (kept,) = read_likeness(seen.to_bytes()).values()
    assert np.corrcoef(kept.ravel(), seen.windows[0].ravel())[0, 1] > 0.999
