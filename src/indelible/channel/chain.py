"""A channel: steps one after the other, applied to frames as they stream by or to a short clip in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from indelible.channel.codecs import Codec, Encoding
from indelible.channel.step import Step
from indelible.errors import InputError
from indelible.frames import Frame, VideoInfo

NONE = "none"


@dataclass(frozen=True, slots=True)
class Clip:
    """A short video held in memory: frames in presentation order and what is known of them."""

    frames: tuple[Frame, ...]
    info: VideoInfo

    def __post_init__(self) -> None:
        if not self.frames:
            raise InputError("a clip needs at least one frame")


@dataclass(frozen=True, slots=True)
class ChannelResult:
    """A clip after a channel, and what each of the channel's codec steps wrote, in order."""

    clip: Clip
    encodings: tuple[Encoding, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameStream:
    """Frames after a channel, made as they are asked for.

    Args:
        frames: to be iterated over once.
        info: what is known of them.
        encodings: grows by one as each codec step ends its encoding; complete when ``frames`` has ended.
    """

    frames: Iterator[Frame]
    info: VideoInfo
    encodings: list[Encoding]


@dataclass(frozen=True, slots=True)
class Channel:
    """What happens to a video, step by step; without steps, nothing.

    ``str(channel)`` is its canonical specification, and ``parse_channel`` reads that back as an equal channel. All randomness comes from
    the seed: each step draws from a stream of its own, (seed, position of the step), so that steps do not disturb each other.
    """

    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return "|".join(map(str, self.steps)) or NONE

    def applies_to(self, info: VideoInfo) -> bool:
        """Return whether every step means something for a video that ``info`` describes when it reaches the step."""
        return self._obstacle(info) is None

    def info_after(self, info: VideoInfo) -> VideoInfo:
        """Return what is known of a video after this channel."""
        for step in self.steps:
            info = step.info_after(info)
        return info

    @property
    def keeps_timing(self) -> bool:
        """Whether sound recorded with the pictures still fits them."""
        return all(step.keeps_timing for step in self.steps)

    def stream(self, frames: Iterable[Frame], info: VideoInfo, *, seed: int = 0) -> FrameStream:
        """Apply this channel to frames as they come; a codec step reads all of them before it yields the first.

        Args:
            frames: frames in presentation order, of the size and pixel format that ``info`` tells.
            info: what is known of them.
            seed: 0 or more; the same seed and frames give the same result.

        Raises:
            InputError: if a step does not apply to such a video, or the seed is negative.
        """
        if seed < 0:
            raise InputError(f"seed is {seed}; it must be 0 or more")
        if (obstacle := self._obstacle(info)) is not None:
            step, reached = obstacle
            raise InputError(f"{step} does not apply to a {reached.width}x{reached.height} {reached.pixel_format} video; leave it out here")
        encodings: list[Encoding] = []
        flowing = iter(frames)
        for position, step in enumerate(self.steps):
            rng = np.random.default_rng((seed, position))
            if isinstance(step, Codec):
                flowing = step.transform(flowing, info, rng=rng, report=encodings.append)
            else:
                flowing = step.transform(flowing, info, rng=rng)
            info = step.info_after(info)
        return FrameStream(flowing, info, encodings)

    def run(self, clip: Clip, *, seed: int = 0) -> ChannelResult:
        """Apply this channel to a clip, and say what its codec steps wrote.

        Raises:
            InputError: as for :meth:`stream`, and if no frame is left.
        """
        streamed = self.stream(clip.frames, clip.info, seed=seed)
        frames = tuple(streamed.frames)
        if not frames:
            raise InputError(f"{self} leaves no frame of this clip")
        return ChannelResult(Clip(frames, streamed.info), tuple(streamed.encodings))

    def apply(self, clip: Clip, *, seed: int = 0) -> Clip:
        """Return the clip after this channel; :meth:`run` says more."""
        return self.run(clip, seed=seed).clip

    def _obstacle(self, info: VideoInfo) -> tuple[Step, VideoInfo] | None:
        """Return the first step that does not apply and the video that reaches it."""
        for step in self.steps:
            if not step.applies_to(info):
                return step, info
            info = step.info_after(info)
        return None
