"""A step: one thing that happens to a video, as a frozen dataclass that checks itself and can be written as text.

The fields of a step are its arguments. Those before the ``KW_ONLY`` mark make its value, in the shape that the class gives; the others
are options::

    crop=area:0.7:at=random        class CropShare: name = "crop", shape = "{kind}:{share}", option at
    `--' `------' `-------'
    name  value    option

Classes may share a name if their shapes differ: ``scale=640x360``, ``scale=0.5`` and ``scale=short:360`` are three.
"""

from __future__ import annotations

import difflib
import functools
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import Field, dataclass, fields
from typing import Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints

import numpy as np

from indelible.channel.arguments import Choice, Kind
from indelible.errors import SpecError
from indelible.frames import Frame, VideoInfo

_UNITS = ("_bps", "_deg", "_px", "_seconds")


@dataclass(frozen=True, slots=True)
class Argument:
    """One field of a step as the grammar sees it."""

    field: Field[Any]
    kind: Kind

    @property
    def key(self) -> str:
        """The name in a specification: the field's name without its unit."""
        return next((self.field.name.removesuffix(unit) for unit in _UNITS if self.field.name.endswith(unit)), self.field.name)


@functools.cache
def arguments(step: type[Step]) -> tuple[Argument, ...]:
    """Return the arguments of a step class in the order of its fields."""
    hints = get_type_hints(step, include_extras=True)
    return tuple(Argument(field, _kind(hints[field.name])) for field in fields(step))


def _kind(hint: Any) -> Kind:
    if get_origin(hint) is Literal:
        return Choice(get_args(hint))
    kind: Kind = hint.__metadata__[0]
    return kind


@dataclass(frozen=True, slots=True)
class Step(ABC):
    """One thing that happens to a video.

    Raises:
        SpecError: when a step is made with an argument that is not allowed.
    """

    name: ClassVar[str]
    #: The value behind the name, ``{key}`` for each argument; empty for a step without one.
    shape: ClassVar[str] = ""
    #: Whether media time is untouched, so that sound recorded with the pictures still fits them.
    keeps_timing: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for argument in arguments(type(self)):
            value = getattr(self, argument.field.name)
            if value is None and argument.field.default is None:
                continue
            try:
                argument.kind.check(value)
            except ValueError:
                raise SpecError(f"{self.name}: {argument.key} is {value!r}; allowed is {argument.kind}") from None

    @abstractmethod
    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        """Yield the frames after this step, in presentation order and in memory that does not grow with the length of the video.

        Args:
            frames: frames in presentation order, all of the size and pixel format that ``info`` tells.
            info: what is known of ``frames``.
            rng: the only source of randomness.
        """

    def info_after(self, info: VideoInfo) -> VideoInfo:
        """Return what is known of the video after this step."""
        return info

    def applies_to(self, info: VideoInfo) -> bool:
        """Return whether this step means anything for such a video (a step "down to 360" does not for one of 240)."""
        return True

    @classmethod
    def fits(cls, value: str) -> bool:
        """Return whether the value of a specification has the shape of this step's."""
        return cls._pattern().fullmatch(value) is not None

    @classmethod
    def from_text(cls, value: str, options: dict[str, str]) -> Self:
        """Make a step from the words of a specification.

        Args:
            value: what stands behind the name; it fits.
            options: the ``key=argument`` pairs.

        Raises:
            SpecError: if an argument is unknown or not allowed.
        """
        words = cls._pattern().fullmatch(value)
        known = {argument.key: argument for argument in arguments(cls)}
        optional = [key for key, argument in known.items() if argument.field.kw_only]
        for key in options:
            if key not in optional:
                allowed = ", ".join(optional) or "none"
                raise SpecError(f"{cls.name}: unknown option {key!r}{did_you_mean(key, optional)}; allowed: {allowed}; write {cls.usage()}")
        given = (words.groupdict() if words else {}) | options
        return cls(**{known[key].field.name: cls._read(known[key], text) for key, text in given.items()})

    @classmethod
    def usage(cls) -> str:
        """Return the form of this step in a specification, arguments in capitals."""
        value = re.sub(r"\{(\w+)\}", lambda key: key[1].upper(), cls.shape)
        options = [f"[:{argument.key}={argument.key.upper()}]" for argument in arguments(cls) if argument.field.kw_only]
        return cls.name + (f"={value}" if value else "") + "".join(options)

    def __str__(self) -> str:
        """Return canonical text: the value, and the options that differ from their defaults."""
        known = arguments(type(self))
        texts = {argument.key: argument.kind.write(getattr(self, argument.field.name)) for argument in known if not argument.field.kw_only}
        value = self.shape.format(**texts)
        options = [
            f":{argument.key}={argument.kind.write(given)}"
            for argument in known
            if argument.field.kw_only and (given := getattr(self, argument.field.name)) != argument.field.default
        ]
        return self.name + (f"={value}" if value else "") + "".join(options)

    @classmethod
    def _pattern(cls) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^:]+?)", cls.shape))

    @classmethod
    def _read(cls, argument: Argument, text: str) -> object:
        try:
            value = argument.kind.read(text)
            argument.kind.check(value)
        except ValueError:
            hint = did_you_mean(text, argument.kind.words) if isinstance(argument.kind, Choice) else ""
            raise SpecError(f"{cls.name}: {argument.key} is {text!r}{hint}; allowed is {argument.kind}") from None
        return value


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint at the known word that ``word`` probably stands for, or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
