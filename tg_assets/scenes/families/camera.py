"""A pinhole camera that looks at the middle of the table."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tg_assets.scenes.families.raytracing import Floats, Vector


@dataclass(frozen=True)
class Camera:
    """Where the camera stands: its turn and rise in degrees, its distance, its zoom."""

    yaw: float
    rise: float
    distance: float
    zoom: float
    width: int
    height: int

    @cached_property
    def _frame(self) -> npt.NDArray[np.float64]:
        """Rows: right, up and forward in world coordinates."""
        yaw, rise = np.radians(self.yaw), np.radians(self.rise)
        forward = -np.array([np.sin(yaw) * np.cos(rise), -np.cos(yaw) * np.cos(rise), np.sin(rise)])
        right = np.array([np.cos(yaw), np.sin(yaw), 0.0])
        rows: npt.NDArray[np.float64] = np.stack([right, np.cross(right, forward), forward])
        return rows

    @cached_property
    def origin(self) -> npt.NDArray[np.float64]:
        """Where the camera is; it looks at a point a little above the table."""
        spot: npt.NDArray[np.float64] = np.array([0.0, 0.0, 0.35])
        spot -= self._frame[2] * self.distance
        return spot

    @property
    def focal(self) -> float:
        """Focal length in pixels; the table's width sets it, also in tall pictures."""
        return self.zoom * self.width

    def rays(self, px: Floats, py: Floats) -> Vector:
        """Unit directions through the picture points."""
        f = np.float32(self.focal)
        u, v = (px - np.float32(self.width / 2)) / f, (np.float32(self.height / 2) - py) / f
        scale = 1 / np.sqrt(u * u + v * v + 1)
        frame = self._frame.astype(np.float32)
        x, y, z = (frame[0, k] * u + frame[1, k] * v + frame[2, k] for k in range(3))
        return x * scale, y * scale, z * scale

    def project(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Picture positions of world points (n, 3) as (n, 2)."""
        seen = (points - self.origin) @ self._frame.T
        return np.stack(
            [
                self.width / 2 + self.focal * seen[:, 0] / seen[:, 2],
                self.height / 2 - self.focal * seen[:, 1] / seen[:, 2],
            ],
            axis=1,
        )

    def depth(self, x: float, y: float) -> float:
        """How far a spot on the table lies along the floor from the camera."""
        yaw = np.radians(self.yaw)
        return float(self.distance + -np.sin(yaw) * x + np.cos(yaw) * y)
