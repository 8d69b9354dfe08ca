"""Training through proxies, on small films."""

import json
from dataclasses import replace

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.lab.dct8 import Dct8
from indelible.lab.gradient import GradientSettings, matched_score, published_score, train
from indelible.lab.proxy import Proxy
from indelible.lab.survival import luma_of
from indelible.lab.template import course
from indelible.lab.trial import Footage, rng_of

pytestmark = pytest.mark.train

SMALL = GradientSettings("adaptive", Proxy(rounding="sigmoid"), iterations=12, check_every=6, clips=2, footage=Footage(30, 128))


def trained(corpus, settings, jobs=1):
    lines = []
    return train(corpus, settings, jobs=jobs, progress=lines.append), lines


def test_scores_are_those_of_the_detectors(torch, corpus):
    frames = Footage(30, 128).load(corpus.clips[0].path).frames
    signature = Dct8().draw(rng_of(1, "test"))
    marked = list(Dct8().mark(frames, signature))
    pictures, unit = torch.from_numpy(luma_of(marked)), torch.tensor(signature.values, dtype=torch.float32)
    weights = torch.tensor(course(30, signature.phase), dtype=torch.float32)
    theirs = Dct8().scores(Dct8().read(marked), signature)
    assert float(matched_score(pictures, unit, weights)) == pytest.approx(theirs["matched"].value, abs=1e-3)
    assert float(published_score(pictures, unit, weights)) == pytest.approx(theirs["published"].value, abs=1e-3)


def test_ascent_climbs_on_the_proxy_and_keeps_the_floor(torch, corpus):
    signature, lines = trained(corpus, SMALL)
    first, last = signature.training["course"][0], signature.training["course"][-1]
    assert (first["iteration"], last["iteration"]) == (6, 12)
    assert last["proxy"]["marked"] > first["proxy"]["marked"]
    assert signature.training["psnr_y_db"] > 39.0
    assert signature.training["proxy_scores"]["marked"] >= last["proxy"]["marked"] - 0.01
    assert "iteration 6 of 12" in lines[0]
    assert signature.trained_on == {"china.mp4", "flower.mp4"}
    assert signature.method == "dct8"
    assert np.linalg.norm(signature.values) == pytest.approx(1.0)


def test_the_floor_holds_strength_down(torch, corpus):
    loud = replace(SMALL, epsilon=0.15, floor_db=30.0)
    quiet = replace(SMALL, epsilon=0.15, floor_db=45.0, iterations=30, check_every=30, learning_rate=0.02)
    assert trained(corpus, quiet)[0].epsilon < trained(corpus, loud)[0].epsilon - 0.02


def test_the_same_by_seed_whatever_the_processes(torch, corpus):
    settings = replace(SMALL, trainer="hybrid", proxy=Proxy(), rounds=2, iterations=4)
    one, lines = trained(corpus, settings)
    two, _ = trained(corpus, settings, jobs=2)
    assert one == two
    assert one.training["course"] == two.training["course"]
    assert json.loads(json.dumps(one.to_json()))["training"]["trainer"] == "hybrid"
    other, _ = trained(corpus, replace(settings, seed=2))
    assert other != one
    rounds = [entry for entry in one.training["course"] if "round" in entry]
    assert [entry["round"] for entry in rounds] == [1, 2]
    assert "round 2 of 2" in lines[-1]


def test_a_round_is_accepted_only_if_the_real_encoder_likes_it(torch, corpus):
    signature, _ = trained(corpus, replace(SMALL, trainer="hybrid", proxy=Proxy(), rounds=4, iterations=1, check_every=1))
    rounds = [entry for entry in signature.training["course"] if "round" in entry]
    best = -np.inf
    for entry in rounds:
        assert not entry["accepted"] or entry["fitness"] > best
        best = max(best, entry["fitness"]) if entry["accepted"] else best


def test_losses_of_the_contrastive_kind(torch, corpus):
    for trainer in ("contrastive", "straight-through"):
        settings = replace(SMALL, trainer=trainer, detector="published", steady=True, iterations=6)
        signature, _ = trained(corpus, settings)
        first, said = signature.training["course"][0], signature.training["proxy_scores"]
        assert said["separation"] >= first["proxy"]["marked"] - first["proxy"]["clean"] - 0.01
        assert set(signature.training["scores"]) == {"matched", "whitened", "published"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trainer": "magic"}, "known are adaptive"),
        ({"detector": "whitened"}, "cannot be trained"),
        ({"steady": True}, "published"),
        ({"iterations": 0}, "0 iterations"),
        ({"rounds": 3}, "hybrid alone"),
        ({"trainer": "hybrid"}, "hybrid alone"),
        ({"epsilon": 0.3}, "at most 0.15"),
        ({"proxy": Proxy(crf=28.5)}, "whole"),
    ],
)
def test_settings_that_mean_nothing_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        replace(SMALL, **changes)


def test_from_the_command_line_to_validation(torch, films, tmp_path):
    from tests.cli.conftest import invoke

    small = ("--frames", 30, "--width", 128, "--clips", 1, "--iterations", 4, "--check-every", 2)
    for trainer, *options in (("adaptive", "--rounding", "tanh"), ("straight-through", "--proxy", "published"), ("hybrid", "--rounds", 1)):
        output = tmp_path / f"{trainer}.json"
        done = invoke("lab", "train", trainer, films, "-o", output, *small, *options)
        assert done.exit_code in (0, 5), done.stderr
        assert "on the proxy" in done.stdout
        assert "iteration 4 of 4" in done.stderr
        assert json.loads(output.read_text())["schema"] == "indelible.signature/1"
        assert invoke("lab", "train", trainer, films, "-o", output, *small, *options).exit_code == 2
    compared = invoke(
        "lab", "compare", films, "-o", tmp_path / "c.json", "--signature", "trained", tmp_path / "hybrid.json", "--channel", "x264:crf=28",
        "--frames", 31, "--width", 128, "--cache", tmp_path / "cache",
    )  # fmt: skip
    assert compared.exit_code == 2  # of two sources, one was trained on
    assert "two" in compared.stderr
