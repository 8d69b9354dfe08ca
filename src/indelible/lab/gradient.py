"""Methods 4, 5 and 6: a signature for 8x8 DCT blocks, trained by gradient through a stand-in for H.264; and the hybrid with the real one.

What is trained is the direction s (eight values) and the strength epsilon of `indelible.lab.dct8`, by Adam (Kingma and Ba,
arXiv:1412.6980), so that after the stand-in P of `indelible.lab.proxy`, over a few clips x,

    marked = score(P(x + mark(s, epsilon)), s)   and   clean = score(P(x), s)

are far apart. The score is that of the detector ``published`` or ``matched``; both have a derivative.

- ``adaptive`` (method 4): ascent on ``marked`` alone, under a floor of Y-PSNR:
  loss = -marked + 0.1 max(0, floor - PSNR). Known: 0.61 on the stand-in, 0.06 on real H.264; another record of the same signature says
  0.42, then 30 % found and 40 % false.
- ``contrastive`` (method 5): loss = max(0, 0.5 - marked) + max(0, clean - 0.1) + max(0, 0.3 - (marked - clean)) + 0.5 max(0, floor - PSNR).
  Known: 80 % found and 0 % false on the stand-in, 0 % and 0 % on the real one, p = 0.77.
- ``straight-through`` (method 6): the same loss with exact rounding forward. Known: separation 0.36 on the stand-in, 0.01 on the real one.
- ``hybrid``: the loss of method 4 with exact rounding leads to a start; then each round goes a few steps further on the stand-in, from a
  place that is partly chance, and the real encoder accepts or rejects where that led, by `indelible.lab.fitness.margin`. (The loss of
  method 5 is 0 where the stand-in is content, and leads no further.)

The real encoder looks on every few iterations, and what it says is written down; only in the hybrid does it decide. All is the same by
seed on one machine, and done in minutes, so that nothing is kept to be gone on with.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any, Literal, get_args

import numpy as np

from indelible.channel import parse_channel
from indelible.errors import InputError
from indelible.lab.dct8 import BAND, BLOCK, VALUES, signature_of
from indelible.lab.decision import decide
from indelible.lab.evolution import EvolutionSettings, by_detector, chosen_clips, named, scored
from indelible.lab.fitness import FLOOR_DB, ClipScores, margin, separation
from indelible.lab.method import MATCHED, PUBLISHED
from indelible.lab.proxy import Array, Proxy, dct_basis, forward
from indelible.lab.signature import Signature
from indelible.lab.survival import luma_of
from indelible.lab.template import course
from indelible.lab.trial import Footage, rng_of
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.pool import Crew, readable

Trainer = Literal["adaptive", "contrastive", "straight-through", "hybrid"]

WANTED_MARKED, WANTED_CLEAN, WANTED_MARGIN = 0.5, 0.1, 0.3
LOWEST_EPSILON = 0.01
_STEPS_IN_A_ROUND = 5
_JITTER, _SHRINKING = 0.3, 0.7  # of the part of chance in a round's direction, and of a round after one that was rejected


@dataclass(frozen=True, slots=True)
class GradientSettings:
    """What decides a training.

    Args:
        trainer: see above.
        proxy: the stand-in. Its CRF is also that of the real encoder.
        detector: whose scores are trained: published or matched.
        steady: whether the mark has full strength in all frames while it is trained, as in the research, whose marker let it wax and wane.
        iterations: steps of Adam, at least 1.
        learning_rate: of Adam, over 0.
        epsilon: strength to begin with, at least 0.01 and at most ``highest_epsilon``.
        highest_epsilon: of the range of strengths, at most 1.
        floor_db: Y-PSNR of the mark that is to be kept; 35 in the research.
        check_every: iterations between two looks of the real encoder, at least 1.
        rounds: of the hybrid on the real encoder; 0 for the others.
        clips: how many clips of the corpus, each of another source, chosen by the seed.
        seed: of everything that is random, 0 to 2^32 - 1.
        footage: how much of each clip.

    Raises:
        InputError: if a value is out of range.
    """

    trainer: Trainer
    proxy: Proxy = field(default_factory=Proxy)
    detector: str = MATCHED
    steady: bool = False
    iterations: int = 200
    learning_rate: float = 0.01
    epsilon: float = 0.05
    highest_epsilon: float = 0.15
    floor_db: float = FLOOR_DB
    check_every: int = 50
    rounds: int = 0
    clips: int = 3
    seed: int = 1
    footage: Footage = field(default_factory=lambda: Footage(frames=30, width=160))

    def __post_init__(self) -> None:
        if self.trainer not in get_args(Trainer):
            raise InputError(f"trainer {self.trainer!r} is unknown; known are {', '.join(get_args(Trainer))}")
        if self.detector not in (MATCHED, PUBLISHED):
            raise InputError(f"detector {self.detector!r} cannot be trained; those that can are {MATCHED} and {PUBLISHED}")
        if self.steady and self.detector != PUBLISHED:
            raise InputError(f"detector {self.detector} looks for what waxes and wanes; a steady mark is for {PUBLISHED}")
        if min(self.iterations, self.check_every) < 1 or self.learning_rate <= 0.0 or (self.rounds > 0) != (self.trainer == "hybrid"):
            raise InputError(
                f"{self.iterations} iterations, a look at each {self.check_every}, rate {self.learning_rate:g}, {self.rounds} rounds: "
                "at least 1, at least 1, over 0, and rounds for the hybrid alone"
            )
        if not LOWEST_EPSILON <= self.epsilon <= self.highest_epsilon <= 1.0:
            raise InputError(
                f"epsilon {self.epsilon:g} of at most {self.highest_epsilon:g}; it must be {LOWEST_EPSILON:g} to that, at most 1"
            )
        if self.proxy.crf != round(self.proxy.crf):
            raise InputError(f"CRF {self.proxy.crf:g}; whole ones are trained for")

    @property
    def judged(self) -> EvolutionSettings:
        """How the real encoder judges a candidate."""
        channel = str(parse_channel(f"x264:crf={self.proxy.crf:g}"))
        return EvolutionSettings(detector=self.detector, channel=channel, clips=self.clips, seed=self.seed, footage=self.footage)


def train(corpus: Corpus, settings: GradientSettings, *, jobs: int, progress: Callable[[str], None]) -> Signature:
    """Return the best signature found, its ``training`` saying how, with what the stand-in and the real encoder said on the way.

    Best is what the stand-in says is best, but for the hybrid, where the real encoder says it.

    Args:
        corpus: where the clips come from.
        settings: of the training.
        jobs: processes for the real encoder; they do not change the result.
        progress: gets a line of text at each look.

    Raises:
        MissingExtraError: if torch is not installed.
        InputError: if the corpus has too few sources, or clips too few frames.
        MediaError: if a clip cannot be read.
    """
    library = _library()
    torch = library.torch
    clips = chosen_clips(corpus, settings.judged)
    record = asdict(settings) | {"clips": [named(clip) for clip in clips], "torch": torch.__version__}
    with library.one_thread(), Crew(jobs) as crew:
        judge = _Judge(clips, settings, crew)
        model = _Model(torch, clips, settings)
        entries = list(_pretrained(model, judge, settings, progress))
        if settings.trainer == "hybrid":
            entries += _refined(model, judge, settings, progress)
        winner = model.best
        found = judge(winner)
    scores = [clip[settings.detector] for clip in found]
    apart = separation(scores)
    clean, marked, psnr_db = model.said(winner)
    return signature_of(
        np.array(winner.values),
        winner.epsilon,
        phase=winner.phase,
        training=record
        | {
            "proxy_scores": {"clean": clean, "marked": marked, "separation": marked - clean},
            "separation": apart,
            # What a gradient did not find may be there, so the family is never given up here.
            "decision": decide(apart, 0),
            "psnr_y_db": fmean(score.psnr_y_db for score in scores),
            "floor_met": psnr_db >= settings.floor_db,
            "scores": by_detector(found),
            "course": entries,
        },
    )


class _Judge:
    """The real encoder on the clips of the training."""

    def __init__(self, clips: Sequence[CorpusClip], settings: GradientSettings, crew: Crew) -> None:
        self._clips, self._settings, self._crew = clips, settings.judged, crew

    def __call__(self, candidate: Signature) -> list[dict[str, ClipScores]]:
        return scored([candidate], self._clips, self._settings, self._crew)[0]


class _Model:
    """The clips, the stand-in, and the numbers that are trained."""

    def __init__(self, torch: Any, clips: Sequence[CorpusClip], settings: GradientSettings) -> None:
        self._torch, self._settings = torch, settings
        self.phase = float(rng_of(settings.seed, "phase").random())
        pictures = [luma_of(settings.footage.load(clip.path).frames) for clip in clips]
        self._sent = [torch.from_numpy(each) for each in pictures]
        with torch.no_grad():
            self._received = [settings.proxy.luma(each) for each in self._sent]
        start = rng_of(settings.seed, "start").standard_normal(VALUES)
        self.direction = torch.tensor(start / np.linalg.norm(start), dtype=torch.float32, requires_grad=True)
        self.epsilon = torch.tensor(settings.epsilon, dtype=torch.float32, requires_grad=True)
        self.best = self.candidate()

    def candidate(self) -> Signature:
        values = self.direction.detach().numpy().astype(np.float64)
        return signature_of(values, float(self.epsilon.detach()), phase=self.phase, training={"trainer": self._settings.trainer})

    def put(self, signature: Signature) -> None:
        """Go to a signature, into the ranges of direction and strength."""
        with self._torch.no_grad():
            direction = self._torch.tensor(signature.values, dtype=self._torch.float32)
            self.direction.copy_(direction / direction.norm())
            self.epsilon.fill_(min(max(signature.epsilon, LOWEST_EPSILON), self._settings.highest_epsilon))

    def optimiser(self, rate: float) -> Any:
        return self._torch.optim.Adam([self.direction, self.epsilon], lr=rate)

    def step(self, optimiser: Any) -> tuple[float, float, float]:
        """Go one step, and return the clean score, the marked one and the Y-PSNR before it, means over the clips."""
        optimiser.zero_grad()
        scores = []
        for clip in range(len(self._sent)):
            clean, marked, psnr_db = self._scores(clip)
            (_loss(self._torch, clean, marked, psnr_db, self._settings) / len(self._sent)).backward()
            scores.append(tuple(float(each.detach()) for each in (clean, marked, psnr_db)))
        optimiser.step()
        self.put(self.candidate())
        clean_mean, marked_mean, psnr_mean = (fmean(each) for each in zip(*scores, strict=True))
        return clean_mean, marked_mean, psnr_mean

    def said(self, signature: Signature) -> tuple[float, float, float]:
        """Return the clean score, the marked one and the Y-PSNR of a signature, means over the clips."""
        here = self.candidate()
        self.put(signature)
        with self._torch.no_grad():
            scores = [tuple(map(float, self._scores(clip))) for clip in range(len(self._sent))]
        self.put(here)
        clean, marked, psnr_db = (fmean(each) for each in zip(*scores, strict=True))
        return clean, marked, psnr_db

    def _scores(self, clip: int) -> tuple[Array, Array, Array]:
        """Return the clean score, the marked one and the Y-PSNR of the mark on a clip, with their derivatives."""
        sent, settings = self._sent[clip], self._settings
        wave = np.ones(len(sent)) if settings.steady else course(len(sent), self.phase)
        weights = self._torch.tensor(wave, dtype=self._torch.float32)
        unit = self.direction / self.direction.norm()
        low = self._torch.cat([self._torch.zeros(1), unit]).reshape(BAND, BAND)
        rows = self._torch.from_numpy(dct_basis(BLOCK)[:BAND])
        tile = (rows.T @ low @ rows).repeat(sent.shape[1] // BLOCK, sent.shape[2] // BLOCK)
        marked = (sent + 255.0 * self.epsilon * weights[:, None, None] * tile).clamp(0.0, 255.0)
        psnr_db = 10.0 * self._torch.log10(BLOCK**2 / (self.epsilon**2 * float(np.square(wave).mean())))
        score = published_score if settings.detector == PUBLISHED else matched_score
        return score(self._received[clip], unit, weights), score(settings.proxy.luma(marked), unit, weights), psnr_db


def published_score(pictures: Array, unit: Array, weights: Array) -> Array:
    """Return what the detector ``published`` of `indelible.lab.dct8` says, with its derivative.

    Args:
        pictures: tensor of shape (frames, height, width).
        unit: direction of the signature, shape (8,), of length 1.
        weights: its course, shape (frames,); not used.
    """
    coefficients = forward(pictures, BLOCK)
    band = coefficients[..., :BAND, :BAND].flatten(-2)[..., 1:]
    energy = (coefficients**2).sum((-2, -1)) - coefficients[..., 0, 0] ** 2
    # The square root has no derivative at 0, where a stand-in may put a whole block; nothing is also what it contributes.
    return ((band @ unit) / energy.clamp(min=1e-6).sqrt()).abs().mean()


def matched_score(pictures: Array, unit: Array, weights: Array) -> Array:
    """Return what the detector ``matched`` of `indelible.lab.dct8` says, with its derivative; arguments as for `published_score`."""
    band = forward(pictures, BLOCK)[..., :BAND, :BAND].flatten(-2)[..., 1:].mean((1, 2))
    moved = band - band.mean(0)
    expected = weights - weights.mean()
    return (expected @ moved @ unit) / (moved.norm() * expected.norm()).clamp(min=1e-9)


def _loss(torch: Any, clean: Array, marked: Array, psnr_db: Array, settings: GradientSettings) -> Array:
    short_db = torch.relu(settings.floor_db - psnr_db)
    if settings.trainer in ("adaptive", "hybrid"):
        return 0.1 * short_db - marked
    apart = torch.relu(WANTED_MARGIN - (marked - clean))
    return torch.relu(WANTED_MARKED - marked) + torch.relu(clean - WANTED_CLEAN) + apart + 0.5 * short_db


def _pretrained(model: _Model, judge: _Judge, settings: GradientSettings, progress: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Train on the stand-in, put the best into the model, and yield what the real encoder sees on the way."""
    optimiser, started, highest = model.optimiser(settings.learning_rate), time.monotonic(), -math.inf
    for iteration in range(1, settings.iterations + 1):
        before = model.candidate()
        clean, marked, psnr_db = model.step(optimiser)
        worth = (marked if settings.trainer in ("adaptive", "hybrid") else marked - clean) - max(0.0, settings.floor_db - psnr_db)
        if worth > highest:
            highest, model.best = worth, before
        if iteration % settings.check_every and iteration != settings.iterations:
            continue
        scores = [clip[settings.detector] for clip in judge(before)]
        real_clean, real_marked = fmean(score.clean for score in scores), fmean(score.marked for score in scores)
        elapsed = time.monotonic() - started
        left = elapsed / iteration * (settings.iterations - iteration)
        progress(
            f"iteration {iteration} of {settings.iterations}: on the proxy {marked:+.3f} marked, {clean:+.3f} clean, on x264 "
            f"{real_marked:+.3f} and {real_clean:+.3f}, {psnr_db:.1f} dB; {readable(elapsed)} so far, about {readable(left)} left"
        )
        yield {
            "iteration": iteration,
            "epsilon": before.epsilon,
            "proxy": {"clean": clean, "marked": marked},
            "real": {"clean": real_clean, "marked": real_marked},
        }
    model.put(model.best)


def _refined(model: _Model, judge: _Judge, settings: GradientSettings, progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """Go on from the best of the model in rounds that the real encoder accepts or rejects, and return what it said."""

    def fitness(candidate: Signature) -> float:
        return margin([clip[settings.detector] for clip in judge(candidate)])

    rng, size, entries, highest = rng_of(settings.seed, "rounds"), 1.0, [], fitness(model.best)
    for number in range(1, settings.rounds + 1):
        model.put(_jittered(model.best, rng, _JITTER * size))
        optimiser = model.optimiser(settings.learning_rate * size)
        for _ in range(_STEPS_IN_A_ROUND):
            model.step(optimiser)
        candidate = model.candidate()
        reached = fitness(candidate)
        if accepted := reached > highest:
            highest, model.best = reached, candidate
        else:
            size *= _SHRINKING
        progress(
            f"round {number} of {settings.rounds}: {reached:+.3f} on x264, {'accepted' if accepted else 'rejected'}; best {highest:+.3f}"
        )
        entries.append({"round": number, "epsilon": candidate.epsilon, "fitness": reached, "accepted": accepted})
    return entries


def _jittered(signature: Signature, rng: np.random.Generator, size: float) -> Signature:
    values = np.array(signature.values) + size * rng.standard_normal(VALUES) / math.sqrt(VALUES)
    return signature_of(values, signature.epsilon * math.exp(size * rng.standard_normal()), phase=signature.phase)


def _library() -> Any:
    """Return the module that has torch; imported when training begins."""
    from indelible.forensics.networks import library

    return library
