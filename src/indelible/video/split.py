"""What a muxer writes, dealt to a file for each segment.

A muxer that writes to a pipe writes in order. Where a segment begins is seen in the bytes themselves, since it holds packets back: at the
random access point of a transport stream that is the segment's first key frame, and at the fragment of MP4 that begins with it.
"""

from __future__ import annotations

import io
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from indelible.errors import MediaError

__all__ = ["FragmentFiles", "SegmentFiles", "TransportFiles"]

_TS_PACKET = 188


class SegmentFiles(io.RawIOBase):
    """Takes what a muxer writes and deals it to files; the first segment begins with the first byte.

    Args:
        files: of the segments, in order; they are made.
        header: of the initialisation segment, None if there is none.
    """

    def __init__(self, files: Sequence[Path], *, header: Path | None) -> None:
        super().__init__()
        self._remaining: Iterator[Path] = iter(files)
        self._header = header
        self._beginnings: set[int] = set()
        self._key_frames = 0
        self._rest = bytearray()
        self._enough = 1  # bytes, before there is something to deal
        self._file: BinaryIO | None = None

    def begin_with(self, key_frame: int) -> None:
        """Begin another segment with a key frame of the video, counted from 0; to be said before it is muxed."""
        if key_frame:
            self._beginnings.add(key_frame)

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Take the next bytes."""
        self._rest += data
        if len(self._rest) >= self._enough:
            del self._rest[: self._deal(memoryview(bytes(self._rest)))]
        return len(data)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()

    @abstractmethod
    def _deal(self, data: memoryview) -> int:
        """Write what is complete; return how many bytes that is."""

    def _put(self, data: bytes | memoryview, *, key_frame: bool = False) -> None:
        """Write to the open segment, or to the next one if that begins with this key frame."""
        if self._file is None or (key_frame and self._key_frames in self._beginnings):
            path = next(self._remaining, None)
            if path is None:
                raise MediaError("more segments came out of the encoder than the source has; please report this")
            if self._file is not None:
                self._file.close()
            self._file = path.open("xb")
        self._key_frames += key_frame
        self._file.write(data)


class TransportFiles(SegmentFiles):
    """Segments of an MPEG-TS: each begins with the tables before its first key frame."""

    def __init__(self, files: Sequence[Path], *, header: Path | None) -> None:
        super().__init__(files, header=header)
        self._tables = b""

    def _deal(self, data: memoryview) -> int:
        whole = len(data) // _TS_PACKET * _TS_PACKET
        for at in range(0, whole, _TS_PACKET):
            packet = bytes(data[at : at + _TS_PACKET])
            adaptation = packet[3] & 0x20
            payload = 4 + (1 + packet[4] if adaptation else 0)
            if packet[1] & 0x40 and packet[payload : payload + 3] != b"\0\0\1":
                self._tables += packet
                continue
            video = packet[1] & 0x40 and 0xE0 <= packet[payload + 3] <= 0xEF
            self._put(self._tables + packet, key_frame=bool(video and adaptation and packet[4] and packet[5] & 0x40))
            self._tables = b""
        return whole


class FragmentFiles(SegmentFiles):
    """Segments of a fragmented MP4 whose fragments begin with key frames, and its initialisation segment."""

    def __init__(self, files: Sequence[Path], *, header: Path | None) -> None:
        super().__init__(files, header=header)
        self._description = b""

    def _deal(self, data: memoryview) -> int:
        at = 0
        while len(data) - at >= 8:
            size, kind = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8])
            if size == 1 and len(data) - at >= 16:
                size = int.from_bytes(data[at + 8 : at + 16], "big")
            if size < 8 or len(data) - at < size:
                self._enough = max(8, size)
                return at
            box = data[at : at + size]
            if kind in (b"ftyp", b"moov"):
                self._description += bytes(box)
                if kind == b"moov" and self._header is not None:
                    self._header.write_bytes(self._description)
            elif kind != b"mfra":  # an index of the whole, which nobody has
                self._put(box, key_frame=kind == b"moof")
            at += size
        self._enough = 8
        return at
