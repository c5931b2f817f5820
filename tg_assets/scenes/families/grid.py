"""Flat shapes and icons in the named cells of a 2x2 or 3x3 grid."""

from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from tg_assets.scenes.concepts import CELLS_2, CELLS_3, COLORS, DIRECTIONS, PATTERNS, SHAPES, SIZES
from tg_assets.scenes.families.icons import Points, extent, icon
from tg_assets.scenes.graph import Relation, Scene, SceneObject

SCALE = 3
RADIUS = {"small": 0.24, "large": 0.41}
BACKGROUNDS: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "light blue": (205, 228, 250),
    "light green": (214, 240, 208),
    "light yellow": (253, 246, 205),
    "lavender": (228, 220, 247),
}
_MODES = ("mixed", "mixed", "few", "few", "odd color", "odd category", "odd pattern")


def compose(rng: np.random.Generator, seed: int) -> Scene:
    """A grid scene: which shape, color, size and pattern each cell holds."""
    side = int(rng.choice([2, 3, 3]))
    width, height = (int(rng.integers(80, 129)) * 4 for _ in range(2))
    names = CELLS_2 if side == 2 else CELLS_3
    kept = [i for i in range(side * side) if rng.random() > 0.16]
    if len(kept) < 3:
        kept = list(range(side * side))
    attributes = _attributes(rng, len(kept))
    objects = []
    for number, (index, chosen) in enumerate(zip(kept, attributes, strict=True)):
        category = chosen.pop("category")
        box = _box(category, chosen, index, side, width, height)
        objects.append(SceneObject(f"o{number}", category, chosen, box, names[index]))
    backgrounds = list(BACKGROUNDS)
    facts: dict[str, Any] = {
        "rows": side,
        "columns": side,
        "background": backgrounds[int(rng.integers(len(backgrounds)))],
        "look": {"lines": int(rng.integers(3)), "jitter": int(rng.integers(256))},
    }
    where = {names[i]: divmod(i, side) for i in range(side * side)}
    return Scene("grid", seed, width, height, tuple(objects), _relations(objects, where), facts)


def _pick(rng: np.random.Generator, pool: tuple[str, ...], count: int) -> list[str]:
    return [pool[int(i)] for i in rng.choice(len(pool), size=count, replace=False)]


def _attributes(rng: np.random.Generator, count: int) -> list[dict[str, str]]:
    """What each object is; some scenes share all but one, so that there is an odd one out."""
    mode = _MODES[int(rng.integers(len(_MODES)))]
    pools = {"category": SHAPES, "color": tuple(COLORS), "size": SIZES, "pattern": PATTERNS}
    if mode == "few":
        pools["category"] = tuple(_pick(rng, SHAPES, 3))
        pools["color"] = tuple(_pick(rng, tuple(COLORS), 3))
    rows = [
        {name: pool[int(rng.integers(len(pool)))] for name, pool in pools.items()}
        for _ in range(count)
    ]
    if mode.startswith("odd"):
        shared = mode.removeprefix("odd ")
        common, odd = _pick(rng, pools[shared], 2)
        for row in rows:
            row[shared] = common
        rows[int(rng.integers(count))][shared] = odd
    for row in rows:
        if row["category"] == "arrow":
            row["direction"] = DIRECTIONS[int(rng.integers(4))]
    return rows


def _geometry(index: int, side: int, width: int, height: int) -> tuple[float, float, float]:
    """The middle of a cell and the unit that its object's radius is a share of."""
    row, column = divmod(index, side)
    cell_w, cell_h = width / side, height / side
    return (column + 0.5) * cell_w, (row + 0.5) * cell_h, min(cell_w, cell_h)


def _box(
    category: str, chosen: dict[str, str], index: int, side: int, width: int, height: int
) -> tuple[float, float, float, float]:
    x, y, unit = _geometry(index, side, width, height)
    radius = RADIUS[chosen["size"]] * unit
    left, top, right, bottom = extent(category, chosen.get("direction", "up"))
    corners = (
        x + left * radius,
        y + top * radius,
        (right - left) * radius,
        (bottom - top) * radius,
    )
    return (round(corners[0], 2), round(corners[1], 2), round(corners[2], 2), round(corners[3], 2))


def _relations(
    objects: list[SceneObject], where: dict[str, tuple[int, int]]
) -> tuple[Relation, ...]:
    found = []
    for a in objects:
        for b in objects:
            (row_a, column_a), (row_b, column_b) = where[str(a.cell)], where[str(b.cell)]
            if column_a < column_b:
                found.append(Relation(a.id, "left of", b.id))
            if row_a < row_b:
                found.append(Relation(a.id, "above", b.id))
    return tuple(found)


def draw(scene: Scene) -> Image.Image:
    """The picture, drawn three times too large and reduced for smooth edges."""
    facts = scene.facts
    paper = BACKGROUNDS[facts["background"]]
    canvas = Image.new("RGB", (scene.width * SCALE, scene.height * SCALE), paper)
    pen = ImageDraw.Draw(canvas)
    side = int(facts["rows"])
    _draw_cells(pen, scene, side, paper, int(facts["look"]["lines"]))
    names = CELLS_2 if side == 2 else CELLS_3
    for thing in scene.objects:
        x, y, unit = _geometry(names.index(str(thing.cell)), side, scene.width, scene.height)
        _draw_object(canvas, pen, thing, (x * SCALE, y * SCALE), unit * SCALE)
    return canvas.reduce(SCALE)


def _draw_cells(
    pen: ImageDraw.ImageDraw, scene: Scene, side: int, paper: tuple[int, int, int], style: int
) -> None:
    """Cells must be seen to be named: lines of two weights, or inset rounded tiles."""
    width, height = scene.width * SCALE, scene.height * SCALE
    ink = tuple(int(c * 0.72) for c in paper)
    if style == 2:
        for index in range(side * side):
            row, column = divmod(index, side)
            inset = 5 * SCALE
            corners = (
                column * width / side + inset,
                row * height / side + inset,
                (column + 1) * width / side - inset,
                (row + 1) * height / side - inset,
            )
            pen.rounded_rectangle(corners, 10 * SCALE, outline=ink, width=2 * SCALE)
        return
    weight = (1 + style) * SCALE
    for i in range(1, side):
        pen.line((i * width / side, 0, i * width / side, height), fill=ink, width=weight)
        pen.line((0, i * height / side, width, i * height / side), fill=ink, width=weight)


def _draw_object(
    canvas: Image.Image,
    pen: ImageDraw.ImageDraw,
    thing: SceneObject,
    middle: tuple[float, float],
    unit: float,
) -> None:
    color = COLORS[thing.attributes["color"]]
    dark = tuple(int(c * 0.45) for c in color)
    radius = RADIUS[thing.attributes["size"]] * unit
    shape = icon(thing.category, thing.attributes.get("direction", "up"))
    half = int(radius * 1.08) + 2
    left, top = int(middle[0]) - half, int(middle[1]) - half

    def placed(points: Points, x: float, y: float) -> Points:
        return [(px * radius + x, py * radius + y) for px, py in points]

    mask = Image.new("L", (2 * half, 2 * half))
    mask_pen = ImageDraw.Draw(mask)
    local = (middle[0] - left, middle[1] - top)
    weight = max(SCALE, int(radius * 0.07))
    for part in shape.parts:
        mask_pen.polygon(placed(part, *local), fill=255)
        outline = placed(part, *middle)
        pen.line([*outline, *outline[:2]], fill=dark, width=weight, joint="curve")
    for hole in shape.holes:
        mask_pen.polygon(placed(hole, *local), fill=0)
        outline = placed(hole, *middle)
        pen.line([*outline, *outline[:2]], fill=dark, width=weight, joint="curve")
    canvas.paste(_fill(thing.attributes["pattern"], color, 2 * half, radius), (left, top), mask)
    for detail in shape.details:
        pen.polygon(placed(detail, *middle), fill=dark)


def _fill(pattern: str, color: tuple[int, int, int], side: int, radius: float) -> Image.Image:
    """The inside of a shape; marks are white, and cover clearly less than half of it."""
    fill = Image.new("RGB", (side, side), color)
    if pattern == "plain":
        return fill
    pen = ImageDraw.Draw(fill)
    step = radius * 0.36
    count = int(2 * side / step) + 1
    if pattern == "striped":
        for i in range(count):
            pen.line((i * step, 0, i * step - side, side), fill="white", width=int(step * 0.3))
        return fill
    dot = step * 0.27
    for i in range(count):
        for j in range(int(side / step) + 1):
            x, y = i * step, j * step + (step / 2 if i % 2 else 0)
            pen.ellipse((x - dot, y - dot, x + dot, y + dot), fill="white")
    return fill
