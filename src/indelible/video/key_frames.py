"""Which packets are decoded where key frames are enough: these alone need no other, so all others need not be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indelible.errors import InputError

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

__all__ = ["KeyFrames"]


class KeyFrames:
    """Takes key frames as packets go by, and notes how far these reach.

    Args:
        apart_seconds: a key frame that follows the last one that was taken in less is left out. Codecs of studios have nothing else.

    Raises:
        InputError: if that is negative.
    """

    def __init__(self, apart_seconds: float) -> None:
        if not apart_seconds >= 0.0:
            raise InputError(f"key frames are to be {apart_seconds} seconds apart; give 0 or more")
        self._apart = apart_seconds
        self._taken: float | None = None
        self._end: float | None = None

    @property
    def end_seconds(self) -> float | None:
        """When the last picture of all packets so far ends, in the file's own time; None while none had a time."""
        return self._end

    def takes(self, packet: Packet[VideoStream]) -> bool:
        """Return whether a packet is to be decoded. The empty one at the end is, for it brings out what a decoder holds back."""
        if packet.size == 0:
            return True
        now = None
        if packet.pts is not None and packet.time_base is not None:
            now = float(packet.pts * packet.time_base)
            ends = now + float((packet.duration or 0) * packet.time_base)
            self._end = ends if self._end is None else max(self._end, ends)
        if not packet.is_keyframe or (now is not None and self._taken is not None and now - self._taken < self._apart):
            return False
        self._taken = now if now is not None else self._taken
        return True
