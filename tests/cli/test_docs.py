"""The reference pages say what the commands do."""

import json
import re
import subprocess
import sys
from pathlib import Path

from indelible.registry import Entry, Registry
from tests.conftest import encode_video

DOCS = Path(__file__).parents[2] / "docs"


def test_commands_page_is_current():
    # In a process of its own: a command that a test called directly keeps the help option that it had then.
    program = f"import runpy; print(runpy.run_path({str(DOCS / 'write_commands.py')!r})['page'](), end='')"
    page = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    written = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    assert written == page, "the help has changed; run: python docs/write_commands.py"


def test_tables_are_what_their_commands_print():
    program = (
        f"import json, runpy; pages = runpy.run_path({str(DOCS / 'write_tables.py')!r})['pages']();"
        "print(json.dumps({str(page): text for page, text in pages.items()}))"
    )
    pages = json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)
    assert len(pages) >= 2
    for page, text in pages.items():
        assert Path(page).read_text(encoding="utf-8") == text, "a result or a table has changed; run: python docs/write_tables.py"


def documented() -> dict[str, list[str]]:
    """Return the fields of each schema in json.md, in order."""
    fields: dict[str, list[str]] = {}
    for section in (DOCS / "reference" / "json.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        rows = re.findall(r"^\| (`[^|]*) \|", section, flags=re.MULTILINE)
        fields[section.split("\n")[0]] = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    return fields


def test_json_page_names_every_field_and_no_other(run, studio, tmp_path):
    with Registry.open(tmp_path / "copies.db", write=True) as registry:
        registry.add(Entry(key_id="0" * 16, nonce=bytes(8), subkey_id="1" * 16, recipient="Ann", marked_at="2025-03-01T12:00:00Z"))
    longer = tmp_path / "longer.mp4"
    encode_video(longer, frames=90, rate=10)
    certificate = tmp_path / "certificate.json"
    certify = run("certify", studio.found, "--key", studio.key, "--channel", "none", "-o", certificate, "--json")
    store = tmp_path / "films.db"
    indexed = run("index", "add", "--store", store, studio.film, "--json")
    found = run("index", "search", "--store", store, studio.found, "--json")
    assert run("index", "add", "--store", store, studio.found, "--id", "a copy").exit_code == 0
    printed = [
        studio.marking,
        json.loads(certify.stdout),
        json.loads(run("certify", "--check", certificate, "--key", studio.key, "--json").stdout),
        json.loads(run("detect", studio.found, "--key", studio.key, "--json").stdout),
        json.loads(run("detect", longer, "--key", studio.key, "--follow", "--json").stdout.splitlines()[0]),
        json.loads(run("channel", studio.found, tmp_path / "out.mkv", "none", "--json").stdout),
        json.loads(run("key", "show", studio.key, "--json").stdout),
        json.loads(run("doctor", "--json").stdout),
        json.loads(run("registry", "show", tmp_path / "copies.db", 1, "--json").stdout),
        json.loads(indexed.stdout),
        json.loads(found.stdout),
        json.loads(run("index", "dedupe", "--store", store, "--json").stdout),
        json.loads(run("index", "info", "--store", store, "--json").stdout),
        json.loads(run("index", "remove", "--store", store, "a copy", "--json").stdout),
    ]
    signature = tmp_path / "signature.json"
    assert run("lab", "draw", "dct8", "-o", signature).exit_code == 0
    printed += [json.loads(signature.read_text()), json.loads(run("lab", "detect", studio.found, signature, "--json").stdout)]
    fields = documented()
    for document in printed:
        assert fields[document["schema"]] == list(document)
