"""Manipulations of real footage, and twins: the same segment with and without one, encoded with the same draws."""

from indelible.forensics.forgeries.kinds import KINDS, UNSEEN, Kind, forge
from indelible.forensics.forgeries.masks import draw_mask
from indelible.forensics.forgeries.twins import Final, Twins, draw_final, make_twins

__all__ = ["KINDS", "UNSEEN", "Final", "Kind", "Twins", "draw_final", "draw_mask", "forge", "make_twins"]
