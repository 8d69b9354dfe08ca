"""What needs torch, which `make test` does without: `make test-train` runs this folder."""

import pytest


@pytest.fixture(scope="session")
def torch():
    import torch

    return torch
