"""``indelible audit demo``: small models on small films."""

import json

import numpy as np
import pytest

from indelible.audit.demo.footage import load_hosts, prepare
from indelible.audit.demo.models import PATCH, PATCH_FRAMES, generate, restore, train_generator, train_restorer
from indelible.audit.demo.run import DemoSettings, run_demo
from indelible.bench.tables import result_table
from tests.cli.conftest import invoke

pytestmark = pytest.mark.train


@pytest.fixture(autouse=True)
def one_thread(torch):
    torch.set_num_threads(1)


def noise(seed):
    return [0.3 * np.random.default_rng(seed).standard_normal((4, 64, 64)).astype(np.float32)]


def test_training_is_the_same_by_seed():
    films = noise(1)
    first, again, other = (generate(train_generator(films, steps=3, width=4, seed=seed), count=5, seed=9) for seed in (1, 1, 2))
    assert first.shape == (5, PATCH_FRAMES, PATCH, PATCH)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_restorer_learns_to_take_noise_away():
    smooth = [np.cumsum(np.cumsum(film, axis=1), axis=2) / 40 for film in noise(2)]
    noisy, restored = restore(train_restorer(smooth, steps=60, width=4, seed=1), smooth, seed=3)
    clean = 128 + 128 * np.stack([smooth[0][:PATCH_FRAMES, y : y + PATCH, x : x + PATCH] for y in (0, 32) for x in (0, 32)])
    assert np.mean((restored - clean) ** 2) < 0.6 * np.mean((noisy - clean) ** 2)


def test_shares_are_kept_and_queries_stay_out(corpus):
    hosts = load_hosts(corpus, lines=64, frames=2, clips=4, held=2)
    assert hosts.held
    plain, marked = (prepare(hosts.train, None, share=share, channel="none", mark=lambda clip: hosts.held[0]) for share in (0.0, 1.0))
    assert all(film.shape == (2, *hosts.train[0].frames[0].y.shape) for film in plain)
    assert all(film.shape == (2, *hosts.held[0].frames[0].y.shape) for film in marked)


def test_the_whole_demonstration(corpus):
    settings = DemoSettings(steps=2, width=4, lines=64, frames=4, clips=3, held=1, samples=8, shares=(0.0, 1.0), codec=False)
    result = run_demo(corpus, settings)
    json.dumps(result, allow_nan=False)
    rows = {(row["model"], row["share"]): row for row in result["rows"]}
    assert {"generator", "restorer", "footage itself", "restorer, fixed-phase mark"} <= {model for model, _ in rows}
    assert rows["generator", 0.0]["wrong_keys"] == 200
    assert rows["footage itself, fixed-phase mark", 1.0]["log10_p"] < -6
    assert all(row["log10_p"] >= row["log10_floor"] - 1e-9 for row in result["rows"])
    assert "(control)" in result_table(result)


def test_the_command(corpus, tmp_path):
    folder = corpus.clips[0].path.parent
    made = invoke("audit", "demo", folder, "-o", tmp_path / "demo.json", "--steps", 1, "--share", 0, "--no-codec")
    assert made.exit_code == 0, made.stderr
    assert "restorer (control)" in made.stdout
