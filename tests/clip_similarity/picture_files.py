"""Files of pictures as they come: photographs that libraries install, and rendered ones."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache

import numpy as np
from PIL import ExifTags, Image

from tg_assets.scenes.render import render


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def oriented(image: Image.Image, orientation: int) -> bytes:
    """The file of a camera that was held as the EXIF orientation says."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return encoded(image, "JPEG", exif=exif)


@cache
def photographs() -> dict[str, Image.Image]:
    """Photographs of people, animals, buildings, food and sky."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    photos = {
        "china": load_sample_image("china.jpg"),
        "flower": load_sample_image("flower.jpg"),
        "astronaut": data.astronaut(),
        "cat": data.cat(),
        "coffee": data.coffee(),
        "rocket": data.rocket(),
    }
    return {name: Image.fromarray(samples) for name, samples in photos.items()}


def files() -> Iterator[tuple[str, bytes]]:
    """Yield a name and a file for every kind of picture that is met."""
    photos = photographs()
    for name, photo in photos.items():
        yield f"{name}, as it is", encoded(photo, "JPEG", quality=90)
        yield f"{name}, large", encoded(photo.resize((1920, 1440)), "JPEG", quality=85)
    china, cat, coffee = photos["china"], photos["cat"], photos["coffee"]
    yield "high", encoded(china.resize((700, 1900)), "JPEG")
    yield "just twice the model's input", encoded(coffee.resize((448, 448)), "JPEG")
    yield "just above it", encoded(coffee.resize((451, 459)), "JPEG")
    yield "full colour resolution", encoded(cat.resize((1300, 1000)), "JPEG", subsampling=0)
    checks = (np.indices((900, 1200)).sum(axis=0) // 3 % 2 * 255).astype(np.uint8)
    yield "fine detail", encoded(Image.fromarray(checks), "JPEG", quality=95)
    yield "progressive", encoded(china.resize((1300, 900)), "JPEG", progressive=True)
    yield "low quality", encoded(china.resize((1000, 800)), "JPEG", quality=20)
    yield "grey", encoded(china.convert("L").resize((1200, 900)), "JPEG")
    yield "CMYK", encoded(china.convert("CMYK").resize((1200, 900)), "JPEG")
    for orientation in range(2, 9):
        photo = cat.resize((1001 + orientation % 2, 702))
        yield f"camera held otherwise, {orientation}", oriented(photo, orientation)
    yield "tiny", encoded(china.resize((9, 7)), "JPEG", quality=95)
    yield "of one pixel", encoded(Image.new("RGB", (1, 1), "red"), "PNG")
    yield "wide strip", encoded(china.resize((3000, 60)), "JPEG")
    yield "high strip", encoded(china.resize((20, 2000)), "PNG")
    veiled = coffee.resize((500, 400)).convert("RGBA")
    fading = np.linspace(0, 255, 500, dtype=np.uint8)[None].repeat(400, axis=0)
    veiled.putalpha(Image.fromarray(fading))
    yield "transparent", encoded(veiled, "PNG")
    yield "palette", encoded(cat.convert("P", palette=Image.Palette.ADAPTIVE), "GIF")
    yield "webp", encoded(coffee, "WEBP", quality=80)
    yield "grey png", encoded(coffee.convert("L"), "PNG")
    for family in ("models", "charts", "documents", "sprites"):
        yield f"rendered {family}", render(family, 7).png
