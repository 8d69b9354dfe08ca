from fractions import Fraction

import av
import numpy as np
import pytest

from indelible.errors import InputError
from indelible.frames import Frame
from indelible.video.planes import frame_from_picture, picture_from_frame, planar_format


def random_planes(pixel_format: str, bits: int, width: int, height: int) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    dtype = np.uint16 if bits > 8 else np.uint8
    components = av.VideoFormat(pixel_format, width, height).components
    return [rng.integers(0, 1 << bits, (part.height, part.width)).astype(dtype) for part in components]


def interleaved(planes: list[np.ndarray], first: int, second: int) -> np.ndarray:
    out = np.empty((planes[1].shape[0], 2 * planes[1].shape[1]), planes[1].dtype)
    out[:, 0::2], out[:, 1::2] = planes[first], planes[second]
    return out


@pytest.mark.parametrize(
    ("native", "planar", "bits", "shift", "order"),
    [
        ("nv12", "yuv420p", 8, 0, (1, 2)),
        ("nv21", "yuv420p", 8, 0, (2, 1)),
        ("nv16", "yuv422p", 8, 0, (1, 2)),
        ("nv24", "yuv444p", 8, 0, (1, 2)),
        ("nv42", "yuv444p", 8, 0, (2, 1)),
        ("p010le", "yuv420p10le", 10, 6, (1, 2)),
        ("p012le", "yuv420p12le", 12, 4, (1, 2)),
        ("p016le", "yuv420p16le", 16, 0, (1, 2)),
        ("p210le", "yuv422p10le", 10, 6, (1, 2)),
        ("p410le", "yuv444p10le", 10, 6, (1, 2)),
    ],
)
@pytest.mark.parametrize("size", [(34, 18), (33, 17)])
def test_semi_planar_pictures_are_taken_apart_exactly(native, planar, bits, shift, order, size):
    planes = random_planes(planar, bits, *size)
    picture = av.VideoFrame(*size, native)
    for target, source in zip(picture.planes, (planes[0], interleaved(planes, *order)), strict=True):
        rows = np.frombuffer(target, source.dtype).reshape(target.height, -1)
        rows[:, : source.shape[1]] = source << shift
    frame = frame_from_picture(picture, pts=5, time_base=Fraction(1, 25), duration=2)
    assert (frame.pixel_format, frame.bit_depth, frame.pts, frame.duration) == (planar, bits, 5, 2)
    for ours, plane in zip((frame.y, *frame.chroma), planes, strict=True):
        np.testing.assert_array_equal(ours, plane)


@pytest.mark.parametrize(("native", "places"), [("yuyv422", (0, 1, 3)), ("yvyu422", (0, 3, 1)), ("uyvy422", (1, 0, 2))])
def test_packed_pictures_are_taken_apart_exactly(native, places):
    y, u, v = random_planes("yuv422p", 8, 34, 18)
    picture = av.VideoFrame(34, 18, native)
    rows = np.frombuffer(picture.planes[0], np.uint8).reshape(18, -1)[:, :68]
    rows[:, places[0] :: 2], rows[:, places[1] :: 4], rows[:, places[2] :: 4] = y, u, v
    frame = frame_from_picture(picture, pts=None, time_base=Fraction(1, 25))
    for ours, plane in zip((frame.y, *frame.chroma), (y, u, v), strict=True):
        np.testing.assert_array_equal(ours, plane)


@pytest.mark.parametrize("pixel_format", ["gray", "gray10le", "yuv420p", "yuv422p10le", "yuv444p12le", "yuv440p", "yuv411p", "yuv410p"])
@pytest.mark.parametrize("size", [(34, 18), (33, 17), (1, 1)])
def test_a_frame_goes_to_the_encoder_and_back_unchanged(pixel_format, size):
    bits = av.VideoFormat(pixel_format).components[0].bits
    y, *chroma = random_planes(pixel_format, bits, *size)
    frame = Frame(y, tuple(chroma), pixel_format=pixel_format, bit_depth=bits, time_base=Fraction(1, 25), duration=3)
    picture = picture_from_frame(frame, pixel_format=pixel_format, pts=9)
    back = frame_from_picture(picture, pts=picture.pts, time_base=Fraction(1, 25), duration=picture.duration)
    assert (back.pixel_format, back.bit_depth, back.pts, back.duration) == (pixel_format, bits, 9, 3)
    for ours, plane in zip((back.y, *back.chroma), (y, *chroma), strict=True):
        np.testing.assert_array_equal(ours, plane)


@pytest.mark.parametrize(("gray", "color", "neutral"), [("gray", "yuv420p", 128), ("gray10le", "yuv420p10le", 512)])
def test_grey_gets_neutral_chroma(gray, color, neutral):
    bits = 8 if gray == "gray" else 10
    (y,) = random_planes(gray, bits, 34, 18)
    picture = picture_from_frame(Frame(y, pixel_format=gray, bit_depth=bits), pixel_format=color, pts=0)
    frame = frame_from_picture(picture, pts=0, time_base=Fraction(1, 25))
    np.testing.assert_array_equal(frame.y, y)
    assert all(np.unique(plane).tolist() == [neutral] for plane in frame.chroma)


@pytest.mark.parametrize(
    ("y", "chroma", "says"),
    [
        (np.zeros((16, 16), np.uint16), [(8, 8), (8, 8)], "plane 0 of a yuv420p frame of 16x16"),
        (np.zeros((16, 16), np.uint8), [(8, 8), (8, 7)], r"plane 2 .* is \(8, 7\) uint8; it must be \(8, 8\) uint8"),
    ],
)
def test_planes_that_do_not_fit_are_named(y, chroma, says):
    frame = Frame(y, tuple(np.zeros(shape, np.uint8) for shape in chroma), pixel_format="yuv420p")
    with pytest.raises(InputError, match=says):
        picture_from_frame(frame, pixel_format="yuv420p", pts=0)


@pytest.mark.parametrize("native", ["rgb24", "gbrp", "gbrp10le", "pal8", "bgr0", "yuv420p10be", "grayf32le", "monow", "ya8", "xyz12le"])
def test_formats_without_usable_luma_have_no_name(native):
    assert planar_format(native) is None
