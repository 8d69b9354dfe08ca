"""The model test of method 1: whether a model that was trained on marked motion knows the mark in videos that it has not seen.

The research trained a small network to tell marked videos from unmarked ones and scored it on others: -0.33, worse than not knowing, for
it had learnt the videos by heart. What is repeated here is the question, with a model small enough to be understood and large enough to
learn by heart: ridge regression (Hoerl and Kennard 1970) from the course of the flow, frames x 32 numbers of unit length for each video,
to +1 for marked and -1 for unmarked. With fewer videos than numbers it fits those that it is trained on, whatever they are. Its score is
the correlation of what it says with what is true: on the videos of the training, and on videos of other sources.

The p-value is exact: had the model no idea, marked and unmarked version of each held-out source could be exchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.channel import Clip, parse_channel
from indelible.errors import InputError
from indelible.lab.flow import FlowMark, Synthesis
from indelible.lab.method import MATCHED
from indelible.lab.signature import Signature
from indelible.lab.trial import Footage, rng_of
from indelible.lab.validation import in_first_half
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.machine import provenance
from indelible.runs.pool import Job, run_jobs
from indelible.stats.intervals import monte_carlo_p

SCHEMA = "indelible.lab.model/1"
_RIDGE = 0.1  # beside videos of unit length
_DRAWS = 9999
_FEWEST = 4  # videos, in each half two

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What is trained on what.

    Args:
        method: one of the ways to mark motion.
        epsilon: its strength, pixels; None for the usual.
        channel: what videos go through before the model sees them.
        seed: of the signature.
        footage: how much of each clip; shorter ones are left out.
    """

    method: Synthesis = "flow"
    epsilon: float | None = None
    channel: str = "x264:crf=23"
    seed: int = 1
    footage: Footage = field(default_factory=lambda: Footage(frames=61, width=320))


@dataclass(frozen=True, slots=True)
class _Task:
    clip: CorpusClip
    signature: Signature
    settings: ModelSettings


def run_model_test(corpus: Corpus, settings: ModelSettings, *, jobs: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Return the whole result, ready for JSON.

    Raises:
        InputError: if the method is unknown, or fewer than 4 clips of 2 sources are long enough.
        MediaError: if a clip cannot be read.
    """
    where = provenance(corpus)
    channel = str(parse_channel(settings.channel))
    signature = FlowMark(settings.method).draw(rng_of(settings.seed, "model"))
    if settings.epsilon is not None:
        signature = Signature(signature.method, signature.values, settings.epsilon, signature.phase, versions=signature.versions)
    tasks = [Job(_Task(clip, signature, settings), clip.name) for clip in corpus.clips]
    measured = {job.task.clip.name: courses for job, courses in run_jobs(tasks, _courses, processes=jobs, progress=progress)}
    clips = [clip for clip in corpus.clips if measured[clip.name] is not None]
    if len(clips) < _FEWEST:
        raise InputError(f"{len(clips)} clips have {settings.footage.frames} frames; at least {_FEWEST} are needed")
    courses = np.array([measured[clip.name].courses for clip in clips])  # type: ignore[union-attr]
    sources = [clip.source for clip in clips]
    trained = in_first_half(sources)
    model = _fitted(courses[trained])
    said = np.einsum("cvk,k->cv", courses, model)  # for each clip, of its unmarked and its marked version
    held_out = said[~trained]
    scores = np.array([measured[clip.name].scores for clip in clips])  # type: ignore[union-attr]
    return {
        "schema": SCHEMA,
        "provenance": where,
        "settings": asdict(settings) | {"channel": channel, "epsilon": signature.epsilon},
        "summary": [
            {
                "method": settings.method,
                "training_clips": int(trained.sum()),
                "held_out_clips": int((~trained).sum()),
                "training": round(_correlation(said[trained]), 4),
                "held_out": round(_correlation(held_out), 4),
                "p": round(_exchange_p(held_out, [s for s, known in zip(sources, trained, strict=True) if not known], settings.seed), 4),
                "detector": round(_correlation(scores[~trained]), 4),
            }
        ],
        "records": [
            {"clip": clip.name, "trained_on": bool(known), "unmarked": round(float(pair[0]), 4), "marked": round(float(pair[1]), 4)}
            for clip, known, pair in zip(clips, trained, said, strict=True)
        ],
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """Courses of the flow, unmarked and marked, shape (2, numbers), of unit length; the matched filter's scores of them, shape (2,)."""

    courses: Array
    scores: Array


def _courses(task: _Task) -> _Measured | None:
    """Return what a clip gives to learn, None if it is too short."""
    method, channel, settings = FlowMark(task.settings.method), parse_channel(task.settings.channel), task.settings
    clip = settings.footage.load(task.clip.path)
    if len(clip.frames) < settings.footage.frames:
        return None
    marked = Clip(tuple(method.mark(clip.frames, task.signature)), clip.info)
    evidence = [method.read(channel.apply(version, seed=settings.seed).frames) for version in (clip, marked)]
    moved = [each - each.mean(axis=0) for each in evidence]
    courses = np.array([each.ravel() / max(float(np.linalg.norm(each)), 1e-12) for each in moved])
    return _Measured(courses, np.array([method.scores(each, task.signature)[MATCHED].value for each in evidence]))


def _fitted(courses: Array) -> Array:
    """Return the weights of the model, shape (numbers,), for clips of shape (clips, 2, numbers)."""
    videos = courses.reshape(-1, courses.shape[-1])
    truth = np.tile([-1.0, 1.0], len(courses))
    alike = videos @ videos.T + _RIDGE * np.eye(len(videos))
    return np.asarray(videos.T @ np.linalg.solve(alike, truth), np.float64)


def _correlation(said: Array) -> float:
    """Return the correlation of what is said of clips, shape (clips, 2), with what is true."""
    moved = (said - said.mean()).ravel()
    length = float(np.linalg.norm(moved))
    return float(moved @ np.tile([-1.0, 1.0], len(said))) / (length * np.sqrt(moved.size)) if length else 0.0


def _exchange_p(said: Array, sources: list[str], seed: int) -> float:
    """Return the p-value of marked versions being told from unmarked ones, by exchanging the two for whole sources at random."""
    names, place = np.unique(sources, return_inverse=True)
    gains = np.bincount(place, weights=said[:, 1] - said[:, 0])
    signs = rng_of(seed, "exchange").choice([-1.0, 1.0], size=(_DRAWS, names.size))
    # The same sum in another order may differ by rounding; it counts as the same.
    return monte_carlo_p(float(gains.sum()) - 1e-9 * float(np.abs(gains).sum()), signs @ gains)
