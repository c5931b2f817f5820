"""Makes the shipped library's pictures again from Microsoft's Fluent Emoji.

    npm pack @lobehub/fluent-emoji-3d && tar xzf lobehub-fluent-emoji-3d-*.tgz
    python -m docs.make_sprites package/assets [--sheet SHEET.png]

What is made is in ``tg_assets/task_space/shipped/sources.csv``: the sprite, the emoji by its code
points, and how it is painted: nothing, or ``FROM+REACH>COLOR`` to give the pixels around the hue
FROM (in degrees; the most common one and 38 where they are left out) another colour. A picture that
is not painted is the emoji's own file, byte for byte.
``--sheet`` draws all objects with their attributes for a person to look at.
"""

from __future__ import annotations

import argparse
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tg_assets.task_space.library_tables import Cells, read_table
from tg_assets.task_space.own_library import SHIPPED, load_own

COLUMNS = ("sprite", "source", "paint")
REACH, FADE = 38.0, 17.0
"""Degrees around a hue that are painted, and over which the paint fades out."""
NEUTRAL = 0.12
"""Pixels of less saturation keep their colour in part: they are white, grey or black."""


@dataclass(frozen=True, slots=True)
class Paint:
    """What a colour is: hue in degrees, saturation and value of its middle tone from 0 to 1."""

    hue: float
    saturation: float
    value: float


PAINTS = {
    "red": Paint(357, 0.88, 0.86),
    "orange": Paint(27, 0.85, 0.97),
    "yellow": Paint(50, 0.78, 0.98),
    "green": Paint(135, 0.75, 0.7),
    "blue": Paint(215, 0.76, 0.88),
    "purple": Paint(270, 0.65, 0.75),
    "pink": Paint(335, 0.42, 0.98),
    "brown": Paint(22, 0.6, 0.5),
    "black": Paint(265, 0.12, 0.2),
    "white": Paint(250, 0.04, 0.97),
    "gray": Paint(245, 0.06, 0.6),
}


def painted(image: Image.Image, start: float, reach: float, paint: Paint) -> Image.Image:
    """Return a picture whose pixels around a hue have another colour; shading stays."""
    rgba = np.asarray(image.convert("RGBA"))
    hue, saturation, value = np.moveaxis(_hsv(image), 2, 0)
    away = (hue * 360 - start + 180) % 360 - 180
    share = np.clip((reach + FADE - np.abs(away)) / FADE, 0, 1)
    share *= np.clip(saturation / NEUTRAL, 0, 1)
    body = (share > 0.9) & (rgba[..., 3] > 200)
    changed = np.stack(
        [
            ((paint.hue + np.clip(away, -REACH, REACH) * 0.25) % 360) / 360,
            np.clip(saturation * paint.saturation / np.median(saturation[body]), 0, 1),
            np.clip(value * paint.value / np.median(value[body]), 0, 1),
        ],
        -1,
    )
    new = Image.fromarray((changed * 255).round().astype(np.uint8), "HSV").convert("RGB")
    mixed = _mixed(rgba[..., :3], np.asarray(new), share[..., None])
    return Image.fromarray(np.dstack([mixed, rgba[..., 3]]), "RGBA")


def _hsv(image: Image.Image) -> NDArray[np.float32]:
    return np.asarray(image.convert("RGB").convert("HSV"), np.float32) / 255


def main_hue(image: Image.Image) -> float:
    """Return the hue, in degrees, that most of a picture's colour is near."""
    alpha = np.asarray(image.convert("RGBA").getchannel("A"), np.float64)
    hue, saturation, value = np.moveaxis(np.asarray(image.convert("RGB").convert("HSV")), 2, 0)
    weight = alpha * saturation * (saturation > 60) * (value > 60)
    often = np.bincount(hue.ravel(), weight.ravel(), 256)
    near = np.convolve(np.tile(often, 3), np.hanning(25), "same")[256:512]
    return float(near.argmax()) * 360 / 256


def _mixed(
    old: NDArray[np.uint8], new: NDArray[np.uint8], share: NDArray[np.float32]
) -> NDArray[np.uint8]:
    return (old * (1 - share) + new * share).round().astype(np.uint8)


def made(cells: Cells, emoji: Path) -> bytes:
    """Return the file of a sprite."""
    source = emoji / f"{cells.needed('source')}.webp"
    if not source.is_file():
        raise cells.wrong("source", f"{source} does not exist")
    if not cells.one("paint"):
        return source.read_bytes()
    where, _, color = cells.one("paint").partition(">")
    start, _, reach = where.partition("+")
    if color not in PAINTS:
        raise cells.wrong("paint", f"no paint {color!r}; there are {', '.join(PAINTS)}")
    buffer = io.BytesIO()
    with Image.open(source) as image:
        hue = float(start) if start else main_hue(image)
        done = painted(image, hue, float(reach or REACH), PAINTS[color])
    done.save(buffer, "WEBP", quality=90, method=6)
    return buffer.getvalue()


def make(emoji: Path) -> int:
    """Write every sprite of the sources and remove what is none; return how many there are."""
    rows = read_table(SHIPPED / "sources.csv", COLUMNS, COLUMNS)
    wanted = {SHIPPED / cells.needed("sprite"): made(cells, emoji) for cells in rows}
    for file, content in wanted.items():
        if not file.exists() or file.read_bytes() != content:
            file.write_bytes(content)
    for file in set((SHIPPED / "sprites").iterdir()) - set(wanted):
        file.unlink()
    return len(wanted)


def sheet(columns: int = 12, side: int = 120) -> Image.Image:
    """Return all objects with their ids and attributes."""
    assets = [asset for asset in load_own([SHIPPED]).assets.values() if asset.views]
    rows = -(-len(assets) // columns)
    page = Image.new("RGB", (columns * side, rows * (side + 36)), "#dfe3ea")
    draw = ImageDraw.Draw(page)
    for number, asset in enumerate(assets):
        x, y = number % columns * side, number // columns * (side + 36)
        with Image.open(asset.views[0][0]) as image:
            sprite = image.convert("RGBA").resize((side - 16, side - 16))
        page.paste(sprite, (x + 8, y), sprite)
        said = ", ".join(value.value for value in asset.attributes)
        draw.text((x + 2, y + side - 14), asset.id, fill="black")
        draw.text((x + 2, y + side), said, fill="#0020a0")
    return page


def main() -> None:
    """Make the sprites, and the sheet where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("emoji", type=Path, help="the package's folder of pictures")
    parser.add_argument("--sheet", type=Path)
    given = parser.parse_args()
    print(f"{make(given.emoji)} sprites in {SHIPPED / 'sprites'}")
    if given.sheet:
        sheet().save(given.sheet)


if __name__ == "__main__":
    main()
