"""Video provenance that survives compression.

::

    import indelible

    key = indelible.load_key("studio.key")
    indelible.mark_file("film.mp4", "film-marked.mp4", key, payload=indelible.Payload.from_text("copy 17"))
    (result,) = indelible.detect_file("found.mp4", [key])
    result.marked, result.detection.log10_p, result.detection.payload
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "ChannelResult",
    "DetectResult",
    "EncoderSettings",
    "IndelibleError",
    "Limits",
    "MarkResult",
    "Payload",
    "RegisteredCopies",
    "Registration",
    "SecretKey",
    "channel_file",
    "detect_file",
    "load_key",
    "mark_file",
    "save_key",
]

if TYPE_CHECKING:
    from indelible.errors import IndelibleError
    from indelible.keys import SecretKey, load_key, save_key
    from indelible.mark import Payload
    from indelible.video import EncoderSettings, Limits
    from indelible.workflows.channel import ChannelResult, channel_file
    from indelible.workflows.copies import RegisteredCopies, Registration
    from indelible.workflows.detect import DetectResult, detect_file
    from indelible.workflows.mark import MarkResult, mark_file

# Loaded when first asked for: `import indelible` costs nothing, and a key can be read without codecs.
_HOMES = {
    "ChannelResult": "indelible.workflows.channel",
    "DetectResult": "indelible.workflows.detect",
    "EncoderSettings": "indelible.video",
    "IndelibleError": "indelible.errors",
    "Limits": "indelible.video",
    "MarkResult": "indelible.workflows.mark",
    "Payload": "indelible.mark",
    "RegisteredCopies": "indelible.workflows.copies",
    "Registration": "indelible.workflows.copies",
    "SecretKey": "indelible.keys",
    "channel_file": "indelible.workflows.channel",
    "detect_file": "indelible.workflows.detect",
    "load_key": "indelible.keys",
    "mark_file": "indelible.workflows.mark",
    "save_key": "indelible.keys",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
