"""``lab tune``: the constants of our own mark, searched by CMA-ES on real codecs.

Every candidate is a recipe (`indelible.mark.recipe`): it marks, at the Y-PSNR of standard strength, a clip each of several sources, which
go through real encoders and a change of size, and is judged by the margin that is left in the worst of these cases. It must not cost more
VMAF than version 1 does on the same clips. The sources are one half of the corpus. What the best is worth is measured on the other half.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import Any, Literal, get_args

import numpy as np

from indelible.errors import InputError
from indelible.lab.ablation import AblationRun, for_tuning, run_ablation
from indelible.lab.evolution import chosen_clips, named
from indelible.lab.recipes import Conditions, Pair, Stand, differences, recipe_record, worst_decile
from indelible.lab.search import Best, Journal, Point, Search, Space, run_search
from indelible.lab.signature import software_versions
from indelible.lab.trial import Footage
from indelible.mark.recipe import KNOTS, V1, Recipe
from indelible.runs.cache import Record, source_digest
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.pool import Crew, readable

SCHEMA = "indelible.lab.tuning/1"
TUNED = "tuned"

#: What of a recipe is searched: how marks are shaped, how they are read (marks that are there already too), or both together.
Part = Literal["both", "mark", "detector"]

#: The ladder on which candidates are judged.
CHANNELS = ("x264:crf=28", "x264:crf=34", "x264:crf=40", "scale=0.6|x264:crf=28", "x265:crf=36:preset=veryfast")

#: Taken off the fitness, in dB, for each point of VMAF that a candidate loses more than version 1: twice what so much more strength gives.
_DB_PER_VMAF = 6.0

_SPREAD = 0.5  # of the first generation, beside coordinates of which 1 is a large step


@dataclass(frozen=True, slots=True)
class _Coordinate:
    """One number of a recipe as the search sees it: 0 is version 1, a unit is ``step``, between ``lowest`` and ``highest``."""

    part: Part
    name: str
    step: float
    lowest: float
    highest: float
    logarithmic: bool = False  # then a unit is a factor e^step

    def value(self, shipped: float, units: float) -> float:
        return shipped * math.exp(self.step * units) if self.logarithmic else shipped + self.step * units

    def bounds(self, shipped: float) -> tuple[float, float]:
        if self.logarithmic:
            return math.log(self.lowest / shipped) / self.step, math.log(self.highest / shipped) / self.step
        return (self.lowest - shipped) / self.step, (self.highest - shipped) / self.step


_COORDINATES = (
    _Coordinate("mark", "masking_exponent", 0.15, 0.0, 1.0),
    _Coordinate("mark", "motion_exponent", 0.15, 0.0, 1.0),
    _Coordinate("detector", "activity_floor", 0.3, 0.3, 6.0, logarithmic=True),
    _Coordinate("detector", "local_mean_sigma", 0.3, 1.0, 10.0, logarithmic=True),
    _Coordinate("detector", "limit", 0.5, 0.1, 20.0, logarithmic=True),
    _Coordinate("detector", "trust_exponent", 0.2, -0.5, 1.5),
)
_BAND_STEP_DB, _BAND_LIMIT_DB = 2.0, 12.0


@dataclass(frozen=True, slots=True)
class TuningSettings:
    """What decides a search.

    Args:
        part: of the recipe.
        channels: what candidates go through.
        generations: in all.
        population: candidates in each.
        clips: how many clips, each of another source, chosen by the seed.
        seed: of everything that is random, 0 to 2^32 - 1.
        footage: how much of each clip.

    Raises:
        InputError: if a number is out of range.
        SpecError: if a channel cannot be understood.
    """

    part: Part = "both"
    channels: tuple[str, ...] = CHANNELS
    generations: int = 15
    population: int = 8
    clips: int = 8
    seed: int = 1
    footage: Footage = field(default_factory=lambda: Footage(frames=24, width=416))

    def __post_init__(self) -> None:
        if self.part not in get_args(Part):
            raise InputError(f"part {self.part!r} is unknown; known are {', '.join(get_args(Part))}")
        if min(self.generations, self.clips, len(self.channels)) < 1 or not 0 <= self.seed < 2**32:
            raise InputError(
                f"{self.generations} generations, {self.clips} clips, {len(self.channels)} channels, seed {self.seed}: "
                "at least 1 of each and a seed below 2^32 are needed"
            )
        object.__setattr__(self, "channels", self.conditions.channels)

    @property
    def conditions(self) -> Conditions:
        """What is common to all candidates."""
        return Conditions(self.channels, self.footage, self.seed)


def run_tuning(
    corpus: Corpus,
    settings: TuningSettings,
    report: AblationRun,
    *,
    journal: Path,
    jobs: int,
    resume: bool,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Return the whole result, ready for JSON: the best recipe, how it was found, and what it is worth on sources that were not seen.

    Args:
        corpus: of which one half of the sources is searched on, the other reported on.
        settings: of the search.
        report: how the best is compared with version 1 and the flat band.
        journal: file that the search is written down in, from which it is gone on with.
        jobs: processes; they do not change the result.
        resume: whether to go on with the journal.
        progress: gets a line of text for each generation.

    Raises:
        MissingExtraError: if cmaes or imageio-ffmpeg is not installed.
        InputError: if the corpus has too few sources, or the journal is of another search.
        MediaError: if a clip cannot be read.
    """
    clips = chosen_clips(for_tuning(corpus), settings.clips, seed=settings.seed)
    best, record = _searched(clips, settings, journal=journal, jobs=jobs, resume=resume, progress=progress)
    recipe = recipe_at(best.point, settings.part)
    result = run_ablation(corpus, report, {TUNED: _pair(recipe, settings.part)})
    return result | {"schema": SCHEMA, "recipe": recipe_record(recipe), "differs": differences(recipe), "search": record}


def space(part: Part) -> Space:
    """Return where recipes are searched: around version 1, a coordinate for each number and, of a mark, for each of `KNOTS`."""
    shipped = recipe_record(V1)
    bounds = [each.bounds(shipped[each.name]) for each in _coordinates(part)]
    bounds += [(-_BAND_LIMIT_DB / _BAND_STEP_DB, _BAND_LIMIT_DB / _BAND_STEP_DB)] * (0 if part == "detector" else len(KNOTS))
    return Space(np.zeros(len(bounds)), _SPREAD, np.array(bounds))


def recipe_at(point: Point, part: Part) -> Recipe:
    """Return the recipe of a point of `space`."""
    shipped, coordinates = recipe_record(V1), _coordinates(part)
    values: Record = {each.name: each.value(shipped[each.name], float(units)) for each, units in zip(coordinates, point, strict=False)}
    band_db = point[len(coordinates) :] * _BAND_STEP_DB
    if band_db.size:
        # Quality decides how strong the whole is. What is common to all bands would only move the limit for flat pictures.
        values["band_db"] = tuple((band_db - band_db.mean()).tolist())
    return Recipe(**values)


def _coordinates(part: Part) -> Sequence[_Coordinate]:
    return [each for each in _COORDINATES if part in ("both", each.part)]


def _pair(recipe: Recipe, part: Part) -> Pair:
    """Return who marks and who reads: a detector is tuned on the marks of version 1."""
    return Pair(V1 if part == "detector" else recipe, recipe)


def fitness(measured: Sequence[Record], shipped: Sequence[Record]) -> float:
    """Return the margin of a recipe in dB, less what it costs more than version 1 on the same clips.

    Half of it is the worst decile of clips, averaged over channels, so that no channel is given up for another; half is the mean, because
    a decile of few clips is one clip, and one clip is an accident.

    A decibel of distortion is a decibel of the mark's amplitude, so margins are those at the Y-PSNR that version 1 has on the clip. (A
    recipe can miss it where a flat picture limits the mark.)

    Args:
        measured: of the recipe, a record of `Stand.measure` for each clip.
        shipped: of version 1.
    """
    margins = np.array(
        [
            [margin["margin_db"] + (record["psnr_y_db"] or 0.0) - (other["psnr_y_db"] or 0.0) for margin in record["margins"].values()]
            for record, other in zip(measured, shipped, strict=True)
        ]
    )
    worst = fmean(worst_decile(of_channel) for of_channel in margins.T)
    more = fmean(record["vmaf_loss"] for record in measured) - fmean(record["vmaf_loss"] for record in shipped)
    return (worst + float(margins.mean())) / 2.0 - _DB_PER_VMAF * max(0.0, more)


@dataclass(frozen=True, slots=True)
class _Trial:
    """One candidate on one clip."""

    clip: CorpusClip
    pair: Pair
    conditions: Conditions


def _searched(
    clips: Sequence[CorpusClip], settings: TuningSettings, *, journal: Path, jobs: int, resume: bool, progress: Callable[[str], None]
) -> tuple[Best, Record]:
    """Return the best point and the record of its search."""
    started = time.monotonic()
    record = asdict(settings) | {"clips": [named(clip) for clip in clips], "space": space(settings.part).bounds.tolist()}
    search = Search(space(settings.part), population=settings.population, seed=settings.seed)
    decisive = {name: value for name, value in record.items() if name != "generations"}
    notes = Journal(journal, decisive | {"versions": software_versions(), "source": source_digest()}, resume=resume)
    known = len(notes.generations)
    if known:
        progress(f"{known} of {settings.generations} generations are in {journal.name}")
    with Crew(jobs) as crew:
        (shipped,) = _measured([V1], clips, settings, crew)
        to_beat = fitness(shipped, shipped)

        def judge(generation: int, points: Sequence[Point]) -> Record:
            fitnesses = [
                fitness(each, shipped) for each in _measured([recipe_at(point, settings.part) for point in points], clips, settings, crew)
            ]
            elapsed = time.monotonic() - started
            left = elapsed / (generation - known) * (settings.generations - generation)
            progress(
                f"generation {generation} of {settings.generations}: fitness {max(fitnesses):+.3f} dB (mark v1 {to_beat:+.3f}); "
                f"{readable(elapsed)} so far, about {readable(left)} left"
            )
            return {"fitnesses": fitnesses}

        best = run_search(search, notes, judge, generations=settings.generations)
    course = [{"best": max(entry["fitnesses"]), "mean": fmean(entry["fitnesses"])} for entry in notes.generations[: settings.generations]]
    reached = {"fitness_of_v1": to_beat, "fitness_reached": best.fitness, "found_in_generation": best.generation, "course": course}
    return best, record | reached


def _measured(recipes: Sequence[Recipe], clips: Sequence[CorpusClip], settings: TuningSettings, crew: Crew) -> list[list[Record]]:
    trials = [_Trial(clip, _pair(recipe, settings.part), settings.conditions) for recipe in recipes for clip in clips]
    results = crew.results(_run_trial, trials)
    return [results[place : place + len(clips)] for place in range(0, len(results), len(clips))]


@lru_cache(maxsize=32)
def _stand(clip: CorpusClip, conditions: Conditions) -> Stand:
    """Return a clip to try recipes on; remembered by each process for all candidates."""
    return Stand(clip, conditions)


def _run_trial(trial: _Trial) -> Record:
    return _stand(trial.clip, trial.conditions).measure(trial.pair)
