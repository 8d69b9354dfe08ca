"""Forgeries change what the mask says and nothing else, twins differ in nothing else, and compression carries no label."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from indelible.channel.codecs import X264, Vp9
from indelible.errors import InputError
from indelible.forensics.forgeries import KINDS, UNSEEN, Final, draw_final, draw_mask, forge, make_twins
from indelible.forensics.stack import clip_of, stack_of, triplet
from tests.forensics.scenes import moving_stack

RNG = np.random.default_rng


@pytest.fixture(scope="module")
def host():
    return moving_stack("china.jpg")


@pytest.fixture(scope="module")
def donor():
    return moving_stack("flower.jpg")


@pytest.mark.parametrize("kind", [*KINDS, *UNSEEN])
def test_only_what_the_mask_covers_changes_and_the_same_by_seed(kind, host, donor):
    mask = draw_mask(*host.shape[:3], area=0.15, rng=RNG(3))
    before = host.copy()
    forged = forge(kind, host, mask, donor=donor, rng=RNG(4))
    assert np.array_equal(host, before)
    assert (forged.shape, forged.dtype) == (host.shape, np.uint8)
    difference = np.abs(forged.astype(int) - host).max(axis=-1)
    assert difference[mask == 0].max() == 0
    assert difference[mask > 0.9].mean() > 0.1
    assert np.array_equal(forged, forge(kind, host, mask, donor=donor, rng=RNG(4)))


def test_a_splice_shows_the_donor_and_nothing_else_does(host, donor):
    mask = np.ones(host.shape[:3], np.float32)
    assert any(np.array_equal(forge("splice", host, mask, donor=donor, rng=RNG(seed)), donor) for seed in range(6))
    for kind in (*KINDS, *UNSEEN):
        if kind != "splice":
            one, other = (forge(kind, host, mask, donor=each, rng=RNG(1)) for each in (donor, host))
            assert np.array_equal(one, other), kind


def test_a_freeze_stands_still_and_a_time_splice_shows_other_times(host, donor):
    mask = np.ones(host.shape[:3], np.float32)
    frozen = forge("freeze", host, mask, donor=donor, rng=RNG(1))
    assert all(np.array_equal(picture, frozen[0]) for picture in frozen)
    shifted = forge("time_splice", host, mask, donor=donor, rng=RNG(1))
    assert not np.array_equal(shifted, host)
    assert all(any(np.array_equal(picture, own) for own in host) for picture in shifted)


def test_a_reconstruction_keeps_few_components(host, donor):
    mask = np.ones(host.shape[:3], np.float32)
    made = forge("reconstruct", host, mask, donor=donor, rng=RNG(2)).astype(float)
    error = np.abs(made - host).mean()
    assert 0.1 < error < 12.0  # detail is lost, the picture is not
    assert np.diff(made[..., 0], axis=2).std() < np.diff(host[..., 0].astype(float), axis=2).std()


def test_masks_have_about_their_area_whatever_the_shape():
    areas = [draw_mask(2, 96, 128, area=0.12, rng=RNG(seed)).mean() for seed in range(60)]
    assert np.mean(areas) == pytest.approx(0.12, rel=0.2)
    assert 0.04 < min(areas) < max(areas) < 0.25


def test_masks_stand_still_or_drift_and_are_soft():
    still = [bool((mask[0] == mask[-1]).all()) for mask in (draw_mask(8, 64, 64, area=0.1, rng=RNG(seed)) for seed in range(30))]
    assert 5 < sum(still) < 25
    mask = draw_mask(1, 64, 64, area=0.1, rng=RNG(0))
    assert ((mask > 0.01) & (mask < 0.99)).any()


@pytest.mark.parametrize(
    ("kind", "shape", "message"), [("magic", (9, 96, 96), "known are self_blend"), ("splice", (9, 96, 90), "they must agree")]
)
def test_what_is_not_allowed_is_said(kind, shape, message, host, donor):
    with pytest.raises(InputError, match=message):
        forge(kind, host, np.zeros(shape, np.float32), donor=donor, rng=RNG(0))


def test_twins_are_the_same_where_nothing_was_done_and_differ_where_something_was(host, donor):
    (twins,) = make_twins(host, donor, "splice", [Final(X264(crf=20, preset="veryfast"))], rng=RNG(5))
    difference = np.abs(twins.fake[..., 0].astype(int) - twins.real[..., 0])
    assert difference[twins.mask > 0.9].mean() > 8.0
    assert difference[twins.mask == 0].mean() < 2.0  # the encoder spends its bits a little differently
    assert twins.area == pytest.approx(twins.mask.mean())


def test_every_final_encode_is_of_the_same_manipulation(host, donor):
    finals = [Final(None), Final(X264(crf=38, preset="veryfast"))]
    fine, coarse = make_twins(host, donor, "self_blend", finals, rng=RNG(6))
    assert np.array_equal(fine.mask, coarse.mask)
    assert np.abs(fine.real.astype(int) - coarse.real).mean() > 1.0
    assert [twins.final for twins in (fine, coarse)] == finals


def test_finals_say_their_crf_only_on_the_scale_of_x264():
    assert Final(X264(crf=30)).crf == 30
    assert Final(Vp9(crf=30)).crf is None
    assert (Final(None).crf, str(Final(None))) == (None, "none")
    drawn = [draw_final(RNG(seed)) for seed in range(300)]
    assert 10 < sum(final.codec is None for final in drawn) < 60
    assert {18, 40} <= {final.crf for final in drawn} <= {None, *range(18, 41)}


def test_stacks_become_clips_and_stacks_again(host):
    clip = clip_of(host, frame_rate=Fraction(25))
    again = stack_of(clip.frames)
    assert np.array_equal(again[..., 0], host[..., 0])
    assert np.abs(again[..., 1:].astype(int) - host[..., 1:]).mean() < 3.0
    assert clip.info.duration_seconds == pytest.approx(9 / 25)


def test_stacks_refuse_odd_sizes_and_nothing():
    from tests.channel.clips import make_clip

    with pytest.raises(InputError, match="at least one frame"):
        stack_of([])
    with pytest.raises(InputError, match="even sides"):
        stack_of(make_clip(width=97, height=64).frames)


def test_a_triplet_is_a_picture_and_the_luma_around_it(host):
    planes = triplet(host[0:2], host[1:3], host[2:4])
    assert planes.shape == (2, 5, 96, 96)
    assert np.array_equal(planes[0, 0], host[1, ..., 0])
    assert np.array_equal(planes[1, 2], host[2, ..., 2])
    assert np.array_equal(planes[0, 3], host[0, ..., 0])
    assert np.array_equal(planes[1, 4], host[3, ..., 0])
