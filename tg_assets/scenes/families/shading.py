"""Light, materials and smooth edges for the table scenes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tg_assets.scenes.concepts import COLORS
from tg_assets.scenes.families.camera import Camera
from tg_assets.scenes.families.raytracing import (
    EPSILON,
    FAR,
    Floats,
    Ints,
    Solid,
    Vector,
    box_entry,
    hit,
    near_line,
    normal,
)

TABLES: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "light wood": ((226, 200, 160), (208, 178, 134)),
    "dark wood": ((112, 80, 56), (92, 64, 44)),
    "white": ((240, 240, 238), (240, 240, 238)),
    "dark slate": ((74, 82, 92), (74, 82, 92)),
}
WALLS: dict[str, tuple[int, int, int]] = {
    "plain": (206, 212, 218),
    "warm": (226, 216, 202),
    "cool": (190, 206, 216),
}
TABLE_HALF = (4.3, 3.7)
THICKNESS = 0.3
Box = tuple[float, float, float, float]
Thing = tuple[Solid, Mapping[str, str]]


@dataclass(frozen=True)
class _Stage:
    """What every ray of one picture needs."""

    camera: Camera
    things: Sequence[Thing]
    boxes: Sequence[Box]
    table: str
    wall: tuple[int, int, int]
    light: tuple[np.float32, np.float32, np.float32]


def shade_picture(
    camera: Camera, things: Sequence[Thing], boxes: Sequence[Box], table: str, look: dict[str, Any]
) -> npt.NDArray[np.uint8]:
    """RGB pixels of the picture."""
    turn, rise = np.radians(look["light"][0] + camera.yaw), np.radians(look["light"][1])
    light = (
        np.float32(np.sin(turn) * np.cos(rise)),
        np.float32(-np.cos(turn) * np.cos(rise)),
        np.float32(np.sin(rise)),
    )
    stage = _Stage(camera, things, boxes, table, WALLS[look["wall"]], light)
    px, py = (
        grid.ravel().astype(np.float32) + np.float32(0.5)
        for grid in np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    )
    colors = _trace(stage, px, py).reshape(camera.height, camera.width, 3)
    _smooth_edges(stage, colors)
    return np.asarray(np.clip(colors * 255 + 0.5, 0, 255).astype(np.uint8))


def _smooth_edges(stage: _Stage, colors: Floats) -> None:
    """Replace pixels at sharp changes by the mean of four rays."""
    across = _largest(np.abs(colors[:, 1:] - colors[:, :-1])) > 0.07
    down = _largest(np.abs(colors[1:] - colors[:-1])) > 0.07
    edge = np.zeros(colors.shape[:2], bool)
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    rows, columns = np.nonzero(edge)
    if not rows.size:
        return
    spots = ((0.125, 0.375), (0.375, 0.875), (0.625, 0.125), (0.875, 0.625))
    px = np.concatenate([columns + np.float32(x) for x, _ in spots]).astype(np.float32)
    py = np.concatenate([rows + np.float32(y) for _, y in spots]).astype(np.float32)
    colors[rows, columns] = _trace(stage, px, py).reshape(4, -1, 3).mean(axis=0)


def _largest(change: Floats) -> Floats:
    """The largest of the three channels; much faster than a reduction over so short an axis."""
    return np.asarray(np.maximum(np.maximum(change[..., 0], change[..., 1]), change[..., 2]))


def _trace(stage: _Stage, px: Floats, py: Floats) -> Floats:
    """Colors (n, 3) in 0..1 seen through the picture points."""
    ray = stage.camera.rays(px, py)
    x, y, z = (np.float32(v) for v in stage.camera.origin)
    nearest = np.full(px.size, FAR, np.float32)
    owner = np.full(px.size, -1, np.int16)
    for i, (solid, _) in enumerate(stage.things):
        left, top, width, height = stage.boxes[i]
        inside = np.flatnonzero(
            (px >= left - 1) & (px <= left + width + 1) & (py >= top - 1) & (py <= top + height + 1)
        )
        t = hit(solid, (x, y, z), _some(ray, inside))
        closer = t < nearest[inside]
        nearest[inside[closer]] = t[closer]
        owner[inside[closer]] = i
    colors = np.empty((px.size, 3), np.float32)
    _shade_ground(stage, colors, np.flatnonzero(owner < 0), ray, py)
    for i in range(len(stage.things)):
        mine = np.flatnonzero(owner == i)
        if mine.size:
            part = _some(ray, mine)
            t = nearest[mine]
            point = (x + t * part[0], y + t * part[1], z + t * part[2])
            colors[mine] = _shade_solid(stage, i, part, point)
    return colors


def _some(vector: Vector, index: Ints) -> Vector:
    return vector[0][index], vector[1][index], vector[2][index]


def _rgb(color: tuple[int, int, int]) -> Floats:
    return np.array(color, np.float32) / np.float32(255)


def _shade_ground(stage: _Stage, colors: Floats, index: Ints, ray: Vector, py: Floats) -> None:
    """The table with its shadows and front edge, and the wall behind it."""
    part = _some(ray, index)
    x, y, z = (np.float32(v) for v in stage.camera.origin)
    t = -z / np.minimum(part[2], np.float32(-1e-6))
    px, py_world = x + t * part[0], y + t * part[1]
    half_x, half_y = TABLE_HALF
    on = (np.abs(px) < half_x) & (np.abs(py_world) < half_y)
    top, rest = np.flatnonzero(on), np.flatnonzero(~on)
    point = (px[top], py_world[top], np.zeros(top.size, np.float32))
    lit = (
        1 - np.float32(0.42) * _shadow(stage, point, -1) - np.float32(0.25) * _contact(stage, point)
    )
    colors[index[top]] = _table_color(stage.table, point) * lit[:, None]
    fade = np.float32(1.04) - np.float32(0.3) * py[index[rest]] / np.float32(stage.camera.height)
    colors[index[rest]] = _rgb(stage.wall) * fade[:, None]
    side = _some(part, rest)
    t = box_entry((-half_x, -half_y, -THICKNESS), (half_x, half_y, 0.0), (x, y, z), side)
    front = np.flatnonzero(t < FAR)
    side, t = _some(side, front), t[front]
    edge = (x + t * side[0], y + t * side[1], z + t * side[2])
    colors[index[rest[front]]] = _table_color(stage.table, edge) * np.float32(0.62)


def _table_color(table: str, point: Vector) -> Floats:
    """Plain, or planks with a faint grain."""
    first, second = (_rgb(c) for c in TABLES[table])
    if "wood" not in table:
        return np.broadcast_to(first, (point[0].size, 3))
    x, y = point[0], point[1]
    plank = np.floor(y * np.float32(1.1))
    grain = np.sin(x * np.float32(0.9) + plank * np.float32(2.4) + np.sin(y * 9 + plank) * 0.6)
    share = (np.float32(0.5) + np.float32(0.5) * grain)[:, None]
    seam = np.abs(y * np.float32(1.1) - plank - np.float32(0.5)) > np.float32(0.485)
    color = first * share + second * (1 - share)
    return np.asarray(color * np.where(seam, np.float32(0.82), np.float32(1))[:, None])


def _shadow(stage: _Stage, point: Vector, own: int) -> Floats:
    """1 where another solid stands between the point and the light."""
    dark = np.zeros(point[0].size, np.float32)
    for i, (solid, _) in enumerate(stage.things):
        if i == own:
            continue
        index = near_line(solid, point, stage.light, point[0].size)
        if index.size:
            dark[index[hit(solid, _some(point, index), stage.light) < FAR]] = 1
    return dark


def _contact(stage: _Stage, point: Vector) -> Floats:
    """A soft darkening of the table where a solid meets it, so that nothing seems to float."""
    dark = np.zeros(point[0].size, np.float32)
    for solid, _ in stage.things:
        reach = np.float32(solid.footprint * 1.5)
        near = np.flatnonzero(
            (np.abs(point[0] - np.float32(solid.x)) < reach)
            & (np.abs(point[1] - np.float32(solid.y)) < reach)
        )
        x, y = point[0][near] - np.float32(solid.x), point[1][near] - np.float32(solid.y)
        dark[near] = np.maximum(dark[near], 1 - (x * x + y * y) / (reach * reach))
    return dark


def _shade_solid(stage: _Stage, i: int, ray: Vector, point: Vector) -> Floats:
    solid, attributes = stage.things[i]
    base = _rgb(COLORS[attributes["color"]])
    n = normal(solid, point)
    light = stage.light
    lifted = (point[0] + n[0] * EPSILON * 10, point[1] + n[1] * EPSILON * 10,
              point[2] + n[2] * EPSILON * 10)  # fmt: skip
    lit = 1 - np.float32(0.7) * _shadow(stage, lifted, i)
    facing = np.maximum(n[0] * light[0] + n[1] * light[1] + n[2] * light[2], 0)
    along = ray[0] * n[0] + ray[1] * n[1] + ray[2] * n[2]
    mirror = tuple(ray[k] - 2 * along * n[k] for k in range(3))
    glint = np.maximum(sum(mirror[k] * light[k] for k in range(3)), 0)
    if attributes["material"] == "rubber":
        level = np.float32(0.56) + np.float32(0.1) * n[2] + np.float32(0.4) * facing * lit
        return np.asarray(base * level[:, None])
    sheen = _streaks(solid, point, mirror[2]) * (np.float32(0.35) + np.float32(0.65) * lit)
    return _metal(base, mirror[2], facing * lit, glint * lit, sheen)


def _streaks(solid: Solid, point: Vector, up: Floats) -> Floats:
    """Bright slanting bands, as windows leave them on polished faces.

    Flat faces mirror one spot of the room only, and would pass for rubber without them; a sphere
    shows the whole room.
    """
    if solid.kind == "sphere":
        return np.zeros_like(up)
    x, y, z = point[0] - np.float32(solid.x), point[1] - np.float32(solid.y), point[2]
    if solid.kind == "cube":
        slant = (x * np.float32(0.75) + y * np.float32(0.55) + z) / np.float32(solid.radius)
        return np.asarray(np.maximum(np.cos(slant * np.float32(3.4)), 0) ** 6)
    around = np.arctan2(y, x)
    return np.asarray(np.maximum(np.cos(around * 3 + np.float32(0.8)), 0) ** 8)


def _metal(base: Floats, up: Floats, facing: Floats, glint: Floats, sheen: Floats) -> Floats:
    """A tinted mirror of a simple room: table below, bright band at the horizon, dim ceiling."""
    sky = np.float32(0.6) + np.float32(0.7) * np.exp(-((up - np.float32(0.18)) ** 2) * 14)
    ground = np.float32(0.52) + np.float32(0.2) * np.maximum(1 + up, 0)
    level = np.where(up > 0, sky, ground) * np.float32(0.78) + np.float32(0.3) * facing
    shine = np.float32(0.95) * glint**40 + np.float32(0.5) * sheen
    return np.asarray(base * level[:, None] + shine[:, None] * (1 - base * np.float32(0.35)))
