"""The harness on small films and real encoders."""

import math

import pytest

from indelible.channel import parse_channel
from indelible.errors import InputError
from indelible.lab import campaign
from indelible.lab.campaign import LabRun, measure
from indelible.lab.compare import run_comparison
from indelible.lab.dct8 import Dct8
from indelible.lab.methods import METHODS, method_named
from indelible.lab.trial import Entrant, Footage, psnr_y_db, rng_of
from indelible.lab.validate import run_validation

SMALL = Footage(frames=31, width=128)
ENTRANTS = (Entrant("random", "dct8", epsilon=0.1), Entrant("ours", "indelible"))


@pytest.fixture
def run(tmp_path):
    return LabRun(SMALL, cache_folder=tmp_path / "cache")


@pytest.fixture(scope="module")
def signature():
    return Dct8().draw(rng_of(1, "test"))


def test_footage_is_small_even_and_in_eight_bits(films, make_video):
    clip = Footage(frames=9, width=101).load(films / "china.mp4")
    assert (len(clip.frames), clip.info.width, clip.info.height, clip.info.pixel_format) == (9, 100, 56, "yuv420p")
    assert clip.frames[0].y.shape == (56, 100)
    deep = Footage().load(make_video(pixel_format="yuv420p10le"))
    assert (deep.frames[0].bit_depth, deep.info.pixel_format) == (8, "yuv420p")


def test_every_entrant_is_scored_with_and_without_its_mark(corpus, run):
    records = measure(corpus, ENTRANTS, ["none", "x264:crf=28"], run)
    assert [(record["clip"], record["entrant"], record["channel"]) for record in records] == [
        (clip, entrant, channel)
        for channel in ("none", "x264:crf=28")
        for entrant in ("random", "ours")
        for clip in ("china.mp4", "flower.mp4")
    ]
    assert not [record for record in records if "error" in record]
    for record in records:
        matched = record["scores"]["matched"]
        assert matched["marked"] > matched["clean"]
        assert record["frames"] == 31
        assert 38.0 < record["psnr_y_db"] < 55.0
    ours = records[2]["scores"]["matched"]
    assert ours["marked_log10_p"] < -20 < ours["clean_log10_p"]


def test_a_second_run_measures_only_what_is_new(corpus, run, monkeypatch):
    first = measure(corpus, ENTRANTS[:1], ["none"], run)
    done = []
    working = campaign.run_trials

    def watched(task):
        done.extend((entrant.name, channel) for entrant, channel in task.cells)
        return working(task)

    monkeypatch.setattr(campaign, "run_trials", watched)
    renamed = Entrant("the same by another name", "dct8", epsilon=0.1)
    again = measure(corpus, (renamed, ENTRANTS[1]), ["none"], run)
    assert done == [("ours", "none"), ("ours", "none")]
    assert [record | {"entrant": "random"} for record in again[:2]] == first
    done.clear()
    measure(corpus, ENTRANTS[:1], ["none"], LabRun(SMALL, cache_folder=run.cache_folder, resume=False))
    assert len(done) == 2


def test_processes_of_their_own_say_the_same(corpus, tmp_path):
    def scores(jobs):
        run = LabRun(SMALL, cache_folder=tmp_path / str(jobs), jobs=jobs)
        return [record["scores"] for record in measure(corpus, ENTRANTS[:1], ["x264:crf=28"], run)]

    assert scores(1) == scores(2)


def test_what_fails_is_a_record_and_is_tried_again(corpus, run, signature):
    wrong = Entrant("wrong", "flow", signature)
    records = measure(corpus, (wrong, ENTRANTS[0]), ["none"], run)
    assert ["error" in record for record in records] == [True, True, False, False]
    assert "wants its own" in records[0]["error"]
    again = measure(corpus, (wrong, ENTRANTS[0]), ["none"], run)
    assert ["error" in record for record in again] == [True, True, False, False]


def test_random_signatures_differ_from_clip_to_clip_and_not_from_run_to_run():
    entrant = ENTRANTS[0]
    assert entrant.signature_for("a", 1) == entrant.signature_for("a", 1)
    assert len({entrant.signature_for(clip, seed).digest for clip in "ab" for seed in (1, 2)}) == 4


def test_psnr_by_hand(make_frames):
    frames = make_frames(2)
    assert psnr_y_db(frames, frames) == math.inf
    changed = [frame.with_luma(frame.y + 1) for frame in frames]
    assert psnr_y_db(frames, changed) == pytest.approx(10 * math.log10(255**2))


def test_every_method_draws_what_it_takes_and_keeps_its_name(corpus):
    clip = SMALL.load(corpus.clips[0].path)
    for name, method in METHODS.items():
        drawn = method.draw(rng_of(1, name))
        assert drawn.method == name
        scores = method.scores(method.read(method.mark(clip.frames, drawn)), drawn)
        assert tuple(scores) == method.detectors
        assert all(-1.0 <= score.value <= 1.0 for score in scores.values())
    with pytest.raises(InputError, match="known are flow"):
        method_named("none")


def test_validation_leaves_out_what_was_trained_on(corpus, run, signature):
    result = run_validation(signature, corpus, run, channels=["x264:crf=28"])
    assert [(row["channel"], row["detector"], row["n"]) for row in result["summary"]] == [
        ("x264:crf=28", detector, 2) for detector in ("matched", "whitened", "published")
    ]
    assert set(result["verdicts"]) == {"matched", "whitened", "published"}
    assert result["left_out"] == []
    trained = Dct8().draw(rng_of(1, "test"))
    trained = type(trained)(
        trained.method, trained.values, trained.epsilon, trained.phase, training={"clips": [{"source": "china.mp4"}]}, versions={}
    )
    with pytest.raises(InputError, match="not trained on"):
        run_validation(trained, corpus, run, channels=["x264:crf=28"])


def test_comparison_has_a_row_for_each_detector_of_each_entrant(corpus, run, signature):
    result = run_comparison(corpus, run, signatures=[("mine", signature)], channels=["x264:crf=28"])
    named = {(row["entrant"], row["detector"]) for row in result["summary"]}
    assert {("mine", "whitened"), ("indelible", "matched"), ("8x8 DCT, as published", "published"), ("flow", "matched")} <= named
    assert result["errors"] == []
    # The same signature applied to the same clip as by hand.
    clip = SMALL.load(corpus.clips[0].path)
    received = parse_channel("x264:crf=28").apply(type(clip)(tuple(Dct8().mark(clip.frames, signature)), clip.info), seed=1)
    by_hand = Dct8().scores(Dct8().read(received.frames), signature)["matched"].value
    (mine,) = [record for record in result["records"] if (record["entrant"], record["clip"]) == ("mine", "china.mp4")]
    assert mine["scores"]["matched"]["marked"] == pytest.approx(by_hand, abs=1e-5)
