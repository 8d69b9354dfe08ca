"""Nothing that comes from outside can become markup."""

import pytest

from indelible.report.markup import Markup, element, join

HOSTILE = "<script>alert('x')</script>\" onload=\"&amp;"


def test_text_and_attributes_are_escaped():
    written = element("p", HOSTILE, title=HOSTILE)
    assert "<script" not in written
    assert '" onload' not in written
    assert "&amp;amp;" in written


def test_markup_is_kept_and_adding_text_makes_it_text_again():
    inner = element("b", "x")
    assert element("p", inner, " & ") == "<p><b>x</b> &amp; </p>"
    assert not isinstance(inner + "<i>", Markup), "plain addition must not pass for safe"
    assert join(inner + "<i>") == "&lt;b&gt;x&lt;/b&gt;&lt;i&gt;"


@pytest.mark.parametrize(("name", "written"), [("class_", "class"), ("text_anchor", "text-anchor"), ("viewBox", "viewBox")])
def test_names_of_attributes(name, written):
    assert element("g", **{name: "v"}) == f'<g {written}="v"></g>'


def test_numbers_are_short_and_none_is_left_out():
    assert element("g", x=1.0, y=0.126, z=None) == '<g x="1" y="0.13"></g>'
