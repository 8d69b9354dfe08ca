"""The keyed mark, version 1: arrays in, arrays out; it knows neither files nor codecs."""

from indelible.mark.detect import Detection, Detector, Scores, Segment
from indelible.mark.embed import Embedder, EmbedReport
from indelible.mark.lineup import KnownMark, Lineup
from indelible.mark.payload import Payload

__all__ = ["Detection", "Detector", "EmbedReport", "Embedder", "KnownMark", "Lineup", "Payload", "Scores", "Segment"]
