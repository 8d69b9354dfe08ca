"""``lab mismatch``: stand-ins for H.264 against the real encoder, on the same frames."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from indelible.channel import Clip, parse_channel
from indelible.errors import InputError
from indelible.lab.dct8 import Dct8
from indelible.lab.proxy import Proxy, forward, quantisation_steps, whole_blocks
from indelible.lab.proxy_fit import FITTED, fit_proxy, fit_quality
from indelible.lab.survival import Pictures, Survival, as_codes, carried, luma_of, probe, survival, survivals_together
from indelible.lab.trial import Footage, rng_of
from indelible.lab.validation import in_first_half
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.machine import provenance
from indelible.runs.pool import Crew, Job, run_jobs

SCHEMA = "indelible.lab.mismatch/1"
REAL = "x264"

#: What stands in for the encoder, apart from CRF.
PROXIES: Mapping[str, Proxy] = MappingProxyType(
    {
        "published": Proxy(steps="published"),
        "published, tanh": Proxy(steps="published", rounding="tanh"),
        "h264": Proxy(),
        "h264, 4x4": Proxy(block=4),
        "h264, predicted": Proxy(offset=1 / 3, predicted=True),
    }
)


@dataclass(frozen=True, slots=True)
class MismatchSettings:
    """What is compared.

    Args:
        crfs: qualities of the encoder, each 0 to 51, at least one.
        fit: whether a stand-in is fitted to the encoder, on half of the sources; all is then measured on the other half.
        seed: of the mark that is sent through.
        footage: how much of each clip.

    Raises:
        InputError: if there is no CRF, or one is out of range.
    """

    crfs: tuple[int, ...] = (18, 23, 28, 34)
    fit: bool = False
    seed: int = 1
    footage: Footage = field(default_factory=lambda: Footage(frames=30, width=320))

    def __post_init__(self) -> None:
        if not self.crfs or not all(0 <= crf <= 51 for crf in self.crfs):
            raise InputError(f"CRFs {self.crfs}; at least one is needed, each from 0 to 51")


@dataclass(frozen=True, slots=True)
class _Task:
    clip: CorpusClip
    proxies: tuple[tuple[str, Proxy], ...]
    settings: MismatchSettings


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """Of one clip: what each (codec, CRF) did, and what became of one block."""

    survivals: Mapping[tuple[str, int], Survival]
    rows: list[dict[str, Any]]
    trace: list[dict[str, Any]]


def run_mismatch(corpus: Corpus, settings: MismatchSettings, *, jobs: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Return the whole result, ready for JSON.

    Raises:
        InputError: if a stand-in is to be fitted and there are fewer than two sources.
        MediaError: if a clip cannot be read.
    """
    where = provenance(corpus)
    proxies, clips, fit = dict(PROXIES), corpus.clips, None
    if settings.fit:
        first = in_first_half([clip.source for clip in clips])
        ours = [clip for clip, known in zip(clips, first, strict=True) if known]
        clips = tuple(clip for clip, known in zip(clips, first, strict=True) if not known)
        paths = [clip.path for clip in ours]
        with Crew(jobs) as crew:
            found = fit_proxy(PROXIES["h264, predicted"], paths, settings.crfs, settings.footage, crew=crew, progress=progress)
        proxies[FITTED] = found.proxy
        fit = {"parameters": _parameters(found.proxy), "trained_on": [clip.name for clip in ours], "tried": found.tried}
    tasks = [Job(_Task(clip, tuple(proxies.items()), settings), clip.name) for clip in clips]
    by_name = {job.task.clip.name: measured for job, measured in run_jobs(tasks, _measure, processes=jobs, progress=progress)}
    measured = [by_name[clip.name] for clip in clips]  # in their order, whichever was done first
    return {
        "schema": SCHEMA,
        "provenance": where,
        "settings": asdict(settings),
        "proxies": {name: _parameters(proxy) for name, proxy in proxies.items()},
        "fit": fit,
        "summary": [_summary(name, crf, measured) for crf in settings.crfs for name in (REAL, *proxies)],
        "trace": measured[0].trace,
        "records": [row for each in measured for row in each.rows],
    }


def read_proxy(text: str, crf: float) -> Proxy:
    """Return a stand-in by name, or the fitted one of a file that ``lab mismatch --fit`` wrote.

    Raises:
        InputError: if there is none.
    """
    if text in PROXIES:
        return replace(PROXIES[text], crf=crf)
    try:
        return Proxy(**(json.loads(Path(text).read_text(encoding="utf-8"))["fit"]["parameters"] | {"crf": crf}))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"proxy {text!r} is unknown ({error}); known are {', '.join(map(repr, PROXIES))}, or a result of: indelible lab mismatch --fit"
        ) from error


def _measure(task: _Task) -> _Measured:
    settings = task.settings
    clip = settings.footage.load(task.clip.path)
    signature = probe(rng_of(settings.seed, "probe"))
    marked = Clip(tuple(Dct8().mark(clip.frames, signature)), clip.info)
    sent, sent_marked = luma_of(clip.frames), luma_of(marked.frames)
    survivals: dict[tuple[str, int], Survival] = {}
    rows: list[dict[str, Any]] = []
    trace: list[dict[str, Any]] = []

    def note(name: str, crf: int, received: Pictures, received_marked: Pictures, chroma_db: float, proxy: Proxy | None) -> None:
        survivals[name, crf] = survival(sent, received)
        trace.extend(_trace(sent, received, name, crf, proxy))
        rows.append(
            {
                "clip": task.clip.name,
                "codec": name,
                "crf": crf,
                "psnr_y_db": round(min(survivals[name, crf].psnr_db, 99.0), 3),
                "psnr_chroma_db": round(chroma_db, 3),
                "carried": [round(float(share), 4) for share in carried(received, received_marked, signature)],
            }
        )

    for crf in settings.crfs:
        channel = parse_channel(f"x264:crf={crf}")
        real, real_marked = channel.apply(clip, seed=settings.seed), channel.apply(marked, seed=settings.seed)
        note(REAL, crf, luma_of(real.frames), luma_of(real_marked.frames), _chroma_db(clip, real), None)
        for name, proxy in task.proxies:
            at = replace(proxy, crf=crf)
            note(name, crf, as_codes(at.luma(sent)), as_codes(at.luma(sent_marked)), _chroma_db(clip, at), at)
    return _Measured(survivals, rows, trace)


def _chroma_db(clip: Clip, codec: Clip | Proxy) -> float:
    """Return the PSNR of both chroma planes after a codec, at most 99 dB."""
    planes = [np.asarray(whole_blocks(np.stack([frame.chroma[which] for frame in clip.frames])), np.float32) for which in (0, 1)]
    if isinstance(codec, Proxy):
        luma = luma_of(clip.frames)
        after = [as_codes(codec.chroma(plane, luma)) for plane in planes]
    else:
        after = [np.asarray(whole_blocks(np.stack([frame.chroma[which] for frame in codec.frames])), np.float32) for which in (0, 1)]
    mean = float(np.mean([np.square(one - other).mean(dtype=np.float64) for one, other in zip(planes, after, strict=True)]))
    return min(99.0, 10.0 * float(np.log10(255.0**2 / max(mean, 1e-9))))


def _trace(sent: Pictures, received: Pictures, name: str, crf: int, proxy: Proxy | None) -> list[dict[str, Any]]:
    """Return what became of the low coefficients of the block in the middle of the frame in the middle."""
    rows = []
    middle = len(sent) // 2
    before, after = (forward(pictures[middle : middle + 1], 8)[0] for pictures in (sent, received))
    block = before.shape[0] // 2, before.shape[1] // 2
    steps = None if proxy is None or proxy.block != 8 else quantisation_steps(proxy)
    for place in np.ndindex(3, 3):
        coefficient, result = float(before[*block, *place]), float(after[*block, *place])
        kept = result * coefficient > 0.0 and 0.5 <= result / coefficient <= 2.0
        fate = "zeroed" if abs(result) < 1.0 <= abs(coefficient) else "kept" if kept else "changed"
        step = None if steps is None else round(float(steps[place]), 2)
        rows.append(
            {"codec": name, "crf": crf, "position": list(place), "coefficient": round(coefficient, 1), "step": step}
            | {"result": round(result, 1), "fate": fate}
        )
    return rows


def _summary(name: str, crf: int, measured: Sequence[_Measured]) -> dict[str, Any]:
    """Return what one codec did to all clips, and how far that is from the real one."""
    together = survivals_together([each.survivals[name, crf] for each in measured])
    rows = [[row for row in each.rows if row["crf"] == crf] for each in measured]
    here = [next(row for row in of_clip if row["codec"] == name) for of_clip in rows]
    real = [next(row for row in of_clip if row["codec"] == REAL) for of_clip in rows]
    shares = np.mean([row["carried"] for row in here], axis=0)
    gaps = np.array([one["psnr_y_db"] - other["psnr_y_db"] for one, other in zip(here, real, strict=True)])
    apart = np.array([np.subtract(one["carried"], other["carried"]) for one, other in zip(here, real, strict=True)])
    pairs = [(each.survivals[name, crf], each.survivals[REAL, crf]) for each in measured]
    followed = np.maximum(together.loud, 1.0)
    return {
        "codec": name,
        "crf": crf,
        "clips": len(measured),
        "psnr_y_db": round(float(np.mean([row["psnr_y_db"] for row in here])), 2),
        "psnr_chroma_db": round(float(np.mean([row["psnr_chroma_db"] for row in here])), 2),
        "psnr_gap_db": round(float(np.abs(gaps).mean()), 2),
        "error_gap_db": round(fit_quality(pairs), 2),
        "carried_gap": round(float(np.abs(apart).mean()), 3),
        "carried": np.round(shares, 3).tolist(),
        "kept": np.round(together.kept / followed, 4).tolist(),
        "zeroed": np.round(together.zeroed / followed, 4).tolist(),
        "energy": np.round(together.received / np.maximum(together.sent, 1e-9), 4).tolist(),
    }


def _parameters(proxy: Proxy) -> dict[str, Any]:
    return {name: value for name, value in asdict(proxy).items() if name != "crf"}
