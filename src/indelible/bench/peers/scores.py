"""Presence judged in the same way for every system: the true message or key against 400 that were drawn like it.

A peer has no test of presence, and what its decoder says of unmarked footage is far from random: it may be all zeros. So no p-value can be
computed from the number of bits that agree. But a message that was drawn at random before the video was seen is, on unmarked footage, one
of 401 that are alike; the chance that it scores above all the others is at most 1/401, whatever the decoder's bias. That is the test: a
mark is present if the truth scores strictly above all 400 decoys on the same video. For ours, which has keys, the decoys are keys.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError

DECOYS = 400


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the truth stands among the decoys.

    Args:
        rank: how many decoys score at least as high.
        deviations: standard deviations of the decoys' scores that lie between their mean and the truth; 0 where they do not differ.
    """

    rank: int
    deviations: float

    @property
    def present(self) -> bool:
        """Whether no decoy comes up to the truth: p = 1/(decoys + 1)."""
        return self.rank == 0


def standing(truth: float, decoys: NDArray[np.float64]) -> Standing:
    """Return where a score stands among those of decoys; a tie counts against it."""
    spread = float(decoys.std())
    return Standing(int(np.count_nonzero(decoys >= truth)), (truth - float(decoys.mean())) / spread if spread > 1e-12 else 0.0)


def message_scores(soft: NDArray[np.float64], messages: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how well what a peer has read agrees with each of several messages.

    Args:
        soft: soft bits, shape (bits,), the larger the more like a 1; or scores of 2^k symbols in each stretch, (bits / k, 2^k).
        messages: of bits, shape (messages, bits).

    Soft bits are taken around their own mean: a decoder that leans to zeros or ones would otherwise raise the scores of messages that
    happen to have many of these, and with them the bar for the truth.

    Raises:
        InputError: if messages of this length cannot have been read in this form.
    """
    bits = messages.shape[1]
    if soft.ndim == 1 and soft.size == bits:
        signs = 2.0 * messages - 1.0
        return np.asarray(signs @ (soft - soft.mean()), np.float64)
    width = int(soft.shape[-1]).bit_length() - 1
    if width < 1 or bits % width or soft.shape != (bits // width, 1 << width):
        raise InputError(f"soft values of shape {soft.shape} do not belong to messages of {bits} bits")
    symbols = messages.reshape(len(messages), -1, width).astype(np.int64) @ (1 << np.arange(width)[::-1])
    return np.asarray(soft[np.arange(len(soft)), symbols].sum(axis=1), np.float64)
