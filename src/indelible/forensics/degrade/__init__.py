"""What compression and bad copies do to pictures and clips: six artefacts on arrays, and real codecs on clips, in three severities.

::

    degrade = Degrade("medium")
    worse = degrade(picture, rng=rng)            # uint8, (height, width, 3)
    batch = degrade.batch(pictures, rng=rng)     # another draw for each picture
    clip = degrade.clip(pictures, rng=rng)       # one draw for all
    channel = draw_channel("medium", info, rng=rng)  # a real encoder, for `indelible.channel.Clip`
"""

from indelible.forensics.degrade.artefacts import Artefact, BlockMeans, ColourShift, DownUp, GaussianBlur, GaussianNoise, Jpeg, Picture
from indelible.forensics.degrade.generations import draw_channel, draw_codec
from indelible.forensics.degrade.preprocessing import PreprocessingPipeline
from indelible.forensics.degrade.severity import SEVERITIES, Degrade, Severity, draw_artefacts

__all__ = [
    "SEVERITIES",
    "Artefact",
    "BlockMeans",
    "ColourShift",
    "Degrade",
    "DownUp",
    "GaussianBlur",
    "GaussianNoise",
    "Jpeg",
    "Picture",
    "PreprocessingPipeline",
    "Severity",
    "draw_artefacts",
    "draw_channel",
    "draw_codec",
]
