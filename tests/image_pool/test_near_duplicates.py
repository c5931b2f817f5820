"""Which pictures count as an earlier one's twin: the search, and real photographs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import skimage
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tg_assets.image_pool.decoding import perceptual_hash
from tg_assets.image_pool.near_duplicates import find_twins, telling

Hashes = NDArray[np.uint64]


def half_set(seed: int, count: int) -> Hashes:
    """Hashes as pictures have them: half of the bits are set."""
    dice = np.random.default_rng(seed)
    bits = np.argsort(dice.random((count, 64)), axis=1) < 32
    return np.packbits(bits, axis=1).view(">u8").ravel().astype(np.uint64)


def moved(hashes: Hashes, pairs: int, seed: int) -> Hashes:
    """The hashes with as many set bits as before, 2 x pairs of them changed."""
    dice = np.random.default_rng(seed)
    changed = []
    for value in hashes:
        bits = np.array([int(value) >> i & 1 for i in range(64)])
        for bit in (0, 1):
            places = dice.choice(np.flatnonzero(bits == bit), pairs, replace=False)
            bits[places] = 2  # decided below, so that none is changed twice
            bits[places] = 1 - bit if bit else 3
        bits[bits == 3] = 1
        changed.append(sum(int(b) << i for i, b in enumerate(bits)))
    return np.array(changed, np.uint64)


def compared_one_by_one(hashes: Hashes, earlier: Hashes, limit: int) -> list[tuple[int, int, int]]:
    """What the search promises, said plainly."""
    kept: list[int] = []
    result = []
    compared = telling(hashes)
    known = np.flatnonzero(telling(earlier))
    for number, value in enumerate(hashes):
        found = (-1, -1, -1)
        if compared[number]:
            away = [(int(np.bitwise_count(earlier[n] ^ value)), int(n)) for n in known]
            near = min((pair for pair in away if pair[0] <= limit), default=None)
            inside = [(int(np.bitwise_count(hashes[n] ^ value)), n) for n in kept]
            own = min((pair for pair in inside if pair[0] <= limit), default=None)
            if near is not None:
                found = (near[0], near[1], -1)
            elif own is not None:
                found = (own[0], -1, own[1])
            else:
                kept.append(number)
        result.append(found)
    return result


@given(
    seed=st.integers(0, 1000),
    limit=st.integers(0, 8),
    own=st.integers(0, 25),
    before=st.integers(0, 25),
    cut=st.integers(1, 9),
)
@settings(max_examples=60, deadline=None)
def test_the_search_is_comparing_all_with_all(
    seed: int, limit: int, own: int, before: int, cut: int
) -> None:
    dice = np.random.default_rng(seed)
    pool = half_set(seed, 6)
    near = np.concatenate([pool, moved(pool, 1, seed), moved(pool, 2, seed), moved(pool, 4, seed)])
    near = np.concatenate([near, np.array([0, 2**63, 5], np.uint64)])  # plain pictures
    hashes, earlier = (dice.choice(near, count) for count in (own, before))
    parts = np.array_split(earlier, cut)
    found = find_twins(hashes, parts, limit)
    assert list(
        zip(found.distance, found.earlier, found.within, strict=True)
    ) == compared_one_by_one(hashes, earlier, limit)


def test_distances_out_of_range_are_refused() -> None:
    for limit in (-1, 9):
        with pytest.raises(ValueError, match="max_distance"):
            find_twins(half_set(0, 2), [], limit)


def test_plain_pictures_are_nobodys_twins() -> None:
    plain = [Image.new("RGB", (300, 200), colour) for colour in ("white", "red", "black")]
    plain.append(Image.linear_gradient("L").convert("RGB"))
    hashes = np.array([perceptual_hash(picture) for picture in plain * 2], np.uint64)
    assert not telling(hashes).any()
    assert (find_twins(hashes, [hashes], 8).distance == -1).all()


# real photographs


SCENES = [
    "astronaut.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "retina.jpg",
    "rocket.jpg",
    "brick.png",
    "grass.png",
    "gravel.png",
    "page.png",
    "text.png",
    "clock_motion.png",
]


@cache
def photographs() -> dict[str, Image.Image]:
    """The photographs that scikit-image and scikit-learn install."""
    files = [Path(skimage.__file__).parent / "data" / name for name in SCENES]
    files += sorted((Path(sklearn.__file__).parent / "datasets" / "images").glob("*.jpg"))
    return {file.stem: Image.open(file).convert("RGB") for file in files}


def recompressed(image: Image.Image, kind: str, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, kind, quality=quality)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "thumbnail": lambda image: image.resize((160, 160 * image.height // image.width)),
    "twice the size": lambda image: image.resize((image.width * 2, image.height * 2)),
    "JPEG 30": lambda image: recompressed(image, "JPEG", 30),
    "WebP 50": lambda image: recompressed(image, "WEBP", 50),
    "small and JPEG 40": lambda image: recompressed(image.resize((200, 150)), "JPEG", 40),
}
OTHERS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "turned by 90": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "the middle quarter": lambda image: image.crop(
        (image.width // 4, image.height // 4, image.width * 3 // 4, image.height * 3 // 4)
    ),
}


def hashes_of(images: Iterator[Image.Image] | list[Image.Image]) -> Hashes:
    return np.array([perceptual_hash(image) for image in images], np.uint64)


def test_different_photographs_are_no_twins() -> None:
    hashes = hashes_of(list(photographs().values()))
    assert telling(hashes).all()
    assert (find_twins(hashes, [], 4).distance == -1).all()


@pytest.mark.parametrize("copy", COPIES)
def test_resized_and_recompressed_copies_are_found(copy: str) -> None:
    originals = hashes_of(list(photographs().values()))
    copies = hashes_of([COPIES[copy](image) for image in photographs().values()])
    found = find_twins(copies, [originals], 4)
    right = found.earlier == np.arange(len(originals))
    assert right.sum() >= len(originals) - 1, [
        name for name, there in zip(photographs(), right, strict=True) if not there
    ]
    assert set(found.earlier[~right]) <= {-1}  # a copy may be missed, never taken for another's


@pytest.mark.parametrize("change", OTHERS)
def test_what_shows_something_else_is_kept(change: str) -> None:
    names = [n for n in photographs() if n not in ("brick", "grass", "gravel")]  # textures repeat
    originals = hashes_of([photographs()[name] for name in names])
    others = hashes_of([OTHERS[change](photographs()[name]) for name in names])
    assert (find_twins(others, [originals], 4).earlier >= 0).sum() <= 1
