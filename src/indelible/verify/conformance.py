"""Whether a bitstream is what was declared: no picture is compared with anything.

Checks with "must" follow the declaration itself and RFC 8216 (HLS); those with "should" Apple's HLS Authoring Specification for Apple
Devices, where a declaration does not ask for more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from indelible.verify.checks import Check, at_most, equal
from indelible.verify.profile import DeclaredProfile, declared_number, profile_of_variant
from indelible.video.master import DeclaredSegments
from indelible.video.survey import SegmentSurvey, Survey

__all__ = ["check_aligned", "check_profile", "check_segments", "check_variant"]

_RATE_SLACK = 0.01  # 29.97 is 30
_BITRATE_SLACK = 0.10  # average and peak against their attributes
_EXTINF_SECONDS = 0.5
_KEY_EVERY_SECONDS = 2.0
_ALIGNED_SECONDS = 0.1
_FRAME_RATE_DIGITS = 0.001  # FRAME-RATE is rounded to three decimals


def check_profile(found: Survey, declared: DeclaredProfile, *, where: str = "") -> tuple[Check, ...]:
    """Return the checks of a rendition against a profile, one for each field that declares something."""
    return tuple(_profile_checks(found, declared, where))


def _profile_checks(found: Survey, declared: DeclaredProfile, where: str) -> Iterator[Check]:
    yield Check("one-video-stream", "must", found.video_streams == 1, "1 stream of pictures", f"{found.video_streams}", where)
    if declared.codec is not None:
        yield equal("codec", declared.codec, found.codec, where=where)
    if declared.profiles is not None:
        passed = None if found.profile is None else found.profile in declared.profiles
        yield Check("profile", "must", passed, " or ".join(declared.profiles), found.profile or "not known", where)
    if declared.max_level is not None:
        yield at_most("level", declared.max_level, found.level, where=where)
    if declared.width is not None and declared.height is not None:
        yield equal("size", f"{declared.width}x{declared.height}", f"{found.width}x{found.height}", where=where)
    elif declared.width is not None:
        yield equal("width", declared.width, found.width, where=where)
    elif declared.height is not None:
        yield equal("height", declared.height, found.height, where=where)
    if declared.pixel_format is not None:
        yield equal("pixel-format", declared.pixel_format, found.pixel_format, where=where)
    if declared.frame_rate is not None:
        rate = found.frame_rate
        near = None if rate is None else abs(rate / declared.frame_rate - 1.0) <= _RATE_SLACK
        yield Check("frame-rate", "must", near, f"{declared.frame_rate:g}", "not known" if rate is None else f"{rate:.5g}", where)
    if declared.max_frame_rate is not None:
        yield at_most("frame-rate", declared.max_frame_rate + _FRAME_RATE_DIGITS, found.frame_rate, where=where)
    if declared.duration_seconds is not None:
        off = abs(found.duration_seconds - declared.duration_seconds)
        expected = f"{declared.duration_seconds:g} s (+-{declared.duration_tolerance_seconds:g} s)"
        yield Check("duration", "must", off <= declared.duration_tolerance_seconds, expected, f"{found.duration_seconds:.3f} s", where)
    if declared.max_gop_seconds is not None:
        # A picture's length more: encoders count in pictures, and times are rounded.
        limit = declared.max_gop_seconds + 1.0 / (found.frame_rate or 1000.0)
        passed = found.longest_gop_seconds <= limit
        yield Check("gop", "must", passed, f"at most {declared.max_gop_seconds:g} s", f"{found.longest_gop_seconds:.3f} s", where)
    if declared.average_bps is not None:
        yield at_most("average-bitrate", declared.average_bps, found.average_bps, unit=" bit/s", slack=_BITRATE_SLACK, where=where)
    if declared.peak_bps is not None:
        peak = found.peak_bps(declared.peak_window_seconds)
        yield at_most("peak-bitrate", declared.peak_bps, peak, unit=" bit/s", slack=_BITRATE_SLACK, where=where)


def check_segments(found: Survey, declared: DeclaredSegments, *, where: str = "") -> tuple[Check, ...]:
    """Return the checks of each segment of a rendition against what its media playlist says of it."""
    return tuple(_segment_checks(found.segments, declared, where))


def _segment_checks(segments: Sequence[SegmentSurvey], declared: DeclaredSegments, where: str) -> Iterator[Check]:
    yield equal("segments", len(declared.seconds), len(segments), where=where)
    yield Check("target-duration", "must", declared.target_seconds is not None, "declared", _or_none(declared.target_seconds, " s"), where)
    for segment, said in zip(segments, declared.seconds, strict=False):
        place = f"{where} {segment.name}".strip()
        got = f"{segment.duration_seconds:.3f} s"
        yield Check(
            "begins-with-key-frame", "must", segment.opens_with_key, "a key frame", "one" if segment.opens_with_key else "none", place
        )
        if said is None:
            yield Check("segment-duration", "must", False, "declared", "not declared", place)
            continue
        near = abs(segment.duration_seconds - said) <= _EXTINF_SECONDS
        yield Check("segment-duration", "should", near, f"{said:g} s (+-{_EXTINF_SECONDS:g} s)", got, place)
        if declared.target_seconds is not None:
            within = round(said) <= declared.target_seconds
            yield Check("target-duration", "must", within, f"rounded at most {declared.target_seconds:g} s", f"{said:g} s", place)
        often = segment.longest_gop_seconds <= _KEY_EVERY_SECONDS + 0.1
        yield Check("key-frames", "should", often, f"every {_KEY_EVERY_SECONDS:g} s", f"{segment.longest_gop_seconds:.3f} s", place)


def check_variant(
    found: Survey, attributes: Mapping[str, str], segments: DeclaredSegments, *, separate_sound: bool, where: str
) -> tuple[Check, ...]:
    """Return the checks of one variant of a master playlist, segment by segment.

    Args:
        found: in its media playlist.
        attributes: of its EXT-X-STREAM-INF.
        segments: what the media playlist declares.
        separate_sound: whether its rates also count sound that is not here; then too low rates are not wrong.
        where: its name.

    Raises:
        InputError: if an attribute cannot be understood.
    """
    checks = [*check_profile(found, profile_of_variant(attributes), where=where), *check_segments(found, segments, where=where)]
    peak_said, average_said = declared_number(attributes, "BANDWIDTH"), declared_number(attributes, "AVERAGE-BANDWIDTH")
    peak, average = _segment_rates(found, segments.target_seconds)
    if peak_said is None:
        checks.append(Check("peak-bitrate", "must", False, "BANDWIDTH declared", "not declared", where))
    else:
        checks.append(at_most("peak-bitrate", peak_said, peak, unit=" bit/s", slack=_BITRATE_SLACK, where=where))
        checks += [] if separate_sound else [_not_far_below("peak-bitrate-declared", peak_said, peak, where)]
    if average_said is not None:
        checks.append(at_most("average-bitrate", average_said, average, unit=" bit/s", slack=_BITRATE_SLACK, where=where))
        checks += [] if separate_sound else [_not_far_below("average-bitrate-declared", average_said, average, where)]
    checks.append(at_most("peak-to-average", 2.0, peak / average, severity="should", where=where))
    return tuple(checks)


def check_aligned(variants: Mapping[str, Survey]) -> tuple[Check, ...]:
    """Return the checks that the segments of all variants begin at the same times as those of the first."""
    (first, reference), *others = variants.items()
    checks = []
    for name, other in others:
        pairs = zip(reference.segments, other.segments, strict=False)
        off = max((abs(a.start_seconds - b.start_seconds) for a, b in pairs), default=0.0)
        same = len(reference.segments) == len(other.segments) and off <= _ALIGNED_SECONDS
        expected, got = f"segments begin as in {first}", f"{len(other.segments)} segments, up to {off:.3f} s apart"
        checks.append(Check("aligned", "should", same, expected, got, name))
    return tuple(checks)


def _segment_rates(found: Survey, target_seconds: float | None) -> tuple[float, float]:
    """Return peak and average bits a second of whole segments.

    The peak is of any run of segments in a row that lasts 0.5 to 1.5 target durations (RFC 8216, section 4.3.4.2), or of a single one where
    there is no such run.
    """
    sizes = [8.0 * segment.file_bytes for segment in found.segments]
    lengths = [max(segment.duration_seconds, 1e-3) for segment in found.segments]
    low, high = 0.5 * (target_seconds or 0.0), 1.5 * (target_seconds or 0.0)
    rates = []
    for first in range(len(sizes)):
        bits = seconds = 0.0
        for size, length in zip(sizes[first:], lengths[first:], strict=True):
            bits, seconds = bits + size, seconds + length
            if seconds > high:
                break
            if seconds >= low:
                rates.append(bits / seconds)
    alone = (size / length for size, length in zip(sizes, lengths, strict=True))
    return max(rates or alone, default=0.0), sum(sizes) / sum(lengths)


def _not_far_below(name: str, said: float, got: float, where: str) -> Check:
    near = got >= said * (1.0 - _BITRATE_SLACK)
    return Check(name, "should", near, f"within {_BITRATE_SLACK:.0%} of {said:g} bit/s", f"{got:.6g} bit/s", where)


def _or_none(value: float | None, unit: str) -> str:
    return "not declared" if value is None else f"{value:g}{unit}"
