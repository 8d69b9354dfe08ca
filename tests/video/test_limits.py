import io
import os
import struct
import threading
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import pytest

from indelible.errors import InputError, LimitError
from indelible.video import Limits, open_video, probe, write_video
from indelible.video.encoders import EncoderSettings


def refused(source, limits: Limits) -> str:
    """Try to look at a source and to read it; return what both say."""
    with pytest.raises(LimitError) as probed:
        probe(source, limits=limits)
    with pytest.raises(LimitError) as opened, open_video(source, limits=limits):
        pytest.fail("it was opened, and a picture decoded")
    assert str(probed.value) == str(opened.value)
    assert str(source) in str(opened.value)
    assert "\n" not in str(opened.value)
    return str(opened.value)


def test_claimed_frames_are_found_out_before_decoding(clip):
    assert "says that it holds 24 frames; at most 23 are allowed: cut it" in refused(clip, Limits(frames=23))
    assert "--limit frames=N" in refused(clip, Limits(frames=1))
    assert probe(clip, limits=Limits(frames=24)).frames == 24


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
def test_claimed_seconds_are_found_out_before_decoding(make_video, name):
    path = make_video(name, frames=50)
    assert "says that it lasts 2 s; at most 1.5 s are allowed" in refused(path, Limits(seconds=1.5))
    assert probe(path, limits=Limits(seconds=2.5)).width == 96


def test_the_late_start_of_a_video_is_not_its_length(make_video):
    path = make_video("late.mkv", pts=[1000 * 3600 + 40 * index for index in range(24)], time_base=Fraction(1, 1000))
    assert probe(path, limits=Limits(seconds=1.5)).width == 96


def test_an_absurd_claim_is_refused_by_default(make_video):
    path = make_video("a.mkv", frames=3)
    data = path.read_bytes()
    at = data.index(b"\x44\x89\x88") + 3  # the duration of the segment, in milliseconds
    path.write_bytes(data[:at] + struct.pack(">d", 356_400_000) + data[at + 8 :])
    with pytest.raises(LimitError, match="says that it lasts 356400 s; at most 86400 s are allowed"):
        probe(path)


def through_a_pipe(data: bytes, limits: Limits) -> int:
    """Return how many frames come through a pipe, which cannot say how much is to come."""
    reading, writing = os.pipe()

    def feed() -> None:
        with os.fdopen(writing, "wb") as sink, suppress(BrokenPipeError):  # refused, as it should be
            sink.write(data)

    feeder = threading.Thread(target=feed)
    feeder.start()
    count = 0
    try:
        with os.fdopen(reading, "rb", buffering=0) as source, open_video(source, limits=limits) as reader:
            for _ in reader:
                count += 1
    except LimitError as error:
        raise LimitError(f"{error} [{count}]") from error
    finally:
        feeder.join()
    return count


def test_what_no_header_claims_is_counted(make_video):
    data = make_video("a.nut", codec="ffv1").read_bytes()
    assert through_a_pipe(data, Limits(frames=24, seconds=23 / 25)) == 24
    with pytest.raises(LimitError, match=r"goes on after 10 frames, the most that are allowed: cut it .* \[10\]"):
        through_a_pipe(data, Limits(frames=10))
    with pytest.raises(LimitError, match=r"goes on to 1 s; at most 0\.5 s are allowed: cut it .* \[13\]"):
        through_a_pipe(data, Limits(seconds=0.5))


def test_streams_can_be_allowed(clip_with_sound):
    assert "has more than 1 streams" in refused(clip_with_sound, Limits(streams=1))


def test_what_was_let_in_is_written(make_video, tmp_path):
    """The source is opened again for its sound; that it is beyond the default is known by then."""
    source = make_video("sound.mp4", audio="aac", frames=8)
    with open_video(source) as reader:
        info = replace(reader.info, frames=10**8, duration_seconds=1e6)
        assert Limits().admitting(info) == Limits(frames=10**8, seconds=1_000_000)
        write_video(tmp_path / "a.mkv", reader, EncoderSettings("ffv1"), info=info, copy_from=source)
    assert probe(tmp_path / "a.mkv").streams == ("video:ffv1", "audio:aac")


@pytest.mark.parametrize("limit", [{"pixels": 0}, {"streams": -1}, {"frames": 0}, {"seconds": float("nan")}])
def test_limits_are_above_zero(limit):
    (name,) = limit
    with pytest.raises(InputError, match=f"the limit of {name} is .*; it must be above 0"):
        Limits(**limit)


def test_memory_has_limits_too(clip):
    with pytest.raises(LimitError, match="the video in memory says that it holds 24 frames"):
        probe(io.BytesIO(clip.read_bytes()), limits=Limits(frames=5))
