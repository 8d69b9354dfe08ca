"""Videos in segments, written by the ffmpeg program, and what is in them."""

import subprocess
from fractions import Fraction
from pathlib import Path

import av
from imageio_ffmpeg import get_ffmpeg_exe


def ffmpeg(*arguments: object) -> None:
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *map(str, arguments)], check=True)


def hls(film: Path, folder: Path, *, fmp4: bool = False, seconds: int = 2, rate: int = 24, start: float = 0.0) -> Path:
    """Cut a film into segments with a key frame each, and return the playlist."""
    folder.mkdir()
    key_frames = ["-g", rate * seconds, "-keyint_min", rate * seconds, "-sc_threshold", 0]
    kind = ["-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4"] if fmp4 else []
    names = folder / ("seg%d.m4s" if fmp4 else "seg%d.ts")
    encode = ["-c:v", "libx264", "-crf", 12, "-preset", "veryfast", *key_frames, "-c:a", "copy", "-output_ts_offset", start]
    ffmpeg(
        "-i",
        film,
        *encode,
        "-f",
        "hls",
        "-hls_time",
        seconds,
        "-hls_list_size",
        0,
        *kind,
        "-hls_segment_filename",
        names,
        folder / "list.m3u8",
    )
    return folder / "list.m3u8"


def times(path: object, kind: str = "video") -> list[Fraction]:
    """Return the times of all packets of the first stream of a kind, in order of presentation, by FFmpeg's own reading of playlists."""
    with av.open(str(path), options={"allowed_extensions": "ALL"}) as container:
        stream = getattr(container.streams, kind)[0]
        return sorted(packet.pts * packet.time_base for packet in container.demux(stream) if packet.pts is not None)


def payloads(path: object, kind: str = "audio") -> list[bytes]:
    """Return all packets of the first stream of a kind."""
    with av.open(str(path), options={"allowed_extensions": "ALL"}) as container:
        return [bytes(packet) for packet in container.demux(getattr(container.streams, kind)[0]) if packet.size]
