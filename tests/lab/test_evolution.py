"""The search on the real codec: the same by seed, whatever the processes and interruptions."""

import pytest

from indelible.errors import InputError, SpecError
from indelible.lab.evolution import EvolutionSettings, chosen_clips, evolve
from indelible.lab.trial import Footage

SMALL = EvolutionSettings(generations=3, population=4, clips=2, footage=Footage(frames=31, width=160))


def search(corpus, journal, *, settings=SMALL, jobs=1):
    lines = []
    return evolve(corpus, settings, journal=journal, jobs=jobs, resume=True, progress=lines.append), lines


def test_processes_and_interruptions_change_nothing(corpus, tmp_path):
    alone, lines = search(corpus, tmp_path / "alone")
    assert sum("left" in line for line in lines) == 3
    shorter = EvolutionSettings(generations=2, population=4, clips=2, footage=SMALL.footage)
    search(corpus, tmp_path / "parts", settings=shorter)
    together, lines = search(corpus, tmp_path / "parts", jobs=2)
    assert together == alone
    assert lines[0].startswith("2 of 3 generations")


def test_what_is_found_is_found_again_and_says_how(corpus, tmp_path):
    signature, _ = search(corpus, tmp_path / "journal")
    training = signature.training
    assert 0.02 <= signature.epsilon <= 0.20
    assert training["trainer"] == "cmaes"
    assert {clip["source"] for clip in training["clips"]} == signature.trained_on == {"china.mp4", "flower.mp4"}
    assert training["fitness_reached"] == max(entry["best"] for entry in training["course"])
    assert training["decision"] in ("validate", "undecided")
    assert set(training["scores"]) == {"matched", "whitened", "published"}
    assert {"ffmpeg", "x264", "av"} <= set(signature.versions)


def test_another_seed_is_another_search(corpus, tmp_path):
    other = EvolutionSettings(generations=1, population=4, clips=1, seed=2, footage=SMALL.footage)
    one = EvolutionSettings(generations=1, population=4, clips=1, seed=1, footage=SMALL.footage)
    assert search(corpus, tmp_path / "1", settings=one)[0] != search(corpus, tmp_path / "2", settings=other)[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"fitness": "fame"}, "published"), ({"detector": "nose"}, "matched"), ({"clips": 0}, "at least 1"), ({"seed": -1}, "seed -1")],
)
def test_settings_that_mean_nothing_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        EvolutionSettings(**options)


def test_channels_that_mean_nothing_are_refused():
    with pytest.raises(SpecError):
        EvolutionSettings(channel="x264:crf=99")


def test_clips_are_of_different_sources(corpus):
    assert len({clip.source for clip in chosen_clips(corpus, 2, seed=1)}) == 2
    with pytest.raises(InputError, match="2 sources"):
        chosen_clips(corpus, 3, seed=1)
