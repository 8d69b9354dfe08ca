"""The reference pages say what the commands do."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_commands", DOCS / "write_commands.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_commands_page_is_current(writer):
    assert writer.PAGE.read_text(encoding="utf-8") == writer.page(), "the help has changed; run: python docs/write_commands.py"


def documented() -> dict[str, list[str]]:
    """Return the fields of each schema in json.md, in order."""
    fields: dict[str, list[str]] = {}
    for section in (DOCS / "reference" / "json.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        rows = re.findall(r"^\| (`[^|]*) \|", section, flags=re.MULTILINE)
        fields[section.split("\n")[0]] = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    return fields


def test_json_page_names_every_field_and_no_other(run, studio, tmp_path):
    printed = [
        studio.marking,
        json.loads(run("detect", studio.found, "--key", studio.key, "--json").stdout),
        json.loads(run("channel", studio.found, tmp_path / "out.mkv", "none", "--json").stdout),
        json.loads(run("key", "show", studio.key, "--json").stdout),
        json.loads(run("doctor", "--json").stdout),
    ]
    fields = documented()
    for document in printed:
        assert fields[document["schema"]] == list(document)
