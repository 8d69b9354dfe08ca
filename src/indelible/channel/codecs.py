"""Steps that encode with a real encoder and decode again.

A codec step stands for whoever re-encodes a video, so that its defaults are those of the encoders themselves, pinned: quality by ``crf``
(x264 23, x265 28, AV1 35, VP9 31) at preset ``medium`` (x264, x265), ``8`` (SVT-AV1) or cpu-used ``4`` (VP9). One thread, always: the
output of x264 depends on the number of threads, and a channel gives the same bytes for the same clip.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np

from indelible.channel.arguments import Bitrate, Integer, Number, Word
from indelible.channel.geometry import CropBox
from indelible.channel.planes import Layout, convert, layout_of
from indelible.channel.step import Step
from indelible.errors import InputError, MediaError, SpecError
from indelible.frames import Frame, VideoInfo
from indelible.video import EncoderSettings, open_video, write_video
from indelible.video.encoders import CodecName


@dataclass(frozen=True, slots=True)
class Encoding:
    """What one codec step made of a video.

    Args:
        step: canonical text of the step.
        size_bytes: encoded pictures, without the container.
        duration_seconds: from the first picture to the end of the last one.
    """

    step: str
    size_bytes: int
    duration_seconds: float

    @property
    def bitrate_bps(self) -> float:
        """Average bits of a second of video."""
        return 8 * self.size_bytes / self.duration_seconds if self.duration_seconds else 0.0


@dataclass(frozen=True, slots=True)
class Codec(Step):
    """Encode and decode.

    A bit depth that the codec lacks becomes the next that it has, a subsampling 4:2:0, and grey 4:2:0 with neutral chroma. Where chroma is
    subsampled, an odd last row or column is cut off, because players and half of the encoders refuse it. Times stay exactly as they were.
    """

    codec: ClassVar[CodecName]
    ffmpeg_codec: ClassVar[str]
    chroma: ClassVar[tuple[str, ...]]
    bit_depths: ClassVar[tuple[int, ...]]
    default_crf: ClassVar[float]

    _: KW_ONLY
    crf: Annotated[float | None, Number(0, 63)] = None
    bitrate_bps: Annotated[int | None, Bitrate()] = None
    preset: Annotated[str, Word()] = "medium"
    gop: Annotated[int | None, Integer(1, 10_000)] = None

    def __post_init__(self) -> None:
        if self.crf is None and self.bitrate_bps is None:
            object.__setattr__(self, "crf", self.default_crf)
        Step.__post_init__(self)
        try:
            self.settings()
        except InputError as error:
            raise SpecError(f"{self.name}: {error}") from None

    def settings(self) -> EncoderSettings:
        """Return the settings of the encoder, one thread."""
        return EncoderSettings(
            codec=self.codec,
            crf=self.crf,
            bitrate_bps=self.bitrate_bps,
            preset=self.preset,
            gop=self.gop,
            threads=1,
        )

    def layout_for(self, source: Layout) -> Layout:
        """Return the layout to encode pictures of layout ``source`` in."""
        chroma = source.chroma if source.chroma in self.chroma else "420"
        deep_enough = [depth for depth in self.bit_depths if depth >= source.bit_depth]
        return Layout(chroma, min(deep_enough, default=max(self.bit_depths)))

    def info_after(self, info: VideoInfo) -> VideoInfo:
        layout = self.layout_for(layout_of(info))
        width, height = _whole_size(info, layout)
        return replace(info, width=width, height=height, pixel_format=layout.pixel_format, codec=self.ffmpeg_codec, bitrate_bps=None)

    def prepare(self, frames: Iterable[Frame], info: VideoInfo) -> Iterator[Frame]:
        """Yield the frames in a layout and of a size that the encoder takes."""
        layout = self.layout_for(layout_of(info))
        width, height = _whole_size(info, layout)
        if (width, height) != (info.width, info.height):
            frames = CropBox(width, height, 0, 0).transform(frames, info, rng=np.random.default_rng(0))
        for frame in frames:
            yield convert(frame, layout)

    def transform(
        self,
        frames: Iterable[Frame],
        info: VideoInfo,
        *,
        rng: np.random.Generator,
        report: Callable[[Encoding], object] = lambda encoding: None,
    ) -> Iterator[Frame]:
        """Yield the decoded frames; ``report`` gets the size of what was encoded before the first one.

        The encoded video lies in a temporary file, and the times of its frames in memory.
        """
        times: list[tuple[int | None, Fraction, int]] = []

        def noted() -> Iterator[Frame]:
            for frame in self.prepare(frames, info):
                times.append((frame.pts, frame.time_base, frame.duration))
                yield frame

        with tempfile.TemporaryDirectory(prefix="indelible-channel-") as folder:
            file = Path(folder) / "encoded.mkv"
            summary = write_video(file, noted(), self.settings(), info=self.info_after(info))
            report(Encoding(str(self), summary.video_bytes, summary.duration_seconds))
            with open_video(file, threads=1) as reader:
                count = -1
                for count, frame in enumerate(reader):
                    if count >= len(times):
                        break
                    pts, time_base, duration = times[count]
                    yield replace(frame, pts=pts, time_base=time_base, duration=duration)
            if count + 1 != len(times):
                raise MediaError(f"{self}: {len(times)} frames went into the encoder and {count + 1} came out")


@dataclass(frozen=True, slots=True)
class ProfiledCodec(Codec):
    """A codec whose encoder can be held to a profile, which must fit the layout of the video."""

    _: KW_ONLY
    profile: Annotated[str | None, Word()] = None

    def settings(self) -> EncoderSettings:
        return replace(Codec.settings(self), profile=self.profile)


@dataclass(frozen=True, slots=True)
class X264(ProfiledCodec):
    """H.264 by libx264. Grey becomes 4:2:0: FFmpeg decodes monochrome H.264 to that."""

    name: ClassVar[str] = "x264"
    codec: ClassVar[CodecName] = "x264"
    ffmpeg_codec: ClassVar[str] = "h264"
    chroma: ClassVar[tuple[str, ...]] = ("420", "422", "444")
    bit_depths: ClassVar[tuple[int, ...]] = (8, 10)
    default_crf: ClassVar[float] = 23


@dataclass(frozen=True, slots=True)
class X265(ProfiledCodec):
    """HEVC by libx265."""

    name: ClassVar[str] = "x265"
    codec: ClassVar[CodecName] = "x265"
    ffmpeg_codec: ClassVar[str] = "hevc"
    chroma: ClassVar[tuple[str, ...]] = ("", "420", "422", "444")
    bit_depths: ClassVar[tuple[int, ...]] = (8, 10, 12)
    default_crf: ClassVar[float] = 28


@dataclass(frozen=True, slots=True)
class Av1(Codec):
    """AV1 by SVT-AV1."""

    name: ClassVar[str] = "av1"
    codec: ClassVar[CodecName] = "av1"
    ffmpeg_codec: ClassVar[str] = "av1"
    chroma: ClassVar[tuple[str, ...]] = ("420",)
    bit_depths: ClassVar[tuple[int, ...]] = (8, 10)
    default_crf: ClassVar[float] = 35
    _: KW_ONLY
    preset: Annotated[str, Word()] = "8"


@dataclass(frozen=True, slots=True)
class Vp9(Codec):
    """VP9 by libvpx, 8 bit."""

    name: ClassVar[str] = "vp9"
    codec: ClassVar[CodecName] = "vp9"
    ffmpeg_codec: ClassVar[str] = "vp9"
    chroma: ClassVar[tuple[str, ...]] = ("420", "422", "440", "444")
    bit_depths: ClassVar[tuple[int, ...]] = (8,)
    default_crf: ClassVar[float] = 31
    _: KW_ONLY
    preset: Annotated[str, Word()] = "4"


def _whole_size(info: VideoInfo, layout: Layout) -> tuple[int, int]:
    """Return (width, height) without an odd last column or row where chroma is subsampled."""
    across, down = layout.subsampling
    return info.width // across * across, info.height // down * down
