"""The built-in renderer: a stage and a look to pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tg_assets.scenes.picture import Picture
from tg_assets.scenes.solids.looks import Look
from tg_assets.scenes.solids.shading import encoded, shade
from tg_assets.scenes.solids.solid import Floats
from tg_assets.scenes.solids.stage import Camera, Stage
from tg_assets.scenes.solids.tracing import PATTERN, Hits, Lit, Tracer, phases

EDGE_SPOTS = ((0.125, 0.375), (0.375, 0.875), (0.625, 0.125), (0.875, 0.625))
"""Where four more rays go through a pixel at an edge: no two in one row or column."""
ROUGH = np.float32(0.08)
"""Linear difference between neighbours that counts as an edge."""


def draw(stage: Stage, look: Look, camera: Camera) -> Picture:
    """Draw the stage; the mask names what lies under the middle of each pixel."""
    side = camera.pixels
    tracer = Tracer(stage)
    rows, columns = (grid.ravel() for grid in np.mgrid[0:side, 0:side])
    hits = tracer.hits(camera, camera.centres)
    phase = phases(columns, rows)
    keys = _surface_keys(stage, hits)
    lit = _smoothed(tracer.lit(hits, look.light, phase), keys, side)
    colors = shade(stage, look, hits, lit)
    owner = _owners(stage, hits).reshape(side, side)
    edge = np.flatnonzero(_edges(colors.reshape(side, side, 3), owner))
    if edge.size:
        known = Lit(lit.lamp[edge], lit.sky[edge])
        finer = _Finer(tracer, look, camera, columns[edge], rows[edge])
        colors[edge] = finer.colors(keys[edge], known)
    return Picture(Image.fromarray(encoded(colors).reshape(side, side, 3)), owner)


def _owners(stage: Stage, hits: Hits) -> NDArray[np.uint8]:
    """Return the number of the thing that was hit, 0 for the ground."""
    return np.concatenate([stage.things, np.zeros(1, np.uint8)])[hits.triangle]


@dataclass(frozen=True, eq=False)
class _Finer:
    """Pixels at edges, which take the mean of four rays."""

    tracer: Tracer
    look: Look
    camera: Camera
    columns: NDArray[np.intp]
    rows: NDArray[np.intp]

    def colors(self, keys: NDArray[np.int32], known: Lit) -> Floats:
        """Return the pixels' colours.

        Args:
            keys: The surface in the middle of each pixel.
            known: The light there: rays that hit the same surface need not look for theirs.
        """
        px = np.concatenate([self.columns + np.float32(x) for x, _ in EDGE_SPOTS])
        py = np.concatenate([self.rows + np.float32(y) for _, y in EDGE_SPOTS])
        rays = self.camera.rays(px.astype(np.float32), py.astype(np.float32))
        hits = self.tracer.hits(self.camera, rays)
        lit = Lit(np.tile(known.lamp, len(EDGE_SPOTS)), np.tile(known.sky, len(EDGE_SPOTS)))
        new = np.flatnonzero(
            _surface_keys(self.tracer.stage, hits) != np.tile(keys, len(EDGE_SPOTS))
        )
        phase = np.concatenate(
            [(phases(self.columns, self.rows) + n * 5) % PATTERN**2 for n in range(len(EDGE_SPOTS))]
        )
        found = self.tracer.lit(hits.some(new), self.look.light, phase[new])
        lit.lamp[new], lit.sky[new] = found.lamp, found.sky
        colors = np.minimum(shade(self.tracer.stage, self.look, hits, lit), np.float32(1.2))
        return np.asarray(colors.reshape(len(EDGE_SPOTS), -1, 3).mean(axis=0))


def _smoothed(lit: Lit, keys: NDArray[np.int32], side: int) -> Lit:
    """Return the mean over the pixels that between them look at everything, on one surface."""
    before, after = PATTERN // 2, PATTERN - 1 - PATTERN // 2
    key = np.pad(keys.reshape(side, side), (before, after), constant_values=-1)
    own = keys.reshape(side, side)
    padded = [np.pad(share.reshape(side, side), (before, after)) for share in (lit.lamp, lit.sky)]
    totals = np.zeros((2, side, side), np.float32)
    count = np.zeros((side, side), np.float32)
    for down in range(PATTERN):
        for right in range(PATTERN):
            window = np.s_[down : down + side, right : right + side]
            same = (key[window] == own).astype(np.float32)
            count += same
            for total, values in zip(totals, padded, strict=True):
                total += values[window] * same
    return Lit((totals[0] / count).ravel(), (totals[1] / count).ravel())


def _surface_keys(stage: Stage, hits: Hits) -> NDArray[np.int32]:
    """Return numbers that differ between things and between the faces of a thing."""
    facing = np.rint(hits.normal * np.float32(1.6)).astype(np.int32) + 2
    sides = facing @ np.array([25, 5, 1], np.int32)
    return np.asarray(_owners(stage, hits).astype(np.int32) * 125 + sides)


def _edges(colors: Floats, owner: NDArray[np.uint8]) -> NDArray[np.bool_]:
    edge = np.zeros(owner.shape, bool)
    for first, second in (
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[1:], np.s_[:-1]),
    ):
        step = np.abs(colors[first] - colors[second])
        change = np.maximum(np.maximum(step[..., 0], step[..., 1]), step[..., 2]) > ROUGH
        change |= owner[first] != owner[second]
        edge[first] |= change
        edge[second] |= change
    return edge
