"""A watermark of a page, to test the way to a peer without any peer: keyed checkers of 8x8, strong enough for an encoder."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[4] / "bench" / "peers"))
from serve import serve

CELL = np.kron([[1.0, -1.0], [-1.0, 1.0]], np.ones((4, 4)))
AMPLITUDE = 6.0


class Toy:
    def versions(self):
        return {"toy": "1.0", "numpy": np.__version__}

    def embed(self, pictures, bits, key):
        print("a package that prints")
        owner, sign = self._cells(pictures.shape[1:3], len(bits), key)
        pattern = np.kron(sign * np.where(bits[owner], 1.0, -1.0), CELL) * AMPLITUDE
        marked = pictures.astype(np.float64)
        marked[:, : pattern.shape[0], : pattern.shape[1]] += pattern[..., None]
        return np.clip(np.rint(marked), 0, 255).astype(np.uint8)

    def read(self, pictures, length, key):
        owner, sign = self._cells(pictures.shape[1:3], length, key)
        rows, columns = owner.shape
        grey = pictures.mean(axis=(0, 3))[: 8 * rows, : 8 * columns].reshape(rows, 8, columns, 8)
        cells = sign * np.einsum("ajbk,jk->ab", grey, CELL) / 64.0
        soft = np.bincount(owner.ravel(), weights=cells.ravel(), minlength=length) / np.bincount(owner.ravel(), minlength=length)
        return soft > 0.0, soft

    def _cells(self, shape, length, key):
        rng = np.random.default_rng(key)
        cells = (shape[0] // 8, shape[1] // 8)
        return rng.permutation(np.arange(cells[0] * cells[1]) % length).reshape(cells), rng.choice([-1.0, 1.0], cells)


class Broken(Toy):
    def embed(self, pictures, bits, key):
        raise ValueError("these pictures are too small")


class Dying(Toy):
    def embed(self, pictures, bits, key):
        sys.exit("out of memory")


serve({"rivaGan": Broken, "dying": Dying}.get(sys.argv[1], Toy)())
