"""Certifying a marked file: sending it through real encoders and saying what it survives, and by how much."""

from __future__ import annotations

import datetime
import math
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from indelible.channel import Channel, ladder, parse_channel
from indelible.channel.chain import NONE
from indelible.channel.codecs import Codec
from indelible.errors import InputError
from indelible.frames import Frame, VideoInfo
from indelible.keys import SecretKey
from indelible.mark import Detector, Payload, Raised
from indelible.mark.detect import ALPHA
from indelible.video import Limits, open_video
from indelible.video.build import encoder_libraries
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.segments import is_segmented
from indelible.video.source import is_pipe
from indelible.workflows.certificate import REQUIRED_MARGIN_DB, SCHEMA, Certificate, sha256_of, sign
from indelible.workflows.doctor import versions
from indelible.workflows.parts import Heard, PartedVideo, hear
from indelible.workflows.progress import Progress
from indelible.workflows.survive import DEFAULT_FLOOR_DB, target_channel

__all__ = ["DEFAULT_LADDER", "Certification", "certify_file", "check_one_file"]

DEFAULT_LADDER = "certify"

# Encoders look some fifty pictures ahead, and have copies of them: together they should not need more than this.
_BYTES_OF_ENCODERS = 8_000_000_000
_PICTURES_OF_AN_ENCODER = 150


@dataclass(frozen=True, slots=True)
class Certification:
    """What a certificate is to tell of.

    Args:
        ladder: name of the list of channels to try; those that do not apply to a video are left out.
        channels: specifications to try instead.
        survive: the channel that the file must survive, part by part; it must keep the times of pictures.
        floor_db: Y-PSNR below which `indelible.mark_file` makes no part's mark stronger for that.
        alpha: p-value at which a mark counts as present.
    """

    ladder: str = DEFAULT_LADDER
    channels: tuple[str, ...] = ()
    survive: str | None = None
    floor_db: float = DEFAULT_FLOOR_DB
    alpha: float = ALPHA

    @property
    def target(self) -> Channel | None:
        """The channel to survive.

        Raises:
            InputError: if it cannot be understood, or changes times.
        """
        return None if self.survive is None else target_channel(self.survive)

    def tried(self, info: VideoInfo) -> list[Channel]:
        """Return the channels to try on a video, each once: as it is, the ladder's or the given ones, the target.

        Raises:
            InputError: if one that was asked for cannot be understood or does not apply.
        """
        asked = [parse_channel(text) for text in self.channels] + ([self.target] if self.target is not None else [])
        for channel in asked:
            if not channel.applies_to(info):
                raise InputError(f"{channel} does not apply to a {info.width}x{info.height} {info.pixel_format} video; leave it out")
        planned = [] if self.channels else [channel for channel in ladder(self.ladder) if channel.applies_to(info)]
        return list({str(channel): channel for channel in (parse_channel(NONE), *planned, *asked)}.values())

    def check(self) -> None:
        """Check all that can be checked without a video.

        Raises:
            InputError: if a ladder or a channel is unknown, or alpha or the floor is out of range.
        """
        if not 0.0 < self.alpha < 1.0:
            raise InputError(f"alpha is {self.alpha:g}; it must lie between 0 and 1")
        Raised({}, self.floor_db)
        ladder(self.ladder)
        for text in self.channels:
            parse_channel(text)
        _ = self.target


@dataclass(frozen=True, slots=True)
class _Row:
    """How a file came through a channel, as a whole and, for the target, in parts."""

    channel: Channel
    heard: Heard
    bitrate_bps: float | None
    parts: tuple[dict[str, Any], ...]

    @property
    def certified(self) -> bool:
        return _enough(self.heard)

    def to_json(self) -> dict[str, Any]:
        margin = self.heard.margin
        return {
            "channel": str(self.channel),
            "log10_p": _rounded(self.heard.detection.log10_p),
            "payload_ok": self.heard.payload_ok,
            "bit_error_rate": None if margin is None else round(margin.symbol_error_rate, 4),
            "margin": _margin_db(self.heard),
            "presence_margin": _rounded(margin.presence_db) if margin is not None else None,
            "payload_margin": _rounded(margin.payload_db) if margin is not None else None,
            "certified": self.certified,
            "bitrate_bps": None if self.bitrate_bps is None else round(self.bitrate_bps),
        }


def certify_file(
    source: str | os.PathLike[str],
    key: SecretKey,
    certification: Certification | None = None,
    *,
    signed_with: SecretKey | None = None,
    payload: Payload | None = None,
    raised: Raised | None = None,
    psnr_y_db: float | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Certificate:
    """Send a marked file through real encoders, look for its mark after each, and sign what was found.

    Each channel reads the file once, frame by frame; as many run at a time as there are cores, fewer for very large pictures. Memory does
    not grow with the length of the video, but for the times of its frames.

    Args:
        source: path of the marked file.
        key: that marked it.
        certification: what to try; the ladder `DEFAULT_LADDER` by default.
        signed_with: key that signs, and that the certificate names: for a copy that is marked with a subkey, the key itself. None for the
            key that marked it.
        payload: what the mark was made to say; None takes what the file says.
        raised: the windows that were raised for the target, None if nobody knows.
        psnr_y_db: of the mark, None if nobody knows.
        limits: how much of a source is read.
        progress: told of each channel, in channels done and in all.

    Raises:
        InputError: if the source is a pipe, or a channel cannot be understood or does not apply.
        MediaError: if reading, encoding or writing fails.
    """
    wanted = certification or Certification()
    wanted.check()
    check_one_file(source)
    digest = sha256_of(source)
    with open_video(source, limits=limits) as reader:
        channels = wanted.tried(reader.info)
        at_a_time = _at_a_time(reader.info)
    tell = progress or (lambda done, total: None)
    tell(0, len(channels))
    as_written = Detector([key], alpha=wanted.alpha)
    with open_video(source, limits=limits) as reader:
        for frame in reader:
            as_written.add(frame)
    if payload is None:
        payload = as_written.results()[0].payload
    rows = [_Row(channels[0], hear(as_written, key, payload, alpha=wanted.alpha), None, ())]
    target = wanted.target
    given_up = threading.Event()

    def measured(channel: Channel) -> _Row:
        return _row(source, key, channel, payload, wanted, limits, given_up, in_parts=channel == target)

    tell(1, len(channels))
    # Encoders run on one thread each, outside of Python's lock.
    with ThreadPoolExecutor(max_workers=at_a_time) as pool:
        try:
            for row in pool.map(measured, channels[1:]):
                rows.append(row)
                tell(len(rows), len(channels))
        except BaseException:  # an error of one channel, or an interrupt: the others may have hours to go
            given_up.set()
            raise
    if target is not None and target == channels[0]:
        rows[0] = measured(target)
    if sha256_of(source) != digest:
        raise InputError(f"{os.fspath(source)} changed while it was being certified; try again")
    signer = signed_with or key
    return sign(_body(source, digest, signer, wanted, rows, payload, raised, psnr_y_db), signer)


def check_one_file(source: str | os.PathLike[str]) -> None:
    """Check that a certificate can be about a source.

    Raises:
        InputError: if it is a pipe, or many files.
    """
    if is_pipe(source):
        raise InputError("a certificate is about a file, which is read many times; write the pipe to a file first")
    if is_segmented(source):
        raise InputError(f"a certificate is about one file, and {os.fspath(source)} is many; join them: ffmpeg -i IN.m3u8 -c copy OUT.mp4")


def _row(
    source: str | os.PathLike[str],
    key: SecretKey,
    channel: Channel,
    payload: Payload | None,
    wanted: Certification,
    limits: Limits,
    given_up: threading.Event,
    *,
    in_parts: bool,
) -> _Row:
    """Send a file through a channel and listen to the whole, and on request to each part by itself."""
    whole = Detector([key], alpha=wanted.alpha)
    parts: list[dict[str, Any]] = []
    with open_video(source, threads=1, limits=limits) as reader:
        stream = channel.stream(_until(given_up, reader), reader.info)
        received = _until(given_up, stream.frames)
        if in_parts:
            for part in PartedVideo(received, duration_seconds=reader.info.duration_seconds):
                alone = Detector([key], alpha=wanted.alpha, origin_seconds=part.origin_seconds)
                for frame in part.frames:
                    whole.add(frame)
                    alone.add(frame)
                parts.append(_part(part.start_seconds, part.end_seconds, part.windows, hear(alone, key, payload, alpha=wanted.alpha)))
        else:
            for frame in received:
                whole.add(frame)
    bitrate = stream.encodings[-1].bitrate_bps if stream.encodings else None
    return _Row(channel, hear(whole, key, payload, alpha=wanted.alpha), bitrate, tuple(parts))


def _at_a_time(info: VideoInfo) -> int:
    """Return how many channels to run side by side."""
    bytes_each = _PICTURES_OF_AN_ENCODER * 2 * info.width * info.height
    return max(1, min(os.cpu_count() or 1, _BYTES_OF_ENCODERS // bytes_each))


def _until(given_up: threading.Event, frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yield frames for as long as anybody wants to know what becomes of them."""
    for frame in frames:
        if given_up.is_set():
            raise _GivenUpError("the certificate was given up")
        yield frame


class _GivenUpError(Exception):
    """Ends the other channels when one has failed; nobody sees it."""


def _part(start: float, end: float, windows: tuple[int, ...], heard: Heard) -> dict[str, Any]:
    return {
        "start_seconds": round(start, 3),
        "end_seconds": round(end, 3),
        "windows": list(windows),
        "margin": _margin_db(heard),
        "payload_ok": heard.payload_ok,
        "holds": _enough(heard),
    }


def _margin_db(heard: Heard) -> float | None:
    return None if heard.margin is None else _rounded(heard.margin.db)


def _enough(heard: Heard) -> bool:
    """Return whether a certificate may promise it: judged by the number that is written, so that nobody reads a contradiction."""
    margin_db = _margin_db(heard)
    return heard.payload_ok and margin_db is not None and margin_db >= REQUIRED_MARGIN_DB


def _body(
    source: str | os.PathLike[str],
    digest: str,
    key: SecretKey,
    wanted: Certification,
    rows: Sequence[_Row],
    payload: Payload | None,
    raised: Raised | None,
    psnr_y_db: float | None,
) -> dict[str, Any]:
    codecs = {step.codec for row in rows for step in row.channel.steps if isinstance(step, Codec)}
    return {
        "schema": SCHEMA,
        "file": os.path.basename(os.fspath(source)),
        "sha256": digest,
        "key_id": key.key_id,
        "payload_hex": None if payload is None else payload.hex,
        "payload_text": None if payload is None else payload.text,
        "payload_bits": 0 if payload is None else payload.bits,
        "duration_seconds": round(rows[0].heard.detection.duration_seconds, 3),
        "psnr_y_db": None if psnr_y_db is None else _rounded(psnr_y_db),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "alpha": wanted.alpha,
        "required_margin": REQUIRED_MARGIN_DB,
        "rows": [row.to_json() for row in rows],
        "survives": _highest_crf(rows, [row.heard.payload_ok for row in rows]),
        "certified": _highest_crf(rows, [row.certified for row in rows]),
        "target": _target(rows, wanted.target, raised),
        "versions": versions(),
        "encoders": encoder_libraries(sorted(codecs)),
    }


def _target(rows: Sequence[_Row], target: Channel | None, raised: Raised | None) -> dict[str, Any] | None:
    if target is None:
        return None
    (row,) = (row for row in rows if row.channel == target)
    parts = []
    for part in row.parts:
        by_db = None if raised is None else max((raised.by_db.get(window, 0.0) for window in part["windows"]), default=0.0)
        parts.append({name: value for name, value in part.items() if name != "windows"} | {"raised_db": _rounded(by_db)})
    return {
        "channel": str(target),
        "certified": row.certified,
        "floor_db": None if raised is None else raised.floor_db,
        "parts": parts,
    }


def _highest_crf(rows: Iterable[_Row], passed: Iterable[bool]) -> dict[str, float | None]:
    """Return for each codec the highest CRF that passed together with every lower one that was tried; None where the lowest did not."""
    tried: dict[str, list[tuple[float, bool]]] = {}
    for row, good in zip(rows, passed, strict=True):
        for codec, crf in _single_encoder(row.channel):
            tried.setdefault(codec, []).append((crf, good))
    highest: dict[str, float | None] = {}
    for codec, results in tried.items():
        failed = [crf for crf, good in results if not good]
        below = [crf for crf, good in results if good and crf < min(failed, default=math.inf)]
        highest[codec] = max(below, default=None)
    return highest


def _single_encoder(channel: Channel) -> Iterator[tuple[str, float]]:
    """Yield codec and CRF of a channel that is nothing but one encoder of constant quality."""
    if len(channel.steps) == 1 and isinstance(step := channel.steps[0], Codec) and step.crf is not None:
        yield step.name, float(step.crf)


def _rounded(value: float | None) -> float | None:
    return round(value, 2) if value is not None and math.isfinite(value) else None
