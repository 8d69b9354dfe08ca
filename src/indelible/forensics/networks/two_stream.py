"""The networks of the first design: colour and noise residual side by side, a denoising autoencoder, and a classifier on both.

Shapes and counts of parameters are those that earlier users know: `ResilientEmbedder` 1,435,648, `DenoisingAutoencoder` 9,712,003,
`CompressionResilientNetwork` 17,964,677. Three things are other than they were: embeddings have unit length, the residual has no seam at
the border, and pictures go from -1 to 1 (`indelible.forensics.degrade.PreprocessingPipeline`), so that the autoencoder, which ends in
tanh, can reach what it is to give back. No weights come with them, for what the first ones were said to detect was never measured;
`indelible.forensics.networks.trace` is what we recommend.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from indelible.errors import InputError
from indelible.forensics.networks.library import torch

__all__ = ["CompressionResilientNetwork", "DenoisingAutoencoder", "ResilientEmbedder", "extract_resilient_features"]

nn, functional = torch.nn, torch.nn.functional

_WIDTHS = (32, 64, 128, 256)
_BLUR, _SIGMA = 5, 1.0
_LATENT_SIDE = 7


class ResilientEmbedder(nn.Module):  # type: ignore[misc, name-defined]
    """Pictures to vectors of unit length, (n, 3, height, width) to (n, embedding_dim), for sides of 16 or more.

    Args:
        embedding_dim: numbers of a vector, even.

    Raises:
        InputError: if it is odd or not positive.
    """

    def __init__(self, embedding_dim: int = 512) -> None:
        super().__init__()
        if embedding_dim < 2 or embedding_dim % 2:
            raise InputError(f"embedding_dim is {embedding_dim}; allowed are even numbers from 2")
        self.rgb_stream = _stream(embedding_dim // 2, first_stride=2, activation=nn.SiLU)
        self.noise_stream = _stream(embedding_dim // 2, first_stride=1, activation=nn.ReLU)
        self.fusion = nn.Sequential(
            nn.Linear(embedding_dim, embedding_dim), nn.ReLU(), nn.Dropout(0.3), nn.Linear(embedding_dim, embedding_dim)
        )
        places = np.arange(_BLUR) - _BLUR // 2
        bell = np.exp(-(places**2) / (2 * _SIGMA**2))
        kernel = torch.tensor(np.outer(bell, bell) / bell.sum() ** 2, dtype=torch.float32)
        self.register_buffer("_kernel", kernel.repeat(3, 1, 1, 1), persistent=False)

    def extract_noise_residual(self, x: Any) -> Any:
        """Return what a Gaussian blur takes away, of the shape of ``x``."""
        edge = _BLUR // 2
        return x - functional.conv2d(functional.pad(x, (edge,) * 4, mode="replicate"), self._kernel, groups=3)

    def forward(self, x: Any) -> Any:
        both = torch.cat([self.rgb_stream(x), self.noise_stream(self.extract_noise_residual(x))], dim=1)
        return functional.normalize(self.fusion(both), dim=1)


class DenoisingAutoencoder(nn.Module):  # type: ignore[misc, name-defined]
    """Pictures to clean pictures, (n, 3, 224, 224) from -1 to 1 to the same, over a latent of (n, latent_dim, 7, 7)."""

    def __init__(self, latent_dim: int = 256) -> None:
        super().__init__()
        self.encoder = _halvings((3, 64, 128, 256, 512, latent_dim))
        self.decoder = _doublings((latent_dim, 512, 256, 128, 64, 3))

    def encode(self, x: Any) -> Any:
        """Return the latent alone."""
        return self.encoder(x)

    def forward(self, x: Any) -> tuple[Any, Any]:
        latent = self.encoder(x)
        return self.decoder(latent), latent


class CompressionResilientNetwork(nn.Module):  # type: ignore[misc, name-defined]
    """Logits of classes from embedding and latent together, for pictures of (n, 3, 224, 224), -1 to 1; on request clean pictures too."""

    def __init__(self, embedding_dim: int = 512, num_classes: int = 2) -> None:
        super().__init__()
        self.embedder = ResilientEmbedder(embedding_dim)
        self.denoiser = DenoisingAutoencoder()
        self.classifier = nn.Sequential(
            nn.Linear(embedding_dim + 256 * _LATENT_SIDE**2, 512),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(512, 256),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(256, num_classes),
        )

    def forward(self, x: Any, return_reconstruction: bool = False) -> Any:
        """Return logits, (n, num_classes), and if asked for the reconstruction, (n, 3, 224, 224)."""
        embedding = self.embedder(x)
        clean, latent = self.denoiser(x)
        logits = self.classifier(torch.cat([embedding, latent.flatten(1)], dim=1))
        return (logits, clean) if return_reconstruction else logits


def extract_resilient_features(embedder: Any, images: Any) -> Any:
    """Return the embeddings of pictures, a tensor of shape (n, embedding_dim), without gradients; the network is left in its mode.

    Args:
        embedder: a `ResilientEmbedder` or a `CompressionResilientNetwork`.
        images: tensor or array of `PreprocessingPipeline.preprocess_batch`.

    Raises:
        InputError: if it is another network, or the pictures have another shape.
    """
    inner = embedder.embedder if isinstance(embedder, CompressionResilientNetwork) else embedder
    if not isinstance(inner, ResilientEmbedder):
        raise InputError(f"{type(embedder).__name__} gives no embeddings; give a ResilientEmbedder or a CompressionResilientNetwork")
    batch = torch.as_tensor(images, dtype=torch.float32)
    if batch.ndim != 4 or batch.shape[1] != 3:
        raise InputError(f"images have shape {tuple(batch.shape)}; allowed is (n, 3, height, width)")
    training = inner.training
    inner.eval()
    try:
        with torch.no_grad():
            return inner(batch)
    finally:
        inner.train(training)


def _stream(numbers: int, *, first_stride: int, activation: Any) -> Any:
    layers: list[Any] = []
    before = 3
    for place, width in enumerate(_WIDTHS):
        stride = first_stride if place == 0 else 2
        layers += [nn.Conv2d(before, width, 3, stride=stride, padding=1), nn.BatchNorm2d(width), activation()]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(before, numbers))


def _halvings(widths: Sequence[int]) -> Any:
    layers: list[Any] = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers)


def _doublings(widths: Sequence[int]) -> Any:
    layers: list[Any] = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers[:-2], nn.Tanh())
