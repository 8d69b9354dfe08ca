"""What is said of a video while it goes on."""

import math

import pytest

import indelible
from indelible.errors import InputError
from indelible.mark import detect
from indelible.video import EncoderSettings
from indelible.workflows.detect import Reference
from tests.photographs import film

KEY, OTHER = indelible.SecretKey(bytes(range(32))), indelible.SecretKey(bytes(32))
FAST = EncoderSettings("x264", crf=20, preset="ultrafast")


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """Nearly four windows, the registry of a copy, and the copy."""
    folder = tmp_path_factory.mktemp("marked")
    source = film(folder / "film.mp4", width=192, height=108, frames=24 * 30)
    registration = indelible.Registration(folder / "copies.db", "Ann")
    indelible.mark_file(source, folder / "copy.mp4", KEY, registration=registration, settings=FAST)
    indelible.mark_file(source, folder / "own.mp4", KEY, payload=indelible.Payload.from_text("live"), settings=FAST)
    return folder


def follow(path, keys, **options):
    looks = []
    results = indelible.detect_file(path, keys, follow=looks.append, **options)
    return looks, results


def test_each_window_is_told_of_and_the_result_is_the_ordinary_one(marked):
    looks, results = follow(marked / "own.mp4", [KEY, OTHER])
    assert [result.to_json() for result in results] == [
        result.to_json() for result in indelible.detect_file(marked / "own.mp4", [KEY, OTHER])
    ]
    assert [[now.look for now in look] for look in looks] == [[1, 1], [2, 2], [3, 3]]
    assert [look[0].detection.duration_seconds for look in looks] == pytest.approx([8.0, 16.0, 24.0])
    for mine, other in looks:
        assert mine.detection.marked
        assert mine.to_json()["payload_text"] == "live"
        assert not other.detection.marked
        assert other.detection.payload is None
    seconds = [part.start_seconds for look in looks for part in look[0].detection.segments]
    assert seconds == list(range(24)), "each second is told of once"


def test_each_look_pays_for_those_before(marked):
    looks, _ = follow(marked / "own.mp4", [KEY])
    (alone,) = indelible.detect_file(marked / "own.mp4", [KEY])
    paid = [look[0].detection.log10_correction - alone.detection.log10_correction for look in looks]
    assert paid == pytest.approx([math.log10(2), math.log10(6), math.log10(12)])
    assert sum(10.0**-each for each in paid) < 1
    plain, _ = follow(marked / "own.mp4", [OTHER])
    assert all(look[0].detection.log10_p <= 0 for look in plain)
    # A level between what a look shows with and without its price.
    first = looks[0][0].detection.log10_p
    between, _ = follow(marked / "own.mp4", [KEY], alpha=10.0 ** (max(first, -300) - 0.1)) if first > -300 else (looks, None)
    if between is not looks:
        assert not between[0][0].detection.marked
        assert between[0][0].detection.payload is None


def test_registered_copies_are_named_on_the_way(marked):
    copies = indelible.RegisteredCopies.load(marked / "copies.db", [KEY])
    looks, (result,) = follow(marked / "copy.mp4", [KEY], copies=copies)
    assert result.recipients == ("Ann",)
    for (now,) in looks:
        assert now.detection.marked
        assert [copy["recipient"] for copy in now.to_json()["copies"]] == ["Ann"]


@pytest.mark.parametrize("name", ["own", "copy"])
def test_what_was_found_is_not_searched_for_again(marked, monkeypatch, tmp_path, name):
    """A mirrored stream: one search finds the mark, later looks go on from there, and pay as if they had searched."""
    mirrored = tmp_path / "mirrored.mp4"
    indelible.channel_file(marked / f"{name}.mp4", mirrored, "flip=h|x264:crf=20:preset=ultrafast")
    options = {"search": "fast"}
    if name == "copy":
        options["copies"] = indelible.RegisteredCopies.load(marked / "copies.db", [KEY])
    alone = indelible.detect_file(mirrored, [KEY], **options)
    searches = []
    which = "search_lineup" if name == "copy" else "search"
    plainly = getattr(detect, which)
    monkeypatch.setattr(detect, which, lambda *given, **more: searches.append(1) or plainly(*given, **more))
    looks, results = follow(mirrored, [KEY], **options)
    assert [now.detection.geometry.pose.mirrored for (now,) in looks] == [True] * 3
    assert len(searches) == 1 + 1, "the first look, and the end, which is as if there had been no looks"
    assert [result.to_json() for result in results] == [result.to_json() for result in alone]
    for (now,), price in zip(looks, (2, 6, 12), strict=True):
        paid = now.detection.log10_correction - alone[0].detection.log10_correction
        # Twice as much where something dark was taken for bars when it was found.
        assert any(paid == pytest.approx(math.log10(each)) for each in (price, 2 * price))


def test_what_is_lost_is_searched_for_again(marked, tmp_path):
    """A stream whose pictures are mirrored from the second window on."""
    both = tmp_path / "both.mp4"
    indelible.channel_file(marked / "own.mp4", both, "flip=h:from=9|x264:crf=20:preset=ultrafast")
    looks, _ = follow(both, [OTHER, KEY], search="fast")
    assert [look[1].detection.marked for look in looks] == [True] * 3
    assert not any(look[0].detection.marked for look in looks)


def test_a_reference_needs_the_whole(marked):
    with pytest.raises(InputError, match="cannot be followed"):
        follow(marked / "own.mp4", [KEY], reference=Reference.load(marked / "film.mp4"))
