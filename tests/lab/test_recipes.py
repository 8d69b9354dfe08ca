"""Recipes on clips: what is measured is what the detector says, halves share no source, and the search keeps its promises."""

import json
from dataclasses import replace

import numpy as np
import pytest

from indelible.errors import InputError, SpecError
from indelible.keys import SecretKey
from indelible.lab.ablation import FLAT_BAND, PROTOTYPE, SHIPPED, AblationRun, for_reports, for_tuning, run_ablation
from indelible.lab.prototype import statistic, write_pattern
from indelible.lab.recipes import (
    NEEDED_Z,
    PRICE_CHANNEL,
    Conditions,
    Pair,
    Stand,
    differences,
    read_recipe,
    recipe_record,
    tallied,
    worst_decile,
)
from indelible.lab.trial import Footage, psnr_y_db
from indelible.lab.tuning import TUNED, TuningSettings, fitness, recipe_at, run_tuning, space
from indelible.mark import Detector, Embedder, Payload
from indelible.mark.recipe import V1
from indelible.runs.result_file import write_result
from tests.mark.pictures import clip

KEY = SecretKey(bytes(range(32)))
SMALL = Conditions((PRICE_CHANNEL,), Footage(frames=8, width=320))


def quick(tmp_path, **options):
    return AblationRun(SMALL, cache_folder=tmp_path / "cache", **options)


def test_version_1_is_read_as_the_detector_reads_it():
    frames = clip(100, height=90, width=160)  # two windows
    marked = list(Embedder(KEY, Payload(b"12345678")).embed(frames))
    detector = Detector([KEY])
    for frame in marked:
        detector.add(frame)
    tally = tallied(marked, KEY, V1)
    assert tally.scores == detector.scores()[0]
    np.testing.assert_array_equal(tally.soft, detector.soft_symbols())


def test_energy_where_the_codec_drops_it_leaves_less_of_the_mark(corpus):
    stand = Stand(corpus.clips[0], SMALL)
    ordinary = stand.measure(Pair.of(V1))
    margin = ordinary["margins"][PRICE_CHANNEL]
    assert margin["margin_db"] == pytest.approx(20 * np.log10(margin["mark_z"] / NEEDED_Z), abs=1e-3)
    assert margin["z"] == pytest.approx(margin["mark_z"], abs=4.0)  # the host's part is chance
    assert margin["mark_z"] > 5.0
    fine = stand.measure(Pair.of(replace(V1, band_db=(0.0,) * 5 + (60.0,))))
    assert fine["psnr_y_db"] == pytest.approx(ordinary["psnr_y_db"], abs=0.5)
    assert fine["margins"][PRICE_CHANNEL]["mark_z"] < margin["mark_z"]


def test_the_worst_decile_is_the_mean_of_the_lowest_tenth():
    assert worst_decile([3.0, 1.0, 2.0]) == 1.0
    assert worst_decile(range(40)) == 1.5


def test_halves_share_no_source(corpus):
    seen, unseen = for_tuning(corpus), for_reports(corpus, 1)
    assert {clip.source for clip in seen.clips}.isdisjoint(clip.source for clip in unseen.clips)
    assert len(seen.clips) + len(unseen.clips) == 2


def test_an_ablation_compares_on_the_same_clips_and_remembers(corpus, tmp_path):
    lines = []
    without = Pair.of(replace(V1, masking_exponent=1.0))
    result = run_ablation(corpus, quick(tmp_path, progress=lines.append), {"without": without})
    assert [row["way"] for row in result["summary"]] == [SHIPPED, FLAT_BAND, PROTOTYPE, "without"]
    shipped, flat, *_ = result["summary"]
    assert shipped["channels"][0]["beside_v1"] == {"value": 1.0, "interval": [1.0, 1.0]}
    assert flat["channels"][0]["beside_flat_band"] == {"value": 1.0, "interval": [1.0, 1.0]}
    inverse = shipped["channels"][0]["beside_flat_band"]["value"] * flat["channels"][0]["beside_v1"]["value"]
    assert inverse == pytest.approx(1.0, abs=1e-3)
    assert result["ways"][-1]["marked_by"]["masking_exponent"] == 1.0
    assert shipped["psnr_y_db"] == pytest.approx(result["summary"][2]["psnr_y_db"], abs=0.05)
    again = run_ablation(corpus, quick(tmp_path, progress=lines.append), {"renamed": without})
    assert lines[-1].endswith("0 clips have something left to measure")
    assert again["records"][-1]["margins"] == result["records"][-1]["margins"]


def test_the_search_begins_at_version_1_and_stays_in_bounds():
    where = space("both")
    assert recipe_at(where.start, "both") == recipe_at(space("mark").start, "mark") == V1
    lowest, highest = (recipe_at(bound, "both") for bound in where.bounds.T)
    assert (lowest.limit, highest.limit) == (pytest.approx(0.1), pytest.approx(20.0))
    assert (lowest.masking_exponent, highest.masking_exponent) == (pytest.approx(0.0), pytest.approx(1.0))
    leaning = recipe_at(np.append(where.start[:-1], 3.0), "both")
    assert leaning.band_db == pytest.approx((-1.0,) * 5 + (5.0,))


def measured(margins, *, psnr=46.0, loss=1.0):
    return {"psnr_y_db": psnr, "vmaf_loss": loss, "margins": {str(place): {"margin_db": each} for place, each in enumerate(margins)}}


def test_fitness_is_of_bad_cases_at_equal_distortion_and_no_more_loss():
    shipped = [measured([5.0, -3.0]), measured([7.0, 1.0])]
    assert fitness(shipped, shipped) == (1.0 + 2.5) / 2  # worst clips 5 and -3; mean of all 2.5
    assert fitness([measured([5.0, -1.0]), shipped[1]], shipped) == (2.0 + 3.0) / 2
    assert fitness([measured([5.0, -3.0], psnr=45.0), measured([7.0, 1.0], psnr=45.0)], shipped) == (1.0 + 2.5) / 2 - 1.0
    assert fitness([measured([5.0, -3.0], loss=0.5), shipped[1]], shipped) == fitness(shipped, shipped)
    assert fitness([measured([5.0, -3.0], loss=2.0), shipped[1]], shipped) == fitness(shipped, shipped) - 3.0


def test_a_part_leaves_the_other_as_it_is():
    read = recipe_at(space("detector").bounds[:, 1], "detector")
    assert set(differences(read)) == {"activity_floor", "local_mean_sigma", "limit", "trust_exponent"}
    made = recipe_at(np.append(space("mark").bounds[:-1, 1], 0.0), "mark")
    assert set(differences(made)) == {"masking_exponent", "motion_exponent", "band_db"}


def tuned(corpus, tmp_path, name, *, generations=2, jobs=1, part="both"):
    settings = TuningSettings(part, (PRICE_CHANNEL,), generations, population=4, clips=1, footage=SMALL.footage)
    lines = []
    result = run_tuning(corpus, settings, quick(tmp_path), journal=tmp_path / name, jobs=jobs, resume=True, progress=lines.append)
    return result, lines


def test_processes_and_interruptions_change_nothing(corpus, tmp_path):
    alone, _ = tuned(corpus, tmp_path, "alone")
    tuned(corpus, tmp_path, "parts", generations=1)
    together, lines = tuned(corpus, tmp_path, "parts", jobs=2)
    assert lines[0].startswith("1 of 2 generations")
    assert {name: value for name, value in together.items() if name != "provenance"} == {
        name: value for name, value in alone.items() if name != "provenance"
    }
    search = alone["search"]
    assert {each["source"] for each in search["clips"]}.isdisjoint(record["clip"] for record in alone["records"])
    assert search["fitness_reached"] == max(entry["best"] for entry in search["course"])
    write_result(tmp_path / "tune.json", alone)
    assert recipe_record(read_recipe(tmp_path / "tune.json")) == alone["recipe"]
    assert differences(read_recipe(tmp_path / "tune.json")) == alone["differs"]


def test_a_detector_is_tuned_on_the_marks_that_are_there(corpus, tmp_path):
    result, _ = tuned(corpus, tmp_path, "detector", generations=1, part="detector")
    shipped, *_, found = result["summary"]
    assert (found["way"], found["vmaf_loss"], found["psnr_y_db"]) == (TUNED, shipped["vmaf_loss"], shipped["psnr_y_db"])
    assert result["ways"][-1]["marked_by"] == recipe_record(V1)
    assert result["ways"][-1]["read_by"] == result["recipe"]
    assert result["differs"]


@pytest.mark.parametrize("text", ["{}", json.dumps({"recipe": {"nonsense": 1}}), json.dumps({"recipe": 3})])
def test_a_file_without_a_recipe_is_refused(tmp_path, text):
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(InputError, match="holds no recipe"):
        read_recipe(tmp_path / "other.json")


@pytest.mark.parametrize("options", [{"generations": 0}, {"clips": 0}, {"seed": -1}, {"channels": ()}, {"part": "all"}])
def test_settings_that_mean_nothing_are_refused(options):
    with pytest.raises(InputError, match=r"both, mark, detector|at least 1"):
        TuningSettings(**options)


def test_channels_that_mean_nothing_are_refused():
    with pytest.raises(SpecError):
        TuningSettings(channels=("vhs",))


def test_the_prototype_is_read_by_its_key_alone_at_the_quality_asked_for():
    frames = clip(12)
    marked = write_pattern(frames, KEY, quality_db=44.0)
    assert psnr_y_db(frames, marked) == pytest.approx(44.0, abs=0.1)
    assert statistic(marked, KEY) > 20.0 > 4.0 > abs(statistic(marked, SecretKey(bytes(32))))
    assert abs(statistic(frames, KEY)) < 4.0
    assert all(np.array_equal(old.y, new.y) for old, new in zip(frames, write_pattern(frames, KEY, quality_db=float("inf")), strict=True))
