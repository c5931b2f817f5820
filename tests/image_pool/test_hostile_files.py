"""Bytes from strangers: whatever they are, they are a picture or a BadImage, and soon."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pool_pictures import corners, encoded, oriented, photo

from tg_assets.image_pool.decoding import BadImage, inspect

SMALL = corners(24, 16)
VALID = [
    encoded(SMALL, "JPEG"),
    encoded(SMALL, "JPEG", progressive=True),
    encoded(SMALL.convert("CMYK"), "JPEG"),
    oriented(SMALL, "JPEG", 6),
    encoded(SMALL, "MPO", save_all=True, append_images=[photo(1, 24, 16)]),
    encoded(SMALL, "PNG"),
    encoded(SMALL.convert("P"), "PNG"),
    encoded(SMALL.convert("I;16"), "PNG"),
    encoded(SMALL.convert("LA"), "PNG"),
    oriented(SMALL, "PNG", 5),
    encoded(SMALL, "PNG", save_all=True, append_images=[photo(1, 24, 16)]),
    encoded(SMALL, "WEBP"),
    encoded(SMALL, "WEBP", lossless=True),
    oriented(SMALL, "WEBP", 3),
    encoded(SMALL, "GIF", save_all=True, append_images=[photo(1, 24, 16)]),
    encoded(SMALL, "BMP"),
    encoded(SMALL.convert("P"), "BMP"),
    encoded(SMALL, "TIFF"),
    encoded(SMALL, "TIFF", compression="tiff_lzw"),
    encoded(SMALL, "TIFF", compression="jpeg"),
    encoded(SMALL.convert("1"), "TIFF", compression="group4"),
    encoded(SMALL.convert("F"), "TIFF"),
    oriented(SMALL, "TIFF", 8),
]
SIGNATURES = sorted({content[:4] for content in VALID} | {b"", b"RIFF\x10\0\0\0WEBPVP8X", b"II+\0"})
FAST = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def survives(content: bytes) -> None:
    started = time.monotonic()
    try:
        facts = inspect(content, max_pixels=1_000_000)
    except BadImage:
        pass
    else:
        assert facts.width * facts.height <= 1_000_000
    assert time.monotonic() - started < 5


@FAST
@given(st.sampled_from(SIGNATURES), st.binary(max_size=300))
def test_random_bytes(start: bytes, rest: bytes) -> None:
    survives(start + rest)


@FAST
@given(st.sampled_from(VALID), st.floats(0, 1))
def test_random_truncations(content: bytes, share: float) -> None:
    survives(content[: int(share * len(content))])


@settings(FAST, max_examples=400)
@given(
    st.sampled_from(VALID),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    st.booleans(),
)
def test_random_changes(content: bytes, changes: list[tuple[float, int]], early: bool) -> None:
    damaged = bytearray(content)
    reach = min(len(content), 120) if early else len(content)  # headers break in more ways
    for share, value in changes:
        damaged[int(share * reach)] ^= value
    survives(bytes(damaged))


@FAST
@given(st.sampled_from(VALID), st.sampled_from(VALID), st.floats(0, 1), st.floats(0, 1))
def test_two_files_glued_together(a: bytes, b: bytes, cut_a: float, cut_b: float) -> None:
    survives(a[: int(cut_a * len(a))] + b[int(cut_b * len(b)) :])
