"""The built-in renderer: a stage and a look to pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tg_assets.scenes.picture import Picture
from tg_assets.scenes.solids.looks import Look
from tg_assets.scenes.solids.shading import encoded, shade
from tg_assets.scenes.solids.solid import Floats
from tg_assets.scenes.solids.stage import Camera, Stage
from tg_assets.scenes.solids.tracing import PATTERN, Lit, Tracer, phases

EDGE_SPOTS = ((0.125, 0.375), (0.375, 0.875), (0.625, 0.125), (0.875, 0.625))
"""Where four more rays go through a pixel at an edge: no two in one row or column."""
ROUGH = np.float32(0.05)
"""Linear difference between neighbours that counts as an edge."""


def draw(stage: Stage, look: Look, camera: Camera) -> Picture:
    """Draw the stage; the mask names what lies under the middle of each pixel."""
    side = camera.pixels
    tracer = Tracer(stage)
    rows, columns = (grid.ravel() for grid in np.mgrid[0:side, 0:side])
    half = np.float32(0.5)
    hits = tracer.hits(camera, columns.astype(np.float32) + half, rows.astype(np.float32) + half)
    phase = phases(columns, rows)
    owner = np.concatenate([stage.things, np.zeros(1, np.uint8)])[hits.triangle]
    lit = _smoothed(tracer.lit(hits, look.light, phase), _surface_keys(owner, hits.normal), side)
    colors = shade(stage, look, hits, lit)
    edge = np.flatnonzero(_edges(colors.reshape(side, side, 3), owner.reshape(side, side)))
    if edge.size:
        colors[edge] = _finer(tracer, look, camera, columns[edge], rows[edge])
    pixels = encoded(colors).reshape(side, side, 3)
    return Picture(Image.fromarray(pixels), owner.reshape(side, side))


def _finer(
    tracer: Tracer, look: Look, camera: Camera, columns: NDArray[np.intp], rows: NDArray[np.intp]
) -> Floats:
    """Return the mean colours of four rays through each of these pixels."""
    px = np.concatenate([columns + np.float32(x) for x, _ in EDGE_SPOTS]).astype(np.float32)
    py = np.concatenate([rows + np.float32(y) for _, y in EDGE_SPOTS]).astype(np.float32)
    hits = tracer.hits(camera, px, py)
    phase = np.concatenate(
        [(phases(columns, rows) + n * 5) % PATTERN**2 for n in range(len(EDGE_SPOTS))]
    )
    lit = tracer.lit(hits, look.light, phase)
    colors = np.minimum(shade(tracer.stage, look, hits, lit), np.float32(1.2))
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


def _surface_keys(owner: NDArray[np.uint8], normal: Floats) -> NDArray[np.int32]:
    """Return numbers that differ between things and between the faces of a thing."""
    facing = np.rint(normal * np.float32(1.6)).astype(np.int32) + 2
    return np.asarray(owner.astype(np.int32) * 125 + facing @ np.array([25, 5, 1], np.int32))


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
