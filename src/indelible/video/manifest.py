"""Manifests of DASH (MPD, ISO/IEC 23009-1) for a whole video in files beside it; nothing else is ever followed.

The XML is read by Expat without document types: no entity is ever expanded, and nothing outside of the file is asked for. What a manifest
says of numbers is checked before anything is counted out.
"""

from __future__ import annotations

import itertools
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from indelible.errors import LimitError, UnsupportedMediaError
from indelible.video.playlist import MOST_SEGMENTS, SegmentList, file_beside, playlist_text, segments_named

__all__ = ["MANIFEST_SUFFIX", "manifest_and_representation", "manifest_segments"]

MANIFEST_SUFFIX = ".mpd"
_MOST_ELEMENTS = 4 * MOST_SEGMENTS
_DEEPEST = 32
_WIDEST = 20  # digits of a number in a name

_CHOSEN = re.compile(r"(.*\.mpd)#(.+)", re.IGNORECASE | re.DOTALL)
_LENGTH = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?")
_IDENTIFIER = re.compile(r"\$(?:(RepresentationID)|(Number|Time|Bandwidth)(?:%0(\d{1,2})d)?|)\$")
_ENCRYPTED = "is encrypted (ContentProtection); decrypt it first"
_PARTS_OF_FILES = "names parts of files; write a file for each segment, or give the file itself"


@dataclass(frozen=True, slots=True)
class _Representation:
    """The elements that describe one representation, from the period down to itself, and what names in it are relative to."""

    manifest: Path
    levels: tuple[Element, ...]
    base: str
    seconds: float | None  # of the period

    @property
    def id(self) -> str:
        return self.levels[-1].get("id", "")

    @property
    def kind(self) -> str:
        """What it is of: "video", "audio", ..."""
        for level in reversed(self.levels):
            for name in ("contentType", "mimeType"):
                if said := level.get(name):
                    return said.split("/")[0]
        return "video" if any(level.get("width") for level in self.levels) else ""


def manifest_and_representation(path: str | os.PathLike[str]) -> tuple[Path, str | None]:
    """Return the file that a path names, and the id of a representation where it is of the form ``film.mpd#ID``."""
    chosen = _CHOSEN.fullmatch(os.fspath(path))
    return (Path(path), None) if chosen is None or os.path.exists(path) else (Path(chosen[1]), chosen[2])


def manifest_segments(manifest: Path, representation: str | None = None) -> SegmentList:
    """Return the segments of the pictures that a manifest names, and the files of its sound and text.

    Args:
        manifest: of a whole video (``type="static"``) in one period.
        representation: id of one of the pictures' representations; None if there is only one.

    Raises:
        MediaError: if it, or a file that it names, is missing or empty.
        UnsupportedMediaError: if it names anything outside of its folder, or cannot be read as one video.
        LimitError: if it names too many files.
    """
    root = _parsed(manifest)
    if root.get("type", "static") != "static":
        raise UnsupportedMediaError(f'{manifest} is of a stream that goes on (type="dynamic"); give the manifest of a whole video')
    everything = list(_representations(manifest, root))
    pictures = [each for each in everything if each.kind == "video"]
    ids = ", ".join(repr(each.id) for each in pictures[:8]) or "none"
    if representation is not None:
        pictures = [each for each in pictures if each.id == representation]
        if len(pictures) != 1:
            raise UnsupportedMediaError(f"{manifest} has {len(pictures)} representations {representation!r} of pictures; it has {ids}")
    elif len(pictures) != 1:
        raise UnsupportedMediaError(
            f"{manifest} has {len(pictures)} representations of pictures (id {ids}); give one of them: {manifest.name}#ID"
        )
    segments = _segments(pictures[0])
    others = dict.fromkeys(itertools.chain(*(_segments(each).files for each in everything if each.kind != "video")))
    return replace(segments, others=tuple(file for file in others if file not in segments.files))


def _parsed(manifest: Path) -> Element:
    """Return the tree of a manifest, of which names are without their namespaces."""
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = count = 0

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > _DEEPEST or count > _MOST_ELEMENTS:
            raise LimitError(f"{manifest} has more than {_MOST_ELEMENTS} elements, or some within more than {_DEEPEST}; is it a manifest?")
        builder.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(name))

    def refused(*_: object) -> None:
        raise UnsupportedMediaError(f"{manifest} declares a document type or entities, which no manifest needs; remove them")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refused
    try:
        parser.Parse(playlist_text(manifest), True)
        root = builder.close()
    except (expat.ExpatError, ParseError, ValueError) as error:
        raise UnsupportedMediaError(f"{manifest} is no XML ({error}); is it a manifest of DASH?") from error
    if root.tag != "MPD":
        raise UnsupportedMediaError(f"{manifest} begins with <{root.tag:.40}>, not with <MPD>; is it a manifest of DASH?")
    return root


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _representations(manifest: Path, root: Element) -> Iterator[_Representation]:
    periods = root.findall("Period")
    if len(periods) != 1:
        raise UnsupportedMediaError(f"{manifest} has {len(periods)} periods, which are a video each; give a manifest of one")
    for element in root.iter():
        if element.tag == "ContentProtection":
            raise UnsupportedMediaError(f"{manifest} {_ENCRYPTED}")
        if element.get("href") is not None:
            raise UnsupportedMediaError(f"{manifest} has parts elsewhere (xlink:href), which are not followed; put them into it")
    (period,) = periods
    length = period.get("duration") or root.get("mediaPresentationDuration")
    seconds = None if length is None else _seconds(manifest, length)
    for group in period.findall("AdaptationSet"):
        for representation in group.findall("Representation"):
            base = ""
            for level in (root, period, group, representation):
                said = level.findtext("BaseURL")
                base = base if said is None else _below(base, said.strip())
            yield _Representation(manifest, (period, group, representation), base, seconds)


def _segments(of: _Representation) -> SegmentList:
    """Return the files of one representation."""
    for how, named in (("SegmentTemplate", _by_template), ("SegmentList", _by_list)):
        elements = [element for level in of.levels if (element := level.find(how)) is not None]
        if elements:
            header, names = named(of, elements)
            return segments_named(
                of.manifest, None if header is None else _below(of.base, header), [_below(of.base, name) for name in names]
            )
    if not of.base or of.base.endswith("/"):
        raise UnsupportedMediaError(f"{of.manifest} names no files for its representation {of.id!r}")
    return SegmentList(of.manifest.parent, of.manifest, None, (file_beside(of.manifest, of.base),))


def _by_template(of: _Representation, elements: Sequence[Element]) -> tuple[str | None, list[str]]:
    """Return the names that templates make; those of the inner elements count more."""
    said = {name: value for element in elements for name, value in element.attrib.items()}
    timelines = [element for template in elements if (element := template.find("SegmentTimeline")) is not None]
    scale, first = _number(of, said, "timescale", 1), _number(of, said, "startNumber", 1)
    if "media" not in said:
        raise UnsupportedMediaError(f"{of.manifest} has a template without names of segments")
    if scale < 1:
        raise UnsupportedMediaError(f"{of.manifest} counts {scale} units of time to the second; correct timescale")
    if timelines:
        times = _times(of, timelines[-1], None if of.seconds is None else of.seconds * scale)
    else:
        length = _number(of, said, "duration", 0)
        if "endNumber" in said:
            count = _number(of, said, "endNumber", 0) - first + 1
        elif of.seconds is None or length == 0:
            raise UnsupportedMediaError(f"{of.manifest} does not say how many segments there are; state duration and endNumber")
        else:
            count = math.ceil(round(of.seconds * scale / length, 6))
        times = [index * length for index in range(_checked(of, count))]
    names = [_filled(of, said["media"], number=first + index, time=time) for index, time in enumerate(times)]
    header = said.get("initialization")
    return None if header is None else _filled(of, header), names


def _times(of: _Representation, timeline: Element, end: float | None) -> list[int]:
    """Return when each segment of a timeline begins, in its own units."""
    times: list[int] = []
    now = 0
    entries = timeline.findall("S")
    for place, entry in enumerate(entries):
        now = _number(of, entry.attrib, "t", now)
        length, again = _number(of, entry.attrib, "d", 0), _number(of, entry.attrib, "r", 0)
        if again < 0:  # until the next entry, or the end
            until = _number(of, entries[place + 1].attrib, "t", 0) if place + 1 < len(entries) else end
            if until is None or length == 0:
                raise UnsupportedMediaError(f"{of.manifest} does not say how often a segment of its timeline is repeated; state r")
            again = math.ceil(round((until - now) / length, 6)) - 1
        _checked(of, len(times) + again + 1)
        times += [now + index * length for index in range(again + 1)]
        now += (again + 1) * length
    return times


def _by_list(of: _Representation, elements: Sequence[Element]) -> tuple[str | None, list[str]]:
    """Return the names that the innermost list gives."""
    starts = [start for element in elements if (start := element.find("Initialization")) is not None]
    listed = elements[-1].findall("SegmentURL")
    if any("range" in each.attrib for each in starts) or any("mediaRange" in each.attrib or "media" not in each.attrib for each in listed):
        raise UnsupportedMediaError(f"{of.manifest} {_PARTS_OF_FILES}")
    return (starts[-1].get("sourceURL") if starts else None), [each.get("media", "") for each in listed]


def _filled(of: _Representation, template: str, *, number: int | None = None, time: int | None = None) -> str:
    """Return a template's name."""
    values = {"Number": number, "Time": time, "Bandwidth": _number(of, of.levels[-1].attrib, "bandwidth", 0)}

    def value(found: re.Match[str]) -> str:
        if found[1]:
            return of.id
        if not found[2]:
            return "$"
        filled, width = values[found[2]], int(found[3] or 1)
        if filled is None or width > _WIDEST:
            raise UnsupportedMediaError(f"{of.manifest} has a name that cannot be filled in: {template!r:.200}")
        return f"{filled:0{width}d}"

    return _IDENTIFIER.sub(value, template)


def _below(base: str, name: str) -> str:
    """Return a name relative to a base; what is absolute stays so, and is refused where files are looked for."""
    absolute = name.startswith("/") or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", name) is not None
    return name if absolute else base[: base.rfind("/") + 1] + name


def _checked(of: _Representation, count: int) -> int:
    if count > MOST_SEGMENTS:
        raise LimitError(f"{of.manifest} names {count} segments; at most {MOST_SEGMENTS} are allowed: split it")
    return max(0, count)


def _number(of: _Representation, said: Mapping[str, str], name: str, default: int) -> int:
    text = said.get(name)
    if text is None:
        return default
    if re.fullmatch(r"-?\d{1,18}", text.strip(), re.ASCII) is None:
        raise UnsupportedMediaError(f"{of.manifest}: {name} is {text!r:.60}, no whole number; correct it")
    return int(text)


def _seconds(manifest: Path, text: str) -> float:
    found = _LENGTH.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        raise UnsupportedMediaError(f"{manifest}: the length {text!r:.60} is none, such as PT1M30.5S; correct it")
    return sum(float(part or 0) * unit for part, unit in zip(found.groups(), (86400, 3600, 60, 1), strict=True))
