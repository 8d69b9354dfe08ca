"""The whole of the main job at a glance: mark real pictures, compress them in many ways, find the mark, and show it on a page."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel import Channel, parse_channel, run_channel_file
from indelible.channel.codecs import Codec
from indelible.errors import OutputError, missing_extra
from indelible.frames import ColorTags, Frame, VideoInfo
from indelible.keys import SecretKey, load_key, save_key
from indelible.mark import Detector, Embedder, Payload
from indelible.report.demo import DemoReport, DemoRow, write_demo_report
from indelible.report.pictures import PicturePair
from indelible.video import EncoderSettings, open_video, write_video
from indelible.workflows.detect import detect_file
from indelible.workflows.document import Document, document
from indelible.workflows.mark import mark_file

__all__ = ["LADDER", "DemoResult", "run_demo"]

#: The encoders that the marked video goes through, from gentle to hard.
LADDER = (
    *(f"x264:crf={crf}" for crf in (18, 23, 28, 34, 40, 45)),
    *(f"x265:crf={crf}" for crf in (23, 28, 34, 40)),
    *(f"av1:crf={crf}" for crf in (30, 40, 50, 58)),
    *(f"vp9:crf={crf}" for crf in (31, 37, 45, 52)),
)

MAX_SECONDS = 8.0
PICTURES_AT = (0.25, 0.75)  # of the footage

_PHOTOGRAPHS = ("china.jpg", "flower.jpg")
_WIDTH, _HEIGHT, _RATE, _SECONDS_EACH = 640, 360, 25, 2.0
_BT601 = ColorTags(primaries=6, transfer=6, matrix=6, range=1)  # what OpenCV's conversion to YUV follows

Progress = Callable[[str, int, int], object]
"""Called with what is being done, how many steps are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What a demonstration found, and where it put things."""

    folder: Path
    marked: Path
    key_file: Path
    page: Path
    report: DemoReport

    @property
    def survived(self) -> bool:
        """Whether the mark was found after x264 at CRF 28."""
        return self.report.survived

    def to_json(self) -> Document:
        """Return the document ``indelible.demo/1``."""
        report = self.report
        return document(
            "demo",
            survived=report.survived,
            marked=str(self.marked),
            report=str(self.page),
            psnr_y_db=report.embedding.psnr_y_db,
            rows=[
                {
                    "channel": row.channel,
                    "bitrate_bps": row.bitrate_bps,
                    "marked": row.detection.marked,
                    "log10_p": row.detection.log10_p,
                    "payload_ok": report.read(row.detection),
                }
                for row in report.rows
            ],
            wrong_key_log10_p=report.wrong_key.log10_p,
            unmarked_log10_p=report.unmarked.log10_p,
        )


def run_demo(
    video: str | os.PathLike[str] | None,
    folder: str | os.PathLike[str],
    *,
    ladder: tuple[str, ...] | None = None,
    payload: Payload | None = None,
    progress: Progress = lambda what, done, total: None,
) -> DemoResult:
    """Mark footage, send it through real encoders, look for the mark, and write ``report.html`` and ``marked.mp4``.

    The key is made at the first run in a folder (``demo.key``) and used again at the next. Every other file there is replaced.

    Args:
        video: footage, of which the first eight seconds are used; None for a moving crop of the photographs that scikit-learn ships.
        folder: where the results go; made if it is not there.
        ladder: encoders, each a channel of one codec step with a ``crf``; `LADDER` by default.
        payload: what the mark says; a short text by default.
        progress: told of each step.

    Raises:
        MissingExtraError: if scikit-learn is needed and not installed.
        OutputError: if the folder cannot be made or written to.
        MediaError: if the video cannot be read.
    """
    place = _made(Path(folder))
    payload = payload or Payload.from_text("hello :)")
    ladder = ladder or LADDER
    key = _key(place / "demo.key")
    total = len(ladder) + 3
    with tempfile.TemporaryDirectory(prefix="indelible-demo-") as temporary:
        progress("preparing footage", 0, total)
        original = Path(temporary) / "original.mkv"
        source = _prepare(video, original)
        progress("marking", 1, total)
        marked = place / "marked.mp4"
        embedding = mark_file(original, marked, key, payload=payload, overwrite=True).embedding
        rows = []
        # Encoders run on one thread each, outside of Python's lock.
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            for row in pool.map(lambda text: _row(marked, parse_channel(text), key), ladder):
                rows.append(row)
                progress(row.channel, 1 + len(rows), total)
        progress("looking for what is not there", total - 1, total)
        report = DemoReport(
            source=source,
            marked_file=marked.name,
            key_file="demo.key",
            payload=payload,
            embedding=embedding,
            as_written=detect_file(marked, [key])[0].detection,
            rows=tuple(rows),
            wrong_key=detect_file(marked, [SecretKey.generate()])[0].detection,
            unmarked=detect_file(original, [key])[0].detection,
            pictures=tuple(_pictures(original, key, payload, embedding.frames)),
        )
    page = place / "report.html"
    write_demo_report(page, report)
    progress("done", total, total)
    return DemoResult(place, marked, place / "demo.key", page, report)


def _row(marked: Path, channel: Channel, key: SecretKey) -> DemoRow:
    """Send the marked file through one encoder and look for the mark."""
    detector = Detector([key])
    with open_video(marked, threads=1) as reader:
        stream = channel.stream(reader, reader.info)
        for frame in stream.frames:
            detector.add(frame)
    (detection,) = detector.results()
    codec = next(step for step in channel.steps if isinstance(step, Codec))
    return DemoRow(str(channel), codec.name, codec.crf or 0.0, stream.encodings[-1].bitrate_bps, detection)


def _pictures(original: Path, key: SecretKey, payload: Payload, frames: int) -> Iterator[PicturePair]:
    """Yield a few frames before and after marking. Embedding is deterministic, so this is the mark that the file has."""
    wanted = {int(share * frames) for share in PICTURES_AT}
    with open_video(original) as plain, open_video(original) as again:
        for index, (before, after) in enumerate(zip(plain, Embedder(key, payload).embed(again), strict=False)):
            if index in wanted:
                yield PicturePair(before, after, before.pts_seconds or 0.0)


def _prepare(video: str | os.PathLike[str] | None, target: Path) -> str:
    """Write the footage without loss to ``target``, and return what it is."""
    if video is not None:
        run = run_channel_file(video, target, Channel((parse_channel(f"trim=0:{MAX_SECONDS:g}").steps[0],)))
        return f"{Path(video).name}, {run.info.width}x{run.info.height}, the first {run.duration_seconds:.1f} s"
    frames = photograph_frames()
    write_video(target, frames, EncoderSettings("ffv1"), info=_photograph_info())
    return f"A camera that moves over two photographs of scikit-learn ({', '.join(_PHOTOGRAPHS)}), {_WIDTH}x{_HEIGHT}, {_RATE} fps"


def photograph_frames() -> Iterator[Frame]:
    """Yield the frames of the default footage: a slow pan and zoom over each photograph, 640x360, yuv420p.

    Raises:
        MissingExtraError: if scikit-learn is not installed.
    """
    count = round(_SECONDS_EACH * _RATE)
    index = 0
    for number, name in enumerate(_PHOTOGRAPHS):
        photograph = _photograph(name)
        for step in range(count):
            y, *chroma = _yuv420(_view(photograph, step / (count - 1), zoom_in=number % 2 == 0))
            yield Frame(
                y=y,
                chroma=tuple(chroma),
                pixel_format="yuv420p",
                pts=index,
                time_base=Fraction(1, _RATE),
                duration=1,
                color=_BT601,
            )
            index += 1


def _photograph(name: str) -> NDArray[np.uint8]:
    """Return a photograph in BGR."""
    try:
        # The file itself: scikit-learn's own loader wants Pillow, which it does not install.
        encoded = resources.files("sklearn.datasets.images").joinpath(name).read_bytes()
    except (ImportError, FileNotFoundError) as error:
        raise missing_extra("scikit-learn", extra="demo") from error
    return np.asarray(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _view(photograph: NDArray[np.uint8], progress: float, *, zoom_in: bool) -> NDArray[np.uint8]:
    """Return what the camera sees at a moment from 0 to 1: eased, from one corner towards the other, closer at one end."""
    eased = 0.5 - 0.5 * math.cos(math.pi * progress)
    zoom = 1.0 + 0.22 * (eased if zoom_in else 1.0 - eased)
    height, width = photograph.shape[:2]
    scale = zoom * max(_WIDTH / width, _HEIGHT / height)
    spare_x, spare_y = width - _WIDTH / scale, height - _HEIGHT / scale
    place = np.array([[1 / scale, 0, spare_x * eased], [0, 1 / scale, spare_y * (1 - eased)]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(photograph, place, (_WIDTH, _HEIGHT), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _yuv420(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    """Return the planes of a BGR picture in BT.601, limited range, 4:2:0."""
    planar = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
    quarter = (_HEIGHT // 2, _WIDTH // 2)
    u, v = planar[_HEIGHT:].reshape(2, *quarter)
    return planar[:_HEIGHT], u, v


def _photograph_info() -> VideoInfo:
    frames = round(_SECONDS_EACH * _RATE) * len(_PHOTOGRAPHS)
    return VideoInfo(
        width=_WIDTH,
        height=_HEIGHT,
        pixel_format="yuv420p",
        codec="rawvideo",
        container="memory",
        frame_rate=Fraction(_RATE),
        time_base=Fraction(1, _RATE),
        duration_seconds=frames / _RATE,
        frames=frames,
        bitrate_bps=None,
        rotation_deg=0,
        sample_aspect_ratio=Fraction(1),
        color=_BT601,
    )


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make folder {folder}: {error.strerror or error}") from error
    return folder


def _key(file: Path) -> SecretKey:
    if not file.exists():
        save_key(SecretKey.generate(), file)
    return load_key(file)
