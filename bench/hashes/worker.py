"""Other hashes of `indelible bench fingerprint --peers`, in the environment that `make hashes` makes: one line of JSON each way.

::

    {"do": "versions"}                                  -> {"ok": true, "versions": {package: version}}
    {"do": "hashes", "pictures": P, "rate": R, "to": Q} -> {"ok": true}

P is a .npy file, uint8, (frames, height, width, 3), BGR, R frames a second. Q becomes a .npz file of one array for each hash.
Something that fails answers ``{"error": "..."}``.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import imagehash
import imageio_ffmpeg
import numpy as np
import pdqhash
from iscc_core.code_content_video import soft_hash_video_v0
from PIL import Image

PACKAGES = ("imagehash", "imageio-ffmpeg", "iscc-core", "numpy", "pdqhash", "pillow", "videohash")
ISCC_BITS = 256

# The file of FFmpeg's filter `signature`, in bits: a head, segments, and frames of a flag, a time, confidence, words and signs.
_HEAD, _SEGMENT = 242, 4 * 32 + 1 + 5 * 243
_BEFORE_SIGNS, _SIGNS = 1 + 32 + 8 + 5 * 8, 76 * 8
_FFMPEG = """#!/bin/sh
if [ "$1" = -ss ] && [ "$2" -gt {seconds:.0f} ]; then exit 0; fi
exec {ffmpeg} "$@"
"""
_POWERS = np.array([81, 27, 9, 3, 1])


def hashes(pictures: np.ndarray, rate: float) -> dict[str, np.ndarray]:
    """Return all hashes of a video: of one frame a second those that know only pictures."""
    single = pictures[:: max(1, round(rate))]
    images = [Image.fromarray(picture[..., ::-1]) for picture in single]
    found = {"pdq": np.stack([_pdq(picture) for picture in single])}
    found["phash"] = np.stack([_packed(imagehash.phash(image, hash_size=16).hash) for image in images])
    found["dhash"] = np.stack([_packed(imagehash.dhash(image, hash_size=16).hash) for image in images])
    with tempfile.TemporaryDirectory() as folder:
        signs = _signature(pictures, rate, Path(folder))
        found["signature"] = signs
        found["iscc"] = np.frombuffer(soft_hash_video_v0([tuple(map(int, row)) for row in signs], bits=ISCC_BITS), np.uint8)
        found["videohash"] = _videohash(pictures, rate, Path(folder))
    return found


def _pdq(picture: np.ndarray) -> np.ndarray:
    """Return 32 bytes and the quality."""
    bits, quality = pdqhash.compute(np.ascontiguousarray(picture[..., ::-1]))
    return np.append(_packed(bits), np.uint8(quality))


def _packed(bits: np.ndarray) -> np.ndarray:
    return np.packbits(np.asarray(bits, bool).ravel())


def _signature(pictures: np.ndarray, rate: float, folder: Path) -> np.ndarray:
    """Return the MPEG-7 signature of each frame: 380 signs of 0, 1 or 2."""
    _ffmpeg(pictures, rate, ["-vf", "signature=format=binary:filename=signature.bin", "-f", "null", "-"], folder)
    bits = np.unpackbits(np.frombuffer((folder / "signature.bin").read_bytes(), np.uint8))
    segments = int("".join(map(str, bits[_HEAD : _HEAD + 32])), 2)
    first = _HEAD + 32 + segments * _SEGMENT + 1
    length = _BEFORE_SIGNS + _SIGNS
    count = (len(bits) - first) // length
    frames = bits[first : first + count * length].reshape(count, length)
    values = np.packbits(frames[:, _BEFORE_SIGNS:].reshape(count, 76, 8), axis=2)[..., 0].astype(int)
    return (values[..., None] // _POWERS % 3).reshape(count, 380).astype(np.uint8)


def _videohash(pictures: np.ndarray, rate: float, folder: Path) -> np.ndarray:
    """Return 64 bits; the package takes a file, and finds ffmpeg by its name."""
    from videohash import VideoHash

    # It looks for bars at twelve places of up to four hours. Those after the end find nothing, and cost most of the time.
    script = _FFMPEG.format(seconds=len(pictures) / rate, ffmpeg=shlex.quote(imageio_ffmpeg.get_ffmpeg_exe()))
    (folder / "ffmpeg").write_text(script)
    (folder / "ffmpeg").chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    _ffmpeg(pictures, rate, ["-c:v", "libx264", "-qp", "0", "-preset", "ultrafast", "video.mkv"], folder)
    made = VideoHash(path=str(folder / "video.mkv"))
    bits = np.array([int(bit) for bit in made.hash.removeprefix("0b")], np.uint8)
    made.delete_storage_path()
    return np.packbits(bits)


def _ffmpeg(pictures: np.ndarray, rate: float, arguments: list[str], folder: Path) -> None:
    height, width = pictures.shape[1:3]
    source = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", str(rate), "-i", "pipe:0"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y", *source, *arguments]
    subprocess.run(command, input=pictures.tobytes(), cwd=folder, check=True, stdout=subprocess.DEVNULL)


def serve() -> None:
    """Answer until standard input ends."""
    # What the packages print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            answer = _answer(json.loads(line))
        except Exception as error:  # the caller decides what a failure means
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    if request["do"] == "versions":
        return {"ok": True, "versions": {package: importlib.metadata.version(package) for package in PACKAGES}}
    np.savez(request["to"], **hashes(np.load(request["pictures"]), request["rate"]))
    return {"ok": True}


if __name__ == "__main__":
    serve()
