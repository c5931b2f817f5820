"""What the model sees is what open_clip's own transform would have shown it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_clip.transform import PreprocessCfg, image_transform_v2
from picture_files import encoded, files, oriented, photographs
from PIL import Image

from resources import clip_pictures
from resources.clip import ClipEncoder
from resources.clip_pictures import Fit, Pixels
from resources.clip_settings import ClipSettings
from tg_assets.image_pool.decoding import BadImage, decode, decode_reduced

COSINE = 0.9999
"""Least cosine of a picture's vector with that of open_clip's own preprocessing."""

SAMPLES = 10
"""Most, of 255, that a sample differs from theirs where a JPEG was decoded at a half."""


def their_transform(**options: Any) -> tuple[Fit, Callable[[Image.Image], Pixels]]:
    """Return our fit and their transform for the same configuration, both to bytes."""
    config = PreprocessCfg(mean=(0, 0, 0), std=(1, 1, 1), **options)
    transform = image_transform_v2(config, is_train=False)

    def fitted(picture: Image.Image) -> Pixels:
        samples = transform(picture).permute(1, 2, 0).numpy()
        return np.rint(samples * 255).astype(np.uint8)

    return Fit.of(asdict(config)), fitted


@pytest.fixture(scope="module")
def encoder() -> ClipEncoder:
    return ClipEncoder(ClipSettings(device="cpu"))


@pytest.fixture(scope="module")
def every_file() -> dict[str, bytes]:
    return dict(files())


@pytest.mark.parametrize(
    "options", [{"size": 224}, {"size": 112, "resize_mode": "squash"}], ids=["ViT", "small"]
)
def test_vectors_agree_with_open_clips_transform_for_every_kind_of_file(
    options: dict[str, Any], encoder: ClipEncoder, every_file: dict[str, bytes]
) -> None:
    fit, theirs = their_transform(**options)
    ours = [fit.of_file(content) for content in every_file.values()]
    wanted = [theirs(decode(content)) for content in every_file.values()]
    vectors, expected = encoder.encode_fitted(ours), encoder.encode_fitted(wanted)
    cosines = dict(zip(every_file, (vectors * expected).sum(axis=1).tolist(), strict=True))
    assert {name: cosine for name, cosine in cosines.items() if cosine < COSINE} == {}
    # No two different photographs are as close.
    photos = vectors[[name.endswith("as it is") for name in every_file]]
    assert (photos @ photos.T)[np.triu_indices(len(photos), 1)].max() < COSINE
    off = {
        name: int(np.abs(a.astype(int) - b).max())
        for name, a, b in zip(every_file, ours, wanted, strict=True)
    }
    assert {name: most for name, most in off.items() if most > SAMPLES} == {}


def test_a_jpeg_decoded_at_less_than_twice_its_target_would_be_noticed(
    every_file: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    fit, theirs = their_transform(size=224)
    content = every_file["fine detail"]
    wanted = theirs(decode(content)).astype(int)
    careful = np.abs(fit.of_file(content) - wanted).max()
    monkeypatch.setattr(clip_pictures, "_SPARE", 1)
    careless = np.abs(fit.of_file(content) - wanted).max()
    assert careful <= SAMPLES < 30 < careless


@settings(max_examples=40, deadline=None)
@given(
    mode=st.sampled_from(["shortest", "longest", "squash"]),
    size=st.sampled_from([224, 112, (96, 160), (160, 96)]),
    interpolation=st.sampled_from(["bicubic", "bilinear"]),
    width=st.integers(1, 700),
    height=st.integers(1, 700),
)
def test_samples_agree_for_every_size_and_configuration(
    mode: str, size: Any, interpolation: str, width: int, height: int
) -> None:
    if mode == "longest":  # of narrower ones their transform makes pictures without rows
        width, height = max(width, height // 40), max(height, width // 40)
    fit, theirs = their_transform(
        size=size, resize_mode=mode, interpolation=interpolation, fill_color=9
    )
    picture = photographs()["coffee"].resize((width, height))
    ours, wanted = fit.of_picture(picture).astype(int), theirs(picture)
    assert ours.shape == wanted.shape
    difference = np.abs(ours - wanted)
    assert difference.max() <= 8  # two passes over bytes, in the other order
    assert difference.mean() < 0.5


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(240, 2000),
    height=st.integers(240, 2000),
    orientation=st.integers(1, 8),
    mode=st.sampled_from(["shortest", "squash"]),
)
def test_jpegs_of_odd_sizes_stay_where_they_are(
    width: int, height: int, orientation: int, mode: str
) -> None:
    """Half a sample at the edge would move everything: seen as differences of 40 and more."""
    fit, theirs = their_transform(size=112, resize_mode=mode)
    content = oriented(photographs()["coffee"].resize((width, height)), orientation)
    difference = np.abs(fit.of_file(content) - theirs(decode(content)).astype(int))
    assert difference.max() <= SAMPLES + 2
    assert difference.mean() < 1


def test_a_strip_is_fitted_without_its_whole_enlargement() -> None:
    _, theirs = their_transform(size=224)
    for size in ((2500, 12), (12, 2500)):
        strip = photographs()["china"].resize(size)
        np.testing.assert_allclose(Fit(224, 224).of_picture(strip), theirs(strip), atol=2)
    # The whole of this one, enlarged, would be 12 gigabytes.
    thread = Image.new("RGB", (80_000, 1), "red")
    assert (Fit(224, 224).of_picture(thread) == (255, 0, 0)).all()
    assert Fit(224, 224, "longest").of_picture(thread).shape == (224, 224, 3)


@pytest.mark.parametrize(
    ("size", "by"), [((900, 896), 2), ((895, 1000), 1), ((1792, 2000), 4), ((4000, 3584), 8)]
)
def test_a_jpeg_is_reduced_as_far_as_twice_what_is_needed_remains(
    size: tuple[int, int], by: int
) -> None:
    content = encoded(Image.new("RGB", size, "olive"), "JPEG")
    picture = decode_reduced(content, Fit(224, 224).least)
    assert (picture.width, picture.height, picture.by) == (*size, by)
    assert picture.pixels.shape == (-(-size[1] // by), -(-size[0] // by), 3)


def test_grey_jpegs_are_decoded_as_one_channel_and_seen_as_three() -> None:
    content = encoded(photographs()["cat"].convert("L"), "JPEG")
    assert decode_reduced(content, Fit(224, 224).least).pixels.shape[2] == 1
    seen = Fit(224, 224).of_file(content)
    assert seen.shape == (224, 224, 3)
    assert (seen[..., 0] == seen[..., 2]).all()


def test_files_that_decode_refuses_are_refused_for_the_same_reason(
    every_file: dict[str, bytes],
) -> None:
    whole = every_file["china, as it is"]
    damaged = bytearray(whole)
    damaged[len(whole) // 2 : len(whole) // 2 + 200] = bytes(200)
    cases = [b"", b"no picture", whole[: len(whole) // 2], whole[:300], every_file["webp"][:900]]
    for content in cases:
        with pytest.raises(BadImage) as wanted:
            decode(content)
        with pytest.raises(BadImage) as found:
            Fit(224, 224).of_file(content)
        assert (found.value.reason, found.value.detail) == (
            wanted.value.reason,
            wanted.value.detail,
        )
    # What Pillow shows in spite of damage, with some of it made up, is shown here too.
    fit, theirs = their_transform(size=224)
    shown, wanted = fit.of_file(bytes(damaged)), theirs(decode(bytes(damaged)))
    assert np.abs(shown - wanted.astype(int)).max() <= SAMPLES


def test_size_limits_hold_for_reduced_pictures() -> None:
    content = encoded(Image.new("RGB", (3000, 2000)), "JPEG")
    with pytest.raises(BadImage, match="too_large"):
        decode_reduced(content, Fit(224, 224).least, max_pixels=5_999_999)
