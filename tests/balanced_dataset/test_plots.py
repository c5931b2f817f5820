from __future__ import annotations

import io
import random
import sys

import polars as pl
from PIL import Image
from small_galaxy import galaxy, picture

from tg_assets.balanced_dataset.plots import (
    MARKDOWN_BYTES,
    plot_levels,
    plot_samples_per_type,
    plot_scores,
    plot_votes,
    thumbnails_markdown,
)

SAMPLES = galaxy().samples


def test_every_plot_is_a_small_png_also_without_data() -> None:
    for samples in (SAMPLES, SAMPLES.clear()):
        for content in (
            plot_levels([(1, 5), (2, 40)] if samples.height else []),
            plot_scores(samples["score"]),
            plot_samples_per_type(samples),
            plot_votes(samples),
        ):
            with Image.open(io.BytesIO(content)) as image:
                assert image.format == "PNG"
                assert image.width <= 600
            assert len(content) < 40_000


def test_pyplot_and_its_global_state_stay_out() -> None:
    assert "matplotlib.pyplot" not in sys.modules


def test_the_same_counts_make_the_same_bytes() -> None:
    assert plot_votes(SAMPLES) == plot_votes(SAMPLES.reverse())


def test_scores_without_a_verdict_are_left_out() -> None:
    assert plot_scores(pl.Series("score", [1, 2, 2])) == plot_scores(
        pl.Series("score", [1, 2, None, 2])
    )


def test_thumbnails_are_small_and_the_text_stays_below_its_limit() -> None:
    noise = random.Random(1)
    big = Image.frombytes("RGB", (800, 600), noise.randbytes(800 * 600 * 3))
    out = io.BytesIO()
    big.save(out, "PNG")
    text = thumbnails_markdown([(out.getvalue(), "a~b", "What?", "Noise.")] * 40)
    assert len(text.encode()) < MARKDOWN_BYTES
    assert "more are not shown" in text
    assert text.count("data:image/jpeg") + int(text.split("\n")[-2].split()[0]) == 40


def test_text_cannot_break_the_table() -> None:
    text = thumbnails_markdown([(picture(1), "a|b", "<b>\nWhy?", "`*_[x](y)")])
    row = text.splitlines()[2]
    assert row.endswith("| a\\|b | &lt;b> Why? | \\`\\*\\_\\[x\\](y) |")
    assert len(text.splitlines()) == 3
