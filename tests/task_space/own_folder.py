"""Small libraries in the project's own format, drawn and written by the tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image, ImageDraw

OBJECTS = """id,category,sprite,model,color,material,shape,round
ball-1,ball,ball.png,,red,rubber,sphere,yes
cake-1,cake;toy,cake.png; cake-side.png,cake,,,,
"""
TAXONOMY = "parent,child\ntoy,ball\nfood,cake\n,rock\n"
NAMES = "category,name\nball,ball; sphere\n"


def draw_sprite(file: Path, color: str = "red", size: tuple[int, int] = (90, 60)) -> None:
    """Write a picture of an ellipse with much empty space around it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(image).ellipse((30, 40, 30 + size[0], 40 + size[1]), fill=color)
    image.save(file)


def write_folder(folder: Path, tables: Mapping[str, str] | None = None) -> Path:
    """Write a library; `tables` replaces tables or leaves out those that are empty."""
    folder.mkdir(exist_ok=True)
    for name in ("ball.png", "cake.png", "cake-side.png"):
        draw_sprite(folder / name)
    all_tables = {"objects.csv": OBJECTS, "taxonomy.csv": TAXONOMY, "names.csv": NAMES}
    for name, text in {**all_tables, **(tables or {})}.items():
        if text:
            (folder / name).write_text(text, encoding="utf-8")
    return folder
