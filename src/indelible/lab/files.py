"""Marking and detecting on files, with whatever method a signature is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from indelible.lab.methods import method_named
from indelible.lab.signature import Signature
from indelible.video import EncoderSettings, open_video, write_video


def mark_file(source: Path, target: Path, signature: Signature, *, crf: float, overwrite: bool = False) -> None:
    """Mark a video and encode it with x264; sound and all else is carried over.

    Raises:
        InputError: if the signature does not fit its method, or the method not the pictures.
        OutputError: if the target exists or cannot be created.
        MediaError: if reading, encoding or writing fails.
    """
    method = method_named(signature.method)
    with open_video(source) as reader:
        frames = method.mark(reader, signature)
        write_video(target, frames, EncoderSettings("x264", crf=crf), info=reader.info, copy_from=source, overwrite=overwrite)


def detect_file(source: Path, signature: Signature) -> dict[str, Any]:
    """Return the document ``indelible.lab-detection/1``: what each detector of the signature's method says of a video.

    Raises:
        InputError: if the signature does not fit its method, or the method not the pictures.
        MediaError: if reading fails.
    """
    method = method_named(signature.method)
    with open_video(source) as reader:
        scores = method.scores(method.read(reader), signature)
    return {
        "schema": "indelible.lab-detection/1",
        "file": str(source),
        "signature": signature.digest,
        "method": signature.method,
        "scores": [
            {"detector": name, "value": score.value, "log10_p": None if score.log10_p is None else max(score.log10_p, -9999.0)}
            for name, score in scores.items()
        ],
    }
