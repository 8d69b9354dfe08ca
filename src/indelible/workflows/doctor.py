"""Is this installation whole? Versions, encoders that really encode, optional parts, and the shipped test vectors."""

from __future__ import annotations

import io
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from types import MappingProxyType
from typing import get_args

import numpy as np

import indelible
from indelible.errors import IndelibleError
from indelible.fingerprint.vectors import run_fingerprint_vectors
from indelible.frames import Frame, VideoInfo
from indelible.mark.vectors import run_vectors
from indelible.video import EncoderSettings, open_video, write_video
from indelible.video.build import ffmpeg_version
from indelible.video.encoders import CodecName
from indelible.workflows.document import Document, document

__all__ = ["EXTRAS", "Diagnosis", "examine", "versions"]

_PACKAGES = ("av", "click", "numpy", "opencv-python-headless", "rich", "scipy")

EXTRAS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bench": ("imageio_ffmpeg", "sklearn"),
        "demo": ("sklearn",),
        "forensics": ("onnxruntime",),
        "lab": ("cmaes",),
        "postgres": ("psycopg",),
        "train": ("onnx", "onnxruntime", "onnxscript", "safetensors", "torch"),
    }
)
"""The modules that each extra of pyproject.toml brings."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What an installation can do.

    Args:
        versions: of indelible, Python, FFmpeg and the packages that are always needed.
        encoders: what is wrong with each encoder, None where it encodes and decodes.
        extras: the packages that each extra still lacks.
        selftest: failures of the shipped test vectors; None if they were not run.
    """

    versions: Mapping[str, str]
    encoders: Mapping[str, str | None]
    extras: Mapping[str, tuple[str, ...]]
    selftest: tuple[str, ...] | None = None

    @property
    def healthy(self) -> bool:
        """Whether everything works that needs no extra."""
        return not self.selftest and not any(self.encoders.values())

    def to_json(self) -> Document:
        """Return the document ``indelible.doctor/1``."""
        return document(
            "doctor",
            healthy=self.healthy,
            versions=dict(self.versions),
            encoders=dict(self.encoders),
            extras={name: {"installed": not missing, "missing": list(missing)} for name, missing in self.extras.items()},
            selftest=None if self.selftest is None else {"passed": not self.selftest, "failures": list(self.selftest)},
        )


def examine(*, selftest: bool = False) -> Diagnosis:
    """Look at this installation, and with ``selftest`` run the test vectors that ship with it."""
    return Diagnosis(
        versions=versions(),
        encoders={codec: _fault(EncoderSettings(codec, threads=1)) for codec in get_args(CodecName) if codec != "raw"},  # which needs none
        extras={extra: tuple(module for module in modules if find_spec(module) is None) for extra, modules in EXTRAS.items()},
        selftest=(*run_vectors(), *run_fingerprint_vectors()) if selftest else None,
    )


def versions() -> dict[str, str]:
    """Return the versions of indelible, Python, FFmpeg and the packages that are always needed."""
    own = {"indelible": indelible.__version__, "python": platform.python_version(), "ffmpeg": ffmpeg_version()}
    return own | {package: _version(package) for package in _PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # another build of it, such as opencv-python
        return "unknown"


def _fault(settings: EncoderSettings) -> str | None:
    """Encode a few pictures in memory and decode them again; return what went wrong."""
    shade = np.tile(np.linspace(40, 200, 128).astype(np.uint8), (128, 1))
    grey = np.full((64, 64), 128, np.uint8)
    frames = [
        Frame(y=np.roll(shade, shift, axis=1), chroma=(grey, grey), pixel_format="yuv420p", pts=shift, time_base=Fraction(1, 25))
        for shift in range(4)
    ]
    info = VideoInfo(
        width=128,
        height=128,
        pixel_format="yuv420p",
        codec="rawvideo",
        container="nut",
        frame_rate=Fraction(25),
        time_base=Fraction(1, 25),
        duration_seconds=None,
        frames=None,
        bitrate_bps=None,
        rotation_deg=0,
        sample_aspect_ratio=Fraction(1),
        color=frames[0].color,
    )
    memory = io.BytesIO()
    try:
        write_video(memory, frames, settings, info=info, container="nut")
        with open_video(memory, threads=1) as reader:
            decoded = sum(1 for _ in reader)
    except IndelibleError as error:
        return str(error)
    return None if decoded == len(frames) else f"{len(frames)} frames were encoded and {decoded} decoded"
