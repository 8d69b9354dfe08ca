"""Trained networks as files: ONNX for use, safetensors to train on from."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from indelible.errors import missing_extra
from indelible.forensics.model import CONTENT, THUMBNAIL, TRACE
from indelible.forensics.networks.library import torch

__all__ = ["WEIGHTS", "export"]

WEIGHTS = "weights.safetensors"
_OPSET = 18


def export(trace: Any, content: Any, folder: Path) -> dict[str, bytes]:
    """Write both networks into a folder as ONNX, and their weights as one file of safetensors; return the ONNX files' bytes by name.

    Raises:
        MissingExtraError: if onnx, onnxscript or safetensors is not installed.
    """
    try:
        import onnx  # noqa: F401 - the exporter needs both, and says so late and at length
        import onnxscript  # noqa: F401
        from safetensors.torch import save
    except ImportError as error:
        raise missing_extra(error.name or "onnx", extra="train") from error
    weights = {f"trace.{name}": value for name, value in trace.state_dict().items()}
    weights |= {f"content.{name}": value for name, value in content.state_dict().items()}
    (folder / WEIGHTS).write_bytes(save({name: value.contiguous() for name, value in weights.items()}))
    count, height, width = (torch.export.Dim(name) for name in ("n", "rows", "columns"))
    files = {
        TRACE: _onnx(trace, torch.zeros(2, 5, 128, 192), "planes", ["cells", "pictures", "crf"], {0: count, 2: 8 * height, 3: 8 * width}),
        CONTENT: _onnx(content, torch.zeros(2, 3, THUMBNAIL, THUMBNAIL), "thumbnails", ["vectors"], {0: count}),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return files


def _onnx(model: Any, example: Any, given: str, names: list[str], dynamic: dict[int, Any]) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), _quiet("torch.onnx"):  # the exporter warns of what it does itself
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model.eval(),
            (example,),
            input_names=[given],
            output_names=names,
            dynamic_shapes=(dynamic,),
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    program.save(buffer)
    return buffer.getvalue()


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
