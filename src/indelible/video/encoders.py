"""The encoders: their settings, checked here so that a wrong one never reaches FFmpeg, which would ignore it silently."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import cache
from typing import Literal, get_args

import numpy as np

from indelible.errors import InputError
from indelible.frames import VideoInfo
from indelible.video._av import av
from indelible.video.delay import delay_options

__all__ = ["CodecName", "EncoderSettings", "copy_settings", "encoder_name", "encoder_options", "encoder_pixel_format"]

CodecName = Literal["x264", "x265", "av1", "vp9", "ffv1", "raw"]

_X26X_PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")

_X265_LOOKAHEAD = {"ultrafast": 5, "superfast": 10, "veryfast": 15, "faster": 15, "fast": 15}


@dataclass(frozen=True, slots=True)
class _Encoder:
    """What one encoder allows and what it does when nothing is asked for."""

    ffmpeg_name: str
    presets: tuple[str, ...] = ()
    default_preset: str | None = None
    max_crf: int | None = None
    default_crf: float | None = None
    whole_crf: bool = False
    profiles: tuple[str, ...] = ()
    max_bframes: int | None = None
    even_chroma: bool = False


# Default qualities are close to transparent, at a preset that a patient user would choose; x264's is the reference of this project.
_ENCODERS: dict[str, _Encoder] = {
    "x264": _Encoder(
        "libx264",
        _X26X_PRESETS,
        "medium",
        max_crf=51,
        default_crf=18,
        profiles=("baseline", "main", "high", "high10", "high422", "high444"),
        max_bframes=16,
        even_chroma=True,
    ),
    "x265": _Encoder(
        "libx265",
        _X26X_PRESETS,
        "medium",
        max_crf=51,
        default_crf=20,
        profiles=("main", "main10", "main12", "main422-10", "main422-12", "main444-8", "main444-10", "main444-12"),
        max_bframes=16,
        even_chroma=True,
    ),
    "av1": _Encoder("libsvtav1", tuple(map(str, range(14))), "8", max_crf=63, default_crf=24, whole_crf=True),
    "vp9": _Encoder("libvpx-vp9", tuple(map(str, range(9))), "4", max_crf=63, default_crf=24, whole_crf=True),
    "ffv1": _Encoder("ffv1"),
    "raw": _Encoder("rawvideo"),
}


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How to encode. What is None is the encoder's default, and nothing is changed behind the caller's back.

    Args:
        codec: ``x264`` (H.264), ``x265`` (HEVC), ``av1`` (SVT-AV1), ``vp9`` (libvpx), ``ffv1`` (lossless) or ``raw``
            (not encoded at all, for y4m).
        crf: constant quality, lower is better: x264 and x265 0..51 (default 18 and 20, fractions allowed), AV1 1..63 and VP9 0..63
            (default 24, whole numbers). Not with ``bitrate_bps``.
        preset: x264 and x265 ``ultrafast`` .. ``placebo`` (default ``medium``); AV1 ``0`` .. ``13`` (default ``8``, 13 is the fastest);
            VP9 its cpu-used, ``0`` .. ``8`` (default ``4``).
        bitrate_bps: average bits a second, in one pass, instead of a constant quality.
        max_rate_bps: ceiling of the rate over two seconds, for streaming (with either of the above; not for VP9).
        gop: frames between two key frames, at most.
        profile: x264 and x265 only, by the encoder's name (``high``, ``main10``); it must fit the frames' format.
        bframes: B-frames in a row at most, x264 and x265 only: 0..16, in the fast presets of x265 less (ultrafast 4, superfast 9).
        threads: encoder threads, 0 takes all cores. With 1 every encoder gives the same bytes for the same frames, run after run;
            x264's output depends on the number, and with 0 varies by a few bytes between runs.
        delay_frames: how many pictures the encoder may hold before the first comes out, for live video: see `indelible.video.delay`.

    Raises:
        InputError: for a value or a combination that the codec does not have.
    """

    codec: CodecName
    _: KW_ONLY
    crf: float | None = None
    preset: str | None = None
    bitrate_bps: int | None = None
    max_rate_bps: int | None = None
    gop: int | None = None
    profile: str | None = None
    bframes: int | None = None
    threads: int = 0
    delay_frames: int | None = None

    def __post_init__(self) -> None:
        if self.codec not in _ENCODERS:
            raise InputError(f"codec is {self.codec!r}; it must be one of {', '.join(get_args(CodecName))}")
        encoder = _ENCODERS[self.codec]
        self._check_choice("preset", self.preset, encoder.presets)
        self._check_choice("profile", self.profile, encoder.profiles)
        self._check_quality(encoder)
        self._check_number("bframes", self.bframes, 0, self._max_bframes(encoder))
        self._check_number("gop", self.gop, 1, 2**31 - 1)
        self._check_number("threads", self.threads, 0, 256)
        self._check_number("delay_frames", self.delay_frames, 0, 2**31 - 1)

    def _max_bframes(self, encoder: _Encoder) -> int | None:
        """Return the limit, which in x265 lies below what the preset looks ahead."""
        lookahead = _X265_LOOKAHEAD.get(self.preset or "") if self.codec == "x265" else None
        return encoder.max_bframes if lookahead is None else lookahead - 1

    def _check_choice(self, name: str, value: str | None, allowed: tuple[str, ...]) -> None:
        if value is None or value in allowed:
            return
        if not allowed:
            raise InputError(f"{self.codec} has no {name} to choose (got {value!r}); leave it out")
        raise InputError(f"{name} of {self.codec} is {value!r}; it must be one of {', '.join(allowed)}")

    def _check_number(self, name: str, value: float | None, low: float, high: float | None) -> None:
        if value is None:
            return
        if high is None:
            raise InputError(f"{self.codec} has no {name} to set (got {value}); leave it out")
        if not low <= value <= high:
            raise InputError(f"{name} of {self.codec} is {value}; it must be {low} to {high}")

    def _check_quality(self, encoder: _Encoder) -> None:
        # 0 means "unset" to SVT-AV1, which then takes its own default.
        self._check_number("crf", self.crf, 1 if self.codec == "av1" else 0, encoder.max_crf)
        if self.crf is not None and encoder.whole_crf and self.crf != int(self.crf):
            raise InputError(f"crf of {self.codec} is {self.crf}; it must be a whole number")
        rate_limit = 2**31 - 1 if encoder.max_crf is not None else None
        self._check_number("bitrate_bps", self.bitrate_bps, 1000, rate_limit)
        self._check_number("max_rate_bps", self.max_rate_bps, 1000, None if self.codec == "vp9" else rate_limit)
        if self.crf is not None and self.bitrate_bps is not None:
            raise InputError(f"crf {self.crf} and bitrate_bps {self.bitrate_bps} exclude each other; give one")
        if None not in (self.bitrate_bps, self.max_rate_bps) and (self.max_rate_bps or 0) < (self.bitrate_bps or 0):
            raise InputError(f"max_rate_bps {self.max_rate_bps} is below bitrate_bps {self.bitrate_bps}")


def copy_settings(info: VideoInfo) -> EncoderSettings:
    """Return settings that follow a source: its codec where there is an encoder for it, and its bitrate where it is known.

    A codec without an encoder here (MPEG-2, VP8, ProRes, ...) becomes x264. Where the codec's encoder does not take the source's pictures
    (10-bit VP9 or 4:4:4 AV1), x265 takes its place.
    """
    families: dict[str, CodecName] = {"h264": "x264", "hevc": "x265", "av1": "av1", "vp9": "vp9", "ffv1": "ffv1"}
    codec = families.get(info.codec, "x264")
    if info.pixel_format not in _formats(codec) and not info.pixel_format.startswith("gray"):
        codec = "x265" if info.pixel_format in _formats("x265") else "ffv1"
    if codec == "ffv1" or info.bitrate_bps is None:
        return EncoderSettings(codec=codec)
    return EncoderSettings(codec=codec, bitrate_bps=max(1000, info.bitrate_bps))


def encoder_name(settings: EncoderSettings) -> str:
    """Return FFmpeg's name of the encoder."""
    return _ENCODERS[settings.codec].ffmpeg_name


def encoder_options(settings: EncoderSettings) -> dict[str, str]:
    """Return the options of the encoder by FFmpeg's names; every one of them exists there."""
    encoder = _ENCODERS[settings.codec]
    crf = settings.crf if settings.crf is not None or settings.bitrate_bps is not None else encoder.default_crf
    options: dict[str, str] = {}
    if crf is not None:
        options["crf"] = f"{crf:g}"
    if settings.bitrate_bps is not None:
        options["b"] = str(settings.bitrate_bps)
    if settings.max_rate_bps is not None:
        options |= {"maxrate": str(settings.max_rate_bps), "bufsize": str(2 * settings.max_rate_bps)}
    if settings.gop is not None:
        options["g"] = str(settings.gop)
    if settings.bframes is not None:
        options["bf"] = str(settings.bframes)
    if settings.profile is not None:
        options["profile"] = settings.profile
    preset = settings.preset or encoder.default_preset
    options |= _particular_options(settings, preset)
    if settings.delay_frames is not None:
        bounded = delay_options(settings.codec, preset or "", settings.delay_frames, bframes=settings.bframes, threads=settings.threads)
        for name, said in bounded.items():
            options[name] = ":".join(filter(None, [options.get(name), said])) if name.endswith("-params") else said
    return options


def _particular_options(settings: EncoderSettings, preset: str | None) -> dict[str, str]:
    """Return the options that each encoder names in its own way: preset, threads, silence."""
    threads = settings.threads
    match settings.codec:
        case "x264":
            # x264's rate control (mbtree) reads memory that it has not written where it uses AVX-512, which makes outputs differ from run
            # to run. A given number of threads is a wish for the same bytes; with 0 they differ anyway, and the fastest code is taken.
            steady = {"x264-params": "asm=avx2"} if threads and _has_avx512() else {}
            return {"preset": preset or "", "threads": str(threads)} | steady
        case "x265":
            pools = f":pools={threads}:frame-threads={1 if threads == 1 else 0}" if threads else ""
            return {"preset": preset or "", "x265-params": f"log-level=none{pools}"}
        case "av1":
            return {"preset": preset or ""} | ({"svtav1-params": f"lp={min(threads, 6)}"} if threads else {})
        case "vp9":
            # Constant quality needs a rate of zero: with another it is only an upper bound of the quality.
            rate = {} if settings.bitrate_bps else {"b": "0"}
            return {"cpu-used": preset or "", "deadline": "good", "row-mt": "1", "threads": str(threads)} | rate
        case "raw":
            return {}
        case "ffv1":
            return {"level": "3", "slicecrc": "1", "threads": str(threads)}


@cache
def _has_avx512() -> bool:
    """Return whether the processor has AVX-512, and so AVX2 (as numpy found out; the names changed in numpy 2.4)."""
    extensions = np.show_config(mode="dicts") or {}
    return any(name.startswith("AVX512") or name == "X86_V4" for name in extensions.get("SIMD Extensions", {}).get("found", ()))


def encoder_pixel_format(settings: EncoderSettings, pixel_format: str, *, width: int, height: int) -> str:
    """Return the format to encode frames of ``pixel_format`` in: the same, or 4:2:0 with neutral chroma for grey that a codec lacks.

    Raises:
        InputError: if the encoder does not take the format, or not at this size; the message names a codec that does.
    """
    chosen = pixel_format
    if pixel_format not in _formats(settings.codec) and pixel_format.startswith("gray"):
        chosen = pixel_format.replace("gray", "yuv420p")
    if chosen not in _formats(settings.codec):
        able = [codec for codec in _ENCODERS if codec != "raw" and pixel_format in _formats(codec)]
        fix = f"choose codec {' or '.join(able)}" if able else "convert first: ffmpeg -i FILE -pix_fmt yuv420p out.mkv"
        raise InputError(f"{settings.codec} cannot encode {pixel_format} frames; {fix}")
    odd = (width % 2 and "444p" not in chosen) or (height % 2 and "420p" in chosen)
    if odd and _ENCODERS[settings.codec].even_chroma and not chosen.startswith("gray"):
        raise InputError(
            f"{settings.codec} cannot encode {chosen} pictures of odd size {width}x{height}; choose codec av1, vp9 or ffv1, "
            "or crop first: ffmpeg -i FILE -vf crop=trunc(iw/2)*2:trunc(ih/2)*2 out.mkv"
        )
    return chosen


@cache
def _formats(codec: str) -> frozenset[str]:
    """Return the names of the pixel formats that the encoder takes; of raw pictures, those that y4m has a name for."""
    if codec == "raw":
        layouts = ("gray", "yuv420p", "yuv422p", "yuv444p")
        return frozenset(["yuv411p", *layouts, *(f"{layout}{bits}le" for layout in layouts for bits in (9, 10, 12, 16))])
    return frozenset(known.name for known in av.codec.Codec(_ENCODERS[codec].ffmpeg_name, "w").video_formats or ())
