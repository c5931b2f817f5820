"""Light on surfaces: from hits to colours."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from tg_assets.scenes.solids.looks import Look, ground
from tg_assets.scenes.solids.paints import MATERIALS
from tg_assets.scenes.solids.solid import Floats
from tg_assets.scenes.solids.stage import Stage
from tg_assets.scenes.solids.tracing import Hits, Ints, Lit, mixed

LAMP, SKY, BOUNCE = np.float32(0.72), np.float32(0.5), np.float32(0.3)
_MATERIALS = list(MATERIALS.values())


def shade(stage: Stage, look: Look, hits: Hits, lit: Lit) -> Floats:
    """Return (n, 3) linear colours."""
    colors = np.empty(hits.point.shape, np.float32)
    on = hits.triangle >= 0
    floor = np.flatnonzero(~on)
    spots = hits.point[floor]
    level = LAMP * look.light[2] * lit.lamp[floor] + SKY * lit.sky[floor]
    colors[floor] = ground(look, spots[:, 0], spots[:, 1]) * level[:, None]
    material = np.full(len(on), -1, np.int16)
    material[on] = stage.materials[hits.triangle[on]]
    for number in np.unique(material[on]):
        mine = np.flatnonzero(material == number)
        colors[mine] = _surface(stage, look, hits, lit, mine, int(number))
    return colors


def _surface(stage: Stage, look: Look, hits: Hits, lit: Lit, mine: Ints, number: int) -> Floats:
    material = _MATERIALS[number]
    triangle = hits.triangle[mine]
    normal, ray, point = hits.normal[mine], hits.ray[mine], hits.point[mine]
    base = stage.colors[triangle]
    if material.grain:
        local = mixed(stage.local, triangle, hits.u[mine], hits.v[mine])
        base = base * _GRAINS[material.grain](local)[:, None]
    lamp, sky = lit.lamp[mine], _near_ground(point, normal) * lit.sky[mine]
    facing = np.maximum(normal @ look.light, 0)
    around = BOUNCE + (SKY - BOUNCE) * (np.float32(0.5) + np.float32(0.5) * normal[:, 2])
    diffuse = base * (LAMP * facing * lamp + around * sky)[:, None]
    along = np.einsum("ij,ij->i", ray, normal)
    if material.clear:
        through = _behind(look, point, ray, normal, along) * _filtered(base, along)
        diffuse = diffuse * np.float32(1 - material.clear) + through * np.float32(material.clear)
    if not material.edge:
        return np.asarray(diffuse)
    mirrored = ray - 2 * along[:, None] * normal
    rim = (1 - np.minimum(np.abs(along), 1)) ** 5
    share = np.float32(material.mirror) + np.float32(material.edge - material.mirror) * rim
    room = _room(mirrored) * (np.float32(0.35) + np.float32(0.65) * sky)
    glint = np.maximum(mirrored @ look.light, 0) ** np.float32(material.gloss) * lamp
    shine = (room * share)[:, None] + np.float32(material.highlight) * glint[:, None]
    if material.tinted:
        tint = np.float32(0.4) + base * np.float32(0.6)
        bright = np.float32(material.highlight) * glint[:, None] * tint
        mirror = base * (room * share)[:, None] * np.float32(1.15)
        return np.asarray(diffuse * np.float32(0.3) + mirror + bright)
    return np.asarray(diffuse * (1 - share * np.float32(0.7))[:, None] + shine)


def _near_ground(point: Floats, normal: Floats) -> Floats:
    """Return what the ground leaves of the light on surfaces close to it that look down on it."""
    close = np.exp(-point[:, 2] * np.float32(9))
    return np.asarray(1 - np.float32(0.3) * close * (1 - normal[:, 2]))


def _behind(look: Look, point: Floats, ray: Floats, normal: Floats, along: Floats) -> Floats:
    """Return the ground that shows through clear things, bent at their surface."""
    bent = ray + normal * (np.float32(0.3) * along)[:, None]
    reach = point[:, 2] / np.maximum(-bent[:, 2], np.float32(0.2))
    x, y = (point[:, k] + bent[:, k] * reach for k in range(2))
    return ground(look, np.asarray(x, np.float32), np.asarray(y, np.float32))


def _filtered(base: Floats, along: Floats) -> Floats:
    """Return what colored glass lets through: less where light runs along its wall."""
    thick = np.float32(0.35) + np.float32(0.75) * (1 - np.minimum(np.abs(along), 1)) ** 2
    return np.asarray(np.maximum(base, np.float32(0.02)) ** thick[:, None])


def _room(ray: Floats) -> Floats:
    """Return the light that comes from a direction of the room: ground, dark walls, windows."""
    up = ray[:, 2]
    walls = np.float32(0.12) + np.float32(0.75) * np.clip(up, 0, 1)
    above = np.clip(up * 4 + np.float32(0.5), 0, 1)
    light = (1 - above) * (np.float32(0.42) + np.float32(0.3) * up) + above * walls
    around = np.arctan2(ray[:, 0], -ray[:, 1])
    for middle in (-0.9, 0.75, 2.9):
        turned = (around - np.float32(middle - np.pi)) % np.float32(2 * np.pi)
        aside = np.abs(turned - np.float32(np.pi))
        within = np.clip((np.float32(0.42) - aside) * 8, 0, 1)
        within = within * np.clip((up - np.float32(0.18)) * 9, 0, 1)
        light = light + within * np.clip((np.float32(0.8) - up) * 9, 0, 1) * np.float32(1.1)
    return np.asarray(light)


def _wood(at: Floats) -> Floats:
    """Return growth rings around a slanting axis."""
    x, y, z = at[:, 0], at[:, 1], at[:, 2]
    wobble = np.float32(0.035) * np.sin(z * 9 + x * 5) + np.float32(0.02) * np.sin(y * 17 + z * 4)
    radius = np.hypot(x * np.float32(0.35) + np.float32(0.37), y + z * np.float32(0.5)) + wobble
    rings = (radius * 17) % 1
    fibre = np.sin((y * 3 + z) * 90) * np.sin(x * 14 + y * 31)
    return np.asarray(np.float32(1.12) - np.float32(0.55) * rings**2 + np.float32(0.07) * fibre)


def _stone(at: Floats) -> Floats:
    """Return specks of three shades."""
    noise = np.zeros(len(at), np.float32)
    for scale, weight in ((34.0, 0.24), (71.0, 0.2)):
        cell = np.floor(at * np.float32(scale)).astype(np.int32).astype(np.uint32)
        mixed_up = cell[:, 0] * np.uint32(73856093) ^ cell[:, 1] * np.uint32(19349663)
        mixed_up = (mixed_up ^ cell[:, 2] * np.uint32(83492791)) * np.uint32(2654435761)
        level = (mixed_up >> np.uint32(16)).astype(np.float32) / np.float32(65535)
        noise = noise + np.float32(weight) * (level > np.float32(0.62))
    return np.asarray(np.float32(1.05) - noise)


_GRAINS = {"wood": _wood, "stone": _stone}


def encoded(colors: Floats) -> NDArray[np.uint8]:
    """Return linear colours as sRGB bytes, the brightest bent down to white."""
    places = np.clip(colors, 0, _BRIGHTEST) * np.float32((_STEPS - 1) / _BRIGHTEST)
    return _bytes_of_light()[np.asarray(places + np.float32(0.5)).astype(np.intp)]


_BRIGHTEST, _STEPS = 2.0, 1 << 14


@cache
def _bytes_of_light() -> NDArray[np.uint8]:
    """Return the bytes of evenly spaced light: powers of every pixel would take longer."""
    light = np.linspace(0, _BRIGHTEST, _STEPS)
    bent = np.where(light < 0.8, light, 1 - 0.2 * np.exp(-(light - 0.8) * 5))
    share = np.where(bent <= 0.0031308, bent * 12.92, 1.055 * bent ** (1 / 2.4) - 0.055)
    return np.asarray(np.clip(share, 0, 1) * 255 + 0.5).astype(np.uint8)
