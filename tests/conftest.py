"""Media made on the spot by real encoders, independently of the package's own writer, and a guard over global randomness."""

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.frames import ColorTags, Frame
from indelible.runs.corpus import Corpus, load_corpus
from tests.photographs import film


def moving_texture(frames: int, height: int, width: int, *, seed: int = 0, maximum: int = 255) -> list[NDArray[np.uint16]]:
    """Return luma pictures of a textured surface that drifts, with a brighter square that moves against it."""
    rng = np.random.default_rng(seed)
    coarse = np.kron(rng.normal(size=(height // 8 + 8, width // 8 + 8)), np.ones((8, 8)))
    surface = 0.5 + 0.12 * coarse + 0.04 * rng.normal(size=coarse.shape)
    pictures = []
    for index in range(frames):
        picture = surface[index % 16 : index % 16 + height, 2 * index % 32 : 2 * index % 32 + width].copy()
        side, left = max(4, height // 4), (3 * index) % max(1, width - height // 4)
        picture[height // 3 : height // 3 + side, left : left + side] += 0.2
        pictures.append((np.clip(picture, 0.07, 0.92) * maximum).astype(np.uint16))
    return pictures


class MakeVideo(Protocol):
    def __call__(self, name: str = ..., **options: Any) -> Path: ...


@pytest.fixture(autouse=True)
def ordinary_priority() -> Iterator[None]:
    """What a test does with SVT-AV1 by itself must not starve those that run beside it."""
    from indelible.video.scheduling import unchanged_scheduling

    with unchanged_scheduling():
        yield


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """A function that encodes a small video into the test's folder and returns its path; see ``encode_video`` for what it takes."""

    def make(name: str = "clip.mp4", **options: Any) -> Path:
        path = tmp_path / name
        encode_video(path, **options)
        return path

    return make


class MakeFrames(Protocol):
    def __call__(self, count: int = ..., **options: Any) -> list[Frame]: ...


@pytest.fixture
def make_frames() -> MakeFrames:
    """A function that returns frames of a moving texture that belong to no file: any planar format, size, times and tags."""
    return frames_of_texture


def frames_of_texture(
    count: int = 12,
    *,
    width: int = 96,
    height: int = 64,
    pixel_format: str = "yuv420p",
    pts: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 25),
    color: ColorTags | None = None,
    seed: int = 0,
) -> list[Frame]:
    """Return frames whose luma is the moving texture and whose chroma planes are ramps."""
    import av

    components = av.VideoFormat(pixel_format, width, height).components
    bits = components[0].bits
    dtype = np.uint16 if bits > 8 else np.uint8
    ramps = [np.linspace(90, 150, part.width) * (1 << (bits - 8)) for part in components[1:]]
    chroma = tuple(np.tile(ramp.astype(dtype), (part.height, 1)) for ramp, part in zip(ramps, components[1:], strict=True))
    return [
        Frame(
            y=(luma << (bits - 8)).astype(dtype),
            chroma=chroma,
            pixel_format=pixel_format,
            bit_depth=bits,
            pts=index if pts is None else pts[index],
            time_base=time_base,
            color=color or ColorTags(),
        )
        for index, luma in enumerate(moving_texture(count, height, width, seed=seed))
    ]


@pytest.fixture
def clip(make_video: MakeVideo) -> Path:
    """A silent H.264 clip in MP4: 24 frames of 96x64 at 25 a second, with B-frames."""
    return make_video()


@pytest.fixture
def clip_with_sound(make_video: MakeVideo) -> Path:
    """The same with a second of a stereo tone in AAC."""
    return make_video("sound.mp4", audio="aac")


def encode_video(
    path: Path,
    *,
    width: int = 96,
    height: int = 64,
    frames: int = 24,
    rate: Fraction | int = 25,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    container: str | None = None,
    container_options: dict[str, str] | None = None,
    pts: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    tags: tuple[int, int, int, int] = (2, 2, 2, 0),
    sample_aspect_ratio: Fraction | None = None,
    rotation: int = 0,
    hflip: bool = False,
    metadata: dict[str, str] | None = None,
    chapters: Sequence[dict[str, Any]] = (),
    audio: str | None = None,
    audio_start: float = 0.0,
    seed: int = 0,
) -> None:
    """Encode a moving texture; ``tags`` are primaries, transfer, matrix and range, ``audio`` is an encoder such as ``aac``."""
    import av

    unit = time_base or 1 / Fraction(rate)
    with av.open(str(path), "w", format=container, container_options=container_options or {}) as output:
        output.metadata.update(metadata or {})
        stream = output.add_stream(codec, rate=rate, width=width, height=height, time_base=unit, options=options or {})
        context = stream.codec_context
        context.pix_fmt = pixel_format
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = tags
        if sample_aspect_ratio:
            context.sample_aspect_ratio = sample_aspect_ratio
        if rotation or hflip:
            stream.set_display_rotation(rotation, hflip=hflip)
        sound = output.add_stream(audio, rate=48000) if audio else None
        if chapters:
            output.set_chapters(list(chapters))
        for index, luma in enumerate(moving_texture(frames, height, width, seed=seed)):
            picture = fill_picture(luma, pixel_format)
            picture.pts = index if pts is None else pts[index]
            picture.time_base = unit
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
        if sound is not None:
            seconds = frames / float(rate)
            for block in _tone(seconds, start=audio_start, sample_format=sound.codec_context.format.name):
                output.mux(sound.encode(block))
            output.mux(sound.encode(None))


def fill_picture(luma: NDArray[np.uint16], pixel_format: str) -> Any:
    """Return a PyAV picture with this 8-bit luma (scaled to the depth), and chroma ramps that differ from plane to plane."""
    import av

    picture = av.VideoFrame(luma.shape[1], luma.shape[0], pixel_format)
    bits = picture.format.components[0].bits
    dtype = np.uint16 if bits > 8 else np.uint8
    for index, plane in enumerate(picture.planes):
        rows = np.frombuffer(plane, dtype).reshape(plane.height, -1)
        if index == 0:
            rows[:, : plane.width] = luma << (bits - 8)
        else:
            ramp = np.linspace(90, 150, rows.shape[1]) + 10 * index
            rows[:] = (ramp * (1 << (bits - 8))).astype(dtype)
    return picture


def _tone(seconds: float, *, start: float, sample_format: str) -> Iterator[Any]:
    import av

    times = np.arange(int(seconds * 48000)) / 48000
    wave = (0.3 * np.sin(2 * np.pi * 440 * times) * (times > 0.1)).astype(np.float32)
    for first in range(0, len(wave), 1024):
        part = np.ascontiguousarray(np.stack([wave[first : first + 1024]] * 2))
        block = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
        block.sample_rate = 48000
        block.pts = first + round(start * 48000)
        block.time_base = Fraction(1, 48000)
        yield block


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two films of 32 frames."""
    folder = tmp_path_factory.mktemp("corpus")
    film(folder / "china.mp4", width=320, height=180, frames=32)
    film(folder / "flower.mp4", name="flower.jpg", width=256, height=144, frames=32)
    return folder


@pytest.fixture
def corpus(films: Path) -> Corpus:
    return load_corpus(films)


@pytest.fixture(autouse=True)
def _global_randomness_stays_put() -> Iterator[None]:
    """Fail a test that draws from, or seeds, a global generator."""
    before = (random.getstate(), np.random.get_state(legacy=True))
    yield
    after = (random.getstate(), np.random.get_state(legacy=True))
    same = before[0] == after[0] and all(np.array_equal(old, new) for old, new in zip(before[1], after[1], strict=True))
    if not same:
        pytest.fail("this test moved the global random state; pass an rng (numpy.random.default_rng(seed)) instead")
