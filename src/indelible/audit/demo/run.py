"""The demonstration: small models trained on marked and unmarked footage, what the test of each says, controls and failures included."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.audit.demo.footage import Films, fixed_phase_tile, load_hosts, prepare, with_fixed_phase
from indelible.audit.demo.models import PATCH, check_torch, generate, restore, train_generator, train_restorer
from indelible.audit.detect import LookingGlass, TrainingDetection
from indelible.audit.spectrum import Spectrum
from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.runs.corpus import Corpus
from indelible.runs.machine import provenance
from indelible.stats.signs import SignFlip

__all__ = ["SCHEMA", "DemoSettings", "run_demo"]

SCHEMA = "indelible.audit-demo/1"
_PLAIN, _CODEC = "none", "x264:crf=28"
_WRONG_KEYS = 200  # tried on each model
_LEVELS = 20.0  # to which correlations with the fixed-phase mark are rounded

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """What decides a run.

    Args:
        steps: of training each model, 1 or more.
        width: channels of the models.
        lines: shorter side of the footage, at least that of a patch.
        frames: of each clip.
        clips: to train on.
        held: to ask the restorer with, never marked and never trained on.
        samples: patches that the generator makes.
        shares: of the clips that are marked; 0 is the control.
        codec: whether each is also trained after x264 at CRF 28.
        seeds: of training.
        keys: how many, each trained by itself.

    Raises:
        InputError: if a number is out of range.
    """

    steps: int = 600
    width: int = 8
    lines: int = 192
    frames: int = 6
    clips: int = 24
    held: int = 6
    samples: int = 512
    shares: tuple[float, ...] = (0.0, 0.3, 1.0)
    codec: bool = True
    seeds: tuple[int, ...] = (1,)
    keys: int = 1

    def __post_init__(self) -> None:
        counts = (self.steps, self.width, self.frames, self.clips, self.held, self.samples, self.keys, len(self.seeds), len(self.shares))
        if min(counts) < 1 or self.lines < PATCH or not all(0.0 <= share <= 1.0 for share in self.shares):
            raise InputError(f"{self} cannot be run: counts are at least 1, lines at least {PATCH}, shares between 0 and 1")


def run_demo(corpus: Corpus, settings: DemoSettings, *, progress: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Train everything and return the whole result, ready for JSON.

    Raises:
        MissingExtraError: if torch is not installed.
        MediaError: if a clip cannot be read.
    """
    check_torch()
    where = provenance(corpus)
    hosts = load_hosts(corpus, lines=settings.lines, frames=settings.frames, clips=settings.clips, held=settings.held)
    queries = prepare(hosts.held, None, share=0.0, channel=_PLAIN)
    rows: list[Row] = []
    for number in range(settings.keys):
        key = SecretKey(hashlib.sha256(f"indelible/audit/demo/{number}".encode()).digest())
        for channel in (_PLAIN, _CODEC) if settings.codec else (_PLAIN,):
            for share in settings.shares:
                if number and not share:
                    continue  # a control needs no key of its own: all are looked for in the first
                films = prepare(hosts.train, key, share=share, channel=channel)
                what = {"key": number, "share": share, "codec": channel}
                rows.append({"model": "footage itself", "seed": None} | what | _told(_glass(_patches(films), settings).look(key)))
                for seed in settings.seeds:
                    for row in _models(films, queries, key, settings, seed):
                        rows.append(row | {"seed": seed} | what)
                        progress(f"{row['model']}, {share:.0%} marked, {channel}, key {number}, seed {seed}: log10 p {row['log10_p']:.2f}")
        if not number:
            rows += _failures(hosts.train, hosts.held, queries, key, settings, progress)
    return {"schema": SCHEMA, "provenance": where, "settings": asdict(settings), "rows": rows}


def _models(films: Films, queries: Films, key: SecretKey, settings: DemoSettings, seed: int) -> Iterator[Row]:
    """Train both models and yield what the tests of their outputs say."""
    model = train_generator(films, steps=settings.steps, width=settings.width, seed=seed)
    made = _glass(generate(model, count=settings.samples, seed=seed), settings)
    yield {"model": "generator"} | _told(made.look(key)) | _control(made, seed)
    model = train_restorer(films, steps=settings.steps, width=settings.width, seed=seed)
    noisy, restored = restore(model, queries, seed=seed)
    change = _glass(restored, settings, less=noisy)
    yield {"model": "restorer"} | _told(change.look(key)) | _control(change, seed)


def _failures(train: Any, held: Any, queries: Films, key: SecretKey, settings: DemoSettings, progress: Callable[[str], None]) -> list[Row]:
    """Return what does not work, and what misleads: a mark of fixed phase; and marked queries to a model that saw no mark at all."""
    seed = settings.seeds[0]
    fixed = prepare(train, None, share=1.0, channel=_PLAIN, mark=partial(with_fixed_phase, key=key))
    model = train_restorer(fixed, steps=settings.steps, width=settings.width, seed=seed)
    noisy, restored = restore(model, queries, seed=seed)
    what = {"key": 0, "codec": _PLAIN}
    rows = [
        {"model": "footage itself, fixed-phase mark", "share": 1.0, "seed": None, **_fixed_p(_patches(fixed), key)} | what,
        {"model": "restorer, fixed-phase mark", "share": 1.0, "seed": seed, **_fixed_p(restored - noisy, key)} | what,
    ]
    clean = train_restorer(prepare(train, None, share=0.0, channel=_PLAIN), steps=settings.steps, width=settings.width, seed=seed)
    _, leaked = restore(clean, prepare(held, key, share=1.0, channel=_PLAIN), seed=seed)
    told = _told(_glass(leaked, settings).look(key))
    rows.append({"model": "restorer, asked with marked footage", "share": 0.0, "seed": seed, **told} | what)
    for row in rows:
        progress(f"{row['model']}: log10 p {row['log10_p']:.2f}")
    return rows


def _glass(patches: NDArray[np.float32], settings: DemoSettings, *, less: NDArray[np.float32] | None = None) -> LookingGlass:
    """Return what patches say at the one scale at which they were made: nothing is searched, so nothing is paid for."""
    return LookingGlass(_seen(patches, settings), less=None if less is None else _seen(less, settings), search=False)


def _seen(patches: NDArray[np.float32], settings: DemoSettings) -> Spectrum:
    spectrum = Spectrum(lines=settings.lines)
    for patch in patches:
        for frame in patch:
            spectrum.add((frame,))
    return spectrum


def _patches(films: Films) -> NDArray[np.float32]:
    """Return patches that cover the first frame of each film, in luma levels, shape (n, 1, PATCH, PATCH)."""
    places = [
        film[:1, down : down + PATCH, across : across + PATCH]
        for film in films
        for down in range(0, film.shape[1] - PATCH + 1, PATCH)
        for across in range(0, film.shape[2] - PATCH + 1, PATCH)
    ]
    return np.asarray(128.0 + 128.0 * np.stack(places), np.float32)


def _fixed_p(patches: NDArray[np.float32], key: SecretKey) -> Row:
    """Return what is left of the fixed-phase mark, at the phase at which it was laid: patches are cut on its raster."""
    patterns, _, signs = fixed_phase_tile(key)
    mean = patches.mean(axis=(0, 1))
    each = np.tensordot(patterns, mean - mean.mean(), 2)
    weights = np.rint(_LEVELS * each / max(float(np.abs(each).max()), 1e-9))
    null = SignFlip(weights)
    right = float(np.mean(weights * signs > 0))
    return {"log10_p": null.log10_p(signs), "log10_floor": null.log10_floor, "coins_right": right}


def _told(found: TrainingDetection) -> Row:
    return {"log10_p": found.log10_p, "log10_floor": found.log10_floor, "coins_right": found.right}


def _control(glass: LookingGlass, seed: int) -> Row:
    """Return how often wrong keys reach small p-values on a model."""
    rng = np.random.default_rng(seed)
    p = np.array([10.0 ** glass.look(SecretKey(rng.bytes(32))).log10_p for _ in range(_WRONG_KEYS)])
    return {"wrong_keys": _WRONG_KEYS, "wrong_at_0.05": int(np.sum(p <= 0.05)), "wrong_at_0.01": int(np.sum(p <= 0.01))}
