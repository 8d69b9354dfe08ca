"""What may be opened: one regular file, one open stream or standard input, of a known kind, and nothing that it points to.

A folder, playlist or manifest of segments is read as one video, of files that lie in one folder.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from indelible.errors import MediaError, UnsupportedMediaError
from indelible.video._av import av, media_errors
from indelible.video.claims import claimed_seconds
from indelible.video.interrupts import Interruptible, StandardInput
from indelible.video.joined import JoinedFiles
from indelible.video.limits import DEFAULT_LIMITS, Limits
from indelible.video.patience import PATIENCE_SECONDS
from indelible.video.segments import is_segmented, segment_list

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

__all__ = ["NOT_MOVING", "Source", "codec_name", "is_pipe", "main_video_stream", "open_input", "source_name"]

Source = str | os.PathLike[str] | BinaryIO
"""A path (also of a playlist, a manifest or a folder of segments, to read), ``-`` for standard input or output, or a binary file object
(``io.BytesIO``, a pipe)."""

# Containers of one self-contained file. What is not here: playlists and manifests (hls, dash, concat, sdp, ...) and image sequences,
# which lead to other files or to the network (playlists of segments are read by us, and FFmpeg gets bytes); devices; and the text and game
# formats that FFmpeg sees in almost any bytes.
# The sound formats are here to be refused for what they are.
_DEMUXERS = (
    "3gp apng asf av1 avi dv flv gif gxf h264 hevc ivf m4v matroska mjpeg mov mpeg mpegts mpegvideo mxf nut obu ogg rm vc1 wtv "
    "yuv4mpegpipe aac flac mp3 wav"
)
_ADVICE = "is it a video file, and whole? `ffprobe FILE` tells more, and `ffmpeg -i FILE out.mkv` may repair it"
NOT_MOVING = av.stream.Disposition.attached_pic | av.stream.Disposition.still_image | av.stream.Disposition.timed_thumbnails


def source_name(source: Source) -> str:
    """Return what messages call a source."""
    if isinstance(source, str | os.PathLike):
        return "standard input" if os.fspath(source) == "-" else os.fspath(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "the video in memory"


@contextmanager
def open_input(source: Source, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[InputContainer]:
    """Open a source for demuxing and close it afterwards.

    A seekable file object is read from its start, wherever it stands.

    Raises:
        MediaError: if it is missing, empty, unreadable or no video container of the kinds that are read.
        UnsupportedMediaError: if it is a folder without segments, a playlist that leads elsewhere, a device or a named pipe.
        LimitError: if it has more streams than are allowed.
    """
    name = source_name(source)
    file, protocols = _openable(source)
    options = {"format_whitelist": _DEMUXERS.replace(" ", ","), "protocol_whitelist": protocols, "max_streams": str(4 * limits.streams)}
    with Interruptible(), media_errors(name, task="open", advice=_ADVICE):
        try:
            # `options` also reach the decoders that look into the first packets while the container is opened.
            container = av.open(
                file,
                "r",
                options={"max_pixels": str(limits.pixels)},
                container_options=options,
                metadata_errors="surrogateescape",
                # Of files only: a pipe may have nothing to say for as long as it likes.
                timeout=PATIENCE_SECONDS if protocols == "file" or isinstance(file, JoinedFiles) else None,
            )
        except av.error.ArgumentError as error:  # what FFmpeg says of a format that is not on the list
            raise UnsupportedMediaError(
                f"{name} is not a video of a kind that is read here (nor are other playlists and manifests, pictures and text); {_ADVICE}"
            ) from error
    with container:
        limits.check_streams(name, len(container.streams))
        yield container


def main_video_stream(container: InputContainer, *, name: str, limits: Limits = DEFAULT_LIMITS) -> VideoStream:
    """Return the first video stream that is not a cover picture, with its size and its claimed length checked.

    Raises:
        UnsupportedMediaError: if there is none, or no decoder for it.
        LimitError: if its pictures are larger than is allowed, or it says that they are more or last longer.
    """
    for stream in container.streams.video:
        if stream.disposition & NOT_MOVING:
            continue
        if stream.codec_context is None:
            raise UnsupportedMediaError(f"{name}: no decoder for its video stream in this build of FFmpeg; transcode it first")
        limits.check_size(name, stream.codec_context.width, stream.codec_context.height)
        limits.check_claims(name, frames=stream.frames or None, seconds=claimed_seconds(container, stream))
        return stream
    kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
    raise UnsupportedMediaError(f"{name} has no video stream (it holds: {kinds}); give a file with moving pictures")


def codec_name(stream: Stream) -> str:
    """Return the name of a stream's codec, or "unknown" for one that FFmpeg does not know."""
    if stream.codec_context is not None:
        return stream.codec_context.codec.canonical_name
    return getattr(stream, "name", None) or "unknown"  # data and attachments have a name instead, sound that nobody knows has neither


def is_pipe(source: Source) -> bool:
    """Return whether a source can be read only once, from its start to its end."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source) == "-"
    return not source.seekable()


def _openable(source: Source) -> tuple[str | BinaryIO | JoinedFiles, str]:
    """Return what ``av.open`` gets for a source, and the protocols that it needs."""
    if not isinstance(source, str | os.PathLike):
        if isinstance(source, io.BytesIO):
            # A cursor of its own (the bytes are shared): one clip in memory may be decoded and remuxed at the same time.
            return io.BytesIO(source.getvalue()), "none"
        if source.seekable():
            source.seek(0)
        return source, "none"
    path = os.fspath(source)
    if path == "-":
        return StandardInput(), "none"
    if is_segmented(path):
        return JoinedFiles(segment_list(path).files, name=path), "none"
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise MediaError(f"cannot open {path}: {reason}; check the name and the rights") from error
    if not stat.S_ISREG(status.st_mode):
        raise UnsupportedMediaError(f"{path} is a device, socket or named pipe; give a regular file, or - for standard input")
    if status.st_size == 0:
        raise MediaError(f"{path} is empty; was it written or copied completely?")
    # The prefix keeps a name such as `http:x` or `concat:x` a name.
    return f"file:{path}", "file"
