"""Two small models: a generator of space-time patches by flow matching, and a restorer that takes noise away.

Both are the same small network of learned global filters, with the frames of a patch as its channels. Needs torch (the extra ``train``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.audit.demo.footage import Films
from indelible.errors import missing_extra

__all__ = ["PATCH", "PATCH_FRAMES", "check_torch", "generate", "restore", "train_generator", "train_restorer"]

PATCH, PATCH_FRAMES = 32, 3
_BATCH = 32
_BLOCKS, _TIMES = 2, 5
_SPREAD = 0.25  # of patches, roughly, in units of 128 levels
_NOISE = 0.08  # of the restorer's training, in units of 128 levels
_LEARNING_RATE = 1e-2
_GENERATOR_STEPS = 24  # of Euler's method

Model = Any


def train_generator(films: Films, *, steps: int, width: int, seed: int) -> Model:
    """Train by flow matching (Lipman et al., arXiv:2210.02747): the velocity from noise to patches, on straight lines.

    Args:
        films: to cut patches from, anywhere.
        steps: of Adam.
        width: channels of the network.
        seed: of all that is random.
    """
    torch = _torch(seed)
    model = _network(width)

    def loss(patches: Any) -> Any:
        spread = patches - patches.mean(dim=(1, 2, 3), keepdim=True)
        data = spread / (spread.std(dim=(1, 2, 3), keepdim=True) + 0.02)  # all patches count alike, as contrast is no matter here
        noise = torch.randn_like(data)
        time = torch.sigmoid(torch.randn(len(data), 1))
        between = torch.lerp(noise, data, time[:, :, None, None])
        return ((model(between, time) - (data - noise)) ** 2).mean()

    return _trained(model, films, loss, steps=steps, seed=seed)


def generate(model: Model, *, count: int, seed: int) -> NDArray[np.float32]:
    """Return so many patches from noise, in luma levels around 128, float32, shape (count, PATCH_FRAMES, PATCH, PATCH)."""
    torch = _torch(seed)
    made = []
    with torch.no_grad():
        for start in range(0, count, 128):
            state = torch.randn(min(128, count - start), PATCH_FRAMES, PATCH, PATCH)
            for step in range(_GENERATOR_STEPS):
                time = torch.full((len(state), 1), (step + 0.5) / _GENERATOR_STEPS)
                state = state + model(state, time) / _GENERATOR_STEPS
            made.append(state.numpy())
    return np.asarray(128.0 + 40.0 * np.concatenate(made), np.float32)


def train_restorer(films: Films, *, steps: int, width: int, seed: int) -> Model:
    """Train to predict the noise that was added to patches, with the squared error; arguments as `train_generator`."""
    torch = _torch(seed)
    model = _network(width)

    def loss(patches: Any) -> Any:
        noise = torch.randn_like(patches)
        return ((model((patches + _NOISE * noise) / _SPREAD, torch.zeros(len(patches), 1)) - noise) ** 2).mean()

    return _trained(model, films, loss, steps=steps, seed=seed)


def restore(model: Model, films: Films, *, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (noisy, restored) patches that cover the first frames of films, in luma levels, float32, shape (n, frames, PATCH, PATCH)."""
    torch = _torch(seed)
    places = [
        film[:PATCH_FRAMES, down : down + PATCH, across : across + PATCH]
        for film in films
        for down in range(0, film.shape[1] - PATCH + 1, PATCH)
        for across in range(0, film.shape[2] - PATCH + 1, PATCH)
    ]
    clean = torch.from_numpy(np.stack(places))
    noisy = clean + _NOISE * torch.randn_like(clean)
    with torch.no_grad():
        restored = noisy - _NOISE * model(noisy / _SPREAD, torch.zeros(len(noisy), 1))
    return 128.0 + 128.0 * noisy.numpy(), 128.0 + 128.0 * restored.numpy()


def _trained(model: Model, films: Films, loss: Callable[[Any], Any], *, steps: int, seed: int) -> Model:
    torch = _torch(seed)
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _LEARNING_RATE, total_steps=max(2, steps + 1))
    for _ in range(steps):
        error = loss(torch.from_numpy(np.stack([_patch(films, rng) for _ in range(_BATCH)])))
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        schedule.step()
    return model


def _patch(films: Films, rng: np.random.Generator) -> NDArray[np.float32]:
    """Cut a patch from anywhere."""
    film = films[rng.integers(len(films))]
    first, down, across = (rng.integers(size - want + 1) for size, want in zip(film.shape, (PATCH_FRAMES, PATCH, PATCH), strict=True))
    return film[first : first + PATCH_FRAMES, down : down + PATCH, across : across + PATCH]


def _network(width: int) -> Model:
    """Return a network of global filters (Rao et al., arXiv:2107.00645): each block multiplies spectra, then mixes channels point by point.

    Beside the blocks, one filter leads straight to the output. It takes (patches, time), shapes (n, PATCH_FRAMES, PATCH, PATCH) and
    (n, 1); time scales the channels of each block.
    """
    torch = _torch(None)
    nn = torch.nn

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.spectra = nn.Parameter(0.02 * torch.randn(width, PATCH, PATCH // 2 + 1, 2) + torch.tensor([1.0, 0.0]))
            self.when = nn.Sequential(nn.Linear(_TIMES, 32), nn.SiLU(), nn.Linear(32, width))
            self.mix = nn.Sequential(nn.Conv2d(width, 2 * width, 1), nn.SiLU(), nn.Conv2d(2 * width, width, 1))

        def forward(self, state: Any, times: Any) -> Any:
            filtered = torch.fft.irfft2(torch.fft.rfft2(state) * torch.view_as_complex(self.spectra), s=(PATCH, PATCH))
            return state + self.mix(filtered * (1.0 + self.when(times))[:, :, None, None])

    class Network(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(PATCH_FRAMES, width, 1)
            self.blocks = nn.ModuleList(Block() for _ in range(_BLOCKS))
            self.last = nn.Conv2d(width, PATCH_FRAMES, 1)
            self.direct = nn.Parameter(torch.zeros(_TIMES, PATCH * (PATCH // 2 + 1) * 2))

        def forward(self, patches: Any, time: Any) -> Any:
            times = torch.cat([torch.cos(np.pi * order * time) for order in range(_TIMES)], dim=1)
            state = self.first(patches)
            for block in self.blocks:
                state = block(state, times)
            # What one filter can do is learned by one: the rest of the network is left with the rest.
            gains = torch.view_as_complex((times @ self.direct).reshape(-1, 1, PATCH, PATCH // 2 + 1, 2))
            return self.last(state) + torch.fft.irfft2(torch.fft.rfft2(patches) * gains, s=(PATCH, PATCH))

    return Network()


def check_torch() -> None:
    """Check that torch is installed, before work that ends with it.

    Raises:
        MissingExtraError: if it is not.
    """
    _torch(None)


def _torch(seed: int | None) -> Any:
    """Return the package, its random numbers begun at a seed.

    Raises:
        MissingExtraError: if it is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise missing_extra("torch", extra="train") from error
    if seed is not None:
        torch.manual_seed(seed)
    return torch
