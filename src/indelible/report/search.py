"""The page of ``indelible index search --report``: where each file was seen before, how sure that is, and the pictures to judge it by."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import BITS
from indelible.fingerprint.match import Match
from indelible.report.bands import Band, Timeline, band_chart
from indelible.report.charts import Axis, Point, Rule, Series, line_chart, time_ticks
from indelible.report.evidence import p_text
from indelible.report.markup import Markup, element, join
from indelible.report.page import facts, footer, paragraph, section, table, verdict, write_page
from indelible.report.pictures import data_uri

BGR = NDArray[np.uint8]
_HIGHEST = 160.0  # bits, on the axis of distances


@dataclass(frozen=True, slots=True, eq=False)
class MomentPictures:
    """What a file and a stored video show at moments that are said to be the same; None where there is no picture to be had."""

    query_seconds: float
    reference_seconds: float
    query: BGR | None
    reference: BGR | None


@dataclass(frozen=True, slots=True, eq=False)
class ShownMatch:
    """A match, what is known of the stored video, and pictures of some of its moments."""

    id: str
    seconds: float
    match: Match
    pictures: tuple[MomentPictures, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ShownSearch:
    """What was found of one file.

    Args:
        file: that was looked for.
        seconds: that it lasts.
        videos: that were searched.
        codes: of these.
        most_false_matches: what was asked for.
        matches: the surest first.
    """

    file: str
    seconds: float
    videos: int
    codes: int
    most_false_matches: float
    matches: tuple[ShownMatch, ...]

    @property
    def found(self) -> bool:
        """Whether anything was found that nothing speaks against."""
        return any(not each.match.contradicted for each in self.matches)


def write_search_report(path: str | os.PathLike[str], searches: Sequence[ShownSearch]) -> None:
    """Write the page, a section for each file.

    Raises:
        OutputError: if it cannot be written.
    """
    found = sum(each.found for each in searches)
    parts = [element("h1", f"{found} of {len(searches)} videos seen before")]
    for each in searches:
        parts += _of_file(each)
    parts.append(
        footer(
            "An expected number of false matches says how many matches as good as this one there would be if the file had nothing to do "
            "with any video that is stored. Codes can be forged: do not act against anybody on one match."
        )
    )
    write_page(path, title="Indelible: search", parts=parts)


def _of_file(search: ShownSearch) -> list[Markup]:
    known = facts(
        footage=f"{search.seconds:.1f} s",
        searched=f"{search.videos:,} videos, {search.codes:,} codes",
        reported=f"at most {search.most_false_matches:g} false matches expected",
    )
    if not search.matches:
        return [section(search.file, verdict("Not seen before", "in any of the videos that are stored", good=False), known)]
    best = search.matches[0].match
    chance = element("span", "false matches expected: ", p_text(best.log10_expected_false_matches))
    said = verdict("Seen before" if search.found else "Nothing sure", chance, good=search.found)
    parts = [section(search.file, said, known, _table(search.matches))]
    for name, group in groupby(sorted(search.matches, key=lambda each: each.id), key=lambda each: each.id):
        parts.append(_of_video(search, name, list(group)))
    return parts


def _table(matches: Sequence[ShownMatch]) -> Markup:
    header = ["stored video", "here", "there", "speed", "picture", "bits", "moments", "false matches expected"]
    return table(
        header,
        [
            [
                each.id,
                _span(each.match.query_range_seconds),
                _span(each.match.reference_range_seconds),
                f"{each.match.speed:g}",
                each.match.guess.name,
                f"{each.match.mean_distance:.0f}",
                str(each.match.moments),
                join(p_text(each.match.log10_expected_false_matches), " (contradicted)" if each.match.contradicted else ""),
            ]
            for each in matches
        ],
    )


def _of_video(search: ShownSearch, name: str, matches: list[ShownMatch]) -> Markup:
    bands = [
        Band(
            each.match.query_range_seconds,
            each.match.reference_range_seconds,
            f"{_span(each.match.query_range_seconds)} is {_span(each.match.reference_range_seconds)}",
        )
        for each in matches
    ]
    upper, lower = Timeline(f"this file: {search.file}", search.seconds), Timeline(f"stored: {name}", matches[0].seconds)
    parts = [band_chart(upper, lower, bands, title=f"Which seconds of {search.file} are which of {name}")]
    for each in matches:
        parts += _of_match(each)
    return section(name, *parts)


def _of_match(shown: ShownMatch) -> list[Markup]:
    match = shown.match
    how = f"{match.guess.name}, {match.speed:g} times as fast" if match.speed != 1.0 else match.guess.name
    moving = "nothing moves" if match.agreement is None else f"what moves agrees to {match.agreement:.2f}"
    against = "; so it is another take, not the same scene" if match.contradicted else ""
    said = f"{_span(match.query_range_seconds)} here, {_span(match.reference_range_seconds)} there: {how}; {moving}{against}."
    parts = [paragraph(said), *(_pictures(each) for each in shown.pictures)]
    if len(match.pairs) > 1:
        parts.append(_distances(match))
    return parts


def _pictures(moment: MomentPictures) -> Markup:
    def figure(picture: BGR | None, whose: str, seconds: float) -> Markup:
        words = f"{whose}, {seconds:.1f} s"
        if picture is None:
            return element("figure", element("figcaption", f"{words}: no picture, the file is not there"))
        return element("figure", element("img", src=data_uri(picture), alt=words), element("figcaption", words))

    here, there = figure(moment.query, "here", moment.query_seconds), figure(moment.reference, "there", moment.reference_seconds)
    return element("div", here, there, class_="two")


def _distances(match: Match) -> Markup:
    times = [pair.query_seconds for pair in match.pairs]
    low, high = min(times), max(times)
    ticks = [low + at for at in time_ticks(high - low)]
    points = tuple(
        Point(
            pair.query_seconds,
            float(pair.distance),
            "full",
            f"{pair.query_seconds:g} s is {pair.reference_seconds:g} s: {pair.distance} bits",
        )
        for pair in match.pairs
    )
    return line_chart(
        [Series("bits that differ", points)],
        x=Axis("second of this file at which the moment begins", tuple((at, f"{at:g}") for at in ticks), low, max(high, low + 0.1)),
        y=Axis("bits of 256", tuple((float(bits), str(bits)) for bits in range(0, int(_HIGHEST) + 1, 32)), 0.0, _HIGHEST),
        title="Distance of the codes along the match",
        rules=[Rule(BITS / 2, f"unrelated pictures: {BITS // 2} on average")],
    )


def _span(seconds: tuple[float, float]) -> str:
    return f"{seconds[0]:.1f}\u2013{seconds[1]:.1f} s"
