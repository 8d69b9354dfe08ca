"""Manifests of DASH: what they may name, and how they are read and written as one video."""

import os
import re

import pytest

from indelible.errors import InputError, LimitError, MediaError, UnsupportedMediaError
from indelible.video import manifest as module
from indelible.video import open_video
from indelible.video.playlist import MOST_SEGMENTS
from indelible.video.segmented import check_segments_hold
from indelible.video.segments import is_segmented, segment_list
from tests.segments import ffmpeg

NAMESPACE = 'xmlns="urn:mpeg:dash:schema:mpd:2011"'


@pytest.fixture
def folder(tmp_path):
    for name in ("init.mp4", "init-v.mp4", *(f"s{index}.m4s" for index in range(1, 6)), "s0.m4s", "s48000.m4s", "s96000.m4s", "v-002.m4s"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def manifest(folder, representation, *, attributes="", more="", head="", period=""):
    text = (
        f'{head}<MPD {NAMESPACE} type="static" mediaPresentationDuration="PT7.5S" {attributes}>{more}<Period {period}>'
        f'<AdaptationSet contentType="video"><Representation id="v" bandwidth="900">{representation}</Representation></AdaptationSet>'
        "</Period></MPD>"
    )
    (folder / "film.mpd").write_text(text, encoding="utf-8")
    return folder / "film.mpd"


def files(segments):
    return [str(file.relative_to(segments.folder)) for file in segments.files]


NAMED = {
    "numbers": (
        '<SegmentTemplate initialization="init.mp4" media="s$Number$.m4s" duration="2000" timescale="1000"/>',
        ["init.mp4", "s1.m4s", "s2.m4s", "s3.m4s", "s4.m4s"],
    ),
    "numbers from two on, with an end": (
        '<SegmentTemplate initialization="init-$RepresentationID$.mp4" media="s$Number$.m4s" startNumber="2" endNumber="3"/>',
        ["init-v.mp4", "s2.m4s", "s3.m4s"],
    ),
    "width": (
        '<SegmentTemplate initialization="init.mp4" media="$RepresentationID$-$Number%03d$.m4s" startNumber="2" duration="8"/>',
        ["init.mp4", "v-002.m4s"],
    ),
    "times": (
        '<SegmentTemplate initialization="init.mp4" media="s$Time$.m4s" timescale="24000">'
        '<SegmentTimeline><S t="0" d="48000" r="1"/><S d="7"/></SegmentTimeline></SegmentTemplate>',
        ["init.mp4", "s0.m4s", "s48000.m4s", "s96000.m4s"],
    ),
    "times to the end": (
        '<SegmentTemplate initialization="init.mp4" media="s$Number$.m4s" timescale="10">'
        '<SegmentTimeline><S t="5" d="20" r="-1"/><S t="45" d="30"/></SegmentTimeline></SegmentTemplate>',
        ["init.mp4", "s1.m4s", "s2.m4s", "s3.m4s"],
    ),
    "a list": (
        '<SegmentList><Initialization sourceURL="init.mp4"/><SegmentURL media="s2.m4s"/><SegmentURL media="s1.m4s"/></SegmentList>',
        ["init.mp4", "s2.m4s", "s1.m4s"],
    ),
    "a file": ('<BaseURL>s4.m4s</BaseURL><SegmentBase indexRange="0-7"/>', ["s4.m4s"]),
    "a dollar": ('<SegmentTemplate media="s$$$Number$.m4s" endNumber="1"/>', None),
}


@pytest.mark.parametrize("how", NAMED)
def test_what_is_named(folder, how):
    body, expected = NAMED[how]
    place = manifest(folder, body)
    assert is_segmented(place)
    if expected is None:
        with pytest.raises(MediaError, match=r"names s\$1.m4s, which cannot be opened"):
            segment_list(place)
        return
    for source in (place, folder):
        segments = segment_list(source)
        assert files(segments) == expected
        assert (segments.playlist, segments.header is None) == (place, how == "a file")


def test_what_outer_elements_say_holds_within(folder):
    (folder / "a").mkdir()
    (folder / "a" / "b").mkdir()
    for name in ("init.mp4", "s3.m4s"):
        (folder / "a" / "b" / name).write_bytes(b"x")
    text = (
        f'<MPD {NAMESPACE}><BaseURL>a/</BaseURL><Period duration="PT0H0M4S">'
        '<SegmentTemplate timescale="2" startNumber="3" duration="8"/>'
        '<AdaptationSet mimeType="video/mp4"><BaseURL>b/here.mpd</BaseURL>'
        '<SegmentTemplate initialization="init.mp4" media="s$Number$.m4s"/>'
        '<Representation id="1"/></AdaptationSet></Period></MPD>'
    )
    (folder / "film.mpd").write_text(text, encoding="utf-8")
    assert files(segment_list(folder / "film.mpd")) == ["a/b/init.mp4", "a/b/s3.m4s"]


def test_one_of_several_is_given_by_its_id(folder):
    text = (
        f'<MPD {NAMESPACE}><Period><AdaptationSet contentType="video">'
        '<Representation id="low"><BaseURL>s1.m4s</BaseURL></Representation>'
        '<Representation id="high"><BaseURL>s2.m4s</BaseURL></Representation></AdaptationSet>'
        '<AdaptationSet mimeType="audio/mp4"><Representation id="sound"><BaseURL>s3.m4s</BaseURL></Representation></AdaptationSet>'
        "</Period></MPD>"
    )
    place = folder / "film.mpd"
    place.write_text(text, encoding="utf-8")
    chosen = segment_list(f"{place}#high")
    assert (files(chosen), [file.name for file in chosen.others]) == (["s2.m4s"], ["s3.m4s"])
    assert is_segmented(f"{place}#high")
    with pytest.raises(UnsupportedMediaError, match=r"2 representations of pictures \(id 'low', 'high'\); give one of them: film.mpd#ID"):
        segment_list(place)
    with pytest.raises(UnsupportedMediaError, match="0 representations 'sound' of pictures"):
        segment_list(f"{place}#sound")


def test_what_holds_the_pictures_is_none_of_the_other_files(folder):
    """They are copied as they are: a file of pictures among them would come out without a mark."""
    text = (
        f'<MPD {NAMESPACE}><Period><AdaptationSet contentType="video"><Representation id="v"><SegmentList><SegmentURL media="s1.m4s"/>'
        '</SegmentList></Representation></AdaptationSet><AdaptationSet contentType="audio"><Representation id="a"><SegmentList>'
        '<SegmentURL media="%73%31.m4s"/><SegmentURL media="s2.m4s"/></SegmentList></Representation></AdaptationSet></Period></MPD>'
    )
    (folder / "film.mpd").write_text(text, encoding="utf-8")
    assert [file.name for file in segment_list(folder / "film.mpd").others] == ["s2.m4s"]


ELSEWHERE = [
    "http://example.org/s1.m4s",
    "https:s1.m4s",
    "file:///etc/passwd",
    "data:video/mp4;base64,AAAA",
    "concat:s1.m4s|s2.m4s",
    "/etc/passwd",
    "%2Fetc%2Fpasswd",
    "//example.org/s1.m4s",
    "\\\\server\\share\\s1.m4s",
    "../outside.m4s",
    "%2e%2e/outside.m4s",
    "below/../../outside.m4s",
    "link.m4s",
    "linked/outside.m4s",
    "s1%00.m4s",
    "pipe.m4s",
    "missing.m4s",
    "empty.m4s",
    "below",
]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_nothing_else_is_ever_opened(folder, name):
    inside = folder / "inside"
    inside.mkdir()
    (folder / "outside.m4s").write_bytes(b"secret")
    (inside / "below").mkdir()
    (inside / "link.m4s").symlink_to(folder / "outside.m4s")
    (inside / "linked").symlink_to(folder)
    (inside / "empty.m4s").touch()
    (inside / "ok.m4s").write_bytes(b"x")
    os.mkfifo(inside / "pipe.m4s")
    for body in (
        f"<BaseURL>{name}</BaseURL>",
        f'<SegmentList><SegmentURL media="{name}"/></SegmentList>',
        f'<SegmentList><Initialization sourceURL="{name}"/><SegmentURL media="ok.m4s"/></SegmentList>',
        f'<SegmentTemplate media="{name}" endNumber="1"/>',
        f'<BaseURL>{name}/</BaseURL><SegmentTemplate media="x$Number$.m4s" endNumber="1"/>',
    ):
        with pytest.raises(MediaError):
            segment_list(manifest(inside, body))
    assert files(segment_list(manifest(inside, "<BaseURL>ok.m4s</BaseURL>"))) == ["ok.m4s"]


@pytest.mark.parametrize("base", ["http://example.org/", "/etc/", "../", "//example.org/"])
def test_a_base_elsewhere_is_refused_at_every_level(folder, base):
    body = '<SegmentTemplate media="s$Number$.m4s" endNumber="1"/>'
    with pytest.raises(UnsupportedMediaError, match="only files beside it are read"):
        segment_list(manifest(folder, body, more=f"<BaseURL>{base}</BaseURL>"))


def test_a_template_cannot_be_led_astray_by_what_it_is_filled_with(folder):
    (folder / "film.mpd").write_text(
        f'<MPD {NAMESPACE}><Period><AdaptationSet contentType="video"><Representation id="../../etc">'
        '<SegmentTemplate media="$RepresentationID$/s$Number$.m4s" endNumber="1"/></Representation></AdaptationSet></Period></MPD>'
    )
    with pytest.raises(UnsupportedMediaError, match="outside of its folder"):
        segment_list(folder / "film.mpd")


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "a file read by an entity": '<!DOCTYPE MPD [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "an entity from the network": '<!DOCTYPE MPD SYSTEM "http://127.0.0.1:9/x.dtd">',
    "entities of entities": f'<!DOCTYPE MPD [<!ENTITY e0 "x">{BOMB}]>',
    "a parameter entity": '<!DOCTYPE MPD [<!ENTITY % x SYSTEM "http://127.0.0.1:9/"> %x;]>',
}


@pytest.mark.parametrize("what", HOSTILE)
def test_document_types_are_refused(folder, what):
    place = manifest(folder, "<BaseURL>&x;&e9;</BaseURL>", head=HOSTILE[what])
    with pytest.raises(UnsupportedMediaError, match="declares a document type or entities"):
        segment_list(place)


HUGE = {
    "segments by number": '<SegmentTemplate media="s$Number$.m4s" duration="1" timescale="999999999"/>',
    "an end": '<SegmentTemplate media="s$Number$.m4s" endNumber="999999999999999999"/>',
    "repetitions": '<SegmentTemplate media="s$Time$.m4s"><SegmentTimeline><S t="0" d="1" r="999999999999999999"/>'
    "</SegmentTimeline></SegmentTemplate>",
    "repetitions to the end": '<SegmentTemplate media="s$Time$.m4s" timescale="99999999"><SegmentTimeline><S d="1" r="-1"/>'
    "</SegmentTimeline></SegmentTemplate>",
    "elements": "<SegmentList>" + '<SegmentURL media="s1.m4s"/>' * (MOST_SEGMENTS + 1) + "</SegmentList>",
    "depth": "<a>" * 50 + "</a>" * 50,
}


@pytest.mark.parametrize("what", HUGE)
def test_huge_counts_are_refused_before_they_are_counted_out(folder, what):
    with pytest.raises(LimitError):
        segment_list(manifest(folder, HUGE[what]))


@pytest.mark.parametrize(
    ("options", "body", "says"),
    [
        ({"attributes": 'type="dynamic"'}, "", "is no XML (duplicate attribute"),
        ({}, "", "names no files"),
        ({"more": "<Period/>"}, "", "has 2 periods"),
        ({}, "<ContentProtection/>", "is encrypted"),
        ({"period": 'href="http://127.0.0.1:9/"'}, "", "has parts elsewhere"),
        ({}, '<SegmentList><SegmentURL mediaRange="0-9"/></SegmentList>', "names parts of files"),
        ({}, '<SegmentList><Initialization range="0-9"/><SegmentURL media="s1.m4s"/></SegmentList>', "names parts of files"),
        ({}, "<SegmentList/>", "names no segment"),
        ({}, '<SegmentTemplate duration="2"/>', "without names"),
        ({}, '<SegmentTemplate media="s1.m4s"/>', "does not say how many"),
        ({}, '<SegmentTemplate media="s1.m4s" duration="two"/>', "no whole number"),
        ({}, '<SegmentTemplate media="s1.m4s" duration="2" timescale="0"/>', "units of time"),
        ({}, '<SegmentTemplate media="s1.m4s" duration="2"/>', "names a file twice"),
        ({}, '<SegmentTemplate media="s$Number%099d$.m4s" duration="2"/>', "cannot be filled in"),
        ({}, '<SegmentTemplate initialization="i$Time$" media="s$Number$.m4s" duration="2"/>', "cannot be filled in"),
        ({"period": 'duration="P1Y"'}, "<BaseURL>s1.m4s</BaseURL>", "the length 'P1Y'"),
        (
            {"period": 'duration="PT1S"'},
            '<SegmentTemplate media="s$Time$"><SegmentTimeline><S r="-1"/></SegmentTimeline></SegmentTemplate>',
            "is repeated",
        ),
    ],
)
def test_manifests_that_are_not_one_video(folder, options, body, says):
    with pytest.raises(MediaError, match=re.escape(says)):
        segment_list(manifest(folder, body, **options))


def test_manifests_that_are_none(folder):
    for text in ("", "#EXTM3U\n", "<html/>", "<MPD>", f"<MPD {NAMESPACE}>&e;</MPD>"):
        (folder / "film.mpd").write_text(text)
        with pytest.raises(UnsupportedMediaError, match="is it a manifest of DASH"):
            segment_list(folder / "film.mpd")
    (folder / "film.mpd").write_text(f'<MPD {NAMESPACE} type="dynamic"><Period/></MPD>')
    with pytest.raises(UnsupportedMediaError, match="a stream that goes on"):
        segment_list(folder / "film.mpd")
    with pytest.raises(MediaError, match="No such file"):
        segment_list(folder / "no.mpd")
    (folder / "film.mpd").unlink()
    os.mkfifo(folder / "film.mpd")
    with pytest.raises(UnsupportedMediaError, match="no regular file"):
        segment_list(folder / "film.mpd")


def test_elements_are_counted(folder, monkeypatch):
    monkeypatch.setattr(module, "_MOST_ELEMENTS", 4)
    with pytest.raises(LimitError, match="more than 4 elements"):
        segment_list(manifest(folder, "<BaseURL>s1.m4s</BaseURL>"))


@pytest.mark.parametrize("options", [[], ["-use_timeline", 0], ["-single_file", 1]], ids=["timeline", "numbers", "one file"])
def test_what_ffmpeg_writes_is_read(tmp_path, options):
    place = tmp_path / "film.mpd"
    source = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=4", "-f", "lavfi", "-i", "sine=duration=4"]
    ffmpeg(*source, "-c:v", "libx264", "-g", 10, "-c:a", "aac", "-f", "dash", "-seg_duration", 1, *options, place)
    if "-single_file" in options:  # segments are parts of it
        with pytest.raises(UnsupportedMediaError, match="names parts of files"):
            segment_list(place)
        return
    with open_video(place) as reader:
        assert len(list(reader)) == 40
    segments = segment_list(place)
    assert (len(segments.segments), segments.header is not None) == (4, True)
    assert len(segments.others) > 1, "the sound"


def test_a_single_file_is_read_and_not_written_in_segments(tmp_path):
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=1", "-c:v", "libx264", tmp_path / "film.mp4")
    place = manifest(tmp_path, "<BaseURL>film.mp4</BaseURL>")
    with open_video(place) as reader:
        assert len(list(reader)) == 10
    with pytest.raises(InputError, match="mark its file by itself"):
        check_segments_hold(segment_list(place), "x264")
