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
    "Calibration",
    "Certificate",
    "CertificateCheck",
    "Certification",
    "ChannelResult",
    "Conformance",
    "Consensus",
    "DetectResult",
    "EncoderSettings",
    "Fingerprint",
    "FingerprintResult",
    "IndelibleError",
    "IndexedFile",
    "Limits",
    "MarkResult",
    "Payload",
    "RegisteredCopies",
    "Registration",
    "SearchResult",
    "SecretKey",
    "Verification",
    "add_files",
    "calibrate_folder",
    "certify_file",
    "channel_file",
    "check_certificate",
    "conform_file",
    "consensus_of",
    "detect_file",
    "fingerprint_file",
    "load_key",
    "mark_file",
    "open_store",
    "read_calibration",
    "save_key",
    "search_file",
    "verify_file",
]

if TYPE_CHECKING:
    from indelible.errors import IndelibleError
    from indelible.fingerprint import Fingerprint
    from indelible.fingerprint.index import open_store
    from indelible.keys import SecretKey, load_key, save_key
    from indelible.mark import Payload
    from indelible.verify.calibration import Calibration
    from indelible.video import EncoderSettings, Limits
    from indelible.workflows.calibrate import calibrate_folder, read_calibration
    from indelible.workflows.catalogue import IndexedFile, add_files
    from indelible.workflows.certificate import Certificate, CertificateCheck, check_certificate
    from indelible.workflows.certify import Certification, certify_file
    from indelible.workflows.channel import ChannelResult, channel_file
    from indelible.workflows.conform import Conformance, conform_file
    from indelible.workflows.consensus import Consensus, consensus_of
    from indelible.workflows.copies import RegisteredCopies, Registration
    from indelible.workflows.detect import DetectResult, detect_file
    from indelible.workflows.fingerprint import FingerprintResult, fingerprint_file
    from indelible.workflows.mark import MarkResult, mark_file
    from indelible.workflows.search import SearchResult, search_file
    from indelible.workflows.verify import Verification, verify_file

# Loaded when first asked for: `import indelible` costs nothing, and a key can be read without codecs.
_HOMES = {
    "Calibration": "indelible.verify.calibration",
    "Certificate": "indelible.workflows.certificate",
    "CertificateCheck": "indelible.workflows.certificate",
    "Certification": "indelible.workflows.certify",
    "ChannelResult": "indelible.workflows.channel",
    "Conformance": "indelible.workflows.conform",
    "Consensus": "indelible.workflows.consensus",
    "DetectResult": "indelible.workflows.detect",
    "EncoderSettings": "indelible.video",
    "Fingerprint": "indelible.fingerprint",
    "FingerprintResult": "indelible.workflows.fingerprint",
    "IndelibleError": "indelible.errors",
    "IndexedFile": "indelible.workflows.catalogue",
    "Limits": "indelible.video",
    "MarkResult": "indelible.workflows.mark",
    "Payload": "indelible.mark",
    "RegisteredCopies": "indelible.workflows.copies",
    "Registration": "indelible.workflows.copies",
    "SearchResult": "indelible.workflows.search",
    "SecretKey": "indelible.keys",
    "Verification": "indelible.workflows.verify",
    "add_files": "indelible.workflows.catalogue",
    "calibrate_folder": "indelible.workflows.calibrate",
    "certify_file": "indelible.workflows.certify",
    "channel_file": "indelible.workflows.channel",
    "check_certificate": "indelible.workflows.certificate",
    "conform_file": "indelible.workflows.conform",
    "consensus_of": "indelible.workflows.consensus",
    "detect_file": "indelible.workflows.detect",
    "fingerprint_file": "indelible.workflows.fingerprint",
    "load_key": "indelible.keys",
    "mark_file": "indelible.workflows.mark",
    "open_store": "indelible.fingerprint.index",
    "read_calibration": "indelible.workflows.calibrate",
    "save_key": "indelible.keys",
    "search_file": "indelible.workflows.search",
    "verify_file": "indelible.workflows.verify",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
