"""The network that `indelible inspect` and `embed` run: traces of editing by place, and what a picture shows, apart from each other.

**TraceNetwork** reads what is too fine to be content: residuals of learned filters whose weights add up to zero (after Bayar and Stamm,
IH&MMSec 2016, there constrained to predict the centre), and first and second differences in time. Nothing is pooled before two layers at
full size. Features of each place are set against their mean over the picture: a manipulation is what does not belong, whatever the codec.

**ContentEmbedder** reads a thumbnail, which hardly changes under a codec, and learns to be the same for crops and edits of one picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from indelible.forensics.networks.library import torch

__all__ = ["CELL", "EMBEDDING", "THUMBNAIL", "ContentEmbedder", "TraceNetwork", "parameter_count"]

nn, functional = torch.nn, torch.nn.functional

#: Pixels of a side of the places that a mask tells apart.
CELL = 8
#: Numbers of an embedding.
EMBEDDING = 512
#: Pixels of a side of the pictures that are embedded.
THUMBNAIL = 64

_WIDTHS = (40, 64, 96)
_GROUPS = 8


class ZeroSum(nn.Module):  # type: ignore[misc, name-defined]
    """Learned filters, each of whose weights add up to zero over each input plane: flat areas give nothing."""

    def __init__(self, planes: int, filters: int, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(filters, planes, size, size) / size)
        self.gain = nn.Parameter(torch.full((1, filters, 1, 1), 20.0))
        self.size = size

    def forward(self, x: Any) -> Any:
        """Return soft-limited residuals, -1 to 1, of the size of ``x``."""
        weight = self.weight - self.weight.mean(dim=(2, 3), keepdim=True)
        edge = self.size // 2
        padded = functional.pad(x, (edge, edge, edge, edge), mode="replicate")
        return torch.tanh(self.gain * functional.conv2d(padded, weight))


class _Layer(nn.Module):  # type: ignore[misc, name-defined]
    """Convolution, normalisation over groups, SiLU."""

    def __init__(self, before: int, after: int, *, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
        self.norm = nn.GroupNorm(_GROUPS, after)

    def forward(self, x: Any) -> Any:
        return functional.silu(self.norm(self.convolution(x)))


class _Block(nn.Module):  # type: ignore[misc, name-defined]
    """A residual block of a depthwise and a pointwise convolution; the depthwise one may reach further."""

    def __init__(self, width: int, *, reach: int = 1, widening: int = 2) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 3, padding=reach, dilation=reach, groups=width, bias=False)
        self.norm = nn.GroupNorm(_GROUPS, width)
        self.widen = nn.Conv2d(width, widening * width, 1)
        self.narrow = nn.Conv2d(widening * width, width, 1)

    def forward(self, x: Any) -> Any:
        return x + self.narrow(functional.silu(self.widen(self.norm(self.depthwise(x)))))


class TraceNetwork(nn.Module):  # type: ignore[misc, name-defined]
    """Traces of editing.

    Input: float32, (n, 5, height, width), sides multiples of 8, of `indelible.forensics.stack.triplet`. Output: logits of being
    manipulated for each cell of 8 x 8 pixels, (n, height / 8, width / 8); of the picture, (n,); estimated CRF of the last encode
    divided by 40, (n,).
    """

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = _WIDTHS
        self.fine = ZeroSum(1, 8, 5)
        self.colour = ZeroSum(2, 2, 3)
        self.motion = ZeroSum(2, 4, 3)
        self.change = nn.Conv2d(2, 4, 3, padding=1)
        self.gather = nn.Conv2d(18, 18, 3, padding=1, groups=18)
        self.scene = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.down_2 = _Layer(18, half - 8, stride=2)
        self.stage_2 = _Block(half, widening=1)
        self.down_4 = _Layer(half, quarter, stride=2)
        self.stage_4 = _Block(quarter)
        self.down_8 = _Layer(quarter, eighth, stride=2)
        self.stage_8 = nn.Sequential(_Block(eighth), _Block(eighth, reach=2), _Block(eighth, reach=4))
        self.compare = nn.Conv2d(3 * eighth, eighth, 1)
        self.last = _Block(eighth)
        self.mask = nn.Conv2d(eighth, 1, 1)
        self.picture = nn.Sequential(nn.Linear(2 * eighth, 64), nn.SiLU(), nn.Linear(64, 1))
        self.quality = nn.Sequential(nn.Linear(2 * eighth, 32), nn.SiLU(), nn.Linear(32, 1))
        nn.init.constant_(self.mask.bias, -2.0)

    def forward(self, x: Any) -> tuple[Any, Any, Any]:
        luma, before, after = x[:, 0:1], x[:, 3:4], x[:, 4:5]
        differences = torch.cat([luma - before, before - 2 * luma + after], dim=1)
        residuals = torch.cat(
            [self.fine(luma), self.colour(x[:, 1:3]), self.motion(differences), torch.tanh(self.change(10.0 * differences))], dim=1
        )
        half = self.down_2(residuals + self.gather(residuals))
        features = self.stage_2(torch.cat([half, functional.silu(self.scene(x[:, :3] - 0.5))], dim=1))
        features = self.stage_8(self.down_8(self.stage_4(self.down_4(features))))
        usual = features.mean(dim=(2, 3), keepdim=True)
        spread = ((features - usual) ** 2).mean(dim=(2, 3), keepdim=True)
        unlike = (features - usual) * torch.rsqrt(spread + 1e-3)
        compared = self.last(self.compare(torch.cat([features, unlike, unlike.abs()], dim=1)))
        pooled = torch.cat([compared.mean(dim=(2, 3)), compared.amax(dim=(2, 3))], dim=1)
        overall = torch.cat([usual, torch.sqrt(spread + 1e-6)], dim=1).flatten(1)
        return self.mask(compared)[:, 0], self.picture(pooled)[:, 0], self.quality(overall)[:, 0]


class ContentEmbedder(nn.Module):  # type: ignore[misc, name-defined]
    """What a picture shows, as 512 numbers of unit length; input Y, U and V of a thumbnail, float32, (n, 3, 64, 64), 0 to 1."""

    def __init__(self, widths: Sequence[int] = (24, 48, 96, 160)) -> None:
        super().__init__()
        layers: list[Any] = []
        before = 3
        for width in widths:
            layers += [_Layer(before, width, stride=2)]
            before = width
        self.layers = nn.Sequential(*layers)
        self.project = nn.Linear(2 * before, EMBEDDING)

    def forward(self, x: Any) -> Any:
        features = self.layers(2.0 * x - 1.0)
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        vectors = self.project(pooled)
        return vectors / torch.sqrt((vectors**2).sum(dim=1, keepdim=True) + 1e-12)


def parameter_count(model: Any) -> int:
    """Return how many numbers a network has learnt."""
    return sum(parameter.numel() for parameter in model.parameters())
