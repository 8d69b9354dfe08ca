"""The peers of `indelible bench peers`, each at its best use; runs in the environment that `make peers` makes.

::

    .venv-peers/bin/python bench/peers/worker.py dwtDct

What a package decides frame by frame is averaged over all frames before it becomes bits: single frames would do worse. Parameters are the
packages' own defaults, which are also what their documentation recommends.
"""

from __future__ import annotations

import importlib.metadata
import sys
import warnings

import cv2
import numpy as np
from serve import Peer, serve


class _Imwatermark:
    """invisible-watermark: the same bits in every frame."""

    method: str
    threshold = 0.5

    def versions(self) -> dict[str, str]:
        return _versions("invisible-watermark", "onnxruntime", "torch", "numpy", "opencv-python")

    def embed(self, pictures: np.ndarray, bits: np.ndarray, key: int) -> np.ndarray:
        from imwatermark import WatermarkEncoder

        encoder = WatermarkEncoder()
        encoder.set_watermark("bits", bits.tolist())
        return np.stack([encoder.encode(picture, self.method) for picture in pictures])

    def read(self, pictures: np.ndarray, length: int, key: int) -> tuple[np.ndarray, np.ndarray]:
        soft = np.mean([self.soft(picture, length) for picture in pictures], axis=0)
        return soft > self.threshold, soft

    def soft(self, picture: np.ndarray, length: int) -> np.ndarray:
        """Return the soft bits of one picture, 0 to 1, which the package itself would compare with a threshold."""
        raise NotImplementedError


class DwtDct(_Imwatermark):
    """The package's fastest method."""

    method = "dwtDct"

    def soft(self, picture: np.ndarray, length: int) -> np.ndarray:
        from imwatermark.maxDct import EmbedMaxDct

        return _block_means(EmbedMaxDct, picture, length)


class DwtDctSvd(_Imwatermark):
    """The package's method for what has to survive more."""

    method = "dwtDctSvd"

    def soft(self, picture: np.ndarray, length: int) -> np.ndarray:
        from imwatermark.dwtDctSvd import EmbedDwtDctSvd

        return _block_means(EmbedDwtDctSvd, picture, length)


def _block_means(method: type, picture: np.ndarray, length: int) -> np.ndarray:
    """Return the mean decision of a bit's blocks, which the package has before it thresholds."""
    means = np.zeros(length)

    class Listening(method):
        def decode_frame(self, frame, scale, scores):
            scores = super().decode_frame(frame, scale, scores)
            means[:] = [np.mean(blocks) if blocks else 0.5 for blocks in scores]
            return scores

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a small picture has no block for some bits
        Listening(watermarks=[], wmLen=length).decode(picture)
    return means


class RivaGan(_Imwatermark):
    """The learned mark of the same package, whose weights are inside."""

    method = "rivaGan"
    threshold = 0.52  # the package's

    def __init__(self) -> None:
        from imwatermark import WatermarkEncoder
        from imwatermark.rivaGan import RivaWatermark

        WatermarkEncoder.loadModel()
        self._outputs = _Listener(RivaWatermark.decoder)
        RivaWatermark.decoder = self._outputs

    def soft(self, picture: np.ndarray, length: int) -> np.ndarray:
        from imwatermark.rivaGan import RivaWatermark

        RivaWatermark(watermarks=[], wmLen=length).decode(picture)
        return np.array(self._outputs.last, np.float64)


class _Listener:
    """A decoder network that remembers its last answer."""

    def __init__(self, session) -> None:
        self._session = session
        self.last: np.ndarray = np.zeros(0)

    def run(self, *arguments):
        outputs = self._session.run(*arguments)
        self.last = outputs[0][0]
        return outputs


class BlindWatermark:
    """blind_watermark: the same bits in every frame; the decoder is told their number and the passwords."""

    def versions(self) -> dict[str, str]:
        return _versions("blind_watermark", "numpy", "opencv-python")

    def embed(self, pictures: np.ndarray, bits: np.ndarray, key: int) -> np.ndarray:
        return np.stack([self._embed(picture, bits, key) for picture in pictures])

    def _embed(self, picture: np.ndarray, bits: np.ndarray, key: int) -> np.ndarray:
        from blind_watermark import WaterMark

        mark = WaterMark(password_img=key, password_wm=key)
        mark.read_img(img=picture)
        mark.read_wm(bits.astype(bool), mode="bit")
        return np.rint(mark.embed()).astype(np.uint8)

    def read(self, pictures: np.ndarray, length: int, key: int) -> tuple[np.ndarray, np.ndarray]:
        from blind_watermark import WaterMark
        from blind_watermark.bwm_core import one_dim_kmeans

        mark = WaterMark(password_img=key, password_wm=key)
        mark.wm_size = length
        shuffled = np.mean([mark.bwm_core.extract(img=picture, wm_shape=length) for picture in pictures], axis=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # k-means of values that are all the same
            bits = mark.extract_decrypt(one_dim_kmeans(shuffled).astype(np.uint8))
        return bits, mark.extract_decrypt(shuffled)


class BlindVideoWatermark:
    """blind-video-watermark with a sequence of keys: in each stretch of the video one of 65 536 keys, which says 16 bits.

    The package lets the user choose how many keys there are and how long a stretch is. Many keys and few long stretches suit it best: a
    pattern that stays survives compression better than one that changes. Stretches are as long as the number of frames allows.
    """

    bits_of_stretch = 16
    _batch = 1024

    def __init__(self) -> None:
        self._kept: tuple[tuple[int, tuple[int, ...]], list[np.ndarray]] | None = None

    def versions(self) -> dict[str, str]:
        return _versions("blind-video-watermark", "dtcwt", "numpy", "opencv-python")

    def embed(self, pictures: np.ndarray, bits: np.ndarray, key: int) -> np.ndarray:
        from blind_video_watermark import DtcwtKeyEncoder
        from blind_video_watermark.utils import generate_wm

        encoder = DtcwtKeyEncoder()
        symbols = bits.reshape(-1, self.bits_of_stretch) @ (1 << np.arange(self.bits_of_stretch)[::-1])
        shape = encoder.infer_wm_shape(_padded(pictures[0]).shape)
        marked = []
        for stretch, symbol in zip(np.array_split(pictures, len(symbols)), symbols, strict=True):
            encoder.wm = generate_wm(key + int(symbol), shape)
            for picture in stretch:
                yuv = cv2.cvtColor(_padded(picture).astype(np.float32), cv2.COLOR_BGR2YUV)
                bgr = cv2.cvtColor(encoder.encode(yuv), cv2.COLOR_YUV2BGR)
                marked.append(np.around(np.clip(bgr, 0, 255)).astype(np.uint8)[: picture.shape[0], : picture.shape[1]])
        return np.stack(marked)

    def read(self, pictures: np.ndarray, length: int, key: int) -> tuple[np.ndarray, np.ndarray]:
        from blind_video_watermark import DtcwtKeyDecoder

        decoder = DtcwtKeyDecoder()
        means = []
        for stretch in np.array_split(pictures, length // self.bits_of_stretch):
            # As the package does: what each frame says, normalised, correlated with each key's pattern and added over the stretch.
            yuv = [cv2.cvtColor(_padded(picture).astype(np.float32), cv2.COLOR_BGR2YUV) for picture in stretch]
            means.append(np.mean([_normalised(decoder.decode(picture)) for picture in yuv], axis=0))
        scores = self._scores(np.stack(means), key)
        symbols = scores.argmax(axis=1)
        bits = symbols[:, None] >> np.arange(self.bits_of_stretch)[::-1] & 1
        return bits.ravel(), scores

    def _scores(self, means: np.ndarray, key: int) -> np.ndarray:
        """Return the correlation of each stretch with each key's pattern."""
        size = means[0].size
        flat = means.reshape(len(means), size).astype(np.float32)
        scores = []
        for packed in self._patterns(key, means.shape[1:]):
            signs = np.unpackbits(packed, axis=1, count=size).astype(np.float32) * 2.0 - 1.0
            average = signs.mean(axis=1)
            # As sum(flat * (signs - average)) / deviation; flat has mean zero.
            scores.append(flat @ signs.T / (size * np.sqrt(1.0 - average**2)))
        return np.concatenate(scores, axis=1)

    def _patterns(self, key: int, shape: tuple[int, ...]) -> list[np.ndarray]:
        """Return all keys' patterns, as bits, in batches; making them takes longer than all else, so they are kept."""
        from blind_video_watermark.utils import generate_wm

        if self._kept is None or self._kept[0] != (key, shape):
            starts = range(0, 1 << self.bits_of_stretch, self._batch)
            batches = ([generate_wm(key + start + index, shape).ravel() > 0 for index in range(self._batch)] for start in starts)
            self._kept = (key, shape), [np.packbits(batch, axis=1) for batch in batches]
        return self._kept[1]


def _padded(picture: np.ndarray) -> np.ndarray:
    """Return a picture whose sides are multiples of 16, its last rows and columns repeated: the package breaks on some other sizes."""
    down, across = -picture.shape[0] % 16, -picture.shape[1] % 16
    return np.pad(picture, ((0, down), (0, across), (0, 0)), mode="edge")


def _normalised(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / (values.std() or 1.0)


def _versions(*packages: str) -> dict[str, str]:
    return {package: importlib.metadata.version(package) for package in packages}


PEERS: dict[str, type[Peer]] = {
    "dwtDct": DwtDct,
    "dwtDctSvd": DwtDctSvd,
    "rivaGan": RivaGan,
    "blind_watermark": BlindWatermark,
    "blind-video-watermark": BlindVideoWatermark,
}

if __name__ == "__main__":
    cv2.setNumThreads(1)
    serve(PEERS[sys.argv[1]]())
