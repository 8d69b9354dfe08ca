"""The harness: baselines, truth, thresholds by source, and a small run from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from indelible.bench.tables import result_table
from indelible.bench.verify.baselines import SIMPLE, pictures_at, published_features, sampled, simple_scores
from indelible.bench.verify.goals import GOALS
from indelible.bench.verify.run import VerifyRun, VerifySettings, chosen_attacks, run_verify
from indelible.bench.verify.signature import SIGNS, signatures
from indelible.bench.verify.summary import OURS, summarise
from indelible.bench.verify.truth import agreement, truth_of
from indelible.channel import apply_channel
from indelible.errors import InputError
from indelible.runs.corpus import Corpus, load_corpus
from indelible.verify.localise import Region
from tests.cli.conftest import invoke
from tests.photographs import film
from tests.verify.looks import look, textured

CLIP = textured(20)
SETTINGS = VerifySettings(
    bases=("scale=128x72|x264:crf=26:preset=veryfast",),
    attacks=(("overlay", "logo=area:0.076"), ("tone", "negate"), ("content", "other-segment")),
    encodes=9,
    honest_scores=1,
    max_seconds=0.5,
    short_side=108,
    alpha=0.1,
    same_rate=0.1,
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    for name in ("china", "flower"):
        film(folder / f"{name}.mp4", name=f"{name}.jpg", width=192, height=108, frames=30)
    return load_corpus(folder)


def scores(spec: str) -> dict[str, float]:
    source = sampled(CLIP, rng=np.random.default_rng(1))
    changed = apply_channel(CLIP, spec, seed=1).clip
    own = pictures_at(source, changed)
    features = published_features(source, own, area=changed.info.width * changed.info.height, size_bytes=1000)
    return simple_scores(source, changed, own) | {f"feature {number}": value for number, value in enumerate(features[1:])}


def test_every_baseline_sees_what_cannot_be_overlooked() -> None:
    same, turned = scores("none"), scores("flip=h")
    assert set(SIMPLE) < set(same)
    assert all(turned[name] > same[name] for name in same)
    assert {name: same[name] for name in ("scaled pixels", "middle-frame pHash", "MPEG-7 signature")} == dict.fromkeys(
        ("scaled pixels", "middle-frame pHash", "MPEG-7 signature"), 0.0
    )
    assert same["mean SSIM"] == pytest.approx(0.0, abs=1e-4)


def test_signatures_have_their_signs() -> None:
    pictures = [np.full((90, 160, 3), 100, np.uint8), np.random.default_rng(1).integers(0, 256, (90, 160, 3)).astype(np.uint8)]
    found = signatures(pictures)
    assert found.shape == (2, SIGNS)
    assert set(np.unique(found[1])) == {0, 1, 2}
    assert np.array_equal(signatures(pictures[1:])[0], found[1])


def test_the_truth_is_where_and_when_pictures_were_changed() -> None:
    source, changed = look(CLIP), look(CLIP, "logo=area:0.04:at=top-right:from=0.2:until=0.5")
    truth = truth_of(source, changed)
    assert truth is not None
    inside = (source.times >= 0.2 - 1e-6) & (source.times < 0.5 - 1e-6)
    assert np.array_equal(truth.frames, inside)
    assert not truth.blocks[:, : truth.blocks.shape[1] // 2].any()
    right = Region(0.2, 0.5, 0.8, 0.0, 0.2, 0.2, "spatial", -2.0)
    in_time, in_place = agreement(truth, (right,), source.times)
    assert in_time == 1.0
    assert in_place > 0.85
    wrong = Region(0.5, 0.8, 0.0, 0.5, 0.2, 0.2, "spatial", -2.0)
    assert agreement(truth, (wrong,), source.times) == (0.0, 0.0)
    assert agreement(truth, (), source.times) == (0.0, 0.0)
    assert truth_of(source, source) is None


def record(kind: str, source: str, score: float, **more: object) -> dict[str, object]:
    values = dict.fromkeys(SIMPLE, score) | {"features": [score] * 5}
    return {"kind": kind, "source": source, "clip": source, "base": "x264", "group": None, "attack": None, "scores": values} | more


def test_thresholds_come_from_other_sources() -> None:
    """A source whose honest renditions all score high is an alarm of the baseline: no other source knows it."""
    honest = [record("honest", f"s{n}", n / 100, verdict="AUTHENTIC", log10_p=-0.3) for n in range(20)]
    strange = record("honest", "strange", 9.0, verdict="AUTHENTIC", log10_p=-0.3)
    attack = {"group": "tone", "attack": "grey", "verdict": "TAMPERED", "log10_p": -2.0, "effect": {"visible": True}}
    attacks = [record("attack", "strange", 5.0, **attack), record("attack", "s1", 5.0, **attack)]
    hidden = record("attack", "s2", 0.0, **(attack | {"effect": {"visible": False}, "log10_p": 0.0}))
    found = summarise([*honest, strange, *attacks, hidden], alpha=0.01, same_rate=0.05)
    assert found["false_alarms"]["mean SSIM"]["k"] >= 1
    assert found["all"][OURS] == {"k": 2, "n": 2} | {name: found["all"][OURS][name] for name in ("interval",)}
    (row,) = found["attacks"]
    assert row["invisible"] == 1
    assert row["caught"]["mean SSIM"]["k"] == 1, "the other clip's threshold knows of the strange one"
    assert row["caught"]["accept all"]["k"] == 0


def test_a_run_is_whole_and_the_second_measures_nothing(corpus, tmp_path):
    lines: list[str] = []
    run = VerifyRun(settings=SETTINGS, cache_folder=tmp_path, progress=lines.append)
    first = run_verify(corpus, run)
    assert first["errors"] == []
    assert first["summary"]["honest"]["accepted"]["n"] == 2
    rows = {row["attack"]: row for row in first["summary"]["attacks"]}
    assert rows["negate"]["caught"][OURS]["k"] == 2
    assert rows["logo=area:0.076"]["time_iou"] is not None
    assert "other-segment" in rows
    lines.clear()
    again = run_verify(corpus, run)
    assert lines == ["2 clips, 0 rungs of them to be measured"]
    assert {**first, "provenance": 0} == {**again, "provenance": 0}
    assert "**Attacks, one by one**" in result_table(json.loads(json.dumps(first)))


def test_attacks_are_chosen_by_group_and_name() -> None:
    everything = chosen_attacks((), ())
    assert {attack for _, attack in everything} >= set(GOALS)
    assert chosen_attacks(("erase",), ("erase=blur:area:0.02",)) == (("erase", "erase=blur:area:0.02"),)
    with pytest.raises(InputError, match="unknown group"):
        chosen_attacks(("eras",), ())
    with pytest.raises(InputError, match="no attack"):
        chosen_attacks(("erase",), ("grey",))
    with pytest.raises(InputError, match="does not end with an encoder"):
        VerifySettings(bases=("x264|grey",))


def test_halves_share_no_source(corpus, tmp_path: Path) -> None:
    even, odd = corpus.half(odd=False), corpus.half(odd=True)
    assert [[clip.name for clip in half.clips] for half in (even, odd)] == [["china.mp4"], ["flower.mp4"]]
    done = invoke("bench", "verify", corpus.clips[0].path.parent, "-o", tmp_path / "r.json", "--half", "odd", "--only", "china*")
    assert (done.exit_code, "no clip named 'china*' is of an odd source" in done.stderr) == (2, True)
