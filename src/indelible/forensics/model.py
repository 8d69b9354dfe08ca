"""A trained network from its folder, run by ONNX Runtime alone: scores of places and pictures, and embeddings.

A folder of weights holds ``trace.onnx``, ``content.onnx`` and ``card.json``, which pins both by SHA-256 and says what they are worth.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError, missing_extra
from indelible.forensics.stack import Stack

__all__ = ["CARD", "CONTENT", "SHIPPED", "THUMBNAIL", "TRACE", "Calibration", "Model", "Seen", "load_model", "window_features"]

TRACE, CONTENT, CARD = "trace.onnx", "content.onnx", "card.json"
#: Where the package has weights of its own, if it has any.
SHIPPED = Path(__file__).with_name("weights")
#: Pixels of a side of what is embedded.
THUMBNAIL = 64
_SCHEMA = "indelible.forensics-card/1"
_TOP_SHARE = 0.05  # of the cells, whose mean logit is the second feature
_TRAIN = "indelible lab train-forensics CORPUS -o FOLDER"


@dataclass(frozen=True, slots=True)
class Calibration:
    """From scores to probabilities.

    Args:
        weights: of the two features of `window_features`, in their order.
        offset: of the logit.
    """

    weights: tuple[float, float]
    offset: float

    def logits(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return logits of being manipulated, for features of shape (n, 2)."""
        return np.asarray(features @ np.array(self.weights) + self.offset, np.float64)


def window_features(cells: NDArray[np.floating], pictures: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return what a window is judged by, shape (n, 2): the network's logit, and the mean over the cells with the highest logits.

    Args:
        cells: logits, shape (n, rows, columns).
        pictures: logits, shape (n,).
    """
    flat = np.sort(cells.reshape(len(cells), -1), axis=1)
    top = flat[:, -max(1, math.ceil(_TOP_SHARE * flat.shape[1])) :].mean(axis=1)
    return np.stack([pictures, top], axis=1).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the network says of n pictures.

    Args:
        cells: logits of each cell of 8 x 8 pixels being manipulated, float32, shape (n, height / 8, width / 8).
        pictures: logits of the pictures, shape (n,).
        crf: estimated CRF of the last encode, on x264's scale, shape (n,).
    """

    cells: NDArray[np.float32]
    pictures: NDArray[np.float32]
    crf: NDArray[np.float32]


class Model:
    """Two sessions of ONNX Runtime, one thread each.

    Args:
        trace: bytes of the network of traces.
        content: bytes of the embedder.
        card: what is known of them.

    Raises:
        MissingExtraError: if ONNX Runtime is not installed.
    """

    def __init__(self, trace: bytes, content: bytes, card: dict[str, Any]) -> None:
        self._trace, self._content = _session(trace), _session(content)
        self.card = card

    @property
    def calibration(self) -> Calibration:
        """From scores to probabilities, as the card has it."""
        first, second = self.card["calibration"]["weights"]
        return Calibration((first, second), self.card["calibration"]["offset"])

    def see(self, planes: NDArray[np.uint8]) -> Seen:
        """Look at pictures.

        Args:
            planes: of `indelible.forensics.stack.triplet`, uint8, shape (n, 5, height, width), sides multiples of 8.
        """
        cells, pictures, crf = self._trace.run(None, {"planes": planes.astype(np.float32) / np.float32(255.0)})
        return Seen(cells, pictures, 40.0 * crf)

    def embed(self, stack: Stack) -> NDArray[np.float32]:
        """Return embeddings of pictures of any one size, float32, shape (n, 512), of unit length.

        Args:
            stack: uint8, shape (n, height, width, 3).
        """
        small = np.stack([cv2.resize(picture, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA) for picture in stack])
        thumbnails = small.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255.0)
        (vectors,) = self._content.run(None, {"thumbnails": thumbnails})
        return np.asarray(vectors, np.float32)


def load_model(folder: Path | None = None) -> Model:
    """Return the network of a folder, or the one that comes with the package.

    Raises:
        InputError: if there is none, or a file is not the one that the card pins.
        MissingExtraError: if ONNX Runtime is not installed.
    """
    place = folder or SHIPPED
    if not (place / CARD).is_file():
        where = f"{place} holds no trained network" if folder else "this package comes without a trained network"
        raise InputError(f"{where}; make one with: {_TRAIN}, and name FOLDER with --weights")
    try:
        card = json.loads((place / CARD).read_text(encoding="utf-8"))
        files = {name: (place / name).read_bytes() for name in (TRACE, CONTENT)}
    except (OSError, ValueError) as error:
        raise InputError(f"{place} holds no trained network that can be read: {error}; make one with: {_TRAIN}") from error
    if not isinstance(card, dict) or card.get("schema") != _SCHEMA or not isinstance(card.get("sha256"), dict):
        raise InputError(f"{place / CARD} is no card of a trained network ({_SCHEMA}); make one with: {_TRAIN}")
    for name, data in files.items():
        if card["sha256"].get(name) != hashlib.sha256(data).hexdigest():
            raise InputError(f"{place / name} is not the file that {CARD} pins; restore it, or train again with: {_TRAIN}")
    return Model(files[TRACE], files[CONTENT], card)


def _session(data: bytes) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise missing_extra("onnxruntime", extra="forensics") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
