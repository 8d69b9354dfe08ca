"""From films to a trained folder, and that folder in use: small, but through every part of it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from indelible.errors import InputError, OutputError
from indelible.forensics.model import CARD, CONTENT, TRACE, load_model
from indelible.forensics.training.cache import CacheSettings, build_cache, load_records
from indelible.forensics.training.settings import TrainingSettings
from indelible.runs.corpus import load_corpus
from tests.cli.conftest import invoke
from tests.cli.test_docs import documented
from tests.photographs import film

pytestmark = pytest.mark.train

SMALL = TrainingSettings(steps=6, pairs=2, crop=64, check_every=3, folds=3, cache=CacheSettings(pairs=2, judged=1, frames=10))


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    """Three films, each a source of its own."""
    folder = tmp_path_factory.mktemp("footage")
    for name, image, width in (("a.mp4", "china.jpg", 336), ("b.mp4", "flower.jpg", 304), ("c.mp4", "china.jpg", 272)):
        film(folder / name, name=image, width=width, height=208, frames=12)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("twins")


@pytest.fixture(scope="module")
def weights(footage, cache, tmp_path_factory):
    """A folder that the command made, with what it printed."""
    folder = tmp_path_factory.mktemp("trained") / "weights"
    arguments = ("--steps", 6, "--pairs", 2, "--twins", 2, "--judged", 1, "--folds", 3, "--cache", cache)
    result = invoke("lab", "train-forensics", footage, "-o", folder, *arguments)
    assert result.exit_code == 0, result.stderr
    assert "12 segments of 1 sources that did not train" in result.stdout
    assert "crf 38" in result.stdout
    return folder


def test_the_card_says_what_was_trained_on_what_and_what_it_is_worth(weights):
    card = json.loads((weights / CARD).read_text())
    assert card["onnx_difference"] < 1e-4
    assert card["parameters"] == {"trace": 305_005, "content": 355_736}
    assert sum((weights / name).stat().st_size for name in (TRACE, CONTENT)) < 6_000_000
    assert card["training"]["steps"] == 6
    assert (card["data"]["corpus"]["clips"], card["metrics"]["sources"], card["training"]["clips"]) == (3, 1, 1)
    assert [row["group"] for row in card["metrics"]["groups"] if row["by"] == "encode"] == [
        "none",
        *(f"crf {crf}" for crf in (18, 23, 28, 33, 38)),
    ]
    assert 0.0 <= card["metrics"]["calibration_error"] <= 1.0
    assert set(card["threshold"]["unseen_false_alarms"]) == {"none", "x264:crf=23:preset=veryfast", "x264:crf=33:preset=veryfast"}
    assert sum(row["segments"] for row in card["reliability"]) == 6


def test_safetensors_hold_the_weights_of_the_onnx_file(torch, weights):
    from safetensors.torch import load_file

    from indelible.forensics.networks.trace import ContentEmbedder, TraceNetwork

    kept = load_file(weights / "weights.safetensors")
    networks = {"trace.": TraceNetwork(), "content.": ContentEmbedder()}
    for prefix, network in networks.items():
        network.load_state_dict({name.removeprefix(prefix): value for name, value in kept.items() if name.startswith(prefix)})
        network.eval()
    model = load_model(weights)
    planes = np.random.default_rng(1).integers(0, 256, (3, 5, 192, 256), np.uint8)  # another size and number than it was exported with
    seen = model.see(planes)
    with torch.no_grad():
        cells, pictures, _ = networks["trace."](torch.from_numpy(planes.astype(np.float32) / 255.0))
        thumbnails = torch.from_numpy(planes[:, :3, 64:128, 64:128].astype(np.float32) / 255.0)
        vectors = networks["content."](thumbnails)
    assert seen.cells.shape == (3, 24, 32)
    assert np.abs(cells.numpy() - seen.cells).max() < 1e-4
    assert np.abs(pictures.numpy() - seen.pictures).max() < 1e-4
    assert np.abs(vectors.numpy() - model.embed(planes[:, :3, 64:128, 64:128].transpose(0, 2, 3, 1))).max() < 1e-4


def test_inspect_prints_a_verdict_and_writes_heat(weights, footage, tmp_path):
    page = tmp_path / "page.html"
    result = invoke("inspect", footage / "a.mp4", "--weights", weights, "--report", page, "--json")
    body = json.loads(result.stdout)
    assert result.exit_code == {"NO TRACE": 0, "MANIPULATED": 1, "CANNOT TELL": 5}[body["verdict"]]
    assert documented()["indelible.inspection/1"] == list(body)
    assert (len(body["windows"]), len(body["windows"][0])) == (2, 2)
    assert all(0.0 <= value <= 1.0 for row in body["windows"] for value in row)
    assert page.read_text().count("data:image/png") == 6
    again = invoke("inspect", footage / "a.mp4", "--weights", weights, "--report", page)
    assert (again.exit_code, "exists" in again.stderr) == (2, True)
    assert "reliability" in invoke("inspect", footage / "a.mp4", "--weights", weights).stdout


def test_embed_writes_vectors_that_tell_films_apart(weights, footage, tmp_path):
    target = tmp_path / "a.npz"
    assert invoke("embed", footage / "a.mp4", "--weights", weights, "-o", target, "--window", 0.25).exit_code == 0
    kept = np.load(target)
    assert (kept["clip"].shape, kept["windows"].shape) == ((512,), (2, 512))
    assert np.linalg.norm(kept["clip"]) == pytest.approx(1.0, abs=1e-5)
    assert json.loads(str(kept["network"]))["name"] == "weights"
    printed = json.loads(invoke("embed", footage / "a.mp4", "--weights", weights, "--window", 0.25, "--json").stdout)
    assert documented()["indelible.embedding/1"] == list(printed)
    assert np.abs(np.array(printed["clip"]) - kept["clip"]).max() < 1e-5
    other = json.loads(invoke("embed", footage / "b.mp4", "--weights", weights, "--json").stdout)
    assert float(np.array(other["clip"]) @ kept["clip"]) < 0.999
    assert invoke("embed", footage / "a.mp4", "--weights", weights, "-o", target).exit_code == 2
    assert invoke("embed", footage / "a.mp4", "--weights", weights, "-o", tmp_path / "a.txt").exit_code == 2


def test_a_folder_in_use_is_refused_before_any_work(weights, footage, cache):
    from indelible.forensics.training.run import train_forensics

    with pytest.raises(OutputError, match="exists"):
        train_forensics(load_corpus(footage), weights, SMALL, cache=cache, jobs=1, resume=True, progress=pytest.fail)


@pytest.fixture(scope="module")
def parts(footage, cache):
    """Twins of one film that trains and of one that looks on."""
    corpus = load_corpus(footage)
    fold_of = {"a.mp4": 0, "b.mp4": 1, "c.mp4": 2}
    files = build_cache(corpus.clips, fold_of, SMALL.cache, folder=cache, jobs=1, progress=lambda line: None)
    records = {clip.name: load_records(files[clip.name], clip) for clip in corpus.clips}
    return [records["c.mp4"]], [records["b.mp4"]]


def trained(parts, settings, checkpoint=None):
    from indelible.forensics.training.loop import train

    lines = []
    return train(*parts, settings, checkpoint=checkpoint, progress=lines.append), lines


def weights_of(model):
    return np.concatenate([value.detach().numpy().ravel() for value in model.state_dict().values()])


def test_training_learns_the_same_by_seed_and_goes_on_where_it_was(torch, parts, tmp_path):
    whole, lines = trained(parts, SMALL)
    again, _ = trained(parts, SMALL)
    assert np.array_equal(weights_of(whole.trace), weights_of(again.trace))
    assert len(lines) == 2
    file = tmp_path / "half.pt"
    half, _ = trained(parts, replace(SMALL, steps=3), file)
    assert (half.steps, len(half.course)) == (3, 1)
    rest, lines = trained(parts, SMALL, file)
    assert lines[0] == "goes on from step 3"
    assert (rest.steps, [look["step"] for look in rest.course]) == (6, [3.0, 6.0])
    assert rest.course[0] == half.course[0]
    with pytest.raises(InputError, match="other settings"):
        trained(parts, replace(SMALL, seed=2), file)
    file.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="is no checkpoint"):
        trained(parts, SMALL, file)


def test_training_ends_with_its_minutes_and_without_progress(torch, parts):
    short, _ = trained(parts, replace(SMALL, steps=500, minutes=1e-4, check_every=500))
    assert short.steps < 5
    stuck, _ = trained(parts, replace(SMALL, steps=500, learning_rate=1e-12, check_every=1, patience=2))
    assert stuck.steps < 50


def test_more_training_fits_what_is_trained_on(torch, parts):
    long, _ = trained((parts[0], parts[0]), replace(SMALL, steps=60, check_every=30, learning_rate=3e-3))
    assert long.course[-1]["loss"] < 1.2
    assert long.course[-1]["cell_auc"] > 0.6


@pytest.mark.parametrize(
    ("changes", "message"), [({"steps": 0}, "steps is 0"), ({"crop": 60}, "multiples of 8"), ({"minutes": 0}, "more than 0")]
)
def test_settings_that_mean_nothing_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        replace(SMALL, **changes)


def test_nothing_is_pooled_before_two_layers_and_flat_pictures_leave_no_residual(torch):
    from indelible.forensics.networks.trace import TraceNetwork

    network = TraceNetwork().eval()
    flat = torch.full((1, 5, 64, 64), 0.5)
    assert float(network.fine(flat[:, :1]).detach().abs().max()) < 1e-4
    assert tuple(network.fine(flat[:, :1]).shape[2:]) == (64, 64)
    cells, pictures, crf = network(torch.rand(2, 5, 64, 96))
    assert (tuple(cells.shape), tuple(pictures.shape), tuple(crf.shape)) == ((2, 8, 12), (2,), (2,))
