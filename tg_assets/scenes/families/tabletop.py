"""Shaded solids on a table in perspective, ray-traced on the CPU."""

from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from tg_assets.scenes.concepts import MATERIALS, SIZES, SOLID_COLORS, SOLIDS
from tg_assets.scenes.families.camera import Camera
from tg_assets.scenes.families.raytracing import FAR, Solid, hit
from tg_assets.scenes.families.shading import TABLES, WALLS, shade_picture
from tg_assets.scenes.graph import Relation, Scene, SceneObject

RADIUS = {"small": 0.44, "large": 0.8}
# The least share of each object that must be seen; less, and its shape is a guess.
LEAST_VISIBLE = 0.66
_MODES = ("mixed", "mixed", "few", "odd color", "odd category", "odd material")
_SIZES = ((448, 336), (416, 320), (400, 320), (480, 340), (384, 384), (376, 416))


def compose(rng: np.random.Generator, seed: int) -> Scene:
    """A table scene: camera, and kind, color, size, material and place of each solid."""
    width, height = _SIZES[int(rng.integers(len(_SIZES)))]
    view = {
        "yaw": round(float(rng.uniform(-28, 28)), 2),
        "rise": round(float(rng.uniform(26, 44)), 2),
        "distance": round(float(rng.uniform(14, 16)), 2),
        "zoom": round(float(rng.uniform(1.68, 1.9)), 3),
    }
    camera = Camera(**view, width=width, height=height)
    wanted = int(rng.integers(3, 8))
    placed: list[tuple[Solid, dict[str, str]]] = []
    while len(placed) < 3:
        placed = _place(rng, camera, wanted)
    boxes = [_box(camera, solid) for solid, _ in placed]
    objects = tuple(
        SceneObject(f"o{i}", solid.kind, kept, boxes[i], None, _pose(camera, solid))
        for i, (solid, kept) in enumerate(placed)
    )
    seen, hides = visibility(camera, [solid for solid, _ in placed])
    tables, walls = list(TABLES), list(WALLS)
    facts: dict[str, Any] = {
        "camera": view,
        "table": tables[int(rng.integers(len(tables)))],
        "visible": [round(share, 3) for share in seen],
        "look": {
            "wall": walls[int(rng.integers(len(walls)))],
            "light": [round(float(rng.uniform(-60, 60)), 1), round(float(rng.uniform(48, 62)), 1)],
        },
    }
    relations = _relations(objects, width, hides)
    return Scene("tabletop", seed, width, height, objects, relations, facts)


def _draw_attributes(rng: np.random.Generator, wanted: int) -> list[dict[str, str]]:
    mode = _MODES[int(rng.integers(len(_MODES)))]
    pools: dict[str, tuple[str, ...]] = {
        "category": SOLIDS, "color": SOLID_COLORS, "size": SIZES, "material": MATERIALS,
    }  # fmt: skip
    if mode == "few":
        pools["color"] = tuple(
            SOLID_COLORS[int(i)] for i in rng.choice(len(SOLID_COLORS), 2, replace=False)
        )
    rows = [
        {name: pool[int(rng.integers(len(pool)))] for name, pool in pools.items()}
        for _ in range(wanted)
    ]
    if mode.startswith("odd"):
        name = mode.removeprefix("odd ")
        first, second = (int(i) for i in rng.choice(len(pools[name]), 2, replace=False))
        for number, row in enumerate(rows):
            row[name] = pools[name][second if number == 0 else first]
    return rows


def _place(
    rng: np.random.Generator, camera: Camera, wanted: int
) -> list[tuple[Solid, dict[str, str]]]:
    """Solids that stand apart, inside the picture, none hidden too far by another."""
    placed: list[tuple[Solid, dict[str, str]]] = []
    for row in _draw_attributes(rng, wanted):
        kind = row.pop("category")
        for _ in range(25):
            solid = Solid(
                kind,
                round(float(rng.uniform(-3.1, 3.1)), 3),
                round(float(rng.uniform(-2.6, 2.6)), 3),
                RADIUS[row["size"]],
                round(float(rng.uniform(0, np.pi / 2)), 3),
            )
            if _fits(camera, solid, [other for other, _ in placed]):
                placed.append((solid, row))
                break
    return placed


def _fits(camera: Camera, solid: Solid, others: list[Solid]) -> bool:
    for other in others:
        gap = float(np.hypot(solid.x - other.x, solid.y - other.y))
        if gap < solid.footprint + other.footprint + 0.22:
            return False
    x, y, width, height = _box(camera, solid)
    if x < 3 or y < 3 or x + width > camera.width - 3 or y + height > camera.height - 3:
        return False
    return min(visibility(camera, [*others, solid])[0]) >= LEAST_VISIBLE


def visibility(
    camera: Camera, solids: list[Solid], step: int = 6
) -> tuple[list[float], list[tuple[int, int]]]:
    """The visible share of each solid, and pairs (front, back) where one partly hides another.

    Counted on a coarse raster: it only has to tell clear cases apart.
    """
    px, py = (
        grid.ravel().astype(np.float32)
        for grid in np.meshgrid(
            np.arange(step / 2, camera.width, step), np.arange(step / 2, camera.height, step)
        )
    )
    ray = camera.rays(px, py)
    origin = tuple(np.float32(v) for v in camera.origin)
    depths = np.full((len(solids), px.size), FAR, np.float32)
    for i, solid in enumerate(solids):
        x, y, width, height = _box(camera, solid)
        inside = np.flatnonzero((px >= x) & (px <= x + width) & (py >= y) & (py <= y + height))
        if inside.size:
            part = (ray[0][inside], ray[1][inside], ray[2][inside])
            depths[i, inside] = hit(solid, (origin[0], origin[1], origin[2]), part)
    winner = depths.argmin(axis=0)
    shares, hides = [], []
    for i in range(len(solids)):
        alone = depths[i] < FAR
        total = max(int(alone.sum()), 1)
        shares.append(float((alone & (winner == i)).sum()) / total)
        for j in range(len(solids)):
            if j != i and float((alone & (winner == j)).sum()) / total > 0.08:
                hides.append((j, i))
    return shares, hides


@lru_cache(maxsize=512)
def _box(camera: Camera, solid: Solid) -> tuple[float, float, float, float]:
    points = camera.project(solid.outline())
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    corner = round(float(x0), 2), round(float(y0), 2)
    return (*corner, round(float(x1 - x0), 2), round(float(y1 - y0), 2))


def _pose(camera: Camera, solid: Solid) -> tuple[float, ...]:
    depth = round(camera.depth(solid.x, solid.y), 3)
    return (solid.x, solid.y, solid.radius, solid.turn, depth)


def _relations(
    objects: tuple[SceneObject, ...], width: int, hides: list[tuple[int, int]]
) -> tuple[Relation, ...]:
    """Only relations with a clear margin; a pair between the margins has none."""
    found = []
    for a in objects:
        for b in objects:
            if b.center[0] - a.center[0] > 0.1 * width:
                found.append(Relation(a.id, "left of", b.id))
            if b.pose[4] - a.pose[4] > 0.8:
                found.append(Relation(a.id, "in front of", b.id))
    found += [Relation(f"o{front}", "partly hides", f"o{back}") for front, back in hides]
    return tuple(found)


def solids_of(scene: Scene) -> list[Solid]:
    """The geometry that the scene's poses describe."""
    return [Solid(o.category, *o.pose[:4]) for o in scene.objects]


def draw(scene: Scene) -> Image.Image:
    """The picture: one ray a pixel, four where the color changes sharply."""
    view = scene.facts["camera"]
    camera = Camera(**view, width=scene.width, height=scene.height)
    things = [(s, o.attributes) for s, o in zip(solids_of(scene), scene.objects, strict=True)]
    boxes = [o.box for o in scene.objects]
    pixels = shade_picture(camera, things, boxes, scene.facts["table"], scene.facts["look"])
    return Image.fromarray(pixels)
