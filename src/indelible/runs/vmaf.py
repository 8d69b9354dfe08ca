"""VMAF of one video against another, by the ffmpeg program of the imageio-ffmpeg wheel (its build has libvmaf, PyAV's has not)."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np

from indelible.errors import InputError, MediaError, missing_extra
from indelible.frames import Frame

_DEFAULT_RATE = Fraction(25)


def ffmpeg_program() -> str:
    """Return the path of the program.

    Raises:
        MissingExtraError: if imageio-ffmpeg is not installed.
    """
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise missing_extra("imageio-ffmpeg", extra="bench") from error
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def vmaf(distorted: Sequence[Frame], reference: Sequence[Frame], *, frame_rate: Fraction | None = None) -> float:
    """Return the mean VMAF score, 0 to 100, of the default model (vmaf_v0.6.1).

    Frames are compared one by one in their order. Both inputs are raw and get the same rate, because scores fall by up to 20 points
    where the rounding of timestamps pairs a frame with its neighbour.

    Args:
        distorted: as many frames as ``reference``, of the same size and pixel format.
        reference: the source.
        frame_rate: of both; only motion depends on it.

    Raises:
        InputError: if the two do not fit together.
        MediaError: if ffmpeg fails.
        MissingExtraError: if imageio-ffmpeg is not installed.
    """
    if not reference or len(distorted) != len(reference):
        raise InputError(f"{len(distorted)} frames cannot be compared with {len(reference)}; VMAF needs the same number, at least one")
    first = reference[0]
    odd = next((frame for frame in (*reference, *distorted) if _layout(frame) != _layout(first)), None)
    if odd is not None:
        raise InputError(f"{odd!r} cannot be compared with {first!r}; VMAF needs one size and pixel format")
    with tempfile.TemporaryDirectory(prefix="indelible-vmaf-") as folder:
        raw, scores = Path(folder) / "reference.yuv", Path(folder) / "scores.json"
        with raw.open("wb") as stream:
            _write_raw(stream, reference)
        _run_ffmpeg(distorted, raw, scores, frame_rate or _DEFAULT_RATE)
        return float(json.loads(scores.read_text(encoding="utf-8"))["pooled_metrics"]["vmaf"]["mean"])


def _run_ffmpeg(distorted: Sequence[Frame], reference: Path, scores: Path, rate: Fraction) -> None:
    frame = distorted[0]
    kind = ["-f", "rawvideo", "-pix_fmt", frame.pixel_format, "-s", f"{frame.width}x{frame.height}", "-r", str(rate)]
    command = [ffmpeg_program(), "-hide_banner", "-loglevel", "error", *kind, "-i", "pipe:0", *kind, "-i", reference.name]
    command += ["-lavfi", f"libvmaf=n_threads=1:log_fmt=json:log_path={scores.name}", "-f", "null", "-"]
    # In the folder of its files, so that no path needs the filter language's escapes; complaints go to a file, which cannot fill up.
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command, cwd=reference.parent, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints, shell=False
        )
        with process:
            if process.stdin is not None:
                try:
                    _write_raw(process.stdin, distorted)
                    process.stdin.close()
                except BrokenPipeError:
                    pass  # ffmpeg has given up; its exit status and its last words are reported below
        complaints.seek(0)
        words = complaints.read().decode(errors="replace").strip()
    if process.returncode != 0 or not scores.exists():
        raise MediaError(f"ffmpeg could not compute VMAF (exit status {process.returncode}): {words[-500:] or 'no message'}")


def _write_raw(stream: IO[bytes], frames: Sequence[Frame]) -> None:
    for frame in frames:
        for plane in (frame.y, *frame.chroma):
            stream.write(np.ascontiguousarray(plane).tobytes())


def _layout(frame: Frame) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.pixel_format
