"""The errors that a caller may meet, and the exit code of each.

::

    IndelibleError (Exception)                     exit
    |-- InputError (ValueError)                      2    an argument or a file's content is not allowed
    |   |-- KeyFileError                             2    a key file is missing, malformed or not a key
    |   |-- OutputError                              2    the output exists, is the input, or cannot be created
    |   |-- RegistryError                            2    a registry file is missing, in use, or no registry
    |   |-- StoreError                               2    a store of fingerprints is missing, in use, unreachable, or no store
    |   |-- SpecError                                2    a channel specification cannot be understood
    |   `-- CapacityError                            2    a payload is longer than the mark can carry
    |-- MediaError (OSError)                         3    a file cannot be opened, decoded or encoded
    |   |-- UnsupportedMediaError                    3    valid media of a kind that is not handled
    |   `-- LimitError                               3    media beyond the configured limits
    `-- MissingExtraError (ImportError)              4    an optional dependency is not installed

"Not found" is never an error: commands exit with 1 (no) or 5 (undecided) from a result object. A message says what is wrong, which
value, what is allowed and what to do.
"""

from __future__ import annotations


class IndelibleError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code: int = 2


class InputError(IndelibleError, ValueError):
    """An argument or the content of a file is not allowed."""


class KeyFileError(InputError):
    """A key file is missing, malformed or not a key."""


class OutputError(InputError):
    """The output exists, is the input itself, or cannot be created."""


class RegistryError(InputError):
    """A registry file is missing, in use by another process, or no registry that this version understands."""


class StoreError(InputError):
    """A store of fingerprints is missing, in use, cannot be reached, or is no store that this version understands."""


class SpecError(InputError):
    """A channel specification cannot be understood."""


class CapacityError(InputError):
    """A payload is longer than the mark can carry."""


class MediaError(IndelibleError, OSError):
    """A file cannot be opened, decoded or encoded."""

    exit_code = 3


class UnsupportedMediaError(MediaError):
    """Valid media of a kind that is not handled."""


class LimitError(MediaError):
    """Media that goes beyond the configured limits."""


class MissingExtraError(IndelibleError, ImportError):
    """An optional dependency is not installed."""

    exit_code = 4


def missing_extra(package: str, *, extra: str) -> MissingExtraError:
    """Return the error for a missing optional ``package``, with the line that installs it."""
    return MissingExtraError(f"{package} is not installed; run: pip install 'indelible[{extra}]'")
