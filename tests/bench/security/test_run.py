"""A run: what is cached, what is counted, what is printed."""

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

from indelible.bench.security import run as runs
from indelible.bench.security.run import SecurityRun, run_security, summarise
from indelible.bench.security.scene import ONE_KEY, REGISTERED, SecuritySettings
from indelible.bench.security.trial import SecurityTask
from indelible.bench.tables import result_table
from indelible.cli.bench import bench
from indelible.errors import InputError

TINY = SecuritySettings(seconds=0.5, short_side=144, registered=8, windows=(2, 4), frames_of_window=2, queries=60, oracle_clips=1)


def row(attack: str, how: str = "any", marks: str = REGISTERED, **values: object) -> dict[str, object]:
    return {"attack": attack, "marks": marks, "how": how, "found": True, "z": 9.0, "psnr_y_db": 40.0} | values


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The families that are measured instead of being taken from the cache, by attacks that take no time."""
    measured = []

    def attacks(task: SecurityTask) -> int:
        for family in task.families:
            measured.append((task.clip.name, family))
            task.cache.append(task.clip, {"clip": task.clip.name, "family": family, "rows": [row(family)]})
        return 0

    monkeypatch.setattr(runs, "run_attacks", attacks)
    return measured


def test_a_second_run_measures_nothing_and_says_the_same(corpus, tmp_path, counted):
    run = SecurityRun(families=("overwrite", "oracle"), settings=TINY, cache_folder=tmp_path)
    first = run_security(corpus, run)
    assert counted == [
        ("china.mp4", "none"),
        ("china.mp4", "overwrite"),
        ("china.mp4", "oracle"),
        ("flower.mp4", "none"),
        ("flower.mp4", "overwrite"),
    ]
    counted.clear()
    again = run_security(corpus, run)
    assert counted == []
    assert {**first, "provenance": 0} == {**again, "provenance": 0}


def test_other_settings_and_other_clips_measure_again(corpus, tmp_path, counted):
    run_security(corpus, SecurityRun(families=(), settings=TINY, cache_folder=tmp_path))
    for run, clips in (
        (SecurityRun(families=(), settings=SecuritySettings(seed=2), cache_folder=tmp_path), corpus),
        (SecurityRun(families=(), settings=TINY, cache_folder=tmp_path), corpus.shard(1, 2)),  # another corpus gives other averages
        (SecurityRun(families=(), settings=TINY, cache_folder=tmp_path, resume=False), corpus),
    ):
        counted.clear()
        run_security(clips, run)
        assert len(counted) == len(clips.clips)


def test_parts_of_a_run_share_what_they_know(corpus, tmp_path, counted):
    for part in ((1, 2), (2, 2), (1, 1)):
        run_security(corpus, SecurityRun(families=(), settings=TINY, part=part, cache_folder=tmp_path))
    assert counted == [("china.mp4", "none"), ("flower.mp4", "none")]


def test_an_attack_that_fails_is_reported_and_tried_again(corpus, tmp_path, monkeypatch):
    def broken(scene: object) -> Iterator[dict[str, object]]:
        raise ValueError("no luck")

    monkeypatch.setattr("indelible.bench.security.trial.overwriting", broken)
    run = SecurityRun(families=("overwrite",), settings=TINY, cache_folder=tmp_path)
    errors = run_security(corpus.shard(1, 2), run)["errors"]
    assert errors == [{"clip": "china.mp4", "family": "overwrite", "error": "ValueError: no luck"}]
    monkeypatch.undo()
    assert run_security(corpus.shard(1, 2), run)["errors"] == []


def test_only_clips_that_had_their_mark_count_for_attacks_on_it():
    records = [
        {"clip": clip, "rows": [row("none", found=clip != "b"), row("remove", found=clip == "a"), row("copy", found=False, named=0)]}
        for clip in "abc"
    ]
    records[0]["rows"].append(row("remove", marks=ONE_KEY, found=False))
    summary = {(line["attack"], line["marks"]): line for line in summarise(records)}
    assert (summary["remove", REGISTERED]["found"], summary["remove", REGISTERED]["n"]) == (1, 2)
    assert (summary["copy", REGISTERED]["found"], summary["copy", REGISTERED]["n"], summary["copy", REGISTERED]["named"]) == (0, 3, 0)
    assert summary["remove", ONE_KEY]["n"] == 1  # nothing is known of it without an attack
    assert summary["none", REGISTERED]["interval"] == [0.0943, 0.9916]  # Clopper-Pearson's 2 of 3


def test_unknown_attacks_are_refused():
    with pytest.raises(InputError, match="overwrite"):
        SecurityRun(families=("flood",))


def test_everything_from_a_file_to_a_table(corpus, tmp_path):
    result = run_security(corpus.shard(1, 2), SecurityRun(settings=TINY, cache_folder=tmp_path))
    assert result["errors"] == []
    json.dumps(result, allow_nan=False)
    text = result_table(result)
    for heading in ("Averaged marked windows", "Several recipients", "Questions to a public detector", "| 4 windows, x2 | one key |"):
        assert heading in text
    assert "8 frames" in text


def test_from_the_command_line(films, tmp_path, counted: list[tuple[str, str]]) -> None:
    def invoke(*arguments: object) -> Callable[..., object]:
        return CliRunner().invoke(bench, ["security", str(films), *map(str, arguments)], catch_exceptions=False)

    done = invoke("-o", tmp_path / "s.json", "--attack", "collude", "--shard", "2/2", "--cache", tmp_path)
    assert done.exit_code == 0
    assert counted == [("flower.mp4", "none"), ("flower.mp4", "collude")]
    assert json.loads((tmp_path / "s.json").read_text())["clips"] == ["flower.mp4"]
