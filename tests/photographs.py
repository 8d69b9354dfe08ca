"""Small videos of real photographs, for tests of the whole way from a file to a file."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import sklearn.datasets
from numpy.typing import NDArray

_IMAGES = Path(sklearn.datasets.__file__).parent / "images"


def photograph(name: str) -> NDArray[np.uint8]:
    """Return the luma of a photograph (``china.jpg`` or ``flower.jpg``, 640x427), uint8."""
    return np.asarray(cv2.imread(str(_IMAGES / name), cv2.IMREAD_GRAYSCALE), np.uint8)


def still(name: str = "china.jpg", *, width: int, height: int) -> NDArray[np.uint8]:
    """Return a photograph scaled to a size, RGB, uint8, (height, width, 3)."""
    picture = cv2.imread(str(_IMAGES / name))
    return np.ascontiguousarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)[..., ::-1])


def film(path: Path, *, name: str = "china.jpg", width: int = 480, height: int = 270, frames: int = 72, sound: bool = False) -> Path:
    """Encode a slow camera move over a photograph, 24 frames a second, nearly without loss, on request with a tone in AAC."""
    picture = cv2.imread(str(_IMAGES / name))
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=24, width=width, height=height, options={"crf": "10", "preset": "veryfast"})
        video.pix_fmt = "yuv420p"
        audio = output.add_stream("aac", rate=48_000) if sound else None
        output.metadata["title"] = "A slow pan"
        for index in range(frames):
            view = np.array([[1.2, 0, 10 + index / 4], [0, 1.2, 20 + index / 8]])
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            part = cv2.warpAffine(picture, view, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT)
            output.mux(video.encode(av.VideoFrame.from_ndarray(part, format="bgr24")))
        output.mux(video.encode(None))
        if audio is not None:
            for first in range(0, frames * 2000, 1024):
                wave = (0.2 * np.sin(np.arange(first, first + 1024) / 20)).astype(np.float32)
                block = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
                block.sample_rate, block.pts, block.time_base = 48_000, first, Fraction(1, 48_000)
                output.mux(audio.encode(block))
            output.mux(audio.encode(None))
    return path
