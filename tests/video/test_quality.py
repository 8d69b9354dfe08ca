"""XPSNR against FFmpeg's own log, and its limits."""

import math
import re
import subprocess
from dataclasses import replace
from fractions import Fraction

import imageio_ffmpeg
import numpy as np
import pytest

from indelible.errors import InputError
from indelible.video import EncoderSettings, probe, write_video
from indelible.video.quality import Xpsnr


def worse(frames, rng):
    """Return the frames with noise on their luma, more of it in each frame."""
    noisy = []
    for index, frame in enumerate(frames):
        noise = rng.normal(0, 1 + index / 4, frame.y.shape) * (1 << (frame.bit_depth - 8))
        y = np.clip(frame.y + np.rint(noise), 0, (1 << frame.bit_depth) - 1).astype(frame.y.dtype)
        noisy.append(frame.with_luma(y))
    return noisy


@pytest.mark.parametrize("pixel_format", ["yuv420p", "gray", "gray10le"])
def test_it_is_what_ffmpeg_says(make_frames, clip, tmp_path, pixel_format):
    """Ten bits as grey only, which is how we ask too: with chroma, FFmpeg's answer for small ten-bit pictures is 29 dB too low."""
    frames = make_frames(12, width=160, height=96, pixel_format=pixel_format)
    noisy = worse(frames, np.random.default_rng(5))
    info = replace(probe(clip), width=160, height=96, pixel_format=pixel_format, frame_rate=Fraction(25))
    for name, pictures in (("original.mkv", frames), ("changed.mkv", noisy)):
        write_video(tmp_path / name, pictures, EncoderSettings("ffv1"), info=info)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", tmp_path / "original.mkv", "-i", tmp_path / "changed.mkv"]
    done = subprocess.run([*command, "-lavfi", "xpsnr", "-f", "null", "-"], capture_output=True, text=True, check=True, timeout=60)
    expected = re.search(r"XPSNR\s+y: ([\d.]+)", done.stderr)
    assert expected, done.stderr
    quality = Xpsnr(frame_rate=Fraction(25))
    for original, changed in zip(frames, noisy, strict=True):
        quality.add(original, changed)
    assert quality.db == pytest.approx(float(expected[1]), abs=0.001)


def test_chroma_does_not_matter(make_frames):
    frames = make_frames(6, pixel_format="yuv420p10le")
    noisy = worse(frames, np.random.default_rng(5))
    grey = [[replace(frame, chroma=(), pixel_format="gray10le") for frame in stream] for stream in (frames, noisy)]
    results = []
    for originals, changed in ((frames, noisy), grey):
        quality = Xpsnr()
        for pair in zip(originals, changed, strict=True):
            quality.add(*pair)
        results.append(quality.db)
    assert results[0] == results[1]


def test_equal_pictures_are_infinitely_alike(make_frames):
    quality = Xpsnr()
    for frame in make_frames(3):
        quality.add(frame, frame)
    assert quality.db == math.inf


def test_what_cannot_be_compared(make_frames):
    (small,) = make_frames(1)
    (large,) = make_frames(1, width=128)
    with pytest.raises(InputError, match="cannot be compared"):
        Xpsnr().add(small, large)
    with pytest.raises(InputError, match="no pictures"):
        _ = Xpsnr().db
