"""How many pictures real encoders hold back before the first one comes out."""

import math

import av
import numpy as np
import pytest

from indelible.errors import InputError
from indelible.video.delay import delay_options
from indelible.video.encoders import EncoderSettings, encoder_name, encoder_options

PRESETS = {
    "x264": ("ultrafast", "veryfast", "medium", "slow", "veryslow"),
    "x265": ("ultrafast", "medium", "slow", "veryslow"),
    "av1": ("6", "8", "12"),
    "vp9": ("4", "8"),
}
CASES = [(codec, preset) for codec, presets in PRESETS.items() for preset in presets]


def held(settings: EncoderSettings, *, count: int = 110) -> int:
    """Return the most pictures that are in an encoder after each was given."""
    import fractions

    encoder = av.CodecContext.create(encoder_name(settings), "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 64, "yuv420p"
    encoder.time_base, encoder.framerate = fractions.Fraction(1, 25), fractions.Fraction(25)
    encoder.options = encoder_options(settings)
    rng = np.random.default_rng(0)
    most = inside = 0
    for index in range(count):
        picture = av.VideoFrame.from_ndarray(rng.integers(0, 255, (96, 64), np.uint8), format="yuv420p")
        picture.pts, picture.time_base = index, encoder.time_base
        inside += 1 - len(encoder.encode(picture))
        most = max(most, inside)
    rest = encoder.encode(None)
    assert len(rest) == inside, "nothing is lost"
    return most


@pytest.mark.parametrize(("codec", "preset"), CASES)
@pytest.mark.parametrize("bound", [0, 12, 50])
def test_no_more_than_asked_for(codec, preset, bound):
    # One picture is in the encoder's hands while it is encoded.
    assert held(EncoderSettings(codec, preset=preset, delay_frames=bound)) <= bound + 1


@pytest.mark.parametrize("codec", ["x264", "x265", "vp9"])
def test_the_default_between_pipes_leaves_usual_encoders_as_they_are(codec):
    settings = EncoderSettings(codec, preset=None, threads=2 if codec == "x264" else 0)
    assert held(settings) <= 50
    bounded = encoder_options(EncoderSettings(codec, threads=settings.threads, delay_frames=50))
    assert bounded == encoder_options(settings)


def test_without_a_bound_it_is_the_encoders_own():
    assert held(EncoderSettings("x264", preset="veryslow", threads=1)) > 40
    assert math.isclose(held(EncoderSettings("x264", preset="ultrafast", threads=1)), 1)


@pytest.mark.parametrize("codec", ["ffv1", "raw"])
def test_nothing_to_bound(codec):
    assert delay_options(codec, "", 0) == {}


def test_a_bound_below_zero():
    with pytest.raises(InputError, match="delay_frames"):
        EncoderSettings("x264", delay_frames=-1)
