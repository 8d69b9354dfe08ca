"""What a look says: the mark under the right key only, and more of it where more may be looked at."""

import json

import pytest

from indelible.bench.look import WAYS, Original, look
from indelible.bench.trial import load_clip
from indelible.channel import Clip, parse_channel
from indelible.keys import SecretKey
from indelible.mark import Embedder, Payload

KEY, OTHER = SecretKey(bytes(range(32))), SecretKey(bytes(32))
PAYLOAD = Payload(b"12345678")


@pytest.fixture(scope="module")
def clip(films):
    return load_clip(films / "china.mp4", max_seconds=1.0)


@pytest.fixture(scope="module")
def marked(clip):
    return Clip(tuple(Embedder(KEY, payload=PAYLOAD).embed(clip.frames)), clip.info)


def seen(clip, frames, way, *, key=KEY, payload=PAYLOAD):
    return look(frames, key, payload, alpha=1e-6, way=way, original=Original(clip.frames))


@pytest.mark.parametrize("way", ["plain", "reference"])
def test_nothing_is_found_under_another_key(clip, marked, way):
    found = seen(clip, marked.frames, way, key=OTHER)
    assert (found["marked"], found["payload_exact"], found["presence_seconds"], found["payload_seconds"]) == (False, False, None, None)
    assert found["symbol_error_rate"] == pytest.approx(0.5, abs=0.1)


def test_another_payload_than_expected_counts_as_wrong(clip, marked):
    found = seen(clip, marked.frames, "plain", payload=Payload(b"abcdefgh"))
    assert (found["marked"], found["payload_exact"], found["payload_wrong"]) == (True, False, True)


def test_what_each_way_finds_of_a_part_of_the_picture(clip, marked):
    cut = parse_channel("crop=side:0.8|x264:crf=23").apply(marked).frames
    found = {way: seen(clip, cut, way) for way in WAYS}
    assert [found[way]["marked"] for way in WAYS] == [False, False, True, True]
    assert found["reference"]["payload_exact"]
    assert found["reference"]["symbol_error_rate"] < 0.3 < found["plain"]["symbol_error_rate"]
    assert found["full"]["symbol_error_rate"] is None
    for way in ("full", "reference"):
        assert found[way]["geometry"]["pose"]["scale_x"] == pytest.approx(0.8, abs=0.01)
        assert found[way]["presence_seconds"] == found[way]["seconds"]
    json.dumps(found, allow_nan=False)


def test_footage_without_the_original_in_it_is_looked_at_without_it(clip, films):
    other = load_clip(films / "flower.mp4", max_seconds=1.0)
    marked = tuple(Embedder(KEY, payload=PAYLOAD).embed(other.frames))
    assert Original(clip.frames).reading(marked) is None
    assert seen(clip, marked, "reference")["marked"]
