"""Small versions of the attacks, each beside one that must succeed: an attack that never works proves nothing."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from indelible.bench.security import mixing
from indelible.bench.security.averaging import HarvestTask, add_up, averaging, harvest
from indelible.bench.security.mixing import MIXES, collusion, mix_copies
from indelible.bench.security.oracle import Oracle, asking
from indelible.bench.security.pattern import Shaped, Signs, read_signs, write_signs
from indelible.bench.security.removal import REMOVALS, plain, removing, smoothed
from indelible.bench.security.rewriting import copying, overwriting
from indelible.bench.security.scene import ONE_KEY, REGISTERED, Scene, SecuritySettings, psnr_y_db, subkeys
from indelible.frames import Frame
from indelible.mark import Detector, Embedder, Payload
from indelible.mark.carrier import chips, modulation
from indelible.mark.payload import encode_payload
from indelible.runs.cache import Record
from indelible.runs.corpus import Corpus
from tests.mark.pictures import clip

SETTINGS = SecuritySettings(seconds=1.0, short_side=144, registered=60, windows=(2, 60), frames_of_window=3, queries=400)


@pytest.fixture(scope="module")
def scene(films: Path) -> Scene:
    return Scene.load(films / "china.mp4", SETTINGS)


@pytest.fixture(scope="module")
def other(films: Path) -> Scene:
    return Scene.load(films / "flower.mp4", SETTINGS)


def found(frames: Sequence[Frame], scene: Scene) -> bool:
    detector = Detector([scene.owner])
    for frame in frames:
        detector.add(frame)
    return detector.results()[0].marked


def signs(scene: Scene) -> Signs:
    """Return what the embedder writes: the key's signs, times the symbols of no payload."""
    return np.asarray(chips(scene.owner, 0) * modulation(encode_payload(Payload(), scene.owner)), np.float32)


def by_how(rows: Sequence[Record], **wanted: str) -> dict[str, Record]:
    return {row["how"]: row for row in rows if all(row[name] == value for name, value in wanted.items())}


def test_a_clip_has_its_size_and_time(scene: Scene) -> None:
    assert (len(scene.clip.frames), scene.clip.frames[0].y.shape) == (24, (144, 256))
    assert len(set(scene.places)) == 8


def test_the_attacker_writes_as_the_embedder_does(scene: Scene) -> None:
    """Neither weaker nor less well hidden: else the attacks would be made of straw."""
    embedded, clean = scene.marked(scene.owner), scene.clip.frames
    written = write_signs(clean, signs(scene), times=1.0)
    assert psnr_y_db(clean, written) == pytest.approx(psnr_y_db(clean, embedded), abs=0.3)
    assert found(written, scene)
    assert not found(write_signs(embedded, signs(scene), times=-1.5), scene)


def test_without_a_mark_the_signs_read_are_no_mark(scene: Scene) -> None:
    agreement = np.mean(np.sign(read_signs(scene.clip.frames)) * signs(scene))
    marked = np.mean(np.sign(read_signs(scene.marked(scene.owner))) * signs(scene))
    assert abs(agreement) < 0.05
    assert marked > 0.2


def test_averaging_reveals_the_pattern_of_one_key_and_none_of_registered_copies(corpus: Corpus, scene: Scene, tmp_path: Path) -> None:
    targets = [tmp_path / f"{place}.npz" for place in range(2)]
    counts = [harvest(HarvestTask(c.path, place, 2, SETTINGS, targets[place])) for place, c in enumerate(corpus.clips)]
    assert counts == [30, 30]
    rows = list(averaging(scene, add_up(targets)))
    forged, kept = (
        {marks: by_how(rows, attack=attack, marks=marks) for marks in (ONE_KEY, REGISTERED)}
        for attack in ("average and forge", "average and subtract")
    )
    assert forged[ONE_KEY]["60 windows"]["found"]
    assert forged[ONE_KEY]["180 frames"]["found"]
    assert not forged[REGISTERED]["60 windows"]["found"]
    assert not kept[ONE_KEY]["60 windows, x2"]["found"]
    assert kept[REGISTERED]["60 windows, x2"]["found"]
    assert kept[REGISTERED]["60 windows, x1"]["z"] > kept[ONE_KEY]["60 windows, x1"]["z"]
    assert len(rows) == 2 * (3 + 4)


def test_mixes_against_arrays_by_hand() -> None:
    rng = np.random.default_rng(0)
    frame = clip(1, height=64, width=96)[0]
    copies = [[frame.with_luma(np.full((64, 96), level, np.uint8))] for level in (10, 20, 60)]
    mixed = {how: mix_copies(copies, mix, rng=rng)[0].y for how, mix in MIXES.items()}
    assert abs(float(mixed["average"].mean()) - 30.0) < 0.2
    assert (mixed["median"] == 20).all()
    assert len(np.unique(mixed["a frame of any"])) == 1
    blocks = mixed["a block of any"].reshape(2, mixing.BLOCK, 3, mixing.BLOCK)
    assert (blocks == blocks[:, :1, :, :1]).all()
    assert set(np.unique(blocks)) <= {10, 20, 60}


def test_two_who_mix_their_copies_are_both_named_and_nobody_else(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixing, "COPIES", (2,))
    rows = list(collusion(scene))
    assert [row["how"] for row in rows] == [f"2 copies, {how}" for how in MIXES]
    assert all((row["found"], row["innocent"]) == (True, 0) for row in rows)
    assert rows[0]["named"] == 2


def test_the_first_mark_outlives_other_keys(scene: Scene) -> None:
    rows = list(overwriting(scene))
    assert [(row["marks"], row["how"]) for row in rows] == [
        (marks, how) for marks in (REGISTERED, ONE_KEY) for how in ("1 other key", "5 other keys")
    ]
    assert all(row["found"] for row in rows)
    assert rows[0]["z"] > rows[1]["z"]


def test_a_copied_mark_is_found_and_flagged_and_the_copy_itself_is_not(scene: Scene, other: Scene) -> None:
    row = by_how(list(copying(scene, other)))["signs as the detector reads them"]
    assert (row["found"], row["named"], row["flagged"]) == (True, 1, True)
    (itself,) = plain(scene, (REGISTERED,))
    assert (itself["found"], itself["flagged"]) == (True, False)


def test_noise_and_denoising_leave_the_mark_and_its_own_signs_turned_round_do_not(scene: Scene) -> None:
    rows = by_how(list(removing(scene)))
    assert list(rows) == list(REMOVALS)
    assert rows["noise of +-1 level"]["found"]
    assert rows["noise of +-1 level"]["psnr_y_db"] == pytest.approx(10 * np.log10(255**2 / (2 / 3)), abs=0.2)
    assert rows["its own signs taken away, x2"]["z"] < rows["its own signs taken away, x1"]["z"] < rows["noise of +-1 level"]["z"]


def test_all_components_rebuild_the_picture_and_few_do_not(scene: Scene) -> None:
    frames = scene.clip.frames[:8]
    assert (psnr_y_db(frames, smoothed(frames, components=64)) or 99.0) > 55.0
    few, more = (psnr_y_db(frames, smoothed(frames, components=count)) for count in (4, 16))
    assert few is not None
    assert more is not None
    assert few < more < 50.0


def test_an_oracle_counts_and_gives_more_away_the_more_is_asked(scene: Scene) -> None:
    blur, few, many = asking(scene)
    assert (few["queries"], many["queries"]) == (40, 400)
    assert blur["queries"] < 30
    assert many["psnr_y_db"] > (few["psnr_y_db"] or 0.0)
    assert Oracle(scene.owner).says_yes(scene.marked(scene.owner)[:4])
    assert not Oracle(subkeys(SETTINGS)[0]).says_yes(scene.marked(scene.owner)[:4])


def test_nobody_asks_about_a_clip_that_took_no_mark(scene: Scene) -> None:
    still = tuple(frame.with_luma(np.full_like(frame.y, 16)) for frame in scene.clip.frames)
    assert list(asking(Scene(type(scene.clip)(still, scene.clip.info), "black", SETTINGS))) == []


def test_shapes_are_the_embedders(scene: Scene) -> None:
    held = scene.clip.frames
    pattern = Shaped.of(held).pattern(signs(scene), height=144, width=256)
    added = next(iter(Embedder(scene.owner).embed(held))).y.astype(np.float32) - held[0].y
    assert np.corrcoef(pattern.ravel(), added.ravel())[0, 1] > 0.9
