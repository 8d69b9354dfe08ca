"""Method 7: direction and strength of a signature for 8x8 DCT blocks, found by CMA-ES on the real codec.

Every candidate is marked, encoded and decoded by the real encoder, and scored, on every clip of a few; there is no model of the codec
that could be wrong. What is random is common to all candidates: the clips and frames, the phase of the signature, the unmarked encode
beside which a candidate stands, and the encoder itself, whose one thread gives the same bytes for the same pictures. So two candidates
differ in score only because they differ.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from indelible.channel import Clip, parse_channel
from indelible.errors import InputError
from indelible.lab.dct8 import VALUES, BlockEvidence, Dct8, signature_of
from indelible.lab.decision import decide
from indelible.lab.fitness import FITNESSES, ClipScores, separation
from indelible.lab.method import MATCHED
from indelible.lab.search import Best, Journal, Point, Search, Space, run_search
from indelible.lab.signature import Signature, software_versions
from indelible.lab.trial import Footage, psnr_y_db, rng_of
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.pool import Crew, readable

LOWEST_EPSILON, HIGHEST_EPSILON = 0.02, 0.20
_SPREAD = 0.3  # of the first generation, beside a direction of length 1 and a strength from 0 to 1


@dataclass(frozen=True, slots=True)
class EvolutionSettings:
    """What decides a search.

    Args:
        fitness: name of what is maximised, see `indelible.lab.fitness`.
        detector: whose scores it is made of.
        channel: what candidates go through.
        generations: in all.
        population: candidates in each.
        clips: how many clips of the corpus, each of another source, chosen by the seed.
        seed: of everything that is random, 0 to 2^32 - 1.
        footage: how much of each clip.

    Raises:
        InputError: if a name is unknown or a number out of range.
        SpecError: if the channel cannot be understood.
    """

    fitness: str = "margin"
    detector: str = MATCHED
    channel: str = "x264:crf=28"
    generations: int = 30
    population: int = 8
    clips: int = 3
    seed: int = 1
    footage: Footage = field(default_factory=lambda: Footage(frames=60, width=320))

    def __post_init__(self) -> None:
        if self.fitness not in FITNESSES:
            raise InputError(f"fitness {self.fitness!r} is unknown; known are {', '.join(FITNESSES)}")
        if self.detector not in Dct8().detectors:
            raise InputError(f"detector {self.detector!r} is unknown; known are {', '.join(Dct8().detectors)}")
        if min(self.generations, self.clips) < 1 or not 0 <= self.seed < 2**32:
            raise InputError(
                f"{self.generations} generations, {self.clips} clips, seed {self.seed}: at least 1 of each and a seed below 2^32 are needed"
            )
        object.__setattr__(self, "channel", str(parse_channel(self.channel)))


@dataclass(frozen=True, slots=True)
class _Trial:
    """One candidate on one clip."""

    clip: Path
    signature: Signature
    settings: EvolutionSettings


def evolve(
    corpus: Corpus, settings: EvolutionSettings, *, journal: Path, jobs: int, resume: bool, progress: Callable[[str], None]
) -> Signature:
    """Return the best signature found, its ``training`` saying how.

    Args:
        corpus: where the clips come from.
        settings: of the search.
        journal: file that the search is written down in, from which it is gone on with.
        jobs: processes; they do not change the result.
        resume: whether to go on with the journal.
        progress: gets a line of text for each generation.

    Raises:
        MissingExtraError: if cmaes is not installed.
        InputError: if the corpus has too few sources, or the journal is of another search.
        MediaError: if a clip cannot be read.
    """
    clips = chosen_clips(corpus, settings.clips, seed=settings.seed)
    started = time.monotonic()
    record = asdict(settings) | {"trainer": "cmaes", "clips": [named(clip) for clip in clips]}
    search = Search(_space(settings), population=settings.population, seed=settings.seed)
    # The software that judged is part of the search: a later version may judge otherwise. How long it lasts is not.
    decisive = {name: value for name, value in record.items() if name != "generations"}
    notes = Journal(journal, decisive | {"versions": software_versions()}, resume=resume)
    known = len(notes.generations)
    if known:
        progress(f"{known} of {settings.generations} generations are in {journal.name}")
    with Crew(jobs) as crew:

        def judge(generation: int, points: Sequence[Point]) -> dict[str, Any]:
            candidates = [_candidate(point, settings) for point in points]
            tried = scored(candidates, clips, settings, crew)
            scores = [[clip[settings.detector] for clip in candidate] for candidate in tried]
            fitnesses = [FITNESSES[settings.fitness](each) for each in scores]
            top = int(np.argmax(fitnesses))
            elapsed = time.monotonic() - started
            left = elapsed / (generation - known) * (settings.generations - generation)
            progress(
                f"generation {generation} of {settings.generations}: fitness {fitnesses[top]:+.3f}, "
                f"separation {separation(scores[top]):+.3f}, epsilon {candidates[top].epsilon:.3f}; "
                f"{readable(elapsed)} so far, about {readable(left)} left"
            )
            return {"fitnesses": fitnesses, "epsilon": candidates[top].epsilon, "separation": separation(scores[top])}

        best = run_search(search, notes, judge, generations=settings.generations)
        winner = _candidate(best.point, settings)
        (tried,) = scored([winner], clips, settings, crew)
    return signature_of(
        np.array(winner.values), winner.epsilon, phase=winner.phase, training=record | _outcome(best, tried, notes, settings)
    )


def chosen_clips(corpus: Corpus, count: int, *, seed: int) -> tuple[CorpusClip, ...]:
    """Return the clips of a search: of so many sources, in an order that the seed decides, the first clip of each.

    Raises:
        InputError: if the corpus has fewer sources.
    """
    first_of: dict[str, CorpusClip] = {}
    for clip in corpus.clips:
        first_of.setdefault(clip.source, clip)
    if len(first_of) < count:
        raise InputError(f"{count} clips of different sources are wanted and the corpus has {len(first_of)} sources; ask for fewer")
    sources = sorted(first_of)
    order = rng_of(seed, "clips").permutation(len(sources))
    return tuple(first_of[sources[place]] for place in order[:count])


def _space(settings: EvolutionSettings) -> Space:
    direction = rng_of(settings.seed, "start").standard_normal(VALUES)
    start = np.append(direction / np.linalg.norm(direction), 0.5)
    bounds = np.array([[-math.inf, math.inf]] * VALUES + [[0.0, 1.0]])
    return Space(start, _SPREAD, bounds)


def _candidate(point: Point, settings: EvolutionSettings) -> Signature:
    """Return the signature of a point: a direction, and a strength on a logarithmic scale."""
    epsilon = LOWEST_EPSILON * (HIGHEST_EPSILON / LOWEST_EPSILON) ** float(point[VALUES])
    phase = float(rng_of(settings.seed, "phase").random())
    return signature_of(point[:VALUES], epsilon, phase=phase, training={"trainer": "cmaes"})


def scored(
    candidates: Sequence[Signature], clips: Sequence[CorpusClip], settings: EvolutionSettings, crew: Crew
) -> list[list[dict[str, ClipScores]]]:
    """Return what each detector says of each candidate on each clip behind the real codec."""
    trials = [_Trial(clip.path, candidate, settings) for candidate in candidates for clip in clips]
    results = crew.results(_run_trial, trials)
    return [results[place : place + len(clips)] for place in range(0, len(results), len(clips))]


@lru_cache(maxsize=16)
def _footage(clip: Path, settings: EvolutionSettings) -> tuple[Clip, BlockEvidence]:
    """Return a clip and what its unmarked version says behind the channel; remembered by each process for all candidates."""
    loaded = settings.footage.load(clip)
    received = parse_channel(settings.channel).apply(loaded, seed=settings.seed)
    return loaded, Dct8().read(received.frames)


def _run_trial(trial: _Trial) -> dict[str, ClipScores]:
    """Return what each detector says of one candidate on one clip."""
    method, settings = Dct8(), trial.settings
    clip, unmarked = _footage(trial.clip, settings)
    marked = Clip(tuple(method.mark(clip.frames, trial.signature)), clip.info)
    received = parse_channel(settings.channel).apply(marked, seed=settings.seed)
    quality_db = psnr_y_db(clip.frames, marked.frames)
    clean, found = method.scores(unmarked, trial.signature), method.scores(method.read(received.frames), trial.signature)
    return {name: ClipScores(clean[name].value, found[name].value, clean[name].ceiling, quality_db) for name in method.detectors}


def _outcome(best: Best, tried: Sequence[dict[str, ClipScores]], notes: Journal, settings: EvolutionSettings) -> dict[str, Any]:
    scores = [clip[settings.detector] for clip in tried]
    apart = separation(scores)
    return {
        "fitness_reached": best.fitness,
        "found_in_generation": best.generation,
        "separation": apart,
        "decision": decide(apart, settings.generations),
        "psnr_y_db": fmean(score.psnr_y_db for score in scores),
        "scores": by_detector(tried),
        "course": [
            {name: entry[name] for name in ("epsilon", "separation")} | {"best": max(entry["fitnesses"]), "mean": fmean(entry["fitnesses"])}
            for entry in notes.generations[: settings.generations]
        ],
    }


def by_detector(tried: Sequence[Mapping[str, ClipScores]]) -> dict[str, list[dict[str, float]]]:
    """Return the scores of a signature on each clip, for its record."""
    return {name: [{"clean": clip[name].clean, "marked": clip[name].marked} for clip in tried] for name in Dct8().detectors}


def named(clip: CorpusClip) -> dict[str, str]:
    """Return what a record says of a clip."""
    return {"clip": clip.name, "sha256": clip.sha256, "source": clip.source}
