"""Poses, the lattices that they are searched on, timings, and what is kept of a video."""

import itertools
import math

import cv2
import numpy as np
import pytest

from indelible.mark.carrier import band
from indelible.mark.clock import STEP_SECONDS
from indelible.mark.grid import averaged
from indelible.mark.sync import timing
from indelible.mark.sync.correlate import Correlator, pattern_picture
from indelible.mark.sync.family import (
    ALL_FAMILIES,
    AS_MARKED_SHARE,
    CENTRED,
    CUT,
    FAMILIES,
    FRAMED_SHARE,
    TILTED,
    TURNED_SHARE,
    Family,
    Range,
)
from indelible.mark.sync.footage import ALL, KEPT, Box, Footage
from indelible.mark.sync.montage import MONTAGE_SHARE
from indelible.mark.sync.pilots import PHASES, WINDOWS
from indelible.mark.sync.pose import AS_MARKED, Pose, coverage, on_grid
from indelible.mark.sync.timing import IN_TIME, SPEEDS, Timing
from tests.mark.pictures import natural

HEIGHT, WIDTH = 270, 480
SILENT = np.zeros(0, np.float32)  # evidence that nothing here looks at


@pytest.fixture(scope="module")
def original() -> np.ndarray:
    return cv2.GaussianBlur(natural(HEIGHT, WIDTH, seed=4), (0, 0), 1.5).astype(np.float32)


def turned(picture: np.ndarray, angle_deg: float) -> np.ndarray:
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle_deg, 1.0)
    return cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR)


CHANGES = {
    "nothing": (lambda picture: picture, AS_MARKED),
    "resized": (lambda picture: cv2.resize(picture, (400, 300), interpolation=cv2.INTER_AREA), AS_MARKED),
    "cut": (lambda picture: picture[27:243, 72:456], Pose(scale_x=0.8, scale_y=0.8, centre_x=264 / 480, centre_y=0.5)),
    "narrowed": (lambda picture: picture[:, 120:360], Pose(scale_x=0.5)),
    "turned": (lambda picture: turned(picture, 6.0), Pose(angle_deg=6.0)),
    "turned and cut": (
        lambda picture: turned(picture, -4.0)[27:243, 48:432],
        Pose(scale_x=0.8, scale_y=0.8, angle_deg=-4.0),
    ),
    "mirrored": (np.fliplr, Pose(mirrored=True)),
    "on its side": (np.rot90, Pose(quarters=1)),
    "mirrored on its side": (lambda picture: np.rot90(np.fliplr(picture)), Pose(mirrored=True, quarters=1)),
    "mirrored, cut": (
        lambda picture: np.fliplr(picture[27:243, 72:456]),
        Pose(scale_x=0.8, scale_y=0.8, centre_x=264 / 480, centre_y=0.5, mirrored=True),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_pose_brings_a_picture_back_to_where_it_was(original, change):
    change_of, pose = CHANGES[change]
    received = np.ascontiguousarray(change_of(original))
    shown = coverage(pose, height=received.shape[0], width=received.shape[1]) > 0.999
    shown[:3] = shown[-3:] = shown[:, :3] = shown[:, -3:] = False  # where a picture ends, samples are repeated
    assert shown.mean() > 0.4
    error = (on_grid(received, pose) - averaged(original))[shown]
    assert np.sqrt(np.mean(error**2)) < 0.05 * averaged(original).std()


@pytest.mark.parametrize(("pose", "degrees"), [(Pose(quarters=1), 90), (Pose(quarters=3), -90), (Pose(angle_deg=-3.5), -3.5)])
def test_rotation_in_degrees(pose, degrees):
    assert pose.rotation_deg == degrees


def test_the_shares_of_all_poses_and_of_all_timings_sum_to_at_most_one():
    assert AS_MARKED_SHARE + FRAMED_SHARE + TURNED_SHARE + sum(family.share for family in ALL_FAMILIES) <= 1.0 + 1e-12
    for family in ALL_FAMILIES:
        assert family.points * 10**family.log10_weight == pytest.approx(family.share)
    starts = [window * 8.0 + phase * STEP_SECONDS for window, phase in itertools.product(range(WINDOWS), range(PHASES))]
    own, other = (sum(10 ** Timing(start, speed).log10_weight for start in starts) for speed in (1.0, 0.9))
    assert 1.0 in SPEEDS
    assert 0.99 < own + (len(SPEEDS) - 1) * other + MONTAGE_SHARE <= 1.0


def test_every_point_of_a_lattice_is_counted(monkeypatch):
    """By trying all points of a coarse one, those beside the family too."""
    monkeypatch.setattr("indelible.mark.sync.family.SCALES_PER_SIDE", 10)
    monkeypatch.setattr("indelible.mark.sync.family.CENTRES_PER_SIDE", 10)
    monkeypatch.setattr("indelible.mark.sync.family.ANGLES_PER_DEGREE", 1)
    for family in (
        Family(0.1, scales_x=Range(0.7, 0.9, 0.1)),
        Family(0.1, scales_x=Range(0.7, 0.9, 0.1), scales_y=Range(1.0, 1.0)),
        Family(0.1, scales_x=Range(0.8, 1.0, 0.1), angles_deg=Range(-1.0, 1.0), slack=0.1),
        Family(0.1, scales_x=Range(0.7, 0.9, 0.1), off_centre=0.1),
    ):
        scales, centres, angles = np.arange(6, 12) / 10, np.arange(11) / 10, range(-2, 3)
        poses = itertools.product(scales, scales, centres, centres, angles, (False, True))
        points = {point for each in poses if (point := family.on_lattice(Pose(*each))) is not None}
        assert len(points) == family.points


def test_the_nearest_point_of_a_lattice(original):
    family = FAMILIES[0]
    point = family.on_lattice(Pose(scale_x=0.7071, scale_y=0.7071, centre_x=0.4503, centre_y=0.5498))
    assert point is not None
    assert abs(point.scale_x - 0.7071) <= 1 / 640
    assert abs(point.centre_x - 0.4503) <= 1 / 1024
    assert family.on_lattice(Pose(scale_x=0.5, scale_y=0.5)) is None
    assert family.on_lattice(Pose(scale_x=0.9, scale_y=0.9, centre_x=0.6)) is None


def test_what_lies_beside_a_point_of_a_lattice():
    for family, beside in ((CUT, 6), (FAMILIES[1], 4), (FAMILIES[3], 8)):
        pose = family.on_lattice(Pose(scale_x=0.8, scale_y=1.0 if family is FAMILIES[1] else 0.8, angle_deg=2.0 * (beside == 8)))
        points = set(family.beside(pose))
        assert len(points) == beside
        assert all(family.on_lattice(point) == point != pose for point in points)


def test_the_special_parts_of_families_cost_less_and_have_what_lies_near():
    near = Pose(scale_x=0.8, scale_y=0.8, centre_x=0.51, centre_y=0.496)
    point = CENTRED.on_lattice(CENTRED.drawn_in(near))
    assert (point.scale_x, point.scale_y) == (0.8, 0.8)
    assert abs(point.centre_x - 0.5) <= 1 / 512 >= abs(point.centre_y - 0.5)
    tilted = TILTED.on_lattice(TILTED.drawn_in(Pose(scale_x=0.99, scale_y=0.99, angle_deg=4.9)))
    assert (tilted.scale_x, tilted.scale_y, tilted.angle_deg) == (1.0, 1.0, 4.875)
    assert CENTRED.log10_weight > CUT.log10_weight + 2
    assert TILTED.log10_weight > FAMILIES[3].log10_weight + 4


def test_where_a_step_lies_in_the_original():
    late = Timing(start_seconds=21.0, speed=1.25)
    assert [late.window(step) for step in (0, 1, 2, 8, 9)] == [2, 2, 3, 3, 4]
    assert [IN_TIME.window(step) for step in (0, 7, 8, 17)] == [0, 0, 1, 2]
    assert late.log10_weight < Timing(start_seconds=21.0).log10_weight < Timing(start_seconds=5.0).log10_weight


def test_timings_cost_little_at_the_start():
    assert IN_TIME.log10_weight == pytest.approx(math.log10(timing.AS_MARKED_SHARE))
    assert Timing(3.0).log10_weight > -2.5


def test_what_is_kept_of_a_long_video_is_bounded_and_spread(original):
    footage = Footage()
    for step in range(5 * KEPT):
        footage = footage.plus(step, original, 10, SILENT)
    steps = [still.step for still in footage.stills]
    assert KEPT / 2 <= len(steps) <= KEPT
    assert set(np.diff(steps)) == {8}


def test_pictures_are_kept_small():
    footage = Footage().plus(0, np.zeros((2160, 3840), np.float32), 25, SILENT)
    assert footage.stills[0].picture.shape == (384, 683)


@pytest.mark.parametrize("level", [16.0, 235.0])
def test_bars_are_seen_whatever_their_colour(original, level):
    framed = np.pad(original, ((45, 45), (0, 0)), constant_values=level)
    content = Footage().plus(0, framed, 10, SILENT).plus(1, framed + np.float32(0.3), 10, SILENT).content()
    assert content == Box(0.0, 45 / 360, 1.0, 315 / 360)
    assert np.abs(content.cut(framed) - original).max() < 0.01


def test_a_picture_without_bars_is_taken_whole(original):
    assert Footage().plus(0, original, 10, SILENT).content() == ALL
    assert Footage().plus(0, np.full((90, 160), 16.0, np.float32), 10, SILENT).content() == ALL


def test_a_change_of_size_begins_anew(original):
    footage = Footage().plus(0, original, 10, SILENT).plus(1, original[::2, ::2].copy(), 10, SILENT)
    assert [still.step for still in footage.stills] == [1]


@pytest.mark.parametrize("seed", range(4))
def test_a_climb_leaves_alone_what_a_family_fixes(seed):
    """It once went to pictures of no width, in search of a mark that was not there."""
    rng = np.random.default_rng(seed)
    received, pattern = (pattern_picture(rng.normal(size=band().size)) for _ in range(2))
    above_and_below = FAMILIES[2]
    correlator = Correlator([received], [lambda: [pattern]], 16 / 9)
    shape = next(above_and_below.shapes())
    (start,) = correlator.everywhere(shape, above_and_below)
    climbed = correlator.climb(start, above_and_below)
    assert climbed.scale_x == above_and_below.scales_x.first == above_and_below.scales_x.last
    assert above_and_below.about(climbed)
