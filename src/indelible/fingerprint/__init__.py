"""Fingerprints: what a video shows, as codes that survive compression and edits; arrays in, arrays out, no file and no codec."""

from indelible.fingerprint.code import Fingerprint, code_hex, codes_from_hex

__all__ = ["Fingerprint", "code_hex", "codes_from_hex"]
