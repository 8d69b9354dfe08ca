"""Word error rate of the payload's code on a Gaussian channel, beside the normal approximation; writes Markdown to stdout.

    python bench/payload_code.py              # the table of docs/decisions/0002-payload-code.md
    python bench/payload_code.py --variants   # other tags, lists and constructions, on the same noise

Symbols are +-a in noise of variance 1; Eb/N0 = a^2 n / (2 k) counts the k bits of the payload only, so the tag's cost is in it.
"""

from __future__ import annotations

import argparse
import math
import time

import numpy as np
from scipy.special import ndtr

from indelible.mark.payload import DESIGN_EB_N0_DB, LIST_SIZES, SYMBOLS, TAG_BITS
from indelible.mark.polar import list_decode, polar_transform, reliable_positions
from indelible.stats.intervals import clopper_pearson

EB_N0_DB = {64: (0.8, 1.2, 1.6, 2.0, 2.4, 2.8), 128: (0.4, 0.8, 1.2, 1.6, 2.0), 256: (0.2, 0.5, 0.8, 1.1, 1.4)}
STOP_AT_ERRORS = 40


def normal_approximation(bits: int, n: int, snr: float) -> float:
    """Return the word error rate of the best code of ``bits`` in ``n`` symbols (Polyanskiy, Poor and Verdu 2010, eq. 296)."""
    z, weights = np.polynomial.hermite_e.hermegauss(100)
    weights = weights / weights.sum()
    density = 1.0 - np.logaddexp(0.0, -2.0 * snr - 2.0 * math.sqrt(snr) * z) / math.log(2.0)
    capacity = weights @ density
    dispersion = weights @ density**2 - capacity**2
    return float(ndtr(-(n * capacity - bits + 0.5 * math.log2(n)) / math.sqrt(n * dispersion)))


def eb_n0_needed(bits: int, n: int, error_rate: float) -> float:
    """Return the Eb/N0 in dB at which the normal approximation reaches ``error_rate``."""
    grid = np.arange(-2.0, 6.0, 0.01)
    rates = [normal_approximation(bits, n, 2.0 * bits / n * 10.0 ** (db / 10.0)) for db in grid]
    return float(np.interp(-math.log(error_rate), -np.log(rates), grid))


def simulate(
    bits: int, eb_n0_db: float, words: int, *, tag_bits: int = TAG_BITS, design_db: float | None = None, lists: tuple[int, ...] = LIST_SIZES
) -> tuple[int, int, float]:
    """Return (words lost, words sent, seconds of a decode) for one payload size; a word is lost if it is in none of the lists."""
    n, carried = SYMBOLS, bits + tag_bits
    design = 2.0 * carried / n * 10.0 ** ((DESIGN_EB_N0_DB[bits] if design_db is None else design_db) / 10.0)
    info = np.zeros(n, np.bool_)
    info[reliable_positions(n, carried, snr=design)] = True
    amplitude = math.sqrt(2.0 * bits / n * 10.0 ** (eb_n0_db / 10.0))
    rng = np.random.default_rng(20261121)
    lost = sent = 0
    started = time.process_time()
    while sent < words and lost < STOP_AT_ERRORS:
        word = polar_transform(rng.integers(0, 2, n, np.uint8) * info)
        received = amplitude * (1.0 - 2.0 * word) + rng.standard_normal(n)
        llrs = (2.0 * math.sqrt(design * (1.0 + design) / np.mean(received**2)) * received).astype(np.float32)
        lost += not any((list_decode(llrs, info, paths=paths) == word).all(axis=1).any() for paths in lists)
        sent += 1
    return lost, sent, (time.process_time() - started) / sent


def main_table(words: int) -> None:
    """Print the error rates of the code as it is, then what each costs beside the best possible code."""
    print("| payload bits | Eb/N0, dB | symbol SNR a^2, dB | words | word error rate (95 %) | best code of k bits | of k + tag bits | ms |")
    print("|---|---|---|---|---|---|---|---|")
    curves: dict[int, list[tuple[float, float]]] = {}
    for bits, levels in EB_N0_DB.items():
        for level in levels:
            lost, sent, seconds = simulate(bits, level, words)
            low, high = clopper_pearson(lost, sent)
            snr = 2.0 * bits / SYMBOLS * 10.0 ** (level / 10.0)
            best, best_tagged = (normal_approximation(k, SYMBOLS, snr) for k in (bits, bits + TAG_BITS))
            print(
                f"| {bits} | {level:.1f} | {10 * math.log10(snr):.2f} | {sent} | {lost / sent:.2g} ({low:.1g} to {high:.1g}) "
                f"| {best:.1g} | {best_tagged:.1g} | {1e3 * seconds:.0f} |",
                flush=True,
            )
            if lost:
                curves.setdefault(bits, []).append((level, lost / sent))
    print(
        "\n| payload bits | word error rate | Eb/N0, dB | symbol SNR, dB | best code of k bits, dB | gap, dB |\n|---|---|---|---|---|---|"
    )
    for bits, curve in curves.items():
        levels, rates = np.array(curve).T
        for target in (0.1, 0.01):
            reached = float(np.interp(-math.log(target), -np.log(rates), levels))
            bound = eb_n0_needed(bits, SYMBOLS, target)
            snr_db = reached + 10.0 * math.log10(2.0 * bits / SYMBOLS)
            print(f"| {bits} | {target} | {reached:.2f} | {snr_db:.2f} | {bound:.2f} | {reached - bound:.2f} |")


def variants_table(words: int) -> None:
    """Print the error rates of other tags, lists and constructions."""
    print("| payload bits | Eb/N0, dB | tag | construction, dB | list | word error rate | ms |\n|---|---|---|---|---|---|---|")
    for bits, level in ((64, 1.2), (128, 0.8)):
        shipped = (TAG_BITS, DESIGN_EB_N0_DB[bits], LIST_SIZES[-1])
        constructions = [(TAG_BITS, design, LIST_SIZES[-1]) for design in (-4.0, 4.0)]
        lists = [(TAG_BITS, DESIGN_EB_N0_DB[bits], paths) for paths in (1, 8, 32, 1024)]
        tags = [(tag, DESIGN_EB_N0_DB[bits], LIST_SIZES[-1]) for tag in (16, 24)]
        for tag, design, paths in dict.fromkeys((shipped, *constructions, *lists, *tags)):
            lost, sent, seconds = simulate(bits, level, words, tag_bits=tag, design_db=design, lists=(paths,))
            print(f"| {bits} | {level} | {tag} | {design:+.0f} | {paths} | {lost / sent:.2g} of {sent} | {1e3 * seconds:.0f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure the payload's code; see docs/decisions/0002-payload-code.md.")
    parser.add_argument("--variants", action="store_true", help="compare alternatives instead of measuring the code as it is")
    parser.add_argument("--words", type=int, default=1500, help="words at each level, fewer once 40 are lost")
    arguments = parser.parse_args()
    (variants_table if arguments.variants else main_table)(arguments.words)
