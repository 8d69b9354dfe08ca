"""How long encoders hold pictures back, and the options that bound it."""

from __future__ import annotations

import os

__all__ = ["delay_options"]

# x264 holds what it looks ahead, a picture for each further thread that works on one of its own, and some for its B-frames.
_X264_LOOKAHEAD = {"ultrafast": 0, "superfast": 0, "veryfast": 10, "faster": 20, "fast": 30, "medium": 40, "slow": 50}
_X264_LONGEST_LOOKAHEAD = 60
_X264_SHORTEST_LOOKAHEAD = 4
_X264_BFRAMES = {"ultrafast": 0, "veryslow": 8, "placebo": 16}

_X265_LOOKAHEAD = {"ultrafast": 5, "superfast": 10, "veryfast": 15, "faster": 15, "fast": 15, "medium": 20, "slow": 25, "placebo": 60}
_X265_LONG_LOOKAHEAD = 40
_X265_BFRAMES = {"ultrafast": 3, "superfast": 3, "slower": 8, "veryslow": 8, "placebo": 8}

_VP9_LAG = 25

_NO_DELAY = {"tune": "zerolatency", "bf": "0"}  # of x264 and x265


def delay_options(codec: str, preset: str, frames: int, *, bframes: int | None = None, threads: int = 0) -> dict[str, str]:
    """Return the options of an encoder with which it holds no more than so many pictures; none where it does so anyway.

    Args:
        codec: as `EncoderSettings` names it.
        preset: likewise.
        frames: 0 or more.
        bframes: in a row at most, as far as that was asked for.
        threads: of the encoder, 0 for all cores.
    """
    match codec:
        case "x264":
            return _x264(preset, frames, bframes, threads)
        case "x265":
            return _x265(preset, frames, bframes)
        case "av1":
            # Low delay predicts from the past only.
            return {} if frames >= 100 else {"svtav1-params": "pred-struct=1"}
        case "vp9":
            return {} if frames >= _VP9_LAG else {"lag-in-frames": str(frames)}
        case _:
            return {}


def _x264(preset: str, frames: int, bframes: int | None, threads: int) -> dict[str, str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    reorder = _X264_BFRAMES.get(preset, 3) if bframes is None else bframes
    wanted = threads or max(1, cores * 3 // 2)  # as x264 chooses
    at_a_time = min(wanted, max(1, frames // 4))
    lookahead = frames - (at_a_time - 1) - (reorder + 1) - 1
    if lookahead < max(_X264_SHORTEST_LOOKAHEAD, reorder):
        return _NO_DELAY
    options = {} if at_a_time == wanted else {"threads": str(at_a_time)}
    usual = _X264_LOOKAHEAD.get(preset, _X264_LONGEST_LOOKAHEAD)
    if lookahead < max(usual, 4 * reorder):  # the better choice of B-frames, of the slow presets, waits for four times as many
        options["x264-params"] = f"rc-lookahead={min(usual, lookahead)}:b-adapt=1"
    return options


def _x265(preset: str, frames: int, bframes: int | None) -> dict[str, str]:
    reorder = _X265_BFRAMES.get(preset, 4) if bframes is None else bframes
    usual = _X265_LOOKAHEAD.get(preset, _X265_LONG_LOOKAHEAD)
    lookahead = frames - reorder - 8
    if lookahead <= reorder:
        return _NO_DELAY
    return {"x265-params": f"rc-lookahead={lookahead}:frame-threads=2"} if lookahead < usual else {}
