"""PyTorch, or one line that says how to get it."""

from __future__ import annotations

from indelible.errors import missing_extra

try:
    import torch
except ImportError as error:
    raise missing_extra("torch", extra="train") from error

__all__ = ["torch"]
