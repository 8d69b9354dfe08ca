"""What was found so far in a video that goes on, window by window."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from indelible.frames import Frame
from indelible.mark import Detection
from indelible.mark.clock import Clock, step_of, window_of
from indelible.workflows.copies import FoundCopy
from indelible.workflows.document import Document, document

__all__ = ["Follow", "Interim", "look_interim", "stops"]


@dataclass(frozen=True, slots=True)
class Interim:
    """What one key has shown up to a window of a video that goes on.

    To look again and again is to search: the k-th look has the share 1 / k (k + 1) of the error. These sum to 1, so however long a video
    without the mark goes on, the probability that any look says marked is at most alpha.

    Args:
        file: where it was looked for.
        look: which one, from 1 on.
        detection: verdict and evidence so far, with the look paid for; its segments are those since the look before.
        copies: the registered copies that were found, likewise.
    """

    file: str
    look: int
    detection: Detection
    copies: tuple[FoundCopy, ...]

    def to_json(self) -> Document:
        """Return the document ``indelible.interim/1``."""
        found = self.detection
        payload = found.payload
        return document(
            "interim",
            file=self.file,
            key_id=found.key_id,
            look=self.look,
            until_seconds=found.duration_seconds,
            marked=found.marked,
            log10_p=found.log10_p,
            log10_correction=found.log10_correction,
            payload_hex=payload.hex if payload else None,
            payload_text=payload.text if payload else None,
            segments=[asdict(part) for part in found.segments],
            frames_used=found.frames_used,
            copies=[copy.to_json() for copy in self.copies],
        )


Follow = Callable[[Sequence[Interim]], object]
"""Called after each window with what each key has shown so far."""


def stops(frames: Iterable[Frame]) -> Iterator[Frame | None]:
    """Yield frames, and None where a window has ended."""
    clock = Clock()
    current: int | None = None
    for frame in frames:
        window = window_of(step_of(clock.seconds(frame)))
        if current is not None and window != current:
            yield None
        current = window
        yield frame


def look_interim(file: str, look: int, detection: Detection, copies: Sequence[FoundCopy], *, alpha: float, since_seconds: float) -> Interim:
    """Return what a look shows.

    Args:
        file: where it was looked for.
        look: which one, from 1 on.
        detection: as if it were the only look.
        copies: likewise.
        alpha: largest p-value that counts as marked.
        since_seconds: when the look before was.
    """
    paid = math.log10(look * (look + 1))

    def dearer(found: Detection) -> Detection:
        log10_p = min(0.0, found.log10_p + paid)
        marked = log10_p <= math.log10(alpha)
        correction = found.log10_correction + paid
        payload, errors = (found.payload, found.symbol_error_rate) if marked else (None, None)
        return replace(found, marked=marked, log10_p=log10_p, log10_correction=correction, payload=payload, symbol_error_rate=errors)

    so_far = dearer(detection)
    fresh = tuple(part for part in so_far.segments if part.start_seconds >= since_seconds)
    still = (replace(copy, detection=dearer(copy.detection)) for copy in copies)
    return Interim(file, look, replace(so_far, segments=fresh), tuple(copy for copy in still if copy.detection.marked))
