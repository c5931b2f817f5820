"""A sheet on which charts and documents are laid out before they are painted.

Laying out measures text and fixes every box; painting adds nothing, so that what is recorded as
true is what is seen.
"""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tg_assets.scenes.graph import SceneObject

Color = tuple[int, int, int]
Box = tuple[float, float, float, float]
Stroke = Callable[[ImageDraw.ImageDraw, int], None]

SCALE = 2
INK: Color = (34, 36, 40)
_FILES = {
    "sans": "DejaVuSans.ttf",
    "sans bold": "DejaVuSans-Bold.ttf",
    "serif": "DejaVuSerif.ttf",
    "serif bold": "DejaVuSerif-Bold.ttf",
    "mono": "DejaVuSansMono.ttf",
    "mono bold": "DejaVuSansMono-Bold.ttf",
}


@cache
def _folder() -> Path:
    """Where matplotlib keeps its fonts, found without importing it."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("matplotlib, whose DejaVu fonts draw the text, is not installed")
    return Path(found.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"


@cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A typeface at a size; basic layout, so that no system library changes the picture."""
    path = str(_folder() / _FILES[name])
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def fitting(name: str, text: str, size: int, width: float, least: int = 9) -> int:
    """The largest size up to `size` at which the text is at most `width` wide."""
    while size > least and font(name, size).getlength(text) > width:
        size -= 1
    return size


@dataclass(frozen=True)
class _Text:
    x: float
    y: float
    text: str
    face: str
    size: int
    color: Color
    anchor: str
    upright: bool
    halo: bool


@dataclass
class Sheet:
    """What is to be painted, and the objects that the scene graph lists."""

    width: int
    height: int
    paper: Color = (255, 255, 255)
    objects: list[SceneObject] = field(default_factory=list)
    _strokes: list[Stroke] = field(default_factory=list)
    _texts: list[_Text] = field(default_factory=list)

    def mark(self, category: str, attributes: dict[str, str], box: Box) -> None:
        """List an object that the picture shows."""
        x, y, width, height = box
        kept = (round(x, 2), round(y, 2), round(width, 2), round(height, 2))
        self.objects.append(SceneObject(f"o{len(self.objects)}", category, attributes, kept))

    def rect(
        self, box: Box, fill: Color | None, outline: Color | None = None, weight: float = 1,
        radius: float = 0,
    ) -> None:  # fmt: skip
        """A rectangle given by left, top, width and height."""
        x, y, width, height = box

        def stroke(pen: ImageDraw.ImageDraw, k: int) -> None:
            corners = (x * k, y * k, max(x, x + width) * k - 1, max(y, y + height) * k - 1)
            pen.rounded_rectangle(
                corners, radius * k, fill=fill, outline=outline, width=round(weight * k)
            )

        self._strokes.append(stroke)

    def line(self, points: Sequence[tuple[float, float]], color: Color, weight: float = 1) -> None:
        """Joined straight lines."""

        def stroke(pen: ImageDraw.ImageDraw, k: int) -> None:
            scaled = [(x * k, y * k) for x, y in points]
            pen.line(scaled, fill=color, width=max(1, round(weight * k)), joint="curve")

        self._strokes.append(stroke)

    def polygon(self, points: Sequence[tuple[float, float]], fill: Color) -> None:
        """A filled polygon."""

        def stroke(pen: ImageDraw.ImageDraw, k: int) -> None:
            pen.polygon([(x * k, y * k) for x, y in points], fill=fill)

        self._strokes.append(stroke)

    def dot(self, x: float, y: float, radius: float, fill: Color, outline: Color) -> None:
        """A filled circle."""

        def stroke(pen: ImageDraw.ImageDraw, k: int) -> None:
            corners = tuple(v * k for v in (x - radius, y - radius, x + radius, y + radius))
            pen.ellipse(corners, fill=fill, outline=outline, width=k)

        self._strokes.append(stroke)

    def slice(self, middle: tuple[float, float], radius: float, start: float, end: float,
              fill: Color) -> None:  # fmt: skip
        """A pie slice between two angles in degrees, clockwise from three o'clock."""
        x, y = middle

        def stroke(pen: ImageDraw.ImageDraw, k: int) -> None:
            corners = tuple(v * k for v in (x - radius, y - radius, x + radius, y + radius))
            pen.pieslice(corners, start, end, fill=fill, outline=(255, 255, 255), width=k)

        self._strokes.append(stroke)

    def text(
        self, x: float, y: float, text: str, face: str, size: int, color: Color = INK,
        anchor: str = "la", upright: bool = False, halo: bool = False,
    ) -> Box:  # fmt: skip
        """A line of text; returns its box. `upright` turns it to read from bottom to top.

        A `halo` of the paper's color keeps it legible across lines.
        """
        self._texts.append(_Text(x, y, text, face, size, color, anchor, upright, halo))
        left, top, right, bottom = font(face, size).getbbox(text, anchor=anchor)
        if upright:
            half_w, half_h = (bottom - top) / 2, (right - left) / 2
            return x - half_w, y - half_h, 2 * half_w, 2 * half_h
        return x + left, y + top, right - left, bottom - top

    def named_text(
        self, role: str, x: float, y: float, text: str, face: str, size: int, color: Color = INK,
        anchor: str = "la", upright: bool = False,
    ) -> Box:  # fmt: skip
        """A line of text that the scene graph lists under its role."""
        box = self.text(x, y, text, face, size, color, anchor, upright)
        self.mark("text", {"role": role, "text": text}, box)
        return box

    def paint(self) -> Image.Image:
        """The picture: strokes at twice the size for smooth edges, then text at its own."""
        large = Image.new("RGB", (self.width * SCALE, self.height * SCALE), self.paper)
        pen = ImageDraw.Draw(large)
        for stroke in self._strokes:
            stroke(pen, SCALE)
        image = large.reduce(SCALE)
        pen = ImageDraw.Draw(image)
        for item in self._texts:
            if item.upright:
                _paint_upright(image, item)
            else:
                face = font(item.face, item.size)
                spot = (round(item.x), round(item.y))
                pen.text(
                    spot, item.text, fill=item.color, font=face, anchor=item.anchor,
                    stroke_width=2 if item.halo else 0, stroke_fill=self.paper,
                )  # fmt: skip
        return image


def _paint_upright(image: Image.Image, item: _Text) -> None:
    face = font(item.face, item.size)
    left, top, right, bottom = (round(v) for v in face.getbbox(item.text))
    mask = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(mask).text((-left, -top), item.text, fill=255, font=face)
    mask = mask.transpose(Image.Transpose.ROTATE_90)
    spot = (round(item.x - mask.width / 2), round(item.y - mask.height / 2))
    image.paste(item.color, spot, mask)
