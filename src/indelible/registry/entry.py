"""What is known of one marked copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from indelible.mark import Payload

Status = Literal["pending", "done"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One marked copy.

    Args:
        key_id: fingerprint of the key.
        nonce: 8 random bytes; the copy is marked with the key's subkey of them.
        subkey_id: fingerprint of that subkey.
        recipient: who got the copy.
        marked_at: when marking began, UTC, such as ``2025-03-01T12:00:00Z``.
        payload_hex: what the mark says, as hexadecimal digits.
        payload_is_text: whether it says a text.
        source_name: what was marked, as it was called.
        source_sha256: digest of that file; None where it was a pipe or stream.
        output_name: where the copy was written to.
        output_sha256: digest of the copy; None while it is pending, and where it went to a pipe or stream.
        duration_seconds: of the copy; None while it is pending.
        settings: codec and strength, as names and values.
        status: ``pending`` until the copy is complete. A pending one may or may not exist: whoever looks for copies looks for it too.
        id: number in the registry, 0 before it is there.
    """

    key_id: str
    nonce: bytes
    subkey_id: str
    recipient: str
    marked_at: str
    payload_hex: str = ""
    payload_is_text: bool = False
    source_name: str = ""
    source_sha256: str | None = None
    output_name: str = ""
    output_sha256: str | None = None
    duration_seconds: float | None = None
    settings: Mapping[str, str | float | None] = field(default_factory=lambda: MappingProxyType({}))
    status: Status = "pending"
    id: int = 0

    @property
    def payload(self) -> Payload:
        """What the mark says."""
        return Payload(bytes.fromhex(self.payload_hex), is_text=self.payload_is_text)
