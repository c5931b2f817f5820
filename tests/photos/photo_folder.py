"""A folder such as people have: photos of every format, and what lies between them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from pool_pictures import encoded, oriented, photo, png_claiming

NEVER_LISTED = {"notes.txt": b"not a picture, and not named like one\n"}


def drawing(seed: int) -> Image.Image:
    """A picture of discs and boxes over a gradient."""
    dice = np.random.default_rng(seed)
    ramp = Image.linear_gradient("L").resize((96, 96))
    picture = Image.merge("RGB", (ramp, ramp.rotate(90), Image.new("L", ramp.size, 90)))
    draw = ImageDraw.Draw(picture)
    for _ in range(6):
        left, top = (int(n) for n in dice.integers(0, 70, 2))
        box = (left, top, left + int(dice.integers(8, 26)), top + int(dice.integers(8, 26)))
        colour = tuple(int(n) for n in dice.integers(0, 256, 3))
        (draw.ellipse if dice.random() < 0.5 else draw.rectangle)(box, fill=colour)
    return picture


def noise(seed: int) -> Image.Image:
    """A picture of nothing but noise."""
    dice = np.random.default_rng(seed)
    return Image.fromarray(dice.integers(0, 256, (80, 120, 3), dtype=np.uint8))


def good_photos() -> Mapping[str, bytes]:
    """Return usable files by name, each with other bytes."""
    grey16 = Image.fromarray((np.arange(64 * 64).reshape(64, 64) * 16).astype(np.uint16))
    clear = photo(9).convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    frames = [drawing(20 + n).convert("P") for n in range(3)]
    return {
        "plain.jpg": encoded(photo(1), "JPEG"),
        "progressive.JPEG": encoded(photo(2), "JPEG", progressive=True),
        "plain.png": encoded(drawing(3), "PNG"),
        "lossy.webp": encoded(photo(4), "WEBP"),
        "lossless.webp": encoded(drawing(5), "WEBP", lossless=True),
        "animated.gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "cmyk.jpg": encoded(photo(6).convert("CMYK"), "JPEG"),
        "deep grey.png": encoded(grey16, "PNG"),
        "deep grey.tif": encoded(grey16.rotate(90), "TIFF"),
        "grey.jpg": encoded(photo(7).convert("L"), "JPEG"),
        "palette.png": encoded(drawing(8).convert("P"), "PNG"),
        "transparent.png": encoded(clear, "PNG"),
        "transparent palette.png": encoded(drawing(10).convert("P"), "PNG", transparency=0),
        "turned.jpg": oriented(photo(11, 120, 80), "JPEG", 6),
        "old.bmp": encoded(drawing(12), "BMP"),
        "noise.png": encoded(noise(13), "PNG"),
        "one pixel.png": encoded(Image.new("RGB", (1, 1), "red"), "PNG"),
        "Übersicht 图 🌍.jpg": encoded(photo(14), "JPEG"),
        "names/a b%20c#?.jpg": encoded(photo(15), "JPEG"),
        "names/deeper/still.png": encoded(drawing(16), "PNG"),
        "named wrongly.jpg": encoded(drawing(17), "PNG"),
    }


def bad_photos() -> Mapping[str, tuple[bytes, str]]:
    """Return files that cannot be used, by name, with the reason that each is to bear."""
    whole = encoded(photo(30), "JPEG")
    png = bytearray(encoded(noise(31), "PNG"))
    png[200:260] = bytes(60)
    return {
        "cut short.jpg": (whole[: len(whole) // 2], "truncated"),
        "cut short.png": (encoded(noise(32), "PNG")[:900], "truncated"),
        "text.jpg": (b"Dear diary, this is no picture.\n", "not_an_image"),
        "nothing.jpg": (b"", "empty_file"),
        "bomb.png": (png_claiming(60_000, 60_000), "too_large"),
        "damaged.png": (bytes(png), "unreadable"),
        "phone.jpg": (b"\0\0\0\x18ftypheic" + bytes(64), "unsupported"),
    }


COPIES = {"copy of plain.jpg": "plain.jpg", "names/copy of noise.png": "noise.png"}
"""Files with the bytes of another one."""


def refused_entries(folder: Path) -> Mapping[str, str]:
    """Put what is no file of a picture into a folder; return the reasons by name."""
    (folder / "round").mkdir()
    (folder / "round" / "and round").symlink_to(folder)
    (folder / "itself.jpg").symlink_to("itself.jpg")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    os.mkfifo(folder / "pipe.jpg")
    with open(os.fsencode(folder) + b"/caf\xe9.jpg", "wb") as file:
        file.write(encoded(photo(40), "JPEG"))
    return {
        "round/and round": "already_listed",
        "itself.jpg": "dangling_link",
        "gone.jpg": "dangling_link",
        "pipe.jpg": "not_a_file",
        "caf\\xe9.jpg": "not_utf8",
    }


def lay_out(folder: Path) -> Mapping[str, str]:
    """Fill a folder; return the reasons of what a source refuses, by name."""
    files = {name: content for name, (content, _) in bad_photos().items()}
    files |= {**good_photos(), **NEVER_LISTED}
    files |= {copy: files[original] for copy, original in COPIES.items()}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    if os.geteuid() != 0:  # nothing is unreadable to root
        (folder / "locked.jpg").write_bytes(encoded(photo(41), "JPEG"))
        (folder / "locked.jpg").chmod(0)
    return refused_entries(folder)
