"""A model ready to be placed: triangles of one size, with smooth normals and paints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tg_assets.scenes.solids.paints import COLORS, MATERIALS
from tg_assets.scenes.solids.parts import Part

Floats = NDArray[np.float32]
ELEVATION = 51.0
"""Degrees by which the camera looks down."""
MATERIAL_NUMBER = {name: number for number, name in enumerate(MATERIALS)}


@dataclass(frozen=True, eq=False)
class Solid:
    """Triangles that stand on z = 0 around the vertical axis.

    However they are turned about it, they measure at most 1 across as the camera sees them.

    Attributes:
        corners: (n, 3, 3): triangle, corner, x y z.
        normals: (n, 3, 3): outward unit normals at the corners.
        colors: (n, 3): linear RGB.
        materials: (n,): numbers of `paints.MATERIALS`.
        body: (n,): painted as the object's attributes say.
    """

    corners: Floats
    normals: Floats
    colors: Floats
    materials: NDArray[np.uint8]
    body: NDArray[np.bool_]

    @cached_property
    def height(self) -> float:
        """How far it rises."""
        return float(self.corners[..., 2].max())

    def painted(self, color: str | None, material: str | None) -> Solid:
        """Return it with its body in a colour and of a material; null leaves what it has."""
        colors, materials = self.colors, self.materials
        if color is not None:
            colors = np.where(self.body[:, None], linear(COLORS[color]), colors)
        if material is not None:
            materials = np.where(self.body, np.uint8(MATERIAL_NUMBER[material]), materials)
        return replace(self, colors=colors, materials=materials)


def linear(color: Sequence[int] | NDArray[np.uint8]) -> Floats:
    """Return sRGB of 0 to 255 as linear light of 0 to 1."""
    share = np.asarray(color, np.float32) / 255
    bent = ((share + 0.055) / 1.055) ** np.float32(2.4)
    return np.where(share <= 0.04045, share / np.float32(12.92), bent).astype(np.float32)


def from_parts(parts: Sequence[Part]) -> Solid:
    """Return the parts as one solid; bodies are gray plastic until painted."""
    corners = np.concatenate([part.vertices[part.faces] for part in parts])
    normals = np.concatenate([corner_normals(p.vertices, p.faces, p.crease) for p in parts])
    counts = [len(part.faces) for part in parts]
    color = [linear(COLORS[part.paint.color if part.paint else "gray"]) for part in parts]
    material = [MATERIAL_NUMBER[part.paint.material if part.paint else "plastic"] for part in parts]
    return normalised(
        corners,
        normals,
        np.repeat(np.array(color, np.float32), counts, axis=0),
        np.repeat(np.array(material, np.uint8), counts),
        np.repeat(np.array([part.paint is None for part in parts]), counts),
    )


def normalised(
    corners: NDArray[np.floating],
    normals: NDArray[np.floating],
    colors: Floats,
    materials: NDArray[np.uint8],
    body: NDArray[np.bool_],
) -> Solid:
    """Return triangles of any size and place as a solid."""
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    middle = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    placed = corners - middle
    placed = placed / seen_extent(np.unique(placed.reshape(-1, 3), axis=0))
    return Solid(placed.astype(np.float32), normals.astype(np.float32), colors, materials, body)


def seen_extent(points: NDArray[np.floating]) -> float:
    """Return the largest extent of points as the camera sees them, over all turns."""
    sine, cosine = np.sin(np.radians(ELEVATION)), np.cos(np.radians(ELEVATION))
    turns = np.radians(np.arange(0, 360, 30))
    across = points[:, :1] * np.cos(turns) - points[:, 1:2] * np.sin(turns)
    away = points[:, :1] * np.sin(turns) + points[:, 1:2] * np.cos(turns)
    up = away * sine + points[:, 2:] * cosine
    widest = 0.0
    for direction in np.radians(np.arange(0, 180, 15)):
        along = across * np.cos(direction) + up * np.sin(direction)
        widest = max(widest, float(np.ptp(along, axis=0).max()))
    return widest


def corner_normals(
    vertices: NDArray[np.floating], faces: NDArray[np.int64], crease: float
) -> NDArray[np.float64]:
    """Return (m, 3, 3) unit normals.

    At each corner: the mean of the faces that meet there and whose planes differ by less than
    `crease` degrees from its own.
    """
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    scaled = np.cross(b - a, c - a)  # twice the area long: large faces weigh more
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    unit = scaled / np.maximum(length, 1e-30)
    owner = np.repeat(np.arange(len(faces)), 3)
    order = np.argsort(faces.ravel(), kind="stable")
    vertex, face = faces.ravel()[order], owner[order]
    starts = np.flatnonzero(np.diff(vertex, prepend=-1))
    sizes = np.diff(np.append(starts, len(vertex)))
    of_corner = np.repeat(sizes, sizes)
    first = np.repeat(np.arange(len(vertex)), of_corner)
    within = np.arange(len(first)) - np.repeat(np.cumsum(of_corner) - of_corner, of_corner)
    second = np.repeat(np.repeat(starts, sizes), of_corner) + within
    smooth = (unit[face[first]] * unit[face[second]]).sum(axis=1) > np.cos(np.radians(crease))
    weight = np.where(smooth[:, None], scaled[face[second]], 0)
    sums = np.add.reduceat(weight, np.cumsum(of_corner) - of_corner, axis=0)
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-30)
    normals = np.empty((len(faces) * 3, 3))
    normals[order] = sums
    return normals.reshape(-1, 3, 3)
