"""Folds keep sources together, the cache is made once and the same again, crops are what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.forensics.forgeries import KINDS
from indelible.forensics.training.batches import draw_batch, draw_views, easy
from indelible.forensics.training.cache import JUDGED_CRFS, CacheSettings, Records, build_cache, load_records
from indelible.forensics.training.folds import JUDGING, folds
from indelible.forensics.training.segments import FRAMES, SIDE, draw_segment
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip

RNG = np.random.default_rng


def clips(*counts):
    return [
        CorpusClip(Path(f"{source}-{number}.mp4"), "0" * 64, f"source {source}")
        for source, many in enumerate(counts)
        for number in range(many)
    ]


def test_folds_keep_sources_together_and_are_about_equal():
    many = clips(7, 6, 5, 4, 3, 3, 2, 2, 1, 1, 1)
    found = folds(many, count=5)
    for source in {clip.source for clip in many}:
        assert len({found[clip.name] for clip in many if clip.source == source}) == 1
    sizes = np.bincount(list(found.values()))
    assert (len(sizes), sizes.max() - sizes.min()) == (5, sizes.max() - 7)
    assert sizes.max() <= 8
    assert folds(list(reversed(many)), count=5) == found


@pytest.mark.parametrize("count", [2, 4])
def test_too_few_sources_or_folds_are_refused(count):
    with pytest.raises(InputError, match="at least 3 folds"):
        folds(clips(3, 3, 3), count=count)


def test_segments_are_squares_of_real_footage(corpus):
    frames = load_clip(corpus.clips[0].path, max_frames=20).frames
    drawn = [draw_segment(frames, rng=RNG(seed)) for seed in range(3)]
    assert all(stack.shape == (FRAMES, SIDE, SIDE, 3) for stack in drawn)
    assert not np.array_equal(drawn[0], drawn[1])
    with pytest.raises(InputError, match="5 pictures"):
        draw_segment(frames[:5], rng=RNG(0))


@pytest.fixture(scope="module")
def built(films, tmp_path_factory):
    from indelible.runs.corpus import load_corpus

    corpus = load_corpus(films)
    folder = tmp_path_factory.mktemp("cache")
    fold_of = {corpus.clips[0].name: JUDGING, corpus.clips[1].name: 2}
    settings = CacheSettings(pairs=2, judged=1, frames=12)
    lines = []
    files = build_cache(corpus.clips, fold_of, settings, folder=folder, jobs=1, progress=lines.append)
    again = build_cache(corpus.clips, fold_of, settings, folder=folder, jobs=1, progress=lines.append)
    assert (files, len(lines)) == (again, 2)  # the second time there is nothing to do
    return [load_records(files[clip.name], clip) for clip in corpus.clips], corpus, fold_of, settings


def test_a_judging_clip_has_every_quality_of_one_manipulation(built):
    judging = built[0][0]
    assert [each["crf"] for each in judging.about] == [None, *JUDGED_CRFS]
    assert len({(each["kind"], each["area"]) for each in judging.about}) == 1
    assert judging.planes.shape == (6, 2, 2, 5, SIDE, SIDE)
    assert all(np.array_equal(mask, judging.masks[0]) for mask in judging.masks)
    apart = np.abs(judging.planes[:, 0, :, 0].astype(float) - judging.planes[0, 0, :, 0]).mean(axis=(1, 2, 3))
    assert list(apart) == sorted(apart)  # the worse the encode, the further from the unencoded one


def test_a_training_clip_has_kinds_that_train_and_random_encodes(built):
    training = built[0][1]
    assert len(training.about) == 2
    assert {each["kind"] for each in training.about} <= set(KINDS)
    assert training.masks.shape == (2, 2, SIDE // 4, SIDE // 4)


def test_the_cache_is_the_same_by_seed(built, tmp_path):
    records, corpus, fold_of, settings = built
    files = build_cache(corpus.clips[1:], fold_of, settings, folder=tmp_path, jobs=1, progress=lambda line: None)
    again = load_records(files[corpus.clips[1].name], corpus.clips[1])
    # Its donor is itself here, the other clip being of another fold in both cases.
    assert np.array_equal(again.planes, records[1].planes)
    assert again.about == records[1].about


def pool_of(mask_at):
    """Return a pool of one made-up record, whose fake is brighter where its mask is."""
    planes = np.full((1, 2, 2, 5, SIDE, SIDE), 50, np.uint8)
    planes[:, :, :, 3], planes[:, :, :, 4] = 30, 40
    masks = np.zeros((1, 2, SIDE // 4, SIDE // 4), np.uint8)
    y, x = mask_at
    masks[0, :, y, x] = 255
    planes[0, 1, :, 0, 4 * y.start : 4 * y.stop, 4 * x.start : 4 * x.stop] = 200
    about = ({"kind": "splice", "area": 0.1, "final": "x264:crf=20", "crf": 20, "segment": 0},)
    return [(Records(planes, masks, about, "s", "c"), 0)]


def test_crops_of_twins_are_of_one_place_and_the_mask_lies_where_they_differ():
    pool = pool_of((slice(10, 26), slice(6, 22)))
    seen = set()
    for seed in range(12):
        batch = draw_batch(pool, pairs=3, crop=64, rng=RNG(seed))
        assert (batch.planes.shape, batch.masks.shape) == ((6, 5, 64, 64), (6, 8, 8))
        bright = (batch.planes[3:, 0] > 0.5).reshape(3, 8, 8, 8, 8).mean(axis=(2, 4))
        assert np.allclose(batch.masks[3:], bright, atol=1e-6)
        assert not batch.masks[:3].any()
        assert np.allclose(batch.crf, 0.5)
        assert set(np.unique(np.rint(255 * batch.planes[:, 3:]).astype(int))) == {30, 40}
        assert list(batch.fake[:3]) == [0.0] * 3
        assert all(
            truth == 1.0 if mask.mean() > 0.02 else np.isnan(truth) for truth, mask in zip(batch.fake[3:], batch.masks[3:], strict=True)
        )
        seen |= {bool(mask.any()) for mask in batch.masks[3:]}
    assert True in seen


def test_views_of_one_clip_are_paired():
    views = draw_views(pool_of((slice(0, 4), slice(0, 4))), count=3, side=32, rng=RNG(1))
    assert (views.shape, views.dtype) == ((2, 3, 3, 32, 32), np.float32)
    assert 0.0 <= views.min() <= views.max() <= 1.0


def test_easy_records_are_those_encoded_well():
    assert [easy({"final": final, "crf": crf}) for final, crf in (("none", None), ("x264", 22), ("x264", 35), ("av1", None))] == [
        True,
        True,
        False,
        False,
    ]
