"""Detection with the original at hand: the received video is registered against it, and what it has besides is read."""

from indelible.mark.informed.reading import Alignment, Reading, SecondLook, register
from indelible.mark.informed.scan import Scan, Scanner

__all__ = ["Alignment", "Reading", "Scan", "Scanner", "SecondLook", "register"]
