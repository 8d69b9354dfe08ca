"""What the world does to a video: real codecs, geometry, tone, time; one after the other, the same for the same seed.

::

    channel = parse_channel("scale=short:360|x264:crf=28")
    degraded = channel.apply(clip, seed=0)
"""

from indelible.channel.attacks import ATTACKS
from indelible.channel.chain import Channel, ChannelResult, Clip, FrameStream
from indelible.channel.codecs import Encoding
from indelible.channel.effect import Effect, effect_of
from indelible.channel.ladders import LADDERS, ladder
from indelible.channel.rendition import ChannelFileResult, run_channel_file
from indelible.channel.spec import STEPS, apply_channel, parse_channel
from indelible.channel.step import Step

__all__ = [
    "ATTACKS",
    "LADDERS",
    "STEPS",
    "Channel",
    "ChannelFileResult",
    "ChannelResult",
    "Clip",
    "Effect",
    "Encoding",
    "FrameStream",
    "Step",
    "apply_channel",
    "effect_of",
    "ladder",
    "parse_channel",
    "run_channel_file",
]
