"""Twins: a segment and the same segment manipulated, with one history and one final encode, so that compression carries no label.

Both have the same past: encoded once or not at all before the manipulation, by the same encoder with the same settings. A splice brings the
past of other footage along. Both then go through the same final encoder with the same settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from indelible.channel import Channel, Clip
from indelible.channel.codecs import X264, X265, Codec
from indelible.forensics.degrade import draw_codec
from indelible.forensics.forgeries.kinds import Kind, forge
from indelible.forensics.forgeries.masks import draw_mask
from indelible.forensics.stack import Stack, clip_of, stack_of

__all__ = ["Final", "Twins", "draw_final", "make_twins"]

_RATE = Fraction(25)
_PAST = ((16, 30), (22, 42))  # CRF of histories: x264 and x265, the others
_FINAL = ((18, 40), (24, 54))
_WITH_PAST = 0.5
_AREAS = (0.05, 0.25)
_LEAST_CHANGE = 1.0  # codes of luma in the mean over the mask: a still of what does not move is no manipulation
_DRAWS = 4


@dataclass(frozen=True, slots=True)
class Final:
    """The final encode of twins; None leaves them as they were made."""

    codec: Codec | None

    def __str__(self) -> str:
        return str(Channel(() if self.codec is None else (self.codec,)))

    @property
    def crf(self) -> float | None:
        """CRF on the scale of x264 and x265; None for other encoders and for none."""
        return self.codec.crf if isinstance(self.codec, X264 | X265) else None


@dataclass(frozen=True, slots=True, eq=False)
class Twins:
    """A pair after the final encode.

    Args:
        real: uint8, shape (n, height, width, 3).
        fake: the same, manipulated.
        mask: where, float32, shape (n, height, width), 0 to 1.
        kind: of the manipulation.
        area: share of the picture that is manipulated, mean of the mask.
        final: the encode that both went through.
    """

    real: Stack
    fake: Stack
    mask: NDArray[np.float32]
    kind: Kind
    area: float
    final: Final


def draw_final(rng: np.random.Generator) -> Final:
    """Return a random final encode: CRF 18 to 40 of `draw_codec`, in one of ten draws none."""
    return Final(None if rng.random() < 0.1 else draw_codec(*_FINAL, rng=rng))


def make_twins(host: Stack, donor: Stack, kind: Kind, finals: list[Final], *, rng: np.random.Generator) -> list[Twins]:
    """Return one pair for each final encode, all of the same manipulation.

    Args:
        host: real footage, uint8, shape (n, height, width, 3), even sides.
        donor: other real footage of that shape.
        kind: of the manipulation.
        finals: the final encodes.
        rng: source of all that is random: histories, mask, and what the manipulation draws.

    Raises:
        InputError: if shapes differ or the kind is unknown.
    """
    if rng.random() < _WITH_PAST:
        host = _encoded(host, draw_codec(*_PAST, rng=rng))
    if kind == "splice" and rng.random() < _WITH_PAST:
        donor = _encoded(donor, draw_codec(*_PAST, rng=rng))
    mask, fake = _manipulated(host, donor, kind, rng)
    pairs = []
    for final in finals:
        real_end, fake_end = (_through(stack, final) for stack in (host, fake))
        pairs.append(Twins(real_end, fake_end, mask, kind, float(mask.mean()), final))
    return pairs


def _manipulated(host: Stack, donor: Stack, kind: Kind, rng: np.random.Generator) -> tuple[NDArray[np.float32], Stack]:
    """Return (mask, clip) of the first draw that changes its place enough to be called a manipulation, or of the one that does most."""
    best = (-1.0, np.zeros(host.shape[:3], np.float32), host)
    for _ in range(_DRAWS):
        area = float(np.exp(rng.uniform(*np.log(_AREAS))))
        mask = draw_mask(*host.shape[:3], area=area, rng=rng)
        fake = forge(kind, host, mask, donor=donor, rng=rng)
        change = float(np.abs(fake[..., 0].astype(np.float32) - host[..., 0]).sum() / max(float(mask.sum()), 1.0))
        if change > best[0]:
            best = (change, mask, fake)
        if change >= _LEAST_CHANGE:
            break
    return best[1:]


def _through(stack: Stack, final: Final) -> Stack:
    # Without an encoder, too, chroma is halved and doubled, so that this does not set pairs apart.
    return _decoded(clip_of(stack, frame_rate=_RATE)) if final.codec is None else _encoded(stack, final.codec)


def _encoded(stack: Stack, codec: Codec) -> Stack:
    return _decoded(Channel((codec,)).apply(clip_of(stack, frame_rate=_RATE)))


def _decoded(clip: Clip) -> Stack:
    return stack_of(clip.frames)
