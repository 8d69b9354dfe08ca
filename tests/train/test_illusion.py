"""Why the research's proxy was content: on the smooth gradients that it was trained on, it leaves nothing but the mark."""

import numpy as np
import pytest

from indelible.channel import Clip, parse_channel
from indelible.lab.dct8 import Dct8, signature_of
from indelible.lab.gradient import published_score
from indelible.lab.proxy import Proxy
from indelible.lab.survival import luma_of
from indelible.lab.trial import Footage

pytestmark = pytest.mark.train


@pytest.fixture
def gradient(corpus):
    """Thirty still frames that grow brighter from top to bottom, by two levels in three rows, as in the research."""
    film = Footage(30, 160).load(corpus.clips[0].path)
    height, width = film.frames[0].y.shape
    ramp = np.repeat(np.rint(50 + 0.67 * np.arange(height)).astype(np.uint8)[:, None], width, axis=1)
    return Clip(tuple(frame.with_luma(ramp.copy()) for frame in film.frames), film.info)


@pytest.mark.parametrize(("place", "alone"), [(0, 0.0), (2, 1.0)], ids=["across, as the gradient is not", "down, as the gradient is"])
def test_a_gradient_without_a_mark_scores_nothing_or_everything(torch, gradient, place, alone):
    """By the direction of the signature alone, [0,1] or [1,0], with no mark at all; the first is what training finds."""
    signature = signature_of(np.eye(8)[place], 0.15)
    marked = Clip(tuple(Dct8().mark(gradient.frames, signature)), gradient.info)
    unit, proxy = torch.tensor(signature.values, dtype=torch.float32), Proxy(steps="h264")
    clean, found = (float(published_score(proxy.luma(torch.from_numpy(luma_of(clip.frames))), unit, None)) for clip in (gradient, marked))
    assert clean == pytest.approx(alone, abs=0.05)
    assert found > 0.6
    # The real encoder agrees on such pictures; it is real ones that they are nothing like.
    received = parse_channel("x264:crf=28").apply(marked)
    assert Dct8().scores(Dct8().read(received.frames), signature)["published"].value > 0.4
