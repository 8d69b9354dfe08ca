"""How a received picture lies in the original one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.grid import Picture, averaged
from indelible.mark.warp import laid_in_cells


@dataclass(frozen=True, slots=True)
class Pose:
    """A part of the original picture, turned and mirrored, that fills the received one.

    Lengths are shares of the original's sides, so that a resized or stretched picture is as marked. The received picture shows what lies
    around ``(centre_x, centre_y)``, ``scale_x`` by ``scale_y`` large, turned counter-clockwise by ``angle_deg`` about that centre; then
    mirrored left to right if ``mirrored``; then turned counter-clockwise by ``quarters`` quarter turns.
    """

    scale_x: float = 1.0
    scale_y: float = 1.0
    centre_x: float = 0.5
    centre_y: float = 0.5
    angle_deg: float = 0.0
    mirrored: bool = False
    quarters: int = 0

    @property
    def rotation_deg(self) -> float:
        """Counter-clockwise, above -180 and up to 180."""
        turned = (self.quarters * 90.0 + (-self.angle_deg if self.mirrored else self.angle_deg)) % 360.0
        return turned - 360.0 if turned > 180.0 else turned

    def upright(self, picture: Picture) -> Picture:
        """Undo the mirroring and the quarter turns of a received picture."""
        unturned = np.rot90(picture, -self.quarters)
        return np.ascontiguousarray(np.fliplr(unturned) if self.mirrored else unturned)

    def spread(self, aspect: float) -> NDArray[np.float64]:
        """Return the matrix that takes a step in the upright picture to one in the original, both in shares of their sides.

        Args:
            aspect: width by height of the upright picture, in samples.
        """
        angle = np.deg2rad(self.angle_deg)
        across = aspect * self.scale_y / self.scale_x  # of the original
        sine, cosine = np.sin(angle), np.cos(angle)
        # x to the right, y down: a picture that was turned counter-clockwise shows at its right what was below the right.
        turn = np.array([[cosine, -sine / across], [sine * across, cosine]])
        return turn @ np.diag([self.scale_x, self.scale_y])

    def matrix(self, aspect: float) -> NDArray[np.float64]:
        """Return what takes (x, y, 1) of the original to (x, y) of the upright picture, in shares of their sides; shape (2, 3)."""
        inverse = np.linalg.inv(self.spread(aspect))
        return np.column_stack([inverse, 0.5 - inverse @ np.array([self.centre_x, self.centre_y])])


AS_MARKED = Pose()


def on_grid(picture: Picture, pose: Pose, *, border: int = cv2.BORDER_REPLICATE) -> Picture:
    """Lay a received picture onto the original's grid; cells that it does not show repeat its edge, or are 0 with a constant border.

    Args:
        picture: float32, shape (height, width), of any size.
        pose: where it lies.
        border: a border mode of OpenCV.

    Returns:
        float32, shape (256, 256).
    """
    upright = pose.upright(picture)
    if replace(pose, mirrored=False, quarters=0) == AS_MARKED:
        return averaged(upright)
    height, width = upright.shape
    return laid_in_cells(upright, pose.matrix(width / height), border=border)


def coverage(pose: Pose, *, height: int, width: int) -> Picture:
    """Return which share of each cell of the original a received picture of a size shows, shape (256, 256)."""
    return on_grid(np.ones((height, width), np.float32), pose, border=cv2.BORDER_CONSTANT)
