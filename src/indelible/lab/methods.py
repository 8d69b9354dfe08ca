"""The one table of methods."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from indelible.errors import InputError
from indelible.lab.dct8 import Dct8
from indelible.lab.flagship import Flagship
from indelible.lab.flow import FlowMark
from indelible.lab.method import Method

METHODS: Mapping[str, Method[Any]] = MappingProxyType(
    {method.name: method for method in (FlowMark("flow"), FlowMark("flow-published"), FlowMark("flow-direct"), Dct8(), Flagship())}
)


def method_named(name: str) -> Method[Any]:
    """Return a method.

    Raises:
        InputError: if there is none of that name.
    """
    if name not in METHODS:
        raise InputError(f"method {name!r} is unknown; known are {', '.join(METHODS)}")
    return METHODS[name]
