"""What a certificate may say, made up."""

from typing import Any


def row(channel: str, margin: float | None, *, certified: bool) -> dict[str, Any]:
    return {
        "channel": channel,
        "log10_p": -120.5 if margin is not None else -0.1,
        "payload_ok": margin is not None and margin > 0,
        "bit_error_rate": None if margin is None else 0.125,
        "margin": margin,
        "presence_margin": None if margin is None else margin + 6,
        "payload_margin": margin,
        "certified": certified,
        "bitrate_bps": None if channel == "none" else 250_000,
    }


def body(
    *, key_id: str = "0" * 16, file: str = "film.mp4", sha256: str = "0" * 64, target: bool = False, nothing: bool = False
) -> dict[str, Any]:
    """Return the body of a certificate: of a mark that survives x264 at 34 and less of AV1, or of none at all."""
    rows = [row("none", None, certified=False), row("x264:crf=28", None, certified=False)]
    if not nothing:
        rows = [
            row("none", 14.0, certified=True),
            row("x264:crf=28", 9.0, certified=True),
            row("x264:crf=34", 4.5, certified=True),
            row("x264:crf=40", -3.0, certified=False),
            row("av1:crf=50", 1.0, certified=False),
        ]
    part = {"payload_ok": True, "margin": 4.0, "holds": True, "start_seconds": 0.0, "end_seconds": 8.0, "raised_db": 0.0}
    weak = {"payload_ok": False, "margin": None, "holds": False, "start_seconds": 8.0, "end_seconds": 14.5, "raised_db": 5.5}
    return {
        "schema": "indelible.certificate/1",
        "file": file,
        "sha256": sha256,
        "key_id": key_id,
        "payload_hex": None if nothing else "0102030405060708",
        "payload_text": None,
        "payload_bits": 0 if nothing else 64,
        "duration_seconds": 14.5,
        "psnr_y_db": None if nothing else 46.25,
        "created": "2026-11-21T13:00:00+00:00",
        "alpha": 1e-6,
        "required_margin": 3.0,
        "rows": rows,
        "survives": {"x264": None} if nothing else {"x264": 34.0, "av1": 50.0},
        "certified": {"x264": None} if nothing else {"x264": 34.0, "av1": None},
        "target": {"channel": "x264:crf=34", "certified": True, "floor_db": 42.0, "parts": [part, weak]} if target else None,
        "versions": {"indelible": "0.1.0", "ffmpeg": "8.1"},
        "encoders": {"x264": "libx264-0.so.165", "av1": "libSvtAv1Enc-0.so.4.1.0"},
    }
