"""Ways to damage a file, drawn by a seeded generator: the same seed and number give the same bytes."""

from collections.abc import Mapping

import numpy as np

_FIELDS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**63, 2**64 - 1)


def mutated(seeds: Mapping[str, bytes], seed: int, index: int) -> tuple[str, bytes, list[str]]:
    """Return the name of the damaged seed, its bytes, and what was done to it."""
    rng = np.random.default_rng([seed, index])
    names = sorted(seeds)
    name = names[index % len(names)]
    data = bytearray(seeds[name])
    done = []
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        kind = str(rng.choice(list(_WAYS)))
        _WAYS[kind](data, rng, seeds[names[int(rng.integers(len(names)))]])
        done.append(kind)
        if not data:
            break
    return name, bytes(data), done


def _place(data: bytearray, rng: np.random.Generator) -> int:
    """Half of the time within the first two kilobytes, where the headers are, a quarter within the last two (those of MP4)."""
    size, draw = len(data), rng.random()
    if draw < 0.5:
        return int(rng.integers(min(size, 2048)))
    return int(rng.integers(max(0, size - 2048), size)) if draw < 0.75 else int(rng.integers(size))


def _flip_bits(data: bytearray, rng: np.random.Generator, other: bytes) -> None:
    for _ in range(int(2 ** rng.uniform(0, 7))):
        data[_place(data, rng)] ^= 1 << int(rng.integers(8))


def _noise(data: bytearray, rng: np.random.Generator, other: bytes) -> None:
    start = _place(data, rng)
    length = min(len(data) - start, int(2 ** rng.uniform(2, 11)))
    data[start : start + length] = rng.bytes(length)


def _truncate(data: bytearray, rng: np.random.Generator, other: bytes) -> None:
    del data[int(rng.integers(len(data))) :]


def _field(data: bytearray, rng: np.random.Generator, other: bytes) -> None:
    """A number of one to eight bytes becomes one at which counters overflow."""
    size = int(rng.choice([1, 2, 4, 4, 8]))
    start = min(_place(data, rng), max(0, len(data) - size))
    value = int(_FIELDS[int(rng.integers(len(_FIELDS)))]) % (1 << (8 * size))
    data[start : start + size] = value.to_bytes(size, "little" if rng.random() < 0.3 else "big")


def _remove(data: bytearray, rng: np.random.Generator, other: bytes) -> None:
    start = _place(data, rng)
    del data[start : start + int(2 ** rng.uniform(0, 11))]


def _repeat(data: bytearray, rng: np.random.Generator, other: bytes) -> None:
    start = _place(data, rng)
    part = data[start : start + int(2 ** rng.uniform(2, 12))]
    at = _place(data, rng)
    data[at:at] = part * int(rng.integers(1, 8))


def _splice(data: bytearray, rng: np.random.Generator, other: bytes) -> None:
    """A piece of another file, of another kind as often as not."""
    start = int(rng.integers(len(other)))
    part = other[start : start + int(2 ** rng.uniform(2, 12))]
    at = _place(data, rng)
    data[at : at + (len(part) if rng.random() < 0.5 else 0)] = part


_WAYS = {
    "bits": _flip_bits,
    "noise": _noise,
    "truncate": _truncate,
    "field": _field,
    "remove": _remove,
    "repeat": _repeat,
    "splice": _splice,
}
