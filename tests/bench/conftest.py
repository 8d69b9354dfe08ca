"""A corpus of two small films, and records as trials write them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indelible.runs.corpus import Corpus, load_corpus
from tests.photographs import film


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two films of 32 frames."""
    folder = tmp_path_factory.mktemp("corpus")
    film(folder / "china.mp4", width=320, height=180, frames=32)
    film(folder / "flower.mp4", name="flower.jpg", width=256, height=144, frames=32)
    return folder


@pytest.fixture
def corpus(films: Path) -> Corpus:
    return load_corpus(films)


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    def make(clip: str, **values: Any) -> dict[str, Any]:
        return {
            "clip": clip,
            "bits": 64,
            "channel": "none",
            "applies": True,
            "psnr_y_db": 46.0,
            "psnr_rgb_db": 45.0,
            "marked": True,
            "z": 10.0,
            "log10_p": -20.0,
            "payload_exact": True,
            "payload_wrong": False,
            "symbol_error_rate": 0.1,
            "presence_seconds": 1.0,
            "payload_seconds": 2.0,
            "encoded_bytes": 1000,
        } | values

    return make
