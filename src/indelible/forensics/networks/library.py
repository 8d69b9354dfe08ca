"""PyTorch, or one line that says how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from indelible.errors import missing_extra

try:
    import torch
except ImportError as error:
    raise missing_extra("torch", extra="train") from error

__all__ = ["one_thread", "torch"]


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums depend on how they are shared among threads, and results should not; the number of threads that was set comes back."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
