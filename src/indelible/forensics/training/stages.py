"""Training of the two-stream networks, in the two stages of the first design, and jointly.

Stage one teaches the autoencoder to undo artefacts (Adam 1e-3, 10 epochs, batches of 16). Stage two teaches the whole network to tell
classes apart, with a tenth of the reconstruction's error (Adam 1e-4, 20 epochs). The joint recipe is stage two alone, with 1e-3. Labels
are the caller's: for manipulations take twins with one final encode (`indelible.forensics.forgeries`), never how hard something was
compressed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.forensics.degrade import Picture, PreprocessingPipeline
from indelible.forensics.networks.library import one_thread, torch

__all__ = ["CLASSIFICATION", "Stage", "train_classifier", "train_reconstruction"]

_RECONSTRUCTION = 0.1


@dataclass(frozen=True, slots=True)
class Stage:
    """How long and how fast.

    Args:
        epochs: passes over all pictures.
        learning_rate: of Adam.
        batch: pictures.
        seed: of order, artefacts and dropout.

    Raises:
        InputError: if a value is not positive, or a batch is smaller than 2.
    """

    epochs: int = 10
    learning_rate: float = 1e-3
    batch: int = 16
    seed: int = 1

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.learning_rate <= 0 or self.batch < 2:
            raise InputError(
                f"epochs {self.epochs}, learning_rate {self.learning_rate:g}, batch {self.batch}; allowed are 1, above 0, 2 or more"
            )


#: The second stage.
CLASSIFICATION = Stage(epochs=20, learning_rate=1e-4)


def train_reconstruction(
    network: Any, pictures: Sequence[Picture], stage: Stage | None = None, *, progress: Callable[[str], None] = lambda line: None
) -> list[float]:
    """Teach the autoencoder of a `CompressionResilientNetwork` to give back clean pictures; return the mean squared error of each epoch.

    Args:
        network: is changed.
        pictures: uint8, (height, width, 3), RGB, of any sizes; at least two.
        stage: 10 epochs with 1e-3 by default.
        progress: gets a line for each epoch.

    Raises:
        InputError: if there are fewer than two pictures.
    """
    return _epochs(network, network.denoiser, pictures, None, stage or Stage(), progress)


def train_classifier(
    network: Any,
    pictures: Sequence[Picture],
    labels: Sequence[int],
    stage: Stage = CLASSIFICATION,
    *,
    progress: Callable[[str], None] = lambda line: None,
) -> list[float]:
    """Teach a whole `CompressionResilientNetwork` classes, with a tenth of the reconstruction's error; return the loss of each epoch.

    Args:
        network: is changed.
        pictures: as for `train_reconstruction`.
        labels: of each picture, from 0.
        stage: 20 epochs with 1e-4 by default.
        progress: gets a line for each epoch.

    Raises:
        InputError: if there are fewer than two pictures, or not a label for each.
    """
    if len(labels) != len(pictures):
        raise InputError(f"{len(pictures)} pictures and {len(labels)} labels; there must be one for each")
    return _epochs(network, network, pictures, labels, stage, progress)


def _epochs(
    network: Any, trained: Any, pictures: Sequence[Picture], labels: Sequence[int] | None, stage: Stage, progress: Callable[[str], None]
) -> list[float]:
    if len(pictures) < 2:
        raise InputError(f"{len(pictures)} pictures; at least two are needed")
    rng = np.random.default_rng(stage.seed)
    clean, degraded = PreprocessingPipeline(augment=False), PreprocessingPipeline(rng=rng)
    losses = []
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(stage.seed)
        optimizer = torch.optim.Adam(trained.parameters(), lr=stage.learning_rate)
        network.train()
        for epoch in range(1, stage.epochs + 1):
            parts = []
            for chosen in _batches(len(pictures), stage.batch, rng):
                some = [pictures[place] for place in chosen]
                before, after = (torch.from_numpy(pipeline.preprocess_batch(some)) for pipeline in (degraded, clean))
                optimizer.zero_grad()
                loss = _loss(network, before, after, None if labels is None else torch.tensor([labels[place] for place in chosen]))
                loss.backward()
                optimizer.step()
                parts.append(float(loss.detach()))
            losses.append(float(np.mean(parts)))
            progress(f"epoch {epoch} of {stage.epochs}: loss {losses[-1]:.4f}")
        network.eval()
    return losses


def _loss(network: Any, before: Any, after: Any, labels: Any) -> Any:
    if labels is None:
        return torch.nn.functional.mse_loss(network.denoiser(before)[0], after)
    logits, restored = network(before, return_reconstruction=True)
    return torch.nn.functional.cross_entropy(logits, labels) + _RECONSTRUCTION * torch.nn.functional.mse_loss(restored, after)


def _batches(count: int, size: int, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """Return the pictures of each batch; a last one of a single picture, which batch normalisation refuses, goes with the one before."""
    order = rng.permutation(count)
    starts = list(range(0, count, size))
    if len(starts) > 1 and count - starts[-1] == 1:
        starts.pop()
    return np.split(order, starts[1:])
