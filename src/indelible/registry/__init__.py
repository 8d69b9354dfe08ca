"""The registry: who got which marked copy, and with which nonce it was marked. One SQLite file; keys never enter it."""

from indelible.registry.database import Registry
from indelible.registry.entry import Entry

__all__ = ["Entry", "Registry"]
