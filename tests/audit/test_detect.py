"""The training mark on arrays: found, invariant to what a training set does, and silent for wrong keys."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from indelible.audit.bands import RINGS, commitment, training_signs
from indelible.audit.detect import LookingGlass
from indelible.audit.embed import TrainingEmbedder
from indelible.audit.spectrum import Spectrum
from indelible.errors import InputError
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.stats.intervals import uniform_excess
from tests.photographs import photograph

KEY = SecretKey(bytes(range(32)))


def glass_of(frames, **settings):
    spectrum = Spectrum(**settings)
    for frame in frames:
        spectrum.add((frame.y, *frame.chroma), bit_depth=frame.bit_depth)
    return LookingGlass(spectrum)


@pytest.fixture(scope="module")
def host():
    luma = photograph("china.jpg")
    chroma = tuple(cv2.resize(np.uint8(255 - luma), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for _ in range(2))
    return Frame(y=luma, chroma=chroma, pixel_format="yuv420p")


@pytest.fixture(scope="module")
def marked(host):
    return next(TrainingEmbedder(KEY).embed([host]))


def test_marked_is_found_unmarked_is_not(host, marked):
    found = glass_of([marked]).look(KEY)
    assert found.log10_p < -20
    assert (found.scale, found.mirrored) == (1.0, False)
    assert found.log10_p > found.log10_floor
    assert glass_of([host]).look(KEY).log10_p > -2


def test_quality_is_kept_and_said(host, marked):
    embedder = TrainingEmbedder(KEY, quality_db=45.0)
    changed = next(embedder.embed([host]))
    actual = 10 * np.log10(255**2 / np.mean((changed.y.astype(float) - host.y) ** 2))
    assert embedder.report.psnr_y_db == pytest.approx(actual, abs=1e-6)
    assert actual >= 44.95
    assert host.y is not changed.y
    with pytest.raises(InputError):
        TrainingEmbedder(KEY, quality_db=20.0)


@pytest.mark.parametrize(
    ("change", "scale", "mirrored"),
    [
        (lambda plane: plane[plane.shape[0] // 8 : -plane.shape[0] // 8, plane.shape[1] // 8 : -plane.shape[1] // 8], 0.75, False),
        (lambda plane: cv2.resize(plane, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), 1.0, False),
        (lambda plane: np.ascontiguousarray(plane[:, ::-1]), 1.0, True),
        (lambda plane: np.uint8(np.clip(0.7 * plane + 30, 0, 255)), 1.0, False),
    ],
    ids=["crop", "resize", "mirror", "grade"],
)
def test_it_survives_what_training_sets_do(marked, change, scale, mirrored):
    changed = replace(marked, y=change(marked.y), chroma=tuple(change(plane) for plane in marked.chroma))
    found = glass_of([changed]).look(KEY)
    assert found.log10_p < -6
    assert found.scale == pytest.approx(scale, rel=0.08)
    assert found.mirrored is mirrored


def test_patches_are_read_at_their_own_scale(marked):
    patches = [Frame(y=marked.y[down : down + 96, across : across + 96]) for down in range(0, 300, 96) for across in range(0, 500, 96)]
    assert glass_of(patches, lines=min(marked.y.shape)).look(KEY).log10_p < -4


def test_half_of_the_coins_survive_random_mirroring(marked):
    other = next(TrainingEmbedder(KEY).embed([Frame(y=photograph("flower.jpg"))]))
    frames = [Frame(y=np.ascontiguousarray(luma)) for frame in (marked, other) for luma in (frame.y, frame.y[:, ::-1])]
    assert glass_of(frames).look(KEY).log10_p < -3


def test_wrong_keys_are_super_uniform(host, marked):
    rng = np.random.default_rng(7)
    for frame in (host, marked):
        glass = glass_of([frame])
        p = [10 ** glass.look(SecretKey(rng.bytes(32))).log10_p for _ in range(1000)]
        excess, band = uniform_excess(p, confidence=0.999)
        assert excess <= band
        assert min(p) < 0.05  # and it is not silent for being always 1


def test_flat_and_tiny_pictures_say_nothing():
    flat = Frame(y=np.full((120, 160), 90, np.uint8))
    embedder = TrainingEmbedder(KEY)
    assert np.array_equal(next(embedder.embed([flat])).y, flat.y)
    assert embedder.report.psnr_y_db == np.inf
    assert glass_of([flat]).look(KEY).log10_p == 0.0
    assert glass_of([Frame(y=np.zeros((4, 4), np.uint8))]).look(KEY).log10_p == 0.0


def test_ten_bits_are_marked_alike(host):
    deep = Frame(y=host.y.astype(np.uint16) * 4, pixel_format="gray10le", bit_depth=10)
    embedder = TrainingEmbedder(KEY)
    found = glass_of(embedder.embed([deep])).look(KEY)
    assert found.log10_p < -10
    assert 42.0 < embedder.report.psnr_y_db < 50.0


def test_coins_are_the_keys_own():
    signs = training_signs(KEY)
    assert signs.shape == (3, 2, RINGS, 8)
    assert set(np.unique(signs)) == {-1, 1}
    assert not np.array_equal(signs, training_signs(SecretKey(bytes(32))))


def test_the_commitment_binds_key_and_level():
    assert commitment(KEY, alpha=1e-3) != commitment(KEY, alpha=1e-2)
    assert commitment(KEY, alpha=1e-3) != commitment(SecretKey(bytes(32)), alpha=1e-3)
    assert len(commitment(KEY, alpha=1e-3)) == 64
