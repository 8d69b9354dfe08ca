"""The keyed mark, version 1: arrays in, arrays out; it knows neither files nor codecs."""

from indelible.mark.detect import Detection, Detector, Segment
from indelible.mark.embed import Embedder, EmbedReport, Raised
from indelible.mark.lineup import KnownMark, Lineup
from indelible.mark.margin import Margin, measure_margin
from indelible.mark.payload import Payload
from indelible.mark.sync import Geometry, Search
from indelible.mark.tally import Scores

__all__ = [
    "Detection",
    "Detector",
    "EmbedReport",
    "Embedder",
    "Geometry",
    "KnownMark",
    "Lineup",
    "Margin",
    "Payload",
    "Raised",
    "Scores",
    "Search",
    "Segment",
    "measure_margin",
]
