"""Certificates without video: what the signature holds, and what it does not let pass."""

import json

import pytest

from indelible import SecretKey, check_certificate
from indelible.errors import InputError, MediaError, OutputError
from indelible.workflows.certificate import check_place, places_beside, sha256_of, sign, write_certificate
from tests.report.pages import Page
from tests.workflows.certificates import body

KEY = SecretKey(bytes(range(32)))
OTHER = SecretKey(bytes(32))


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"not really a film")
    return path


@pytest.fixture
def certificate(tmp_path, video):
    path = tmp_path / "film.certificate.json"
    write_certificate(path, sign(body(key_id=KEY.key_id, sha256=sha256_of(video)), KEY))
    return path


def test_what_was_signed_is_genuine(certificate, video):
    result = check_certificate(certificate, KEY, video=video)
    assert result.valid
    assert (result.key_matches, result.signature_valid, result.video_matches) == (True, True, True)
    assert check_certificate(certificate, KEY).video_matches is None


def test_layout_order_and_spelling_of_numbers_do_not_matter(certificate, tmp_path):
    said = json.loads(certificate.read_text(encoding="utf-8"))
    rewritten = tmp_path / "rewritten.json"
    rewritten.write_text(json.dumps(dict(reversed(said.items()))).replace("34.0", "34"), encoding="utf-8")
    assert "34.0" in certificate.read_text(encoding="utf-8")
    assert check_certificate(rewritten, KEY).valid


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"certified": false', '"certified": true'),
        ('"x264": 34.0', '"x264": 35.0'),
        ('"margin": 4.5', '"margin": 4.6'),
        ('"created": "2026', '"created": "2027'),
        ('"alpha": 1e-06', '"alpha": 1e-09'),
        ('"target": null', '"target": false'),
    ],
)
def test_any_change_is_seen(certificate, old, new):
    text = certificate.read_text(encoding="utf-8")
    assert old in text
    certificate.write_text(text.replace(old, new, 1), encoding="utf-8")
    result = check_certificate(certificate, KEY)
    assert not result.valid
    assert (result.key_matches, result.signature_valid) == (True, False)
    assert "changed after it was signed" in result.problems[0]


def test_another_key(certificate):
    result = check_certificate(certificate, OTHER)
    assert (result.valid, result.key_matches, result.signature_valid) == (False, False, False)
    assert KEY.key_id in result.problems[0]


def test_claiming_another_key_does_not_help(certificate):
    text = certificate.read_text(encoding="utf-8")
    certificate.write_text(text.replace(KEY.key_id, OTHER.key_id), encoding="utf-8")
    result = check_certificate(certificate, OTHER)
    assert (result.valid, result.key_matches, result.signature_valid) == (False, True, False)


def test_another_video(certificate, video):
    video.write_bytes(b"not really that film")
    result = check_certificate(certificate, KEY, video=video)
    assert (result.valid, result.signature_valid, result.video_matches) == (False, True, False)
    with pytest.raises(MediaError, match="cannot read"):
        check_certificate(certificate, KEY, video=video.with_name("gone.mp4"))


@pytest.mark.parametrize("key_id", [None, 7, [], "\x1b[2J" * 4, 16 * "\ud800", 16 * "g"])
def test_odd_keys_are_not_repeated(certificate, key_id):
    said = json.loads(certificate.read_text(encoding="utf-8"))
    certificate.write_text(json.dumps(said | {"key_id": key_id}), encoding="utf-8")
    result = check_certificate(certificate, KEY)
    assert (result.key_matches, result.signature_valid) == (False, False)
    assert result.problems == (f"it was made with no key that could be one, not with key {KEY.key_id}",)


@pytest.mark.parametrize("signature", [None, 7, "", "\u00e4", []])
def test_odd_signatures_are_wrong_ones(certificate, signature):
    said = json.loads(certificate.read_text(encoding="utf-8"))
    certificate.write_text(json.dumps(said | {"signature": signature}), encoding="utf-8")
    assert not check_certificate(certificate, KEY).signature_valid


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "no json",
        '{"schema": "indelible.certificate/2"}',
        '{"schema": "indelible.certificate/1", "alpha": NaN}',
        '{"schema": "indelible.certificate/1", "alpha": 1e999}',
        '{"schema": "indelible.certificate/1", "file": "a", "file": "b"}',
        '{"schema": "indelible.certificate/1", "rows": ' + 100_000 * "[",
    ],
    ids=lambda text: text[:50],
)
def test_what_is_no_certificate_is_refused(tmp_path, text):
    path = tmp_path / "odd.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="certificate"):
        check_certificate(path, KEY)


def test_a_missing_certificate_is_bad_input(tmp_path):
    with pytest.raises(InputError, match="cannot read certificate"):
        check_certificate(tmp_path / "none.json", KEY)


def test_places(tmp_path, certificate):
    assert places_beside(tmp_path / "a.film.mp4") == (tmp_path / "a.film.certificate.json", tmp_path / "a.film.certificate.html")
    check_place(tmp_path / "new.json", overwrite=False)
    check_place(certificate, overwrite=True)
    with pytest.raises(OutputError, match="exists"):
        check_place(certificate, overwrite=False)
    with pytest.raises(OutputError, match=r"ends in \.json"):
        check_place(tmp_path / "film.mp4", overwrite=True)
    with pytest.raises(OutputError, match="no folder"):
        check_place(tmp_path / "nowhere" / "new.json", overwrite=False)


def test_the_page_says_what_was_signed(tmp_path):
    from indelible.workflows.certificate import write_page

    page = tmp_path / "certificate.html"
    certificate = sign(body(file="<film> & more.mp4", target=True), KEY)
    write_page(page, certificate)
    shown = Page.of(page)
    assert shown.references == []
    assert "<film> & more.mp4" in shown.words
    assert certificate.signature in shown.words
    assert "Certified for x264:crf=34" in shown.words
    assert "1 of 2 parts" in shown.words
    survival, parts = shown.charts
    assert len(survival.findall(".//{*}polyline")) == 2
    assert "stronger by" in "".join(parts.itertext())
    assert "5.5 dB" in shown.words


def test_the_page_of_a_file_whose_marking_nobody_knows(tmp_path):
    from indelible.workflows.certificate import write_page

    said = body(target=True)
    said["target"] |= {"floor_db": None, "parts": [part | {"raised_db": None} for part in said["target"]["parts"]]}
    write_page(tmp_path / "certificate.html", sign(said, KEY))
    shown = Page.of(tmp_path / "certificate.html")
    assert "was decided when the file was marked" in shown.words
    assert "stronger by" not in shown.words


def test_a_page_of_nothing(tmp_path):
    from indelible.workflows.certificate import write_page

    page = tmp_path / "certificate.html"
    write_page(page, sign(body(nothing=True), KEY))
    assert "Not certified" in Page.of(page).words
