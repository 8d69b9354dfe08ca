"""Original and marked pictures side by side, as they pass: what the mark changed, in numbers and to look at."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from indelible.frames import Frame, VideoInfo
from indelible.mark import Embedder
from indelible.report.pictures import PicturePair
from indelible.video.quality import Xpsnr

__all__ = ["Comparison"]

_SHOWN = (1 / 6, 1 / 2, 5 / 6)  # of the duration


class Comparison:
    """Embeds, and compares every picture with its original on the way.

    Args:
        info: of the video, whose length says which pictures are kept to be shown; of a video of unknown length only the first one is.
    """

    def __init__(self, info: VideoInfo) -> None:
        self._quality = Xpsnr(frame_rate=info.frame_rate)
        self._wanted = deque(share * info.duration_seconds for share in _SHOWN) if info.duration_seconds else deque([0.0])
        self._start: float | None = None
        self._pairs: list[PicturePair] = []

    @property
    def xpsnr_db(self) -> float:
        """Of all pictures so far."""
        return self._quality.db

    @property
    def pictures(self) -> tuple[PicturePair, ...]:
        """A few pictures to look at, before and after."""
        return tuple(self._pairs)

    def embed(self, embedder: Embedder, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield what ``embedder`` makes of the frames; holds no more originals than it does."""
        originals: deque[Frame] = deque()

        def noted() -> Iterator[Frame]:
            for frame in frames:
                originals.append(frame)
                yield frame

        for marked in embedder.embed(noted()):
            self._compare(originals.popleft(), marked)
            yield marked

    def _compare(self, original: Frame, marked: Frame) -> None:
        self._quality.add(original, marked)
        now = original.pts_seconds or 0.0
        self._start = now if self._start is None else self._start
        if self._wanted and now - self._start >= self._wanted[0]:
            self._wanted.popleft()
            self._pairs.append(PicturePair(original, marked, now - self._start))
