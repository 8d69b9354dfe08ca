"""Looking into pages: well-formed, self-contained, and what their pictures and charts hold."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

_VOID = {"meta", "img", "br"}
_LEADS_OUT = re.compile(r"""(?:https?:)?//[a-z0-9]|@import|url\(|<script|<link|<iframe|\son\w+=""", re.IGNORECASE)


class Page(HTMLParser):
    """A parsed page. Tags that do not match are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.words = ""
        self.images: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    @classmethod
    def of(cls, path: Path) -> "Page":
        return cls(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs)["src"])
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        if tag not in _VOID:
            assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] != ["style"]:
            self.words += data

    @property
    def charts(self) -> list[ET.Element]:
        return [ET.fromstring(text) for text in re.findall(r"<svg.*?</svg>", self.text, flags=re.DOTALL)]

    @property
    def references(self) -> list[str]:
        """What would be fetched from somewhere, the data of pictures left out."""
        return _LEADS_OUT.findall(re.sub(r'"data:image/[^"]*"', '""', self.text))
