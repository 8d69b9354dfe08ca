"""Named lists of channels, from gentle to hard. Data only: each line is a specification.

Sizes and rates of the platform ladders are indicative. Platforms do not promise what they deliver, change it, and choose by content; what
is cited is where a figure can be seen, not that a given upload gets it.

``youtube``
    What its player offers of an upload: H.264, VP9 and, for popular videos, AV1, at 720, 480, 360 and 240 lines (format ids 136, 135, 134,
    133; 247, 244, 243, 242; 398 to 395; list: gist.github.com/AgentOak/34d47c65b1d28829bb17c24c04a0096f). YouTube publishes no rates of
    delivery; ours are of the order that ``yt-dlp -F`` prints for ordinary videos, an estimate and not a measurement.
``social``
    The variants that the API of Twitter, now X, lists for a post: H.264 at 832k (seen for 480x480 in
    shkspr.mobi/blog/2015/02/working-with-the-twitter-videos-api), and 2176k and 256k above and below, from memory. The last two are what
    people do first: bars for a vertical feed, and a crop.
``renditions``
    What honest workers of a transcoding network deliver of one source: rungs, encoders, presets, scalers, a second generation, half
    the frame rate.
``messenger``
    Telegram for Android: at most 2.6 Mbit/s at 720, 1.0 at 480, 0.75 below (``MediaController.makeVideoBitrate`` in its source). Signal
    for Android: 2 Mbit/s at 720, 1.75 at 480 (``VideoConstants`` in its source). WhatsApp publishes no figure: 480 at 1 Mbit/s, forwarded
    once, stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from indelible.channel.chain import Channel
from indelible.channel.spec import parse_channel
from indelible.channel.step import did_you_mean
from indelible.errors import SpecError

_CHANGES = (
    *("crop=area:0.7:at=random", "crop=area:0.5:at=random", "letterbox=4:3", "pillarbox=16:9"),
    *("rotate=2", "rotate=5", "rotate=90", "flip=h", "stretch=1.1"),
    *("fps=24:of=30", "fps=30:of=60", "fps=30:of=25", "drop=0.2", "speed=0.9", "speed=1.1", "trim=random:3"),
    *("brightness=0.2", "brightness=-0.2", "contrast=0.7", "contrast=1.3", "gamma=0.7", "gamma=1.4", "hue=30", "grey", "sharpen=1"),
    *("blur=1.5", "noise=8", "captions|logo=area:0.1"),
)

# Shorter side, crf and preset of x264: the rungs that streaming ladders have, honest work of many kinds of worker.
_RUNGS = ((144, 28, "veryfast"), (240, 26, "fast"), (360, 28, "faster"), (480, 26, "veryfast"), (720, 25, "fast"), (1080, 24, "veryfast"))

LADDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "h264": tuple(f"x264:crf={crf}" for crf in (18, 23, 28, 30, 34, 40, 45, 50)),
        "hevc": tuple(f"x265:crf={crf}" for crf in (23, 28, 34, 40)),
        "av1": tuple(f"av1:crf={crf}" for crf in (30, 40, 50, 55)),
        "vp9": tuple(f"vp9:crf={crf}" for crf in (31, 37, 45, 52)),
        "certify": (
            *(f"x264:crf={crf}" for crf in (23, 28, 31, 34, 37, 40)),
            *(f"x265:crf={crf}" for crf in (23, 28, 31, 34)),
            *(f"av1:crf={crf}" for crf in (30, 40, 50)),
            *(f"vp9:crf={crf}" for crf in (31, 37, 45)),
        ),
        "youtube": (
            "scale=short:720|x264:bitrate=1500k",
            "scale=short:720|vp9:bitrate=1000k",
            "scale=short:720|av1:bitrate=800k",
            "scale=short:480|x264:bitrate=700k",
            "scale=short:480|vp9:bitrate=500k",
            "scale=short:360|x264:bitrate=400k",
            "scale=short:360|vp9:bitrate=300k",
            "scale=short:360|av1:bitrate=250k",
            "scale=short:240|x264:bitrate=200k",
            "scale=short:240|vp9:bitrate=150k",
        ),
        "social": (
            "scale=short:720|x264:bitrate=2176k",
            "scale=short:360|x264:bitrate=832k",
            "scale=short:180|x264:bitrate=256k",
            "letterbox=9:16|scale=short:360|x264:bitrate=832k",
            "crop=side:0.9|scale=short:360|x264:bitrate=832k",
        ),
        "messenger": (
            "scale=short:720|x264:bitrate=2600k",
            "scale=short:720|x264:bitrate=2000k",
            "scale=short:480|x264:bitrate=1750k",
            "scale=short:480|x264:bitrate=1000k",
            "scale=short:480|x264:bitrate=1000k|x264:bitrate=1000k",
            "scale=short:360|x264:bitrate=750k",
        ),
        "renditions": (
            *(f"scale=short:{short}|x264:crf={crf}:preset={preset}" for short, crf, preset in _RUNGS),
            *(
                "x264:crf=28:preset=veryfast",
                "x264:crf=18",
                "x264:bitrate=1500k:profile=main",
                "x265:crf=28:preset=fast",
                "av1:crf=40:preset=10",
                "vp9:crf=36:preset=8",
            ),
            *("scale=short:360:scaler=bilinear|x265:crf=30:preset=fast", "scale=short:240:scaler=lanczos|av1:crf=45:preset=10"),
            *("scale=short:480:scaler=area|vp9:crf=36:preset=8", "x264:crf=26:preset=ultrafast:gop=24:profile=baseline"),
            *("x264:crf=23:preset=fast|scale=short:360|x264:crf=28:preset=fast", "fps=30:of=60|scale=short:480|x264:bitrate=900k"),
        ),
        "geometry": (
            "scale=0.75",
            "scale=0.5",
            "scale=short:240",
            "crop=side:0.95",
            "crop=area:0.7",
            "crop=area:0.5:at=random",
            "crop=area:0.3",
            "pad=4:3",
            "pad=9:16",
            "flip=h",
            "flip=v",
            "rotate=1",
            "rotate=5",
            "rotate=90",
            "logo=area:0.05",
            "captions",
        ),
        "tone": (
            "brightness=0.1",
            "brightness=-0.2",
            "contrast=0.7",
            "contrast=1.5",
            "gamma=0.7",
            "gamma=1.5",
            "hue=30",
            "saturation=0.5",
            "saturation=1.5",
            "grey",
            "noise=4",
            "noise=10",
            "blur=1",
            "blur=2.5",
            "sharpen=1",
        ),
        "time": (
            "fps=24",
            "fps=15",
            "fps=50:by=blend",
            "speed=0.9",
            "speed=1.1",
            "speed=1.25",
            "trim=0.5:2.5",
            "drop=0.2",
            "drop=0.5",
            "duplicate=0.2",
        ),
        "world": (
            *(f"{change}|x264:crf={crf}" for change in _CHANGES for crf in (23, 28)),
            "crop=area:0.9|scale=width:480|captions|x264:crf=30|x264:crf=28",
        ),
        "robustness": (
            "none",
            "x264:crf=23",
            "x264:crf=28",
            "x264:crf=34",
            "x264:crf=40",
            "x265:crf=28",
            "av1:crf=40",
            "vp9:crf=37",
            "scale=short:360|x264:crf=28",
            "scale=short:240|x264:crf=28",
            "x264:crf=28|scale=0.6667|x264:crf=28",
        ),
    }
)


def ladder(name: str) -> tuple[Channel, ...]:
    """Return the channels of a ladder.

    Raises:
        SpecError: if there is no ladder of that name.
    """
    if name not in LADDERS:
        raise SpecError(f"unknown ladder {name!r}{did_you_mean(name, LADDERS)}; ladders: {', '.join(LADDERS)}")
    return tuple(map(parse_channel, LADDERS[name]))
