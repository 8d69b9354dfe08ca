"""Small valid videos of many kinds, made by the ffmpeg program, to be damaged."""

import subprocess
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

_PICTURES = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=12:duration=1"]
_TONE = ["-f", "lavfi", "-i", "sine=duration=1:sample_rate=44100"]
_H264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", "6", "-x264-params", "threads=1"]
_HEVC = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:pools=1:frame-threads=1:keyint=6"]

# What they are called, and how they are made. Short ones: a flipped bit should hit something.
SEEDS: dict[str, list[str]] = {
    "h264-aac.mp4": [*_H264, "-pix_fmt", "yuv420p", "-c:a", "aac"],
    "fragmented.mp4": [*_H264, "-pix_fmt", "yuv420p", "-an", "-movflags", "frag_keyframe+empty_moov"],
    "hevc10.mkv": [*_HEVC, "-pix_fmt", "yuv420p10le", "-c:a", "flac"],
    "h264-444.mov": [*_H264, "-pix_fmt", "yuv444p", "-c:a", "pcm_s16le", "-timecode", "01:00:00:00"],
    "h264-mp2.ts": [*_H264, "-pix_fmt", "yuv420p", "-c:a", "mp2"],
    "vp9-opus.webm": ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuv420p", "-c:a", "libopus"],
    "vp8-vorbis.webm": ["-c:v", "libvpx", "-deadline", "realtime", "-pix_fmt", "yuv420p", "-c:a", "libvorbis"],
    "av1.mp4": ["-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "lp=1", "-pix_fmt", "yuv420p", "-an"],
    "ffv1.nut": ["-c:v", "ffv1", "-level", "3", "-g", "4", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", "-t", "0.5"],
    "mpeg4-mp3.avi": ["-c:v", "mpeg4", "-bf", "2", "-c:a", "libmp3lame"],
    "mpeg2.mpg": ["-c:v", "mpeg2video", "-r", "25", "-flags", "+ildct+ilme", "-c:a", "mp2"],
    "prores.mov": ["-c:v", "prores_ks", "-pix_fmt", "yuv422p10le", "-an", "-t", "0.5"],
    "mjpeg.avi": ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-an"],
    "flv1.flv": ["-c:v", "flv", "-c:a", "libmp3lame", "-ar", "44100"],
    "raw.y4m": ["-pix_fmt", "yuv420p", "-an", "-t", "0.4"],
    "raw.h264": [*_H264, "-pix_fmt", "yuv420p", "-an"],
    "raw.hevc": [*_HEVC, "-pix_fmt", "yuv420p", "-an"],
    "wmv2.asf": ["-c:v", "wmv2", "-c:a", "wmav2"],
    "theora.ogv": ["-c:v", "libtheora", "-pix_fmt", "yuv420p", "-c:a", "libvorbis"],
}


def make_seeds(folder: Path) -> dict[str, bytes]:
    """Return the seeds by name; one that this ffmpeg cannot make is left out."""
    seeds = {}
    for name, options in SEEDS.items():
        path = folder / name
        command = [get_ffmpeg_exe(), "-v", "error", "-y", *_PICTURES, *_TONE, "-fflags", "+bitexact", "-threads", "1", *options]
        if subprocess.run([*command, str(path)], capture_output=True, check=False).returncode == 0:
            seeds[name] = path.read_bytes()
        path.unlink(missing_ok=True)
    return seeds
