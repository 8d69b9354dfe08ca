"""Artefacts against what they say of themselves, and severities against each other on real encoders."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from indelible.channel import parse_channel
from indelible.channel.codecs import X264, X265, Av1, Codec, Vp9
from indelible.errors import InputError
from indelible.forensics.degrade import (
    SEVERITIES,
    BlockMeans,
    ColourShift,
    Degrade,
    DownUp,
    GaussianBlur,
    GaussianNoise,
    Jpeg,
    PreprocessingPipeline,
    draw_artefacts,
    draw_channel,
    draw_codec,
)
from tests.channel.clips import make_clip, psnr_y_db
from tests.photographs import still

RNG = np.random.default_rng


@pytest.fixture(scope="module")
def picture():
    return still(width=160, height=120)


def psnr(one, other):
    return 10 * np.log10(255**2 / np.square(one.astype(float) - other).mean())


def test_jpeg_is_that_of_its_quality_and_keeps_the_colours_in_their_order(picture):
    qualities = [psnr(picture, Jpeg(quality)(picture, rng=RNG(0))) for quality in (30, 60, 90)]
    assert qualities == sorted(qualities)
    assert qualities[0] > 22.0  # exchanged colours would be far below


def test_blur_of_five_is_the_binomial(picture):
    weights = np.array([1, 4, 6, 4, 1]) / 16.0
    expected = cv2.sepFilter2D(picture.astype(float), -1, weights, weights, borderType=cv2.BORDER_REPLICATE)
    assert np.abs(GaussianBlur(5)(picture, rng=RNG(0)).astype(int) - expected).max() <= 1


def test_down_and_up_loses_more_the_smaller_it_was_and_nothing_at_one(picture):
    assert np.array_equal(DownUp(1.0)(picture, rng=RNG(0)), picture)
    assert psnr(picture, DownUp(0.5)(picture, rng=RNG(0))) < psnr(picture, DownUp(0.9)(picture, rng=RNG(0)))


def test_colours_shift_by_so_many_codes():
    flat = np.full((8, 9, 3), 100, np.uint8)
    assert np.array_equal(ColourShift(20, -20, 5)(flat, rng=RNG(0))[3, 4], [120, 80, 105])
    assert ColourShift(200, 0, 0)(flat, rng=RNG(0))[0, 0, 0] == 255


def test_noise_has_its_deviation():
    flat = np.full((128, 128, 3), 128, np.uint8)
    noise = GaussianNoise(10.0)(flat, rng=RNG(1)).astype(float) - 128
    assert noise.std() == pytest.approx(10.0, rel=0.03)
    assert abs(noise.mean()) < 0.3


def test_blocks_become_their_means(picture):
    changed = BlockMeans(1.0)(picture[:61, :83], rng=RNG(0))
    assert changed.shape == (61, 83, 3)
    for rows, columns in ((slice(8, 16), slice(16, 24)), (slice(56, 61), slice(80, 83))):  # also what the border cuts off
        expected = picture[:61, :83][rows, columns].reshape(-1, 3).mean(axis=0)
        assert np.abs(changed[rows, columns] - expected).max() <= 0.51
    assert np.array_equal(BlockMeans(0.0)(picture, rng=RNG(0)), picture)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Jpeg(0), "quality of a JPEG is 0; allowed is 1 to 100"),
        (lambda: GaussianBlur(4), "it must be odd"),
        (lambda: DownUp(1.5), "factor of a scaling is 1.5"),
        (lambda: Degrade("terrible"), "allowed are light, medium, heavy"),
        (lambda: PreprocessingPipeline(4), "image_size is 4"),
        (lambda: Jpeg(50)(np.zeros((4, 4), np.uint8), rng=RNG(0)), r"a picture has shape \(4, 4\)"),
        (lambda: PreprocessingPipeline(16).preprocess_batch([]), "at least one picture"),
    ],
)
def test_what_is_not_allowed_is_said(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_artefacts_keep_to_the_ranges_of_their_severity():
    allowed = {"light": (70, 90), "medium": (50, 70), "heavy": (30, 50)}
    kinds = set()
    for severity in SEVERITIES:
        for seed in range(100):
            drawn = draw_artefacts(severity, rng=RNG(seed))
            kinds |= {type(each) for each in drawn}
            (jpeg,) = (each for each in drawn if isinstance(each, Jpeg))
            assert allowed[severity][0] <= jpeg.quality <= allowed[severity][1]
            assert all(5 <= each.sigma <= 15 for each in drawn if isinstance(each, GaussianNoise))
            assert all(0.5 <= each.factor <= 0.9 for each in drawn if isinstance(each, DownUp))
            assert all(each.size in (3, 5, 7) for each in drawn if isinstance(each, GaussianBlur))
    assert kinds == {Jpeg, GaussianBlur, DownUp, ColourShift, GaussianNoise, BlockMeans}


def test_severities_are_in_their_order(picture):
    quality = [np.mean([psnr(picture, Degrade(severity)(picture, rng=RNG(seed))) for seed in range(12)]) for severity in SEVERITIES]
    assert quality == sorted(quality, reverse=True)


def test_a_batch_has_a_draw_for_each_picture_and_a_clip_one_for_all(picture):
    def distinct(pictures):
        return len({each.tobytes() for each in pictures})

    assert distinct(Degrade().batch([picture] * 6, rng=RNG(3))) > 3
    clips = [Degrade("medium").clip([picture] * 3, rng=RNG(seed)) for seed in range(3)]
    assert [distinct(clip) for clip in clips] == [1, 1, 1]
    again = Degrade("medium").clip([picture] * 3, rng=RNG(0))
    assert np.array_equal(again[0], clips[0][0])


def test_preprocessing_scales_to_a_square_between_minus_one_and_one(picture):
    plain = PreprocessingPipeline(64, augment=False).preprocess(picture)
    assert (plain.shape, plain.dtype) == ((3, 64, 64), np.float32)
    assert -1.0 <= plain.min() < plain.max() <= 1.0
    restored = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA).transpose(2, 0, 1)
    assert np.abs((plain + 1) * 127.5 - restored).max() < 1e-3
    pipeline = PreprocessingPipeline(64, augment=True)
    assert np.array_equal(pipeline.preprocess(picture, apply_compression=False), plain)
    assert not np.array_equal(pipeline.preprocess(picture, apply_compression=True), plain)
    assert pipeline.preprocess_batch([picture, picture[:50]]).shape == (2, 3, 64, 64)


def test_channels_of_clips_get_worse_with_severity_and_keep_the_size():
    clip = make_clip(width=128, height=96, frames=10)
    quality = {}
    for severity in SEVERITIES:
        results = []
        for seed in range(6):
            channel = draw_channel(severity, clip.info, rng=RNG(seed))
            assert parse_channel(str(channel)) == channel
            if not any(name in str(channel) for name in ("drop", "fps", "freeze", "duplicate")):
                results.append(psnr_y_db(channel.apply(clip, seed=seed), clip))
        quality[severity] = np.mean(results)
    assert quality["light"] > quality["medium"] > quality["heavy"]


def test_channels_draw_every_codec_and_every_fault_and_subsample():
    info = make_clip(pixel_format="yuv444p").info
    texts = [str(draw_channel("heavy", info, rng=RNG(seed))) for seed in range(300)]
    for step in ("x264", "x265", "vp9", "av1", "drop", "duplicate", "freeze", "blend", "format=yuv420p"):
        assert any(step in text for text in texts), step


def test_codecs_keep_to_their_ranges():
    drawn = [draw_codec((20, 24), (30, 33), rng=RNG(seed)) for seed in range(200)]
    assert {type(each) for each in drawn} == {X264, X265, Vp9, Av1}
    for each in drawn:
        assert isinstance(each, Codec)
        low, high = (20, 24) if isinstance(each, X264 | X265) else (30, 33)
        assert low <= each.crf <= high
