"""The frame of every page: one HTML file with its style inside and nothing fetched from anywhere."""

from __future__ import annotations

import os
from collections.abc import Sequence

from indelible.drafts import write_whole
from indelible.report.charts import CHART_STYLE
from indelible.report.markup import Markup, element, join

_STYLE = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 980px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 44px 0 6px; }
p { margin: 6px 0 14px; max-width: 72ch; } .soft, figcaption, th { color: var(--soft); }
.verdict { margin: 26px 0; padding: 18px 22px; border-radius: 10px; border: 1px solid var(--grid); border-left: 6px solid var(--c2); }
.verdict.no { border-left-color: var(--bad); } .verdict strong { font-size: 22px; display: block; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 14px 26px; margin: 0; }
dl.facts dt { color: var(--soft); font-size: 13px; } dl.facts dd { margin: 0; font-size: 17px; overflow-wrap: anywhere; }
.three { display: grid; grid-template-columns: repeat(3, 1fr); gap: 10px; margin: 12px 0; }
.two { display: grid; grid-template-columns: repeat(2, 1fr); gap: 10px; margin: 12px 0; }
figure { margin: 0; } figure img { display: block; width: 100%; height: auto; border-radius: 4px; }
figcaption { font-size: 13px; padding-top: 4px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14.5px; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 500; border-bottom: 1px solid var(--soft); padding: 6px 10px; }
td { text-align: right; border-bottom: 1px solid var(--grid); padding: 6px 10px; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
code { font: 0.92em ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
sup { line-height: 0; } .yes { color: var(--c2); } .no-word { color: var(--bad); }
footer { margin-top: 48px; padding-top: 14px; border-top: 1px solid var(--grid); color: var(--soft); font-size: 13.5px; }
@media (max-width: 640px) { .three, .two { grid-template-columns: 1fr; } }
@media print { main { max-width: none; padding: 0; } section { break-inside: avoid; } }
"""


def write_page(path: str | os.PathLike[str], *, title: str, parts: Sequence[Markup]) -> None:
    """Write a whole page; the file appears complete or not at all, and replaces what was there.

    Raises:
        OutputError: if it cannot be written.
    """
    head = element(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        element("title", title),
        element("style", Markup(CHART_STYLE + _STYLE)),
    )
    page = join(Markup("<!doctype html>\n"), element("html", head, element("body", element("main", *parts)), lang="en"), "\n")
    write_whole(path, page)


def section(heading: str, *children: str) -> Markup:
    """Return a part of a page under a heading."""
    return element("section", element("h2", heading), *children)


def paragraph(*children: str, soft: bool = False) -> Markup:
    """Return a paragraph, in the colour of side remarks if ``soft``."""
    return element("p", *children, class_="soft" if soft else None)


def verdict(sentence: str, *details: str, good: bool) -> Markup:
    """Return the box that answers the question of the page."""
    return element("div", element("strong", sentence), *details, class_="verdict" if good else "verdict no")


def facts(**values: str) -> Markup:
    """Return a list of names and what they are; an underscore in a name is a space."""
    pairs = (element("div", element("dt", name.replace("_", " ")), element("dd", value)) for name, value in values.items())
    return element("dl", *pairs, class_="facts")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    """Return a table; its first column is text, the others are numbers."""
    top = element("thead", element("tr", *(element("th", cell) for cell in header)))
    body = element("tbody", *(element("tr", *(element("td", cell) for cell in row)) for row in rows))
    return element("div", element("table", top, body), class_="scroll")


def footer(*children: str) -> Markup:
    """Return the last lines of a page."""
    return element("footer", *children)
