"""Records as trials write them."""

from collections.abc import Callable
from typing import Any

import pytest


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
