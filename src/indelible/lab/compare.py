"""``lab compare``: every method on the same clips behind the same encoders, the mark of this project among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from indelible.lab.campaign import LabRun, measure
from indelible.lab.methods import method_named
from indelible.lab.signature import Signature
from indelible.lab.trial import Entrant
from indelible.lab.validation import judge_cell
from indelible.runs.corpus import Corpus
from indelible.runs.machine import provenance

SCHEMA = "indelible.lab.comparison/1"

CHANNELS = tuple(f"x264:crf={crf}" for crf in (18, 23, 28, 34))

#: Who takes part without being given a signature.
ENTRANTS = (
    Entrant("flow, as published", "flow-published"),
    Entrant("flow", "flow"),
    Entrant("flow, direct", "flow-direct"),
    Entrant("8x8 DCT, as published", "dct8"),
    Entrant("indelible", "indelible"),
)


def run_comparison(
    corpus: Corpus,
    run: LabRun,
    *,
    signatures: Sequence[tuple[str, Signature]] = (),
    strengths: Sequence[float] = (),
    channels: Sequence[str] = CHANNELS,
) -> dict[str, Any]:
    """Return the whole result, ready for JSON.

    Args:
        corpus: the clips.
        run: how to run.
        signatures: names and signatures that take part besides `ENTRANTS`. Clips of the sources that any of them was trained on are left
            out for all.
        strengths: of random signatures for 8x8 DCT blocks that take part too, for the curve against PSNR.
        channels: what the marks go through.

    Raises:
        InputError: if fewer than two sources are left.
    """
    seen = frozenset[str]().union(*(signature.trained_on for _, signature in signatures))
    held_out = Corpus(tuple(clip for clip in corpus.clips if clip.source not in seen))
    where = provenance(held_out)  # before the work, during which the source tree may change
    entrants = (
        *ENTRANTS,
        *(Entrant(f"8x8 DCT, epsilon {epsilon:g}", "dct8", epsilon=epsilon) for epsilon in dict.fromkeys(strengths)),
        *(Entrant(name, signature.method, signature) for name, signature in signatures),
    )
    records = measure(held_out, entrants, channels, run)
    measured = [record for record in records if "error" not in record]
    source_of_clip = {clip.name: clip.source for clip in held_out.clips}
    summary = []
    for entrant in entrants:
        for detector in method_named(entrant.method).detectors:
            for channel in dict.fromkeys(record["channel"] for record in measured):
                cell = [record for record in measured if (record["entrant"], record["channel"]) == (entrant.name, channel)]
                if cell:
                    summary.append({"entrant": entrant.name, "channel": channel} | judge_cell(cell, detector, source_of_clip))
    return {
        "schema": SCHEMA,
        "provenance": where,
        "settings": asdict(run.footage) | {"seed": run.seed},
        "entrants": [{"name": entrant.name, "marked_with": entrant.marks_with, "epsilon": entrant.epsilon} for entrant in entrants],
        "left_out": sorted(clip.name for clip in corpus.clips if clip.source in seen),
        "summary": summary,
        "errors": [record for record in records if "error" in record],
        "records": measured,
    }
