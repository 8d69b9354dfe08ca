"""The page of a search: where, how sure, and pictures of both sides, with nothing fetched from anywhere."""

from dataclasses import replace

import numpy as np
import pytest

from indelible.errors import OutputError
from indelible.fingerprint.match import Match, Pair
from indelible.fingerprint.query import Guess
from indelible.report.bands import Band, Timeline, band_chart
from indelible.report.search import MomentPictures, ShownMatch, ShownSearch, write_search_report
from tests.report.pages import Page

PICTURE = np.full((20, 30, 3), 90, np.uint8)
MATCH = Match(
    video=3,
    query_range_seconds=(2.0, 6.0),
    reference_range_seconds=(31.0, 35.0),
    speed=1.0,
    guess=Guess("crop 10%", 1),
    log10_expected_false_matches=-42.3,
    mean_distance=21.0,
    moments=3,
    agreement=0.91,
    pairs=(Pair(2.0, 31.0, 17), Pair(3.0, 32.0, 20), Pair(4.0, 33.0, 26)),
    moment_seconds=2.0,
)


@pytest.fixture
def searches():
    pictures = (MomentPictures(3.0, 32.0, PICTURE, PICTURE), MomentPictures(4.0, 33.0, PICTURE, None))
    sure = ShownMatch("<film> & more.mp4", 90.0, MATCH, pictures)
    doubtful = ShownMatch("take 2.mp4", 8.0, replace(MATCH, agreement=0.05, log10_expected_false_matches=-5.0, pairs=MATCH.pairs[:1]))
    return [
        ShownSearch("found.mp4", 10.0, 4, 720, 1e-3, (sure, doubtful)),
        ShownSearch("other.mp4", 5.0, 4, 720, 1e-3, ()),
        ShownSearch("take 1.mp4", 5.0, 4, 720, 1e-3, (doubtful,)),
    ]


def test_a_page_of_a_search(searches, tmp_path):
    write_search_report(tmp_path / "found.html", searches)
    page = Page.of(tmp_path / "found.html")
    assert page.references == []
    assert "1 of 3 videos seen before" in page.words
    assert "<film> & more.mp4" in page.words
    assert "Not seen before" in page.words
    assert "Nothing sure" in page.words
    assert "another take" in page.words
    assert "10\u221242" in page.words
    assert len(page.images) == 3
    assert page.words.count("no picture") == 1
    assert len(page.charts) == 4  # three pairs of timelines, and distances where there is more than one


def test_the_chart_of_distances_has_all_pairs(searches, tmp_path):
    write_search_report(tmp_path / "found.html", searches[:1])
    notes = [title.text for chart in Page.of(tmp_path / "found.html").charts for title in chart.iter() if title.tag.endswith("title")]
    assert "3 s is 32 s: 20 bits" in notes


def test_bands_join_what_belongs_together():
    bands = [Band((0.0, 5.0), (50.0, 100.0), "one"), Band((5.0, 10.0), (0.0, 50.0), "two")]
    chart = Page(band_chart(Timeline("a", 10.0), Timeline("b", 100.0), bands, title="which")).charts[0]
    corners = [shape.get("points") for shape in chart.iter() if shape.tag.endswith("polygon")]
    first = [float(corner.split(",")[0]) for corner in corners[0].split()]
    assert first[0] < first[1] == first[3] < first[2]
    assert len({shape.get("fill") for shape in chart.iter() if shape.tag.endswith("polygon")}) == 2


def test_a_page_that_cannot_be_written(searches, tmp_path):
    with pytest.raises(OutputError):
        write_search_report(tmp_path / "none" / "found.html", searches)
