"""Charts put values where they belong."""

import math
import re
import xml.etree.ElementTree as ET

import pytest

from indelible.report.charts import Axis, Cell, Grid, Point, Rule, Series, grid_chart, line_chart, standalone, strip_chart
from indelible.report.evidence import p_axis, p_plain
from indelible.report.null import write_null_plot

LINEAR = Axis("x", ((0.0, "0"), (10.0, "10")), 0.0, 10.0)


def chart(*points, y=LINEAR, **options):
    return ET.fromstring(line_chart([Series("one", points)], x=LINEAR, y=y, title="t", **options))


def test_larger_is_further_right_and_further_up():
    (line,) = chart(Point(0, 0), Point(5, 5), Point(10, 10)).iter("polyline")
    places = [tuple(map(float, place.split(","))) for place in line.attrib["points"].split()]
    xs, ys = zip(*places, strict=True)
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1])
    assert ys[0] > ys[1]
    assert ys[0] - ys[1] == pytest.approx(ys[1] - ys[2])


def test_each_mark_has_its_shape_and_its_note():
    drawn = chart(Point(1, 1, "full", "a"), Point(2, 2, "hollow", "b"), Point(3, 3, "cross", "c <3"), Point(4, 4, "none"))
    assert [circle.attrib["class"] for circle in drawn.iter("circle")] == ["f0", "h0"]
    assert len(list(drawn.iter("path"))) == 1
    assert [note.text for note in drawn.iter("title")] == ["t", "a", "b", "c <3"]


def test_what_lies_beyond_is_at_the_edge():
    (line,) = chart(Point(-5, 3), Point(99, 3)).iter("polyline")
    (inside,) = chart(Point(0, 3), Point(10, 3)).iter("polyline")
    assert line.attrib["points"] == inside.attrib["points"]


def test_rules_and_legend_are_there():
    words = [text.text for text in chart(Point(1, 1), rules=[Rule(6.0, "threshold")]).iter("text")]
    assert {"threshold", "one", "x", "0", "10"} <= set(words)


@pytest.mark.parametrize("smallest", [-0.5, -7.0, -300.0, -20000.0])
def test_axis_of_p_grows_with_evidence_and_shows_the_threshold(smallest):
    axis = p_axis(smallest)
    shares = [axis.share(decades) for decades in (0.0, 1.0, 6.0, 9.0)]
    assert shares == sorted(shares)
    assert axis.share(0.0) == 0.0
    assert axis.share(-smallest) <= 1.0
    assert "1e-6" in [text for _, text in axis.ticks]


def test_p_values_in_words():
    assert [p_plain(math.log10(0.25)), p_plain(-61.4)] == ["0.25", "10^-61"]


def test_strips_cover_their_time():
    cells = [Cell(0.0, 1.0, 0.2), Cell(1.0, 2.0, 1.0, "second")]
    drawn = ET.fromstring(strip_chart([("row", cells)], seconds=2.0, title="t"))
    background, first, second = drawn.iter("rect")
    assert float(first.attrib["x"]) == float(background.attrib["x"])
    assert float(second.attrib["x"]) == pytest.approx(float(background.attrib["x"]) + float(background.attrib["width"]) / 2, abs=0.1)
    assert (first.attrib["opacity"], second.attrib["opacity"]) == ("0.2", "1")


def test_a_chart_of_its_own_is_a_whole_file():
    text = standalone(line_chart([], x=LINEAR, y=LINEAR, title="t"))
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert "<style>" in text
    assert len(re.findall("http", text)) == 1  # the name of the format, which is not fetched


def test_null_plot_shows_every_kind_of_footage(tmp_path):
    rows = [{"footage": name, "n": 1000, "distribution": [(-2.0, 4), (-1.0, 50), (0.0, 1000)]} for name in ("plain", "after codec")]
    write_null_plot(tmp_path / "p.svg", rows)
    text = (tmp_path / "p.svg").read_text()
    ET.fromstring(text)
    assert "after codec" in text
    assert text.count("<polyline") == 3  # and the diagonal


def test_grids_are_as_full_as_their_values():
    grids = [Grid([[0.0, 0.25], [1.0, 0.5]], "one"), Grid([[0.0]])]
    drawn = ET.fromstring(grid_chart([("row", grids)], columns=["a", "b"], title="t"))
    cells = [rect for rect in drawn.iter("rect") if "opacity" in rect.attrib]
    assert [cell.attrib["opacity"] for cell in cells] == ["0.25", "1", "0.5"]
    (right, low_left, _) = cells
    assert float(right.attrib["x"]) > float(low_left.attrib["x"])
    assert float(right.attrib["y"]) < float(low_left.attrib["y"])
    assert {"row", "a", "b"} <= {text.text for text in drawn.iter("text")}
