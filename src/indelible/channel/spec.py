"""The grammar of channels: text to steps.

::

    channel = "none" | step { "|" step }
    step    = name [ "=" value ] { ":" key "=" argument }
    key     = an option of the step | "from" | "until"

``from`` and ``until``, seconds from the first picture, do any step that keeps size and times to a part of the video only. A value may
itself have colons (``crop=area:0.7``, ``trim=1:3``); a word with an equals sign behind a colon is an option. This file holds
the one table of step names; what a step accepts, its class says.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from indelible.channel.bars import Letterbox, PadAspect, PadTo, Pillarbox
from indelible.channel.chain import NONE, Channel, ChannelResult, Clip
from indelible.channel.codecs import X264, X265, Av1, Vp9
from indelible.channel.displace import MirrorHalf, Shift, Zoom
from indelible.channel.during import WINDOW_OPTIONS, During
from indelible.channel.geometry import CropBox, CropShare, Flip, Rotate, ScaleBy, ScaleShort, ScaleTo, ScaleWidth, Stretch
from indelible.channel.grading import Levels, Negate, Posterize, SwapChroma, Vignette
from indelible.channel.overlay import Captions, Logo
from indelible.channel.pixels import PixelFormat
from indelible.channel.replace import Erase, Fill
from indelible.channel.sequence import Delay, Freeze, Loop, Reorder, Reverse
from indelible.channel.step import Step, did_you_mean
from indelible.channel.texture import Blur, Noise, Sharpen
from indelible.channel.timing import Drop, Duplicate, FrameRate, Speed, Trim, TrimRandom
from indelible.channel.tone import Brightness, Contrast, Gamma, Grey, Hue, Saturation
from indelible.errors import SpecError

_STEP_CLASSES: tuple[type[Step], ...] = (
    *(X264, X265, Av1, Vp9),
    *(ScaleTo, ScaleShort, ScaleWidth, ScaleBy, Stretch, CropShare, CropBox, Rotate, Flip),
    *(PadTo, PadAspect, Letterbox, Pillarbox),
    *(Brightness, Contrast, Gamma, Hue, Saturation, Grey, PixelFormat),
    *(Noise, Blur, Sharpen, Logo, Captions),
    *(FrameRate, Speed, TrimRandom, Trim, Drop, Duplicate),
    *(Fill, Erase, Shift, Zoom, MirrorHalf),
    *(Freeze, Reverse, Delay, Loop, Reorder),
    *(Vignette, Negate, SwapChroma, Levels, Posterize),
)

#: The steps of each name; of several, the first whose shape the value has is meant.
STEPS: Mapping[str, tuple[type[Step], ...]] = MappingProxyType(
    {name: tuple(step for step in _STEP_CLASSES if step.name == name) for name in dict.fromkeys(step.name for step in _STEP_CLASSES)}
)


def parse_channel(spec: str) -> Channel:
    """Read the specification of a channel, for example ``scale=640x360|x264:crf=28``; blanks around steps do not count.

    Raises:
        SpecError: if it cannot be understood; the message says what is wrong, what is allowed and what was probably meant.
    """
    if spec.strip() == NONE:
        return Channel()
    return Channel(tuple(_parse_step(text.strip(), spec) for text in spec.split("|")))


def apply_channel(clip: Clip, channel: Channel | str, *, seed: int = 0) -> ChannelResult:
    """Apply a channel, or the channel that a specification describes, to a clip."""
    chosen = parse_channel(channel) if isinstance(channel, str) else channel
    return chosen.run(clip, seed=seed)


def _parse_step(text: str, spec: str) -> Step:
    if not text:
        raise SpecError(f"empty step in channel {spec!r}; steps are joined by one |, and the channel that does nothing is {NONE!r}")
    head, *tail = text.split(":")
    name, _, start = head.partition("=")
    if name not in STEPS:
        raise SpecError(f"unknown step {name!r} in channel {spec!r}{did_you_mean(name, STEPS)}; steps: {', '.join(STEPS)}")
    value = ":".join([start, *(word for word in tail if "=" not in word)])
    pairs = [word.partition("=")[::2] for word in tail if "=" in word]
    options = dict(pairs)
    if len(options) < len(pairs):
        raise SpecError(f"{name}: an option is given twice in {text!r}")
    for step in STEPS[name]:
        if step.fits(value):
            window = {key: options.pop(key) for key in WINDOW_OPTIONS if key in options}
            made = step.from_text(value, options)
            return During.around(made, window) if window else made
    forms = " or ".join(step.usage() for step in STEPS[name])
    raise SpecError(f"{name}: cannot read {text!r}; write {forms}")
