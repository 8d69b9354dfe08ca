"""The certificate: what a marked file was found to survive, signed with the key that marked it.

The signature is an HMAC, so that whoever holds the key can make and check certificates, and nobody else. What is signed is one canonical
form of the document, so that reformatting the file or reordering its fields does no harm, and any change of what it says does.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indelible.drafts import write_whole
from indelible.errors import MediaError, OutputError
from indelible.keys import SecretKey
from indelible.workflows.document import Document, canonical, document, read_document
from indelible.workflows.page import check_free

__all__ = [
    "PROOF_SCHEMA",
    "REQUIRED_MARGIN_DB",
    "SCHEMA",
    "Certificate",
    "CertificateCheck",
    "check_certificate",
    "check_place",
    "places_beside",
    "sha256_of",
    "sign",
    "write_certificate",
    "write_page",
]

SCHEMA = "indelible.certificate/1"
PROOF_SCHEMA = "indelible.audit-proof/1"
"""Of a proof of training (`indelible.workflows.proof`), which is signed and checked alike."""

#: What must be left over at a channel for the file to be certified for it, because another build or preset of the encoder is not the one
#: that was tried: docs/decisions/0005-certificates.md says how it was found.
REQUIRED_MARGIN_DB = 3.0

_PURPOSE = "certificate/v1"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A signed certificate.

    Args:
        body: everything that is signed, in the words of ``indelible.certificate/1``.
        signature: HMAC-SHA-256 over the canonical form of the body, hexadecimal.
    """

    body: Mapping[str, Any]
    signature: str

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """What was measured after each channel."""
        rows: Sequence[Mapping[str, Any]] = self.body["rows"]
        return rows

    @property
    def marked(self) -> bool:
        """Whether the file itself carries a mark of the key that can be read."""
        return bool(self.rows[0]["payload_ok"])

    @property
    def holds(self) -> bool:
        """Whether it is what was asked for: the target is certified or, without one, anything is."""
        target = self.body["target"]
        if target is not None:
            return bool(target["certified"])
        return any(row["certified"] for row in self.rows[1:])

    @property
    def failed_parts(self) -> Sequence[Mapping[str, Any]]:
        """The parts of the video that do not survive the target by themselves."""
        target = self.body["target"]
        return [part for part in target["parts"] if not part["holds"]] if target else []

    def to_json(self) -> Document:
        """Return the document ``indelible.certificate/1``."""
        return {**self.body, "signature": self.signature}


@dataclass(frozen=True, slots=True)
class CertificateCheck:
    """Whether a certificate can be believed, and whether it is about a video.

    Args:
        certificate: path of the certificate.
        key_id: of the key that it was checked with.
        key_matches: whether it says that it was made with this key.
        signature_valid: whether it is as it was signed with this key.
        video: path of the video, None if none was compared.
        video_matches: whether that is, byte for byte, the file that was certified; None if none was compared.
        problems: what is wrong, a sentence each.
    """

    certificate: str
    key_id: str
    key_matches: bool
    signature_valid: bool
    video: str | None
    video_matches: bool | None
    problems: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_json(self) -> Document:
        """Return the document ``indelible.certificate-check/1``."""
        return document(
            "certificate-check",
            certificate=self.certificate,
            valid=self.valid,
            key_id=self.key_id,
            key_matches=self.key_matches,
            signature_valid=self.signature_valid,
            video=self.video,
            video_matches=self.video_matches,
            problems=list(self.problems),
        )


def sign(body: Mapping[str, Any], key: SecretKey) -> Certificate:
    """Return the certificate of what was measured."""
    # What is signed must be what will be read: once through JSON, so that tuples are lists and numbers are those of the file.
    plain: dict[str, Any] = json.loads(json.dumps(body, allow_nan=False))
    return Certificate(plain, _signature(plain, key))


def write_certificate(path: str | os.PathLike[str], certificate: Certificate) -> None:
    """Write a certificate, indented for people to read; it replaces what was there.

    Raises:
        OutputError: if it cannot be written.
    """
    write_whole(path, json.dumps(certificate.to_json(), allow_nan=False, indent=2) + "\n")


def places_beside(video: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Return where the certificate of a video and its page are put: film.mp4 has film.certificate.json and film.certificate.html."""
    beside = Path(video)
    return beside.with_suffix(".certificate.json"), beside.with_suffix(".certificate.html")


def write_page(path: str | os.PathLike[str], certificate: Certificate) -> None:
    """Write the page of HTML that shows a certificate.

    Raises:
        OutputError: if it cannot be written.
    """
    from indelible.report.certificate import write_certificate_page  # charts cost import time

    write_certificate_page(path, certificate)


def check_place(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Check before the work begins that a certificate can be written afterwards, and will replace nothing by mistake.

    Raises:
        OutputError: if the name is not that of JSON (so that no video and no key is replaced), its folder is missing, or it exists and
            may not be replaced.
    """
    place = Path(path)
    if place.suffix.lower() != ".json":
        raise OutputError(f"the certificate {place} is JSON; give it a name that ends in .json")
    check_free(place, overwrite=overwrite)


def check_certificate(
    certificate: str | os.PathLike[str], key: SecretKey, *, video: str | os.PathLike[str] | None = None
) -> CertificateCheck:
    """Check that a certificate was signed with a key and not changed since, and that it is about a video.

    Raises:
        InputError: if the file is missing, or no certificate of a version that is known.
        MediaError: if the video cannot be read.
    """
    said = read_document(certificate, schemas=(SCHEMA, PROOF_SCHEMA), called="certificate", made_by="indelible certify or audit prove")
    signature = said.pop("signature", None)
    key_matches = said.get("key_id") == key.key_id
    signature_valid = isinstance(signature, str) and hmac.compare_digest(signature.encode(), _signature(said, key).encode())
    video_matches = None if video is None else sha256_of(video) == said.get("sha256")
    problems = []
    if not key_matches:
        problems.append(f"it was made with {_claimed_key(said)}, not with key {key.key_id}")
    elif not signature_valid:
        problems.append("it was changed after it was signed, or signed with another key")
    if video_matches is False:
        problems.append(f"{os.fspath(video or '')} is not the file that was certified: their SHA-256 differ")
    return CertificateCheck(
        certificate=os.fspath(certificate),
        key_id=key.key_id,
        key_matches=key_matches,
        signature_valid=signature_valid,
        video=None if video is None else os.fspath(video),
        video_matches=video_matches,
        problems=tuple(problems),
    )


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file, hexadecimal.

    Raises:
        MediaError: if it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise MediaError(f"cannot read {os.fspath(path)}: {error.strerror or error}") from error


def _signature(body: Mapping[str, Any], key: SecretKey) -> str:
    text = json.dumps(canonical(body), allow_nan=False, sort_keys=True, separators=(",", ":"))
    return key.tag(_PURPOSE, text.encode("ascii")).hex()


def _claimed_key(said: Mapping[str, Any]) -> str:
    """Return the key that a certificate says it is of; what cannot be one is not repeated, it may be anything."""
    key_id = said.get("key_id")
    return f"key {key_id}" if isinstance(key_id, str) and re.fullmatch("[0-9a-f]{16}", key_id) else "no key that could be one"
