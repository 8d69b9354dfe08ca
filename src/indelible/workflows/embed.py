"""Embeddings of files, and the files that hold embeddings."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indelible.drafts import create_draft
from indelible.errors import OutputError
from indelible.forensics.features import Features, extract_resilient_features
from indelible.forensics.model import CONTENT, Model
from indelible.video import Limits, Source, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.document import Document, document, label
from indelible.workflows.page import check_free

__all__ = ["EMBEDDING_SUFFIXES", "EmbedResult", "check_embedding_target", "embed_file", "write_embedding"]

EMBEDDING_SUFFIXES = (".json", ".npz")


@dataclass(frozen=True, slots=True, eq=False)
class EmbedResult:
    """The embedding of one file.

    Args:
        file: as given.
        features: of the clip and its windows.
        window_seconds: length of a window.
        network: name, and SHA-256 of the embedder: vectors of different ones cannot be compared.
        warnings: what was wrong with the file, a sentence each.
    """

    file: str
    features: Features
    window_seconds: float
    network: dict[str, str]
    warnings: tuple[str, ...] = ()

    def to_json(self) -> Document:
        """Return the document ``indelible.embedding/1``."""
        found = self.features
        rows = zip(found.start_seconds.tolist(), found.windows, strict=True)
        return document(
            "embedding",
            file=self.file,
            network=self.network,
            window_seconds=self.window_seconds,
            clip=[round(float(value), 6) for value in found.clip],
            windows=[{"start_seconds": start, "vector": [round(float(value), 6) for value in vector]} for start, vector in rows],
        )


def embed_file(source: Source, model: Model, *, window_seconds: float = 1.0, limits: Limits = DEFAULT_LIMITS) -> EmbedResult:
    """Embed a video.

    Args:
        source: what to read: a path, ``-`` or a binary file object.
        model: a trained network.
        window_seconds: length of a window, more than 0.
        limits: how much of it is read.

    Raises:
        InputError: if the length is not allowed.
        MediaError: if the file cannot be read.
    """
    with open_video(source, limits=limits) as reader:
        features = extract_resilient_features(reader, model=model, window_seconds=window_seconds)
        warnings = tuple(reader.warnings)
    network = {"name": model.card["name"], "sha256": model.card["sha256"][CONTENT]}
    return EmbedResult(label(source), features, window_seconds, network, warnings)


def check_embedding_target(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Check before the work begins that an embedding can be written.

    Raises:
        OutputError: if the name ends otherwise than in .json or .npz, its folder is missing, or it exists and may not be replaced.
    """
    target = Path(path)
    if target.suffix.lower() not in EMBEDDING_SUFFIXES:
        raise OutputError(f"the embedding {target} must end in {' or '.join(EMBEDDING_SUFFIXES)}")
    check_free(target, overwrite=overwrite)


def write_embedding(path: str | os.PathLike[str], result: EmbedResult, *, overwrite: bool = False) -> None:
    """Write an embedding: as JSON, or as npz with ``clip``, ``windows``, ``start_seconds`` and the ``network`` as text.

    Raises:
        OutputError: as `check_embedding_target`, or if writing fails.
    """
    check_embedding_target(path, overwrite=overwrite)
    target = Path(path)
    found = result.features
    try:
        with create_draft(target) as draft:
            with open(draft.file, "wb") as file:
                if target.suffix.lower() == ".json":
                    file.write((json.dumps(result.to_json(), allow_nan=False) + "\n").encode("ascii"))
                else:
                    network = np.array(json.dumps(result.network))
                    np.savez(file, clip=found.clip, windows=found.windows, start_seconds=found.start_seconds, network=network)
            draft.flush()
            draft.publish()
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror or error}") from error
