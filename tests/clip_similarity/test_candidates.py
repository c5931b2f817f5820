from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tg_assets.clip_similarity.candidates import merge, short_images
from tg_assets.clip_similarity.top_k import top_k
from tg_assets.tables import CANDIDATE_PAIRS, CLIP_SIMILARITY

Floats = NDArray[np.float32]


def cell(rows: Any) -> pl.DataFrame:
    """Rows of (image, task, score), best first per image, as a CLIP_SIMILARITY table."""
    frame = pl.DataFrame(
        rows,
        schema={"image_id": pl.String, "task_id": pl.String, "score": pl.Float32},
        orient="row",
    )
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("image_id")
    return CLIP_SIMILARITY.enforce(frame.with_columns(rank=rank))


def matched(images: Floats, tasks: Floats, task_ids: list[str], k: int) -> pl.DataFrame:
    found = top_k(images, tasks, task_ids, k)
    return cell(
        [
            (f"i{row}", task_ids[column], score)
            for row in range(len(images))
            for column, score in zip(found.indices[row], found.scores[row], strict=True)
        ]
    )


@st.composite
def galaxies(draw: st.DrawFn) -> Any:
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m, n, d = draw(st.integers(1, 40)), draw(st.integers(1, 5)), 6
    directions = dice.normal(size=(draw(st.sampled_from([3, 40])), d)).astype(np.float32)
    tasks = directions[dice.integers(0, len(directions), m)]
    batch = dice.integers(0, draw(st.integers(1, 6)), m)
    ids = [f"t{value:02}" for value in dice.permutation(m)]
    images = dice.normal(size=(n, d)).astype(np.float32)
    return images, tasks, ids, batch, draw(st.integers(1, 12)), draw(st.integers(0, 5)), dice


@given(galaxies())
@settings(max_examples=100, deadline=None)
def test_merging_the_best_of_any_batches_equals_the_best_of_all(galaxy: Any) -> None:
    images, tasks, ids, batch, k, spare, _ = galaxy
    cells = []
    for number in np.unique(batch):
        members = np.flatnonzero(batch == number)
        cells.append(matched(images, tasks[members], [ids[j] for j in members], k + spare))
    whole = matched(images, tasks, ids, k)
    assert merge(cells, k, set()).equals(whole)
    assert merge(cells[::-1], k, set()).equals(whole)


@given(galaxies())
@settings(max_examples=100, deadline=None)
def test_withdrawals_are_exact_once_the_short_images_of_each_batch_are_matched_again(
    galaxy: Any,
) -> None:
    images, tasks, ids, batch, k, spare, dice = galaxy
    withdrawn = {one for one in ids if dice.random() < 0.4}
    cells = []
    for number in np.unique(batch):
        members = [int(j) for j in np.flatnonzero(batch == number)]
        rest = [j for j in members if ids[j] not in withdrawn]
        one = matched(images, tasks[members], [ids[j] for j in members], k + spare)
        short = short_images([one], k, withdrawn, len(rest))
        if rest:
            again = matched(images, tasks[rest], [ids[j] for j in rest], k + spare)
            is_short = pl.col("image_id").is_in(short)
            one = pl.concat([one.filter(~is_short), again.filter(is_short)])
        cells.append(one)
    left = [j for j in range(len(ids)) if ids[j] not in withdrawn]
    found = merge(cells, k, withdrawn)
    if left:
        assert found.equals(matched(images, tasks[left], [ids[j] for j in left], k))
    else:
        assert found.is_empty()


def test_withdrawn_task_types_are_dropped_and_ranks_closed() -> None:
    found = merge([cell([("a", "t1", 0.9), ("a", "t2", 0.8), ("a", "t3", 0.7)])], 2, {"t1"})
    assert found.rows() == [
        ("a", "t2", pytest.approx(0.8), 1),
        ("a", "t3", pytest.approx(0.7), 2),
    ]


def test_equal_scores_are_ordered_by_task_id() -> None:
    found = merge([cell([("a", "t2", 0.5)]), cell([("a", "t1", 0.5), ("a", "t3", 0.5)])], 2, set())
    assert found["task_id"].to_list() == ["t1", "t2"]


def test_no_cells_give_an_empty_table() -> None:
    assert merge([], 10, {"t"}).equals(CANDIDATE_PAIRS.empty())
    assert short_images([], 10, set(), 5) == []


def test_a_task_type_in_two_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="t1 stands in more than one cell of image a"):
        merge([cell([("a", "t1", 0.5)]), cell([("a", "t1", 0.5)])], 2, set())


def test_images_with_nothing_left_are_short() -> None:
    one = cell([("a", "t1", 0.9), ("a", "t2", 0.8), ("b", "t1", 0.9), ("b", "t3", 0.8)])
    assert short_images([one], 2, {"t1", "t2"}, 5) == ["a", "b"]
    assert short_images([one], 1, {"t1", "t2"}, 5) == ["a"]
    assert short_images([one], 2, set(), 5) == []


def test_no_image_is_short_when_no_task_types_remain() -> None:
    assert short_images([cell([("a", "t1", 0.9)])], 10, {"t1"}, 0) == []
