"""``indelible certify`` and ``indelible mark --certify``: verdicts, exit codes, files."""

import json

import pytest

ROW = [
    *("channel", "log10_p", "payload_ok", "bit_error_rate", "margin", "presence_margin", "payload_margin", "certified", "bitrate_bps"),
]


@pytest.fixture(scope="module")
def certified(studio, tmp_path_factory):
    """A certificate of the studio's marked film, its page, and what making them printed."""
    from .conftest import invoke

    folder = tmp_path_factory.mktemp("certified")
    command = ["certify", studio.marked, "--key", studio.key, "--channel", "x264:crf=28", "--survive", "x264:crf=28"]
    result = invoke(*command, "-o", folder / "film.json", "--report", folder / "film.html", "--json")
    assert result.exit_code == 0, result.stderr
    return folder / "film.json", json.loads(result.stdout)


def test_json(certified, studio):
    written, document = certified
    assert json.loads(written.read_text(encoding="utf-8")) == document
    assert document["schema"] == "indelible.certificate/1"
    assert document["file"] == "marked.mp4"
    assert [row["channel"] for row in document["rows"]] == ["none", "x264:crf=28"]
    assert all(list(row) == ROW for row in document["rows"])
    assert document["survives"] == {"x264": 28.0}
    (part,) = document["target"]["parts"]
    assert (part["start_seconds"], part["end_seconds"], part["raised_db"]) == (0.0, 3.0, None)
    assert "x264:crf=28" in written.with_suffix(".html").read_text(encoding="utf-8")


def test_check(run, certified, studio):
    certificate, _ = certified
    good = run("certify", "--check", certificate, "--key", studio.key, studio.marked)
    assert (good.exit_code, good.stderr) == (0, "")
    assert "genuine and about" in good.stdout
    assert run("certify", "--check", certificate, "--key", studio.key).exit_code == 0
    for key, video in ((studio.other_key, studio.marked), (studio.key, studio.found)):
        bad = run("certify", "--check", certificate, "--key", key, video)
        assert bad.exit_code == 1
        assert "NOT VALID" in bad.stdout
        assert bad.stderr
    answer = json.loads(run("certify", "--check", certificate, "--key", studio.other_key, studio.found, "--json").stdout)
    assert (answer["valid"], answer["key_matches"], answer["signature_valid"], answer["video_matches"]) == (False, False, False, False)
    assert len(answer["problems"]) == 2


def test_a_tampered_certificate(run, certified, studio, tmp_path):
    tampered = tmp_path / "tampered.json"
    tampered.write_text(certified[0].read_text(encoding="utf-8").replace('"x264:crf=28"', '"x264:crf=38"'), encoding="utf-8")
    result = run("certify", "--check", tampered, "--key", studio.key)
    assert result.exit_code == 1
    assert "changed after it was signed" in result.stderr


def test_in_words(run, studio):
    result = run("certify", studio.marked, "--key", studio.key, "--channel", "x264:crf=51")
    assert result.exit_code == 1
    assert "NOT CERTIFIED for any channel" in result.stdout
    assert "payload lost" in result.stdout


@pytest.mark.parametrize("name", ["film", "marked"])
def test_no_mark_of_the_key(run, studio, name):
    key = studio.key if name == "film" else studio.other_key
    result = run("certify", getattr(studio, name), "--key", key, "--channel", "none")
    assert result.exit_code == 1
    assert "no mark of key" in result.stdout


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["{marked}", "--ladder", "h264", "--channel", "none"],
        ["{marked}", "--ladder", "none such"],
        ["{marked}", "--channel", "x264:crf=99"],
        ["{marked}", "--survive", "speed=1.1"],
        ["{marked}", "--channel", "none", "-o", "{key}"],
        ["{marked}", "--channel", "none", "--report", "page.txt"],
        ["{marked}", "--channel", "none", "--alpha", "2"],
        ["--check", "{marked}"],
        ["--check", "no-such-file.json"],
        ["--check", "{marked}", "--survive", "none"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_2(run, studio, options):
    result = run("certify", "--key", studio.key, *(text.format(marked=studio.marked, key=studio.key) for text in options))
    assert result.exit_code == 2
    assert result.stderr


def test_mark_and_certify(run, studio, tmp_path):
    target = tmp_path / "out.mp4"
    command = ["mark", studio.film, target, "--key", studio.key, "--payload", "copy 17", "--preset", "ultrafast"]
    result = run(*command, "--survive", "x264:crf=40", "--ladder", "youtube", "--floor", "48", "--quality", "48", "--json")
    document = json.loads(result.stdout)["certificate"]
    assert result.exit_code == 1
    assert "not certified for x264:crf=40" in result.stderr
    assert document["target"]["floor_db"] == 48.0
    assert run("certify", "--check", tmp_path / "out.certificate.json", "--key", studio.key, target).exit_code == 0
    assert (tmp_path / "out.certificate.html").stat().st_size > 1000
    again = run(*command, "--certify", "--force", "--ladder", "no such")
    assert again.exit_code == 2


@pytest.mark.parametrize(
    "options",
    [["--floor", "40"], ["--ladder", "h264"], ["--survive", "x264:crf=34", "--floor", "20"], ["--survive", "x26"]],
    ids=" ".join,
)
def test_wrong_use_of_mark_is_2(run, studio, tmp_path, options):
    assert run("mark", studio.film, tmp_path / "out.mp4", "--key", studio.key, *options).exit_code == 2
    assert run("mark", studio.film, "-", "--key", studio.key, "--certify").exit_code == 2
    assert not list(tmp_path.iterdir())
