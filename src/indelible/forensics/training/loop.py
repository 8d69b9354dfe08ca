"""The training itself: batches of twins, checkpoints, and the weights that did best on sources that do not train.

The loss is that of cells (binary cross entropy, manipulated cells three times), of pictures, and of CRF (a tenth: what the network knows of
compression is asked for in a place of its own); for the embedding it is InfoNCE between two views of a segment. What is kept is a moving
average of the weights.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indelible.drafts import create_draft
from indelible.errors import InputError
from indelible.forensics.networks.library import one_thread, torch
from indelible.forensics.networks.trace import THUMBNAIL, ContentEmbedder, TraceNetwork
from indelible.forensics.training.batches import Batch, draw_batch, draw_views, easy
from indelible.forensics.training.cache import Records
from indelible.forensics.training.settings import TrainingSettings
from indelible.stats.ranks import area_under_roc

__all__ = ["Trained", "train"]

_WARM_UP = 0.05  # of the training, in which the rate of learning rises
_LOWEST_RATE = 0.02
_EASY = 0.3  # of the training, in which only records that are encoded well are seen
_AVERAGE = 0.99
_MANIPULATED_WEIGHT = 3.0
_CRF_WEIGHT = 0.1
_VIEWS, _TEMPERATURE = 16, 0.1
_LOOK_BATCHES, _LOOK_SEED = 12, 7

Pool = Sequence[tuple[Records, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What training gave.

    Args:
        trace: the network, with the best averaged weights.
        content: the embedder.
        course: what each look saw.
        minutes: of training, all runs together.
        steps: batches that were trained on.
    """

    trace: Any
    content: Any
    course: list[dict[str, float]]
    minutes: float
    steps: int


class _State:
    """Everything that a checkpoint holds."""

    def __init__(self, settings: TrainingSettings) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.trace, self.content = (model.to(memory_format=torch.channels_last) for model in (TraceNetwork(), ContentEmbedder()))
        self.optimizer = torch.optim.AdamW(
            [*self.trace.parameters(), *self.content.parameters()], lr=settings.learning_rate, weight_decay=0.01
        )
        self.average = {name: value.clone() for name, value in self._weights().items()}
        self.best = {name: value.clone() for name, value in self.average.items()}
        self.course: list[dict[str, float]] = []
        self.step, self.seconds = 0, 0.0

    def _weights(self) -> dict[str, Any]:
        return {f"trace.{name}": value for name, value in self.trace.state_dict().items()} | {
            f"content.{name}": value for name, value in self.content.state_dict().items()
        }

    def follow(self) -> None:
        """Move the average towards the weights, faster at the start."""
        pace = min(_AVERAGE, (1 + self.step) / (10 + self.step))
        for name, value in self._weights().items():
            self.average[name].lerp_(value, 1.0 - pace)

    def averaged(self, weights: dict[str, Any]) -> tuple[Any, Any]:
        """Return new networks with such weights, for judging."""
        trace, content = TraceNetwork(), ContentEmbedder()
        for prefix, model in (("trace.", trace), ("content.", content)):
            model.load_state_dict({name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)})
            model.eval()
        return trace, content

    def save(self, file: Path, settings: TrainingSettings) -> None:
        kept = {
            "settings": settings.identity,
            "trace": self.trace.state_dict(),
            "content": self.content.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "best": self.best,
            "course": self.course,
            "step": self.step,
            "seconds": self.seconds,
        }
        with create_draft(file) as draft:
            torch.save(kept, draft.file)
            draft.publish()

    def load(self, file: Path, settings: TrainingSettings) -> None:
        try:
            kept = torch.load(file, weights_only=True)
        except Exception as error:  # torch raises many kinds for a file that is none of its own
            raise InputError(f"{file} is no checkpoint of a training; remove it, or begin anew with --fresh") from error
        if kept["settings"] != settings.identity:
            raise InputError(f"{file} is of a training with other settings; begin anew with --fresh, or give those again")
        self.trace.load_state_dict(kept["trace"])
        self.content.load_state_dict(kept["content"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.average, self.best, self.course = kept["average"], kept["best"], kept["course"]
        self.step, self.seconds = kept["step"], kept["seconds"]


def train(
    training: Sequence[Records],
    calibrating: Sequence[Records],
    settings: TrainingSettings,
    *,
    checkpoint: Path | None = None,
    progress: Callable[[str], None],
) -> Trained:
    """Train until the steps or the minutes are over, or nothing gets better.

    Args:
        training: twins of the sources that train.
        calibrating: twins of other sources, which only look on.
        settings: how.
        checkpoint: file to go on from, if it is there, and to keep up to date; None for none.
        progress: gets a line at each look.

    Raises:
        InputError: if there is nothing to train on, or the checkpoint is of another training.
    """
    pool, looking = _pool(training), _pool(calibrating)
    begin_with = [(records, number) for records, number in pool if easy(records.about[number])]
    if not pool or not looking:
        raise InputError("nothing to train or to look on with; clips of at least 9 pictures from several sources are needed")
    with one_thread():
        state = _State(settings)
        if checkpoint is not None and checkpoint.exists():
            state.load(checkpoint, settings)
            progress(f"goes on from step {state.step}")
        since = time.monotonic() - state.seconds
        while state.step < settings.steps and state.seconds < 60 * settings.minutes and not _stuck(state.course, settings.patience):
            share = max(state.step / settings.steps, state.seconds / (60 * settings.minutes))
            rng = np.random.default_rng((settings.seed, state.step))
            batch = draw_batch(begin_with if begin_with and share < _EASY else pool, pairs=settings.pairs, crop=settings.crop, rng=rng)
            for group in state.optimizer.param_groups:
                group["lr"] = settings.learning_rate * _rate_at(share)
            state.optimizer.zero_grad()
            loss = _loss(state.trace, batch)
            if state.step % 2 == 0:
                loss = loss + 0.5 * _contrast(state.content, draw_views(pool, count=_VIEWS, side=THUMBNAIL, rng=rng))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(state.trace.parameters(), 1.0)
            state.optimizer.step()
            state.step += 1
            state.follow()
            state.seconds = time.monotonic() - since
            if state.step % settings.check_every == 0 or state.step == settings.steps or state.seconds >= 60 * settings.minutes:
                _look(state, looking, settings, float(loss.detach()), progress)
                if checkpoint is not None:
                    state.save(checkpoint, settings)
        trace, content = state.averaged(state.best)
        return Trained(trace, content, state.course, state.seconds / 60, state.step)


def _pool(many: Sequence[Records]) -> list[tuple[Records, int]]:
    return [(records, number) for records in many for number in range(len(records.about))]


def _rate_at(share: float) -> float:
    """Return the share of the highest rate of learning: up in a line, down along a cosine, never below a fiftieth."""
    if share < _WARM_UP:
        return max(_LOWEST_RATE, share / _WARM_UP)
    return _LOWEST_RATE + (1.0 - _LOWEST_RATE) * 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))


def _loss(trace: Any, batch: Batch) -> Any:
    functional = torch.nn.functional
    cells, pictures, crf = trace(_tensor(batch.planes))
    masks = torch.from_numpy(batch.masks)
    weight = 1.0 + (_MANIPULATED_WEIGHT - 1.0) * masks
    loss = (functional.binary_cross_entropy_with_logits(cells, masks, reduction="none") * weight).mean()
    truth = torch.from_numpy(batch.fake)
    known = ~torch.isnan(truth)
    loss = loss + 0.5 * functional.binary_cross_entropy_with_logits(pictures[known], truth[known])
    told = torch.from_numpy(batch.crf)
    encoded = ~torch.isnan(told)
    if bool(encoded.any()):
        loss = loss + _CRF_WEIGHT * functional.smooth_l1_loss(crf[encoded], told[encoded])
    return loss


def _tensor(pictures: Any) -> Any:
    """Return an array of pictures with their planes side by side, which is faster by half on a processor."""
    return torch.from_numpy(pictures).contiguous(memory_format=torch.channels_last)


def _contrast(content: Any, views: Any) -> Any:
    """Return InfoNCE (van den Oord et al., arXiv:1807.03748) in both directions."""
    one, other = (content(_tensor(view)) for view in views)
    alike = one @ other.T / _TEMPERATURE
    truth = torch.arange(len(one))
    return 0.5 * (torch.nn.functional.cross_entropy(alike, truth) + torch.nn.functional.cross_entropy(alike.T, truth))


def _look(state: _State, looking: Pool, settings: TrainingSettings, loss: float, progress: Callable[[str], None]) -> None:
    trace, _ = state.averaged(state.average)
    rng = np.random.default_rng(_LOOK_SEED)  # the same crops at each look
    real_pictures, fake_pictures, areas = [], [], []
    with torch.no_grad():
        for _ in range(_LOOK_BATCHES):
            batch = draw_batch(looking, pairs=settings.pairs, crop=settings.crop, rng=rng)
            cells, pictures, _ = (each.numpy() for each in trace(_tensor(batch.planes)))
            real_pictures.append(pictures[: settings.pairs])
            fake_pictures.append(pictures[settings.pairs :])
            inside, outside = cells[batch.masks > 0.5], cells[settings.pairs :][batch.masks[settings.pairs :] < 0.05]
            if inside.size and outside.size:
                areas.append(area_under_roc(inside, outside))
    seen = {
        "step": float(state.step),
        "minutes": round(state.seconds / 60, 2),
        "loss": round(loss, 4),
        "cell_auc": round(float(np.mean(areas)) if areas else 0.5, 4),
        "picture_auc": round(area_under_roc(np.concatenate(fake_pictures), np.concatenate(real_pictures)), 4),
    }
    state.course.append(seen)
    if _merit(seen) >= max(_merit(each) for each in state.course):
        state.best = {name: value.clone() for name, value in state.average.items()}
    progress(
        f"step {state.step}, {seen['minutes']:.1f} min: loss {loss:.3f}; on other sources cell AUC {seen['cell_auc']:.3f}, "
        f"picture AUC {seen['picture_auc']:.3f}"
    )


def _merit(seen: dict[str, float]) -> float:
    return seen["cell_auc"] + seen["picture_auc"]


def _stuck(course: Sequence[dict[str, float]], patience: int) -> bool:
    if len(course) <= patience:
        return False
    return max(map(_merit, course[-patience:])) <= max(map(_merit, course[:-patience]))
