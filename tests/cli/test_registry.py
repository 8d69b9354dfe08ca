"""Copies for recipients: ``mark --registry``, ``detect --registry`` and ``registry``, on real files and a real encoder."""

import csv
import io
import json
import shutil
import sqlite3
from contextlib import closing
from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest

import indelible
from indelible.errors import InputError, MediaError
from indelible.registry import Registry
from indelible.workflows.certificate import check_certificate
from indelible.workflows.certify import Certification
from tests.cli.conftest import invoke
from tests.photographs import film

RECIPIENTS = ("Ann", "Ben", "Cleo")


@pytest.fixture(scope="module")
def copies(studio, tmp_path_factory) -> SimpleNamespace:
    """The studio's film in a copy for each recipient, and what marking the first one printed."""
    folder = tmp_path_factory.mktemp("copies")
    place = SimpleNamespace(registry=folder / "copies.db", files={name: folder / f"{name}.mp4" for name in RECIPIENTS}, printed=[])
    for name in RECIPIENTS:
        options = ["--preset", "veryfast", "--payload", f"for {name}", "--json"]
        result = invoke(
            "mark", studio.film, place.files[name], "--key", studio.key, "--registry", place.registry, "--recipient", name, *options
        )
        assert result.exit_code == 0, result.stderr
        place.printed.append(json.loads(result.stdout))
    return place


def pictures(path):
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="yuv420p") for frame in video.decode(video=0)]


def encode(path, frames):
    """Encode with x264 at CRF 23, by PyAV alone."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=24, width=480, height=270, options={"crf": "23", "preset": "veryfast"})
        stream.pix_fmt = "yuv420p"
        for index, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 24)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def test_the_recipient_is_named(run, studio, copies, tmp_path):
    found = tmp_path / "found.mp4"
    assert run("channel", copies.files["Ben"], found, "x264:crf=28:preset=veryfast").exit_code == 0
    result = run("detect", found, "--key", studio.key, "--registry", copies.registry)
    assert result.exit_code == 0
    assert "recipient  'Ben', p = 10^-" in result.stdout
    assert "'for Ben' (64 bits" in result.stdout
    assert "Ann" not in result.stdout
    assert not result.stderr


def test_json(run, studio, copies):
    result = run("detect", copies.files["Ann"], studio.film, "--key", studio.key, "--registry", copies.registry, "--json")
    assert result.exit_code == 1, "the film itself is not marked"
    found, film = map(json.loads, result.stdout.splitlines())
    assert (found["marked"], found["recipient"], found["registry_id"]) == (True, "Ann", 1)
    assert found["key_id"] == copies.printed[0]["key_id"] == indelible.load_key(studio.key).key_id
    assert found["payload_text"] == "for Ann"
    assert found["searched"] == 2 + 3
    (copy,) = found["copies"]
    assert (copy["registry_id"], copy["recipient"], copy["status"], copy["payload_hex"]) == (1, "Ann", "done", b"for Ann".hex())
    assert copy["log10_p"] == found["log10_p"]
    assert copy["same_content"] is True
    assert copy["likeness"] > 0.98
    assert (film["marked"], film["recipient"], film["registry_id"], film["copies"]) == (False, None, None, [])
    assert [(printed["recipient"], printed["registry_id"]) for printed in copies.printed] == [("Ann", 1), ("Ben", 2), ("Cleo", 3)]


def test_a_mark_that_was_copied_into_another_video_is_said_to_be(run, studio, copies, tmp_path):
    """Added to footage of something else: what distinguishes the copy from the film, which an insider could do without an estimate."""
    other = film(tmp_path / "other.mp4", name="flower.jpg", frames=48)
    added = []
    for marked, clean, picture in zip(pictures(copies.files["Ann"]), pictures(studio.film), pictures(other), strict=False):
        total = picture.astype(int)
        total[:270] += marked[:270].astype(int) - clean[:270]
        added.append(np.clip(total, 0, 255).astype(np.uint8))
    encode(tmp_path / "framed.mp4", added)
    result = run("detect", tmp_path / "framed.mp4", "--key", studio.key, "--registry", copies.registry)
    assert "recipient  'Ann'" in result.stdout
    assert "CAUTION" in result.stdout
    assert "its mark was copied here" in result.stdout
    honest = run("detect", copies.files["Ann"], "--key", studio.key, "--registry", copies.registry)
    assert "CAUTION" not in honest.stdout


@pytest.mark.parametrize(
    ("channel", "search"),
    [("flip=h|x264:crf=28:preset=veryfast", "fast"), ("crop=area:0.7:at=random|x264:crf=28:preset=veryfast", "full")],
    ids=["mirrored", "cut"],
)
def test_the_recipient_of_a_changed_copy_is_named_by_a_search(run, studio, copies, tmp_path, channel, search):
    found = tmp_path / "found.mp4"
    assert run("channel", copies.files["Ben"], found, channel).exit_code == 0
    assert run("detect", found, "--key", studio.key, "--registry", copies.registry).exit_code == 1
    result = run("detect", found, "--key", studio.key, "--registry", copies.registry, "--search", search, "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert ([copy["recipient"] for copy in document["copies"]], document["payload_text"]) == (["Ben"], "for Ben")
    assert document["geometry"]["flipped"] == (search == "fast")
    assert document["copies"][0]["same_content"] is True
    assert run("detect", studio.film, "--key", studio.key, "--registry", copies.registry, "--search", "fast").exit_code == 1


def test_a_mark_that_was_copied_and_mirrored_is_said_to_be(run, studio, copies, tmp_path):
    other = film(tmp_path / "other.mp4", name="flower.jpg", frames=48)
    changes = (marked.astype(int) - clean for marked, clean in zip(pictures(copies.files["Ann"]), pictures(studio.film), strict=True))
    added = [np.clip(picture + change, 0, 255).astype(np.uint8) for change, picture in zip(changes, pictures(other), strict=False)]
    encode(tmp_path / "framed.mp4", added)
    assert run("channel", tmp_path / "framed.mp4", tmp_path / "mirrored.mp4", "flip=h|x264:crf=20").exit_code == 0
    result = run("detect", tmp_path / "mirrored.mp4", "--key", studio.key, "--registry", copies.registry, "--search", "fast")
    assert "recipient  'Ann'" in result.stdout
    assert "CAUTION" in result.stdout


def test_a_copy_of_which_no_pictures_were_kept_is_found_without_a_word_on_them(run, studio, copies, tmp_path):
    shutil.copy(copies.registry, tmp_path / "old.db")
    with closing(sqlite3.connect(tmp_path / "old.db")) as file, file:
        file.execute("DELETE FROM likenesses")
    result = run("detect", copies.files["Ben"], "--key", studio.key, "--registry", tmp_path / "old.db", "--json")
    (copy,) = json.loads(result.stdout)["copies"]
    assert (copy["recipient"], copy["likeness"], copy["same_content"]) == ("Ben", None, None)


def test_the_key_alone_does_not_see_a_registered_copy(run, studio, copies):
    assert run("detect", copies.files["Ann"], "--key", studio.key).exit_code == 1


def test_the_key_itself_is_found_with_a_registry_too(run, studio, copies):
    result = run("detect", studio.found, "--key", studio.key, "--registry", copies.registry, "--json")
    found = json.loads(result.stdout)
    assert (found["marked"], found["recipient"], found["copies"]) == (True, None, [])
    assert found["log10_p"] == pytest.approx(
        json.loads(run("detect", studio.found, "--key", studio.key, "--json").stdout)["log10_p"] + np.log10(2)
    )


def test_averaged_copies_name_both_and_nobody_else(run, studio, copies, tmp_path):
    """Two recipients average their copies and encode the result anew."""
    shown = zip(pictures(copies.files["Ann"]), pictures(copies.files["Cleo"]), strict=True)
    encode(tmp_path / "mixed.mp4", [((ann.astype(np.uint16) + cleo + 1) // 2).astype(np.uint8) for ann, cleo in shown])
    page = tmp_path / "mixed.html"
    result = run("detect", tmp_path / "mixed.mp4", "--key", studio.key, "--registry", copies.registry, "--json", "--report", page)
    assert {copy["recipient"] for copy in json.loads(result.stdout)["copies"]} == {"Ann", "Cleo"}
    assert all(copy["log10_p"] <= -6 for copy in json.loads(result.stdout)["copies"])
    assert "Cleo" in page.read_text(encoding="utf-8")


def test_copies_share_no_pattern(studio, copies):
    """What two copies changed is uncorrelated, unlike with one key for both."""
    film = pictures(studio.film)
    changes = [
        np.mean([one[:270].astype(float) - two[:270] for one, two in zip(pictures(file), film, strict=True)], axis=0)
        for file in copies.files.values()
    ]
    ann, ben, _ = (change - change.mean() for change in changes)
    assert abs(np.sum(ann * ben) / np.sqrt(np.sum(ann**2) * np.sum(ben**2))) < 0.35  # the encoder's own changes are shared


def test_a_key_without_copies_is_said(run, studio, copies):
    result = run("detect", studio.film, "--key", studio.other_key, "--registry", copies.registry, "--json")
    assert result.exit_code == 1
    assert "has no copy marked with key" in result.stderr
    assert json.loads(result.stdout)["searched"] == 2


def test_each_of_several_keys_has_its_own_copies(run, studio, copies):
    result = run("detect", copies.files["Ann"], "--key", studio.other_key, "--key", studio.key, "--registry", copies.registry, "--json")
    other, own = map(json.loads, result.stdout.splitlines())
    assert (other["marked"], other["recipient"], own["marked"], own["recipient"]) == (False, None, True, "Ann")
    assert other["searched"] == own["searched"] == 2 * 2 + 3


def test_list_show_and_export(run, copies):
    listed = run("registry", "list", copies.registry).stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["1", "2", "3"]
    assert "'Ann'" in listed[0]
    documents = [json.loads(line) for line in run("registry", "list", copies.registry, "--json").stdout.splitlines()]
    assert [document["recipient"] for document in documents] == list(RECIPIENTS)
    assert {document["status"] for document in documents} == {"done"}
    assert documents[0]["duration_seconds"] == 3.0
    assert (documents[0]["settings"]["codec"], documents[0]["settings"]["preset"]) == ("x264", "veryfast")
    assert len(documents[0]["source_sha256"]) == len(documents[0]["output_sha256"]) == 64
    assert json.loads(run("registry", "show", copies.registry, 2, "--json").stdout) == documents[1]
    shown = run("registry", "show", copies.registry, 2).stdout
    assert "copy 2, done" in shown
    assert "'for Ben'" in shown
    rows = list(csv.DictReader(io.StringIO(run("registry", "export", copies.registry).stdout)))
    assert [row["nonce"] for row in rows] == [document["nonce"] for document in documents]
    assert json.loads(rows[0]["settings"]) == documents[0]["settings"]
    assert run("registry", "export", copies.registry, "--json").stdout == run("registry", "list", copies.registry, "--json").stdout
    assert run("registry", "show", copies.registry, 4).exit_code == 2


@pytest.mark.parametrize("kind", ["text", "missing", "newer", "locked"])
def test_bad_registries_are_one_line_and_2(run, studio, copies, tmp_path, monkeypatch, kind):
    monkeypatch.setattr("indelible.registry.database.PATIENCE_SECONDS", 0.05)
    bad = tmp_path / "bad.db"
    blocker = None
    if kind == "text":
        bad.write_text("This is no registry.\n" * 100)
    elif kind != "missing":
        bad.write_bytes(copies.registry.read_bytes())
        blocker = sqlite3.connect(bad, isolation_level=None)
        blocker.execute("PRAGMA user_version = 99" if kind == "newer" else "BEGIN EXCLUSIVE")
    try:
        marking = ["mark", studio.film, tmp_path / "out.mp4", "--key", studio.key, "--registry", bad, "--recipient", "Ann"]
        commands = [["detect", studio.found, "--key", studio.key, "--registry", bad], ["registry", "list", bad]]
        for command in commands if kind == "missing" else [*commands, marking]:
            result = run(*command)
            assert result.exit_code == 2
            (line,) = result.stderr.splitlines()
            assert line.startswith("indelible: error: ")
            assert str(bad) in line
        assert not (tmp_path / "out.mp4").exists()
    finally:
        if blocker is not None:
            blocker.close()


def test_a_nonce_that_is_not_the_one_of_the_marking_is_said(run, studio, copies, tmp_path):
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(copies.registry.read_bytes())
    connection = sqlite3.connect(damaged)
    connection.execute("UPDATE copies SET nonce = zeroblob(8) WHERE id = 2")
    connection.commit()
    connection.close()
    result = run("detect", studio.found, "--key", studio.key, "--registry", damaged)
    assert result.exit_code == 2
    assert "nonce and subkey_id of copy 2 do not belong together" in result.stderr


@pytest.mark.parametrize("options", [["--registry", "copies.db"], ["--recipient", "Ann"]])
def test_registry_and_recipient_go_together(run, studio, tmp_path, options):
    result = run("mark", studio.film, tmp_path / "out.mp4", "--key", studio.key, *options)
    assert result.exit_code == 2
    assert "go together" in result.stderr


def test_the_registry_is_not_input_or_output(run, studio, copies, tmp_path):
    before = copies.registry.read_bytes()
    for source, target in ((copies.registry, tmp_path / "out.mp4"), (studio.film, copies.registry)):
        result = run("mark", source, target, "--key", studio.key, "--registry", copies.registry, "--recipient", "Ann", "--force")
        assert result.exit_code == 2
        assert "is also the" in result.stderr
    assert copies.registry.read_bytes() == before


def test_a_copy_is_registered_before_anything_appears(studio, tmp_path, monkeypatch):
    """At the first byte of output, and after a crash, the entry is on the disk; what does not begin leaves none."""
    registry, key, seen = tmp_path / "copies.db", indelible.load_key(studio.key), []
    registration = indelible.Registration(registry, "Ann")

    class Crash(io.BytesIO):
        def write(self, data):
            with Registry.open(registry) as file:
                seen.extend(file.entries())
            raise OSError("the disk is full")

    with pytest.raises((MediaError, OSError)):
        indelible.mark_file(studio.film, Crash(), key, registration=registration, container="matroska")
    assert [entry.status for entry in seen[:1]] == ["pending"]
    with Registry.open(registry) as file:
        (pending,) = file.entries()
    assert (pending.status, pending.duration_seconds, pending.recipient) == ("pending", None, "Ann")
    # It is looked for all the same.
    assert indelible.RegisteredCopies.load(registry, [key]).entries == (pending,)
    # A marking that is refused beforehand is not registered.
    with pytest.raises(indelible.IndelibleError):
        indelible.mark_file(studio.film, studio.found, key, registration=registration)
    with Registry.open(registry) as file:
        assert file.entries() == (pending,)


def test_a_copy_is_certified_with_its_subkey_and_signed_with_the_key(studio, tmp_path):
    key, channel, target = indelible.load_key(studio.key), "x264:crf=28:preset=ultrafast", tmp_path / "ann.mp4"
    result = indelible.mark_file(
        studio.film,
        target,
        key,
        payload=indelible.Payload.from_text("for Ann"),
        registration=indelible.Registration(tmp_path / "copies.db", "Ann"),
        settings=indelible.EncoderSettings("x264", preset="ultrafast"),
        certification=Certification(channels=("none",), survive=channel),
    )
    assert result.certificate.marked
    assert [row["payload_ok"] for row in result.certificate.rows] == [True, True]
    assert check_certificate(tmp_path / "ann.certificate.json", key, video=target).valid
    with Registry.open(tmp_path / "copies.db") as registry:
        assert registry.entry(1).settings["survive"] == channel


@pytest.mark.parametrize("remuxed", [False, True], ids=["as it was written", "remuxed"])
def test_a_registered_copy_is_certified_with_the_registry(run, studio, copies, tmp_path, remuxed):
    source = copies.files["Ben"]
    if remuxed:
        source = tmp_path / "ben.mkv"
        with av.open(str(copies.files["Ben"])) as one, av.open(str(source), "w") as other:
            stream = other.add_stream_from_template(one.streams.video[0])
            for packet in one.demux(one.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    other.mux(packet)
    command = ["certify", source, "--key", studio.key, "--channel", "x264:crf=26:preset=ultrafast"]
    assert run(*command).exit_code == 1, "the key's own mark is not there"
    result = run(*command, "--registry", copies.registry, "-o", tmp_path / "ben.json")
    assert result.exit_code == 0, result.stderr
    assert "recipient" in result.stdout
    assert "'Ben' (copy 2" in result.stdout
    written = (tmp_path / "ben.json").read_text(encoding="utf-8")
    assert (json.loads(written)["payload_text"], json.loads(written)["key_id"]) == ("for Ben", copies.printed[0]["key_id"])
    assert "recipient" not in written
    assert run("certify", "--check", tmp_path / "ben.json", "--key", studio.key, source).exit_code == 0


def test_what_is_no_registered_copy_is_certified_as_the_keys_own(run, studio, copies):
    command = ["certify", studio.marked, "--key", studio.key, "--channel", "x264:crf=26:preset=ultrafast", "--registry", copies.registry]
    result = run(*command)
    assert result.exit_code == 0
    assert "is none of the copies" in result.stderr
    assert "recipient" not in result.stdout
    assert run("certify", "--check", "cert.json", "--key", studio.key, "--registry", copies.registry).exit_code == 2
    assert run("certify", "-", "--key", studio.key, "--registry", copies.registry).exit_code == 2


def test_a_registry_that_fails_in_the_end_does_not_cost_the_copy(studio, tmp_path, monkeypatch):
    def fail(self, entry, **done):
        raise indelible.errors.RegistryError("the registry copies.db is in use by another process")

    monkeypatch.setattr(Registry, "complete", fail)
    target, key = tmp_path / "ann.mp4", indelible.load_key(studio.key)
    settings = indelible.EncoderSettings("x264", preset="ultrafast")
    result = indelible.mark_file(
        studio.film, target, key, registration=indelible.Registration(tmp_path / "copies.db", "Ann"), settings=settings
    )
    assert any("stays 'pending'" in warning for warning in result.warnings)
    copies = indelible.RegisteredCopies.load(tmp_path / "copies.db", [key])
    (found,) = indelible.detect_file(target, [key], copies=copies)
    assert found.recipients == ("Ann",)


def test_a_recipient_has_a_name(tmp_path):
    with pytest.raises(InputError, match="recipient is empty"):
        indelible.Registration(tmp_path / "copies.db", "  ")
