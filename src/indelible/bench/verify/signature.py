"""The video signature of MPEG-7 (ISO/IEC 15938-3), by the ffmpeg program of the imageio-ffmpeg wheel."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indelible.bench.vmaf import ffmpeg_program
from indelible.errors import MediaError

SIGNS = 380
_FRAME = re.compile(r"<FrameSignature>([\d\s]*)</FrameSignature>")


def signatures(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.int64]:
    """Return the signs, 0 to 2, of each BGR picture of one size, shape (n, 380).

    Raises:
        MediaError: if ffmpeg fails.
        MissingExtraError: if imageio-ffmpeg is not installed.
    """
    height, width = pictures[0].shape[:2]
    source = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", "25", "-i", "pipe:0"]
    quiet = ["-hide_banner", "-loglevel", "error", "-nostdin", "-threads", "1", "-filter_threads", "1"]
    with tempfile.TemporaryDirectory(prefix="indelible-signature-") as folder:
        # In the folder of the file, so that no path needs the filter language's escapes.
        command = [ffmpeg_program(), *quiet, *source, "-vf", "signature=format=xml:filename=signature.xml", "-f", "null", "-"]
        done = subprocess.run(
            command, input=b"".join(picture.tobytes() for picture in pictures), cwd=folder, capture_output=True, check=False, shell=False
        )
        file = Path(folder) / "signature.xml"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
    found = [np.array(numbers.split(), np.int64) for numbers in _FRAME.findall(text)]
    if done.returncode != 0 or len(found) != len(pictures) or any(len(each) != SIGNS for each in found):
        words = done.stderr.decode(errors="replace").strip()[-500:]
        raise MediaError(f"ffmpeg made no signature (exit status {done.returncode}): {words or 'no message'}")
    return np.stack(found)
