from __future__ import annotations

import struct
import tracemalloc
import warnings
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile
from pool_pictures import (
    BLUE,
    DATA,
    GREEN,
    RED,
    SIZE,
    YELLOW,
    compressed_tiff,
    corners,
    encoded,
    near,
    oriented,
    photo,
    png_chunk,
    png_claiming,
)

from tg_assets.image_pool import decoding
from tg_assets.image_pool.decoding import BadImage, decode, inspect


def reason_of(content: bytes, **options: Any) -> str:
    with pytest.raises(BadImage) as caught:
        inspect(content, **options)
    assert caught.value.detail
    return caught.value.reason


def assert_corners(picture: Image.Image) -> None:
    right, below = picture.width - 4, picture.height - 4
    assert picture.mode == "RGB"
    assert near(picture.getpixel((3, 3)), RED, 40)
    assert near(picture.getpixel((right, 3)), GREEN, 40)
    assert near(picture.getpixel((3, below)), BLUE, 40)
    assert near(picture.getpixel((right, below)), YELLOW, 40)


FILES = {
    "jpeg": ("JPEG", "JPEG", "RGB", {"quality": 95}),
    "progressive jpeg": ("JPEG", "JPEG", "RGB", {"quality": 95, "progressive": True}),
    "cmyk jpeg as Adobe writes it, inverted": ("JPEG", "JPEG", "CMYK", {"quality": 95}),
    "png": ("PNG", "PNG", "RGB", {}),
    "png with a palette": ("PNG", "PNG", "P", {}),
    "png with alpha": ("PNG", "PNG", "RGBA", {}),
    "webp": ("WEBP", "WEBP", "RGB", {"quality": 95}),
    "lossless webp with alpha": ("WEBP", "WEBP", "RGBA", {"lossless": True}),
    "gif": ("GIF", "GIF", "P", {}),
    "bmp": ("BMP", "BMP", "RGB", {}),
    "tiff": ("TIFF", "TIFF", "RGB", {}),
    "lzw tiff": ("TIFF", "TIFF", "RGB", {"compression": "tiff_lzw"}),
    "cmyk tiff": ("TIFF", "TIFF", "CMYK", {}),
    "multi-picture jpeg of a phone": ("MPO", "JPEG", "RGB", {"quality": 95}),
}


@pytest.mark.parametrize(("kind", "found", "mode", "options"), FILES.values(), ids=FILES)
def test_every_format_shows_its_colours(kind: str, found: str, mode: str, options: Any) -> None:
    if kind == "MPO":
        options = {**options, "save_all": True, "append_images": [photo(1, 64, 48)]}
    content = encoded(corners().convert(mode), kind, **options)
    assert_corners(decode(content))
    facts = inspect(content)
    assert (facts.width, facts.height, facts.format) == (64, 48, found)
    assert facts.n_bytes == len(content)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_rotation_is_applied(kind: str, orientation: int) -> None:
    content = oriented(corners(), kind, orientation)
    assert_corners(decode(content))
    assert (inspect(content).width, inspect(content).height) == (64, 48)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_does_not_cost_the_picture() -> None:
    content = encoded(corners(), "JPEG", quality=95, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff\xff\xff")
    assert_corners(decode(content))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_and_not_clipped(kind: str) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(1, 256).repeat(8, 0)
    shown = np.asarray(decode(encoded(Image.fromarray(ramp), kind)))
    assert np.abs(shown[0, :, 0].astype(int) - np.arange(256)).max() <= 1
    assert (shown[..., 0] == shown[..., 2]).all()


def test_sixteen_bit_png_may_have_a_transparent_value() -> None:
    grey = np.full((8, 8), 30_000, np.uint16)
    grey[:4] = 500
    content = encoded(Image.fromarray(grey), "PNG")
    at = content.index(b"IDAT") - 4
    content = content[:at] + png_chunk(b"tRNS", struct.pack(">H", 500)) + content[at:]
    shown = np.asarray(decode(content))
    assert (shown[0, 0] == 255).all()
    assert abs(int(shown[7, 0, 0]) - 117) <= 1


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_tiff_samples_without_a_range_are_stretched(dtype: type) -> None:
    ramp: Any = (np.linspace(-1, 1, 64) * 1000).astype(dtype).reshape(8, 8)
    if dtype is np.float32:
        ramp[3, 3] = np.nan
    shown = np.asarray(decode(encoded(Image.fromarray(ramp), "TIFF")))
    assert shown[0, 0, 0] == 0
    assert shown[7, 7, 0] == 255
    assert abs(int(shown[4, 0, 0]) - 128) <= 3


def test_flat_float_tiff_is_shown() -> None:
    assert decode(encoded(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF")).size == (4, 4)


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_grey_modes_are_shown(mode: str) -> None:
    shown = decode(
        encoded(corners().convert("L").point(lambda v: 255 * (v > 90)).convert(mode), "PNG")
    )
    assert shown.mode == "RGB"
    assert shown.getpixel((3, 3)) == (0, 0, 0)
    assert shown.getpixel((60, 44)) == (255, 255, 255)


def transparent_files() -> dict[str, bytes]:
    image = Image.new("RGBA", (16, 16), (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), (8, 0, 16, 16))
    palette = image.convert("RGB").quantize(4)
    clear = palette.getpixel((12, 8))
    return {
        "png rgba": encoded(image, "PNG"),
        "png la": encoded(image.convert("LA"), "PNG"),
        "png palette": encoded(palette, "PNG", transparency=clear),
        "png rgb with a transparent colour": encoded(
            image.convert("RGB"), "PNG", transparency=(0, 0, 0)
        ),
        "gif": encoded(palette, "GIF", transparency=clear),
        "webp": encoded(image, "WEBP", lossless=True),
        "tiff": encoded(image, "TIFF"),
    }


@pytest.mark.parametrize("content", transparent_files().values(), ids=transparent_files())
def test_transparency_is_shown_on_white(content: bytes) -> None:
    shown = decode(content)
    assert shown.getpixel((12, 8)) == (255, 255, 255)
    assert shown.getpixel((3, 8)) != (255, 255, 255)


def test_half_transparent_is_half_white() -> None:
    shown = decode(encoded(Image.new("RGBA", (4, 4), (0, 0, 0, 128)), "PNG"))
    assert near(shown.getpixel((0, 0)), (127, 127, 127), 1)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_its_first_frame(kind: str) -> None:
    content = encoded(corners(), kind, save_all=True, append_images=[Image.new("RGB", (64, 48))])
    assert_corners(decode(content))


def test_a_file_is_what_its_bytes_are() -> None:
    assert reason_of(b"") == "empty_file"
    assert reason_of(b"this is no picture at all, whatever its name") == "not_an_image"
    assert reason_of(b"BM is how this text begins, and not a bitmap") == "not_an_image"
    assert reason_of(b"RIFF....WAVEfmt 0000000000000000000000000000") == "not_an_image"


@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7 ...",
        encoded(corners().convert("LAB"), "TIFF"),
        encoded(corners(), "ICO"),
    ],
    ids=["heic", "svg", "pdf", "lab tiff", "icon"],
)
def test_known_formats_that_cannot_be_shown_are_unsupported(content: bytes) -> None:
    assert reason_of(content) == "unsupported"


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_truncated_files_are_found_out(kind: str, share: float) -> None:
    content = encoded(photo(), kind)
    assert reason_of(content[: int(len(content) * share)]) == "truncated"


def test_truncated_strips_of_a_compressed_tiff_are_found_out() -> None:
    content = compressed_tiff({273: DATA, 278: 64, 279: SIZE}, bytes(64 * 64))
    assert inspect(content).width == 64
    assert reason_of(content[:-8]) == "truncated"


def test_tiff_tiles_larger_than_any_image_are_refused() -> None:
    small = compressed_tiff({322: 1024, 323: 1024, 324: DATA, 325: SIZE}, bytes(1024 * 1024))
    assert inspect(small).width == 64
    large = compressed_tiff({322: 30_000, 323: 30_000, 324: DATA, 325: SIZE}, bytes(1000))
    assert reason_of(large) == "too_large"


def test_damaged_pixels_are_unreadable() -> None:
    content = bytearray(encoded(photo(), "PNG"))
    at = content.index(b"IDAT") + 40
    content[at : at + 60] = bytes(60)
    assert reason_of(bytes(content)) == "unreadable"


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    tracemalloc.start()
    try:
        assert reason_of(png_claiming(60_000, 60_000)) == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_pixels_are_not_allocated_for_an_image_over_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [encoded(Image.new("RGB", (3000, 2000)), kind) for kind in ("PNG", "WEBP", "GIF")]
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("was decoded"))
    for content in files:
        assert len(content) < 30_000
        assert reason_of(content, max_pixels=5_999_999) == "too_large"


def test_an_image_of_just_the_limit_is_decoded() -> None:
    assert decode(encoded(corners(), "PNG"), max_pixels=64 * 48).size == (64, 48)


def test_webp_that_claims_a_huge_canvas_is_refused_before_its_decoder_exists() -> None:
    content = bytearray(oriented(corners(), "WEBP", 6, lossless=True))
    assert content[12:16] == b"VP8X"
    content[24:30] = b"\xfe\x3f\0" * 2
    assert reason_of(bytes(content)) == "too_large"


@pytest.mark.filterwarnings("error")
def test_size_limits_hold_where_warnings_are_errors() -> None:
    assert reason_of(png_claiming(10_000, 10_000)) == "too_large"


def test_jpeg_with_scans_without_end_is_refused() -> None:
    content = encoded(photo(), "JPEG", progressive=True)
    start = content.rindex(b"\xff\xda")
    bomb = content[:start] + content[start:-2] * 500 + content[-2:]
    assert reason_of(bomb, max_pixels=320 * 240) == "too_large"


def test_what_a_decoder_raises_is_a_bad_image(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(corners(), "PNG")
    for error in (RecursionError("deep"), MemoryError(), struct.error("short"), KeyError("x")):

        def load(self: Any, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(ImageFile.ImageFile, "load", load)
        assert reason_of(content) == "unreadable"


def test_a_mistake_of_our_own_surfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(picture: Image.Image) -> int:
        raise TypeError("a programming error")

    monkeypatch.setattr(decoding, "perceptual_hash", broken)
    with pytest.raises(TypeError, match="a programming error"):
        inspect(encoded(corners(), "PNG"))


def test_pillow_stays_as_it_was() -> None:
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inspect(encoded(corners(), "JPEG"))
        reason_of(png_claiming(60_000, 60_000))
        reason_of(encoded(photo(), "JPEG")[:2000])
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


def test_details_are_the_same_for_the_same_bytes() -> None:
    for content in (encoded(photo(), "TIFF")[:200], encoded(photo(), "PNG")[:40]):
        details = set()
        for _ in range(2):
            with pytest.raises(BadImage) as caught:
                inspect(content)
            details.add(caught.value.detail)
        assert len(details) == 1
        assert " at 0x" not in details.pop()


def distance(a: bytes, b: bytes) -> int:
    return (inspect(a).perceptual_hash ^ inspect(b).perceptual_hash).bit_count()


@pytest.mark.parametrize("seed", range(4))
def test_perceptual_hash_outlives_resizing_and_encoding(seed: int) -> None:
    original = encoded(photo(seed), "PNG")
    for copy in (
        encoded(photo(seed), "JPEG", quality=40),
        encoded(photo(seed), "WEBP", quality=30),
        encoded(photo(seed).resize((160, 120)), "JPEG"),
        encoded(photo(seed).resize((640, 480)), "PNG"),
        oriented(photo(seed), "JPEG", 6),
    ):
        assert distance(original, copy) <= 6


def test_perceptual_hash_tells_pictures_apart() -> None:
    files = [encoded(photo(seed), "PNG") for seed in range(6)]
    assert all(distance(a, b) > 12 for i, a in enumerate(files) for b in files[:i])
    assert all(0 <= inspect(content).perceptual_hash < 1 << 64 for content in files)
