import io
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from indelible.errors import InputError, MediaError
from indelible.video import EncoderSettings, open_video, probe, write_video

FAST = EncoderSettings("x264", crf=23, preset="veryfast", threads=1)


def ffmpeg(*arguments: object) -> None:
    subprocess.run([get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)], check=True)


def mark_like(source, target, **options):
    """Write the frames of a video anew beside all its other streams, as marking does."""
    with open_video(source) as reader:
        return write_video(target, reader, options.pop("settings", FAST), info=reader.info, copy_from=source, **options)


def packets(source, kind: str) -> list[tuple[float, float, bytes]]:
    """Demux one kind of stream: decoding and presentation seconds and the bytes of every packet."""
    with av.open(io.BytesIO(source.getvalue()) if isinstance(source, io.BytesIO) else str(source)) as file:
        streams = [stream for stream in file.streams if stream.type == kind]
        return [
            (float((packet.dts or 0) * packet.time_base), float((packet.pts or 0) * packet.time_base), bytes(packet))
            for packet in file.demux(streams)
            if packet.size
        ]


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "nut", "ts"])
@pytest.mark.parametrize("start", [0.0, 0.75])
def test_sound_is_copied_bit_by_bit_and_stays_in_step(make_video, tmp_path, suffix, start):
    source = make_video("sound.mp4", audio="aac", audio_start=start, frames=50)
    target = tmp_path / f"out.{suffix}"
    assert mark_like(source, target).warnings == ()
    before, after = packets(source, "audio"), packets(target, "audio")
    if suffix != "ts":  # which puts a header before each packet
        assert [data for _, _, data in before] == [data for _, _, data in after]
    assert len(before) == len(after) > 80

    def lead(file) -> list[float]:
        with open_video(file) as reader:
            first = next(iter(reader)).pts_seconds
        return [pts - first for _, pts, _ in packets(file, "audio")]

    assert lead(target) == pytest.approx(lead(source), abs=1e-3)


def test_streams_are_interleaved(make_video, tmp_path):
    """Sound must not wait for the end of the pictures: a player with a small buffer would stall."""
    source = make_video("sound.mp4", audio="aac", frames=200)
    mark_like(source, tmp_path / "out.mkv", settings=EncoderSettings("x264", preset="medium", crf=23))
    with av.open(str(tmp_path / "out.mkv")) as file:
        times = [
            (packet.stream.type, float(packet.dts * packet.time_base)) for packet in file.demux() if packet.size and packet.dts is not None
        ]
    furthest = {"video": 0.0, "audio": 0.0}
    for kind, seconds in times:
        furthest[kind] = seconds
        assert abs(furthest["video"] - furthest["audio"]) < 0.3


def test_sound_longer_than_the_pictures_is_kept_whole(clip, tmp_path):
    source = tmp_path / "long.mp4"
    ffmpeg("-i", clip, "-f", "lavfi", "-i", "sine=duration=5", "-c:v", "copy", "-c:a", "aac", source)
    mark_like(source, tmp_path / "out.mp4")
    assert [data for _, _, data in packets(source, "audio")] == [data for _, _, data in packets(tmp_path / "out.mp4", "audio")]


@pytest.fixture
def rich(clip: Path, tmp_path: Path) -> Path:
    """A Matroska file with everything: two languages, subtitles, a font, chapters, tags."""
    (tmp_path / "words.srt").write_text("1\n00:00:00,100 --> 00:00:00,500\nHello\n\n2\n00:00:00,600 --> 00:00:00,900\nAgain\n")
    (tmp_path / "font.ttf").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "chapters.txt").write_text(
        ";FFMETADATA1\ntitle=Film\nartist=Somebody\nmy_own_key=kept\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=400\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=400\nEND=960\ntitle=Two\n"
    )
    path = tmp_path / "rich.mkv"
    tone = ["-f", "lavfi", "-i", "sine=duration=1"]
    inputs = ["-i", clip, *tone, *tone, "-i", tmp_path / "words.srt", "-i", tmp_path / "chapters.txt"]
    maps = ["-map", "0:v", "-map", "1:a", "-map", "2:a", "-map", "3:s", "-map_metadata", "4", "-map_chapters", "4"]
    codecs = ["-c:v", "copy", "-c:a:0", "aac", "-c:a:1", "libopus", "-c:s", "srt"]
    tags = ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu", "-metadata:s:a:1", "title=Kommentar"]
    flags = ["-disposition:a:0", "0", "-disposition:a:1", "default+comment", "-disposition:s:0", "forced"]
    font = ["-attach", tmp_path / "font.ttf", "-metadata:s:t", "mimetype=application/x-truetype-font"]
    ffmpeg(*inputs, *maps, *codecs, *tags, *flags, *font, path)
    return path


def describe(path: Path):
    with av.open(str(path)) as file:
        streams = [
            (
                stream.type,
                stream.codec_context.codec.canonical_name if stream.codec_context else stream.name,
                stream.metadata.get("language"),
                stream.metadata.get("title"),
                stream.disposition,
            )
            for stream in file.streams
        ]
        chapters = [
            (chapter["metadata"]["title"], float(chapter["start"] * chapter["time_base"]), float(chapter["end"] * chapter["time_base"]))
            for chapter in file.chapters()
        ]
        return streams, chapters, dict(file.metadata)


def test_everything_of_a_matroska_file_is_carried_over(rich, tmp_path):
    target = tmp_path / "out.mkv"
    assert mark_like(rich, target).warnings == ()
    (streams, chapters, tags), (new_streams, new_chapters, new_tags) = describe(rich), describe(target)
    assert new_streams == streams
    assert [kind for kind, *_ in streams] == ["video", "audio", "audio", "subtitle", "attachment"]
    assert new_chapters == chapters == [("One", 0.0, 0.4), ("Two", 0.4, 0.96)]
    kept = ("title", "ARTIST", "MY_OWN_KEY")
    assert {key: new_tags.get(key) for key in kept} == {key: tags[key] for key in kept}
    assert packets(target, "subtitle") == packets(rich, "subtitle")
    with av.open(str(target)) as file:
        (font,) = file.streams.attachments
        assert (font.name, font.mimetype, font.data) == ("font.ttf", "application/x-truetype-font", bytes(range(256)) * 8)


def test_what_a_container_cannot_hold_is_left_out_and_said(rich, tmp_path):
    summary = mark_like(rich, tmp_path / "out.mp4")
    assert len(summary.warnings) == 2
    assert "stream 3 (subtitle, subrip) was left out: mp4 cannot hold it; .mkv may" in summary.warnings[0]
    assert "attachment" in summary.warnings[1]
    streams, chapters, tags = describe(tmp_path / "out.mp4")
    assert [(kind, codec, language) for kind, codec, language, *_ in streams if kind == "audio"] == [
        ("audio", "aac", "eng"),
        ("audio", "opus", "deu"),
    ]
    assert [name for name, *_ in chapters] == ["One", "Two"]
    assert {key.lower(): value for key, value in tags.items()}["my_own_key"] == "kept"
    assert tags.get("title") == "Film"


def test_sound_of_an_unknown_codec_is_left_out_and_said(clip_with_sound, tmp_path):
    """FFmpeg gives such a stream no codec and no name (found by `make fuzz`)."""
    source = tmp_path / "damaged.mp4"
    source.write_bytes(clip_with_sound.read_bytes().replace(b"mp4a", b"what").replace(b"esds", b"none"))
    assert probe(source).streams[1] == "audio:unknown"
    summary = mark_like(source, tmp_path / "out.mp4")
    assert summary.warnings == ("stream 1 (audio, unknown) was left out: mp4 cannot hold it; .mkv may",)
    assert packets(tmp_path / "out.mp4", "video")


def test_ordinary_mp4_tags_stay_where_players_look(make_video, tmp_path):
    source = make_video(metadata={"title": "Film", "comment": "A remark"}, frames=3)
    mark_like(source, tmp_path / "out.mp4")
    data = (tmp_path / "out.mp4").read_bytes()
    assert b"\xa9nam" in data, "the classic place of a title"
    assert describe(tmp_path / "out.mp4")[2]["comment"] == "A remark"


def test_private_mp4_tags_survive(make_video, tmp_path):
    source = make_video(metadata={"title": "Film", "com.example.id": "42"}, container_options={"movflags": "use_metadata_tags"}, frames=3)
    mark_like(source, tmp_path / "out.mp4")
    assert describe(tmp_path / "out.mp4")[2]["com.example.id"] == "42"


def test_mp4_chapters_are_not_doubled(rich, tmp_path):
    """MP4 keeps chapters in a track of text; copied as a stream as well it would come out twice."""
    mark_like(rich, tmp_path / "one.mp4")
    mark_like(tmp_path / "one.mp4", tmp_path / "two.mp4")
    assert describe(tmp_path / "one.mp4")[:2] == describe(tmp_path / "two.mp4")[:2]


def test_timed_text_in_mp4_is_copied(clip, tmp_path):
    (tmp_path / "words.srt").write_text("1\n00:00:00,100 --> 00:00:00,500\nHello\n")
    source = tmp_path / "text.mp4"
    ffmpeg("-i", clip, "-i", tmp_path / "words.srt", "-c:v", "copy", "-c:s", "mov_text", source)
    assert mark_like(source, tmp_path / "out.mp4").warnings == ()
    assert [(pts, data) for _, pts, data in packets(source, "subtitle")] == [
        (pts, data) for _, pts, data in packets(tmp_path / "out.mp4", "subtitle")
    ]
    assert "subtitle, mov_text" in mark_like(source, tmp_path / "out.mkv").warnings[0]


def test_a_cover_is_copied(clip, tmp_path):
    av.VideoFrame(40, 40, "yuvj420p").save(tmp_path / "cover.jpg")
    source = tmp_path / "covered.mp4"
    ffmpeg("-i", clip, "-i", tmp_path / "cover.jpg", "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic", source)
    assert mark_like(source, tmp_path / "out.mp4").warnings == ()
    streams = describe(tmp_path / "out.mp4")[0]
    assert [(codec, disposition & av.stream.Disposition.attached_pic != 0) for _, codec, _, _, disposition in streams] == [
        ("h264", False),
        ("mjpeg", True),
    ]


def test_a_timecode_track_stays(clip, tmp_path):
    source = tmp_path / "timecode.mov"
    ffmpeg("-i", clip, "-c", "copy", "-timecode", "01:02:03:04", source)
    mark_like(source, tmp_path / "out.mov")
    with av.open(str(tmp_path / "out.mov")) as file:
        assert file.streams.video[0].metadata["timecode"] == "01:02:03:04"


def test_tags_that_are_not_utf8_are_copied_as_they_are(make_video, tmp_path):
    source = make_video(metadata={"title": "ABCDEF"}, frames=3)
    strange = b"\xe9\xff\xfe\xe8\xe0\xf6"
    source.write_bytes(source.read_bytes().replace(b"ABCDEF", strange))
    mark_like(source, tmp_path / "out.mp4")
    assert strange in (tmp_path / "out.mp4").read_bytes()


def test_times_of_a_late_irregular_source_are_kept_to_the_tick(make_video, tmp_path):
    pts = [90_000 * 3 + offset for offset in (0, 3003, 6006, 9900, 12_345, 20_000, 20_001, 31_000)]
    source = make_video("late.mp4", frames=8, pts=pts, time_base=Fraction(1, 90_000), audio="aac", audio_start=3.0)
    mark_like(source, tmp_path / "out.mp4")
    times = []
    for path in (source, tmp_path / "out.mp4"):
        with open_video(path) as reader:
            times.append([frame.pts * frame.time_base for frame in reader])
    assert [time - times[1][0] for time in times[1]] == [time - times[0][0] for time in times[0]]
    assert float(times[1][0]) == pytest.approx(float(times[0][0]), abs=1e-3)


def test_from_memory_to_memory(clip_with_sound):
    source, target = io.BytesIO(clip_with_sound.read_bytes()), io.BytesIO()
    mark_like(source, target, container="mp4")
    assert probe(target).streams == ("video:h264", "audio:aac")
    assert [data for _, _, data in packets(source, "audio")] == [data for _, _, data in packets(target, "audio")]


def test_a_pipe_cannot_be_copied_from(clip, tmp_path):
    with open_video(clip) as reader, pytest.raises(InputError, match="pipe, which can be read only once"):
        write_video(tmp_path / "out.mp4", reader, FAST, info=reader.info, copy_from="-")


def test_a_missing_source_leaves_nothing_behind(clip, tmp_path):
    with open_video(clip) as reader, pytest.raises(MediaError, match=r"no\.mp4"):
        write_video(tmp_path / "out.mp4", reader, FAST, info=reader.info, copy_from=tmp_path / "no.mp4")
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]
