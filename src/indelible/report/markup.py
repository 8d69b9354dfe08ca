"""HTML and SVG as nested function calls. Text is escaped unless it is markup already, so that no file name can break a page."""

from __future__ import annotations

import html


class Markup(str):
    """Text that is finished markup and goes into a page as it is."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return an element.

    Args:
        name: of the tag.
        children: elements, or plain text, which is escaped.
        attributes: their values are escaped, None leaves one out. An underscore in a name becomes a hyphen, one at its end is dropped
            (``class_``); ``viewBox`` stays as it is.
    """
    written = "".join(
        f' {attribute.rstrip("_").replace("_", "-")}="{html.escape(_text(value))}"'
        for attribute, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    """Return pieces one after the other, plain text escaped."""
    return Markup("".join(child if isinstance(child, Markup) else html.escape(child) for child in children))


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
